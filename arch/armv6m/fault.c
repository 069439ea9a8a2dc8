/* SPDX-License-Identifier: MIT */
/* Faults of a core that has one, HardFault, and says nothing of it: what happened is read off the instruction.
 * And overflows, which are found by the way (armv6m.h). */
#include "armv6m.h"

#define SVC_NBYTES 2u

extern const char image_ram_start[], ram_end[];

static uintptr_t task_sp(void)
{
	uintptr_t psp;

	__asm__ volatile("mrs %0, psp" : "=r"(psp) : : "memory");
	return psp;
}

static uint32_t exception_number(void)
{
	uint32_t ipsr;

	__asm__ volatile("mrs %0, ipsr" : "=r"(ipsr));
	return ipsr;
}

/* Could the hardware store a frame there? If not it is not there to be read either. */
static bool is_in_ram(uintptr_t frame)
{
	return frame >= (uintptr_t)image_ram_start &&
	       frame <= (uintptr_t)ram_end - sizeof(struct exception_frame);
}

static void fill_from_frame(struct arch_fault *fault, const struct exception_frame *frame)
{
	fault->sp += sizeof(*frame) + (frame->xpsr & XPSR_ALIGNED ? sizeof(uint32_t) : 0);
	fault->pc = frame->pc;
	fault->lr = frame->lr;
	fault->pc_known = true;
	fault->lr_known = true;
}

/* The trap in arch_raise_headroom stands for its caller. */
static bool is_headroom(const struct arch_fault *fault)
{
	const uintptr_t thumb = 1;

	return (fault->pc | thumb) == (uintptr_t)arch_raise_headroom;
}

static void explain_instruction(struct arch_fault *fault, const struct exception_frame *frame)
{
	struct armv6m_access access;

	if (is_headroom(fault)) {
		fault->cause = ARCH_FAULT_HEADROOM;
		fault->pc = fault->lr & ~(uintptr_t)1;
		fault->lr_known = false;
		return;
	}
	armv6m_decode(frame, fault->sp, &access);
	fault->cause = access.cause;
	fault->addr = access.addr;
	fault->addr_known = access.addr_known;
}

/* Nobody serves it, so the instruction before is at fault. */
static void blame_call(struct arch_fault *fault)
{
	fault->cause = ARCH_FAULT_UNDEFINED;
	fault->pc -= SVC_NBYTES;
}

/* The tripwire is mended for whatever comes next on this stack: it has been told of. */
static void tell(const struct arch_fault *fault)
{
	kernel_fault(fault);
	if (arch_cpu.running)
		armv6m_tripwire_paint(arch_cpu.running->guard);
}

/* Called by mprofile_fault_entry on the fault stack. */
void mprofile_fault(uintptr_t msp, uint32_t exc_return)
{
	bool from_task = (exc_return & EXC_RETURN_PSP) != 0;
	uint32_t exception = exception_number();
	uintptr_t at = from_task ? task_sp() : msp;
	struct arch_fault fault = {
		.in_handler =
			!from_task || (exception != EXCEPTION_HARDFAULT && exception != EXCEPTION_SVCALL),
		.masked = arch_irq_masked(),
		.sp = at,
		.status = {0, 0, exception},
	};

	if (!is_in_ram(at)) {
		fault.cause = ARCH_FAULT_STACKING;
	} else {
		fill_from_frame(&fault, (const struct exception_frame *)at);
		if (exception == EXCEPTION_HARDFAULT)
			explain_instruction(&fault, (const struct exception_frame *)at);
		else if (exception == EXCEPTION_SVCALL)
			blame_call(&fault);
	}
	tell(&fault);
}

/* Called by armv6m_check_stack on the fault stack. What the hardware stacked lies below the stack, too. */
void armv6m_late(void)
{
	uintptr_t at = task_sp(), base = arch_cpu.running->guard[0];
	struct arch_fault fault = {
		.cause = at - base <= arch_cpu.running->guard[1] ? ARCH_FAULT_TRIPWIRE : ARCH_FAULT_SP,
		.sp = at,
		.late = true,
		.lowest_sp = at,
		.status = {0, 0, exception_number()},
	};

	fill_from_frame(&fault, (const struct exception_frame *)at);
	tell(&fault);
}

void arch_fault_redirect(uintptr_t stack_base, size_t stack_nbytes, void (*entry)(void *arg), void *arg)
{
	uintptr_t psp = mprofile_first_frame(stack_base + stack_nbytes, entry, arg);

	__asm__ volatile("msr psp, %0" : : "r"(psp) : "memory");
	arch_irq_restore(0);
}
