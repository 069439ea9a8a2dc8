/* SPDX-License-Identifier: MIT */
/* Faults: say in one struct what the hardware knows, let the kernel decide, and leave a clean slate.
 * When a frame could not be stacked its contents are anything, and the stack pointer alone tells where the
 * task was: it was moved by the length of the frame, and, to align it, by a word or none. A fault can also be
 * pending behind the fault of its own stacking; the two are one event, reported once.
 * What lazy stacking (fp.h) stores late belongs to the task whose frame FPCAR points to, whoever runs then: a
 * handler that interrupted that task, PendSV that leaves it, or another task. */
#include "fp.h"
#include "mprofile.h"

#define SVC_NBYTES 2u

static uint32_t exception_number(void)
{
	uint32_t ipsr;

	__asm__ volatile("mrs %0, ipsr" : "=r"(ipsr));
	return ipsr;
}

static uintptr_t task_sp(void)
{
	uintptr_t psp;

	__asm__ volatile("mrs %0, psp" : "=r"(psp) : : "memory");
	return psp;
}

static bool is_synchronous(uint32_t exception)
{
	return exception >= EXCEPTION_HARDFAULT && exception <= EXCEPTION_DEBUGMON;
}

/* The frame by which the interrupted task goes on: noted for arch_fault_redirect. */
static size_t task_frame_nbytes;

static size_t frame_nbytes(uint32_t exc_return)
{
	return MPROFILE_FP && (exc_return & EXC_RETURN_BASIC) == 0 ? sizeof(struct fp_exception_frame)
								   : sizeof(struct exception_frame);
}

static void fill_from_frame(struct arch_fault *fault, size_t nbytes)
{
	const struct exception_frame *frame = (const struct exception_frame *)fault->sp;

	fault->sp = mprofile_sp_before(frame, nbytes);
	fault->pc = frame->pc - (fault->status[2] == EXCEPTION_SVCALL ? SVC_NBYTES : 0);
	fault->lr = frame->lr;
	fault->lr_known = true;
	fault->pc_known = (fault->status[0] & CFSR_IMPRECISERR) == 0;
}

/* The hardware has moved the stack pointer below a frame that it could not store. */
static void fill_without_frame(struct arch_fault *fault, size_t nbytes)
{
	fault->lost_frame_nbytes = nbytes;
	fault->sp += nbytes;
}

/* The trap in arch_raise_headroom stands for its caller. */
static void recognise_headroom(struct arch_fault *fault)
{
	const uintptr_t thumb = 1;

	if (fault->cause != ARCH_FAULT_UNDEFINED || (fault->pc | thumb) != (uintptr_t)arch_raise_headroom)
		return;
	fault->cause = ARCH_FAULT_HEADROOM;
	fault->pc = fault->lr & ~thumb;
	fault->lr_known = false;
}

static void fill_address(struct arch_fault *fault, const struct fault_status *status)
{
	if (status->cfsr & CFSR_MMARVALID) {
		fault->addr = status->mmfar;
		fault->addr_known = true;
	} else if (status->cfsr & CFSR_BFARVALID) {
		fault->addr = status->bfar;
		fault->addr_known = true;
	} else if (fault->cause == ARCH_FAULT_FETCH && fault->pc_known) {
		fault->addr = fault->pc;
		fault->addr_known = true;
	}
}

/* A frame of the task that a handler interrupted is good as far as the handler was entered by it. */
static void fill_late(struct arch_fault *fault, bool from_task)
{
	fault->addr = FPU->FPCAR;
	fault->addr_known = true;
	fault->sp = fp_pending_frame();
	fault->blame_addr = from_task || fault->sp != task_sp();
	if (fault->blame_addr)
		return;
	task_frame_nbytes = sizeof(struct fp_exception_frame);
	fault->in_handler = false;
	fill_from_frame(fault, task_frame_nbytes);
}

static void fill_registers(struct arch_fault *fault, const struct fault_status *status, uint32_t exc_return)
{
	bool from_task = (exc_return & EXC_RETURN_PSP) != 0;

	task_frame_nbytes = frame_nbytes(exc_return);
	if (fault->cause == ARCH_FAULT_LATE_STACKING)
		fill_late(fault, from_task);
	else if (mprofile_was_stacked(fault, status, task_frame_nbytes))
		fill_from_frame(fault, task_frame_nbytes);
	else if (status->cfsr & CFSR_ANY_STACKING)
		fill_without_frame(fault, task_frame_nbytes);
}

/* Called by mprofile_fault_entry on the fault stack. What lazy stacking could not store is forgotten with the
 * task that it belonged to. */
void mprofile_fault(uintptr_t msp, uint32_t exc_return)
{
	struct fault_status status;
	uint32_t exception = exception_number();
	bool from_task = (exc_return & EXC_RETURN_PSP) != 0;
	struct arch_fault fault = {
		.in_handler = !from_task || !is_synchronous(exception),
		.masked = arch_irq_masked(),
		.sp = from_task ? task_sp() : msp,
	};

	mprofile_status_read(&status);
	fault.status[0] = status.cfsr;
	fault.status[1] = status.hfsr;
	fault.status[2] = exception;
	if (is_synchronous(exception))
		fault.cause = mprofile_status_cause(&status, exception);
	fill_registers(&fault, &status, exc_return);
	recognise_headroom(&fault);
	fill_address(&fault, &status);
	kernel_fault(&fault);
	if (fault.cause == ARCH_FAULT_LATE_STACKING)
		fp_forget_pending();
	mprofile_status_clear(&status);
}

/* The way back stays as it is: a frame of the same form takes the place of the old one. */
void arch_fault_redirect(uintptr_t stack_base, size_t stack_nbytes, void (*entry)(void *arg), void *arg)
{
	size_t fp_nbytes = task_frame_nbytes - sizeof(struct exception_frame);
	uintptr_t top = stack_base + stack_nbytes - fp_nbytes;
	uintptr_t psp = mprofile_first_frame(top, entry, arg);

	if (fp_nbytes)
		((struct fp_exception_frame *)psp)->FPSCR = FPU->FPDSCR;
	fp_forget_pending();
	__asm__ volatile("msr psp, %0" : : "r"(psp) : "memory");
	arch_irq_restore(0);
}
