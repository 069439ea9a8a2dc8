/* SPDX-License-Identifier: MIT */
/* Faults: say in one struct what the hardware knows, let the kernel decide, and leave a clean slate.
 * When a frame could not be stacked its contents are anything, and the stack pointer alone tells where the
 * task was: it is then the lowest byte that the frame would have had. A fault can also be pending behind the
 * fault of its own stacking; the two are one event, reported once.
 * With interrupts masked all of this arrives as HardFault, with the same status. So does, with none, an
 * instruction that calls for an exception that is off: a breakpoint, or a supervisor call while masked. Where
 * they are on they come by their own number; nobody serves either, and the instruction is at fault. */
#include "armv7m.h"

/* CFSR, bit by bit. */
#define IACCVIOL    (1u << 0)
#define DACCVIOL    (1u << 1)
#define MUNSTKERR   (1u << 3)
#define MSTKERR     (1u << 4)
#define MMARVALID   (1u << 7)
#define IBUSERR     (1u << 8)
#define PRECISERR   (1u << 9)
#define IMPRECISERR (1u << 10)
#define UNSTKERR    (1u << 11)
#define STKERR      (1u << 12)
#define BFARVALID   (1u << 15)
#define UNDEFINSTR  (1u << 16)
#define INVSTATE    (1u << 17)
#define NOCP        (1u << 19)
#define UNALIGNED   (1u << 24)
#define DIVBYZERO   (1u << 25)

#define ANY_STACKING (MUNSTKERR | MSTKERR | UNSTKERR | STKERR)

/* The first that matches is the cause. An access says where it went, so it goes before a stacking that failed
 * because of it. */
static const struct {
	uint32_t status;
	enum arch_fault_cause cause;
} causes[] = {
	{DACCVIOL, ARCH_FAULT_DATA},
	{IACCVIOL, ARCH_FAULT_FETCH},
	{IBUSERR | PRECISERR | IMPRECISERR, ARCH_FAULT_BUS},
	{ANY_STACKING, ARCH_FAULT_STACKING},
	{DIVBYZERO, ARCH_FAULT_DIVIDE},
	{UNALIGNED, ARCH_FAULT_ALIGNMENT},
	{UNDEFINSTR | INVSTATE | NOCP, ARCH_FAULT_UNDEFINED},
};

/* HFSR: a fault that could not be taken as what it is, or an event for a debugger that is not there. */
#define FORCED   (1u << 30)
#define DEBUGEVT (1u << 31)

#define SVC_NBYTES 2u

/* All three configurable faults stay at priority 0, the most urgent that there is. */
void armv7m_faults_init(void)
{
	SCB->CCR |= CCR_DIV_0_TRP | CCR_STKALIGN;
	SCB->SHCSR |= SHCSR_MEMFAULTENA | SHCSR_BUSFAULTENA | SHCSR_USGFAULTENA;
	SCB->SHPR[EXCEPTION_PENDSV - FIRST_WITH_PRIORITY] = PRIORITY_LOWEST;
	barrier();
}

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

static bool is_unserved_call(const struct arch_fault *fault, uint32_t exception)
{
	if (exception == EXCEPTION_HARDFAULT)
		return (fault->status[1] & (FORCED | DEBUGEVT)) != 0;
	return exception == EXCEPTION_SVCALL || exception == EXCEPTION_DEBUGMON;
}

static enum arch_fault_cause cause_of(const struct arch_fault *fault, uint32_t exception)
{
	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++)
		if (fault->status[0] & causes[i].status)
			return causes[i].cause;
	return is_unserved_call(fault, exception) ? ARCH_FAULT_UNDEFINED : ARCH_FAULT_UNKNOWN;
}

static void fill_from_frame(struct arch_fault *fault, const struct exception_frame *frame)
{
	fault->sp += sizeof(*frame) + (frame->xpsr & XPSR_ALIGNED ? sizeof(uint32_t) : 0);
	fault->pc = frame->pc - (fault->status[2] == EXCEPTION_SVCALL ? SVC_NBYTES : 0);
	fault->lr = frame->lr;
	fault->lr_known = true;
	fault->pc_known = (fault->status[0] & IMPRECISERR) == 0;
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

/* mmfar and bfar were read before the flags that say whether they hold an address: the other way round, a
 * more urgent fault in between could change them. */
static void fill_address(struct arch_fault *fault, uintptr_t mmfar, uintptr_t bfar)
{
	if (fault->status[0] & MMARVALID) {
		fault->addr = mmfar;
		fault->addr_known = true;
	} else if (fault->status[0] & BFARVALID) {
		fault->addr = bfar;
		fault->addr_known = true;
	} else if (fault->cause == ARCH_FAULT_FETCH && fault->pc_known) {
		fault->addr = fault->pc;
		fault->addr_known = true;
	}
}

/* What is told is forgotten, and with it what waits behind it: see the top. */
static void clear_status(const struct arch_fault *fault)
{
	SCB->CFSR = fault->status[0];
	SCB->HFSR = fault->status[1];
	SCB->SHCSR &= ~SHCSR_PENDED;
	barrier();
}

/* Called by armv7m_fault_entry on the fault stack. */
void armv7m_fault(uintptr_t msp, uint32_t exc_return)
{
	uintptr_t mmfar = SCB->MMFAR, bfar = SCB->BFAR;
	uint32_t exception = exception_number();
	bool from_task = (exc_return & EXC_RETURN_PSP) != 0;
	struct arch_fault fault = {
		.in_handler = !from_task || !is_synchronous(exception),
		.masked = arch_irq_masked(),
		.sp = from_task ? task_sp() : msp,
		.status = {SCB->CFSR, SCB->HFSR, exception},
	};

	if (is_synchronous(exception))
		fault.cause = cause_of(&fault, exception);
	if ((fault.status[0] & ANY_STACKING) == 0)
		fill_from_frame(&fault, (const struct exception_frame *)fault.sp);
	recognise_headroom(&fault);
	fill_address(&fault, mmfar, bfar);
	kernel_fault(&fault);
	clear_status(&fault);
}

void arch_fault_redirect(uintptr_t stack_base, size_t stack_nbytes, void (*entry)(void *arg), void *arg)
{
	uintptr_t psp = armv7m_first_frame(stack_base + stack_nbytes, entry, arg);

	__asm__ volatile("msr psp, %0" : : "r"(psp) : "memory");
	arch_irq_restore(0);
}
