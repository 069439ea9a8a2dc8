/* SPDX-License-Identifier: MIT */
/* The configurable faults, and the registers that tell their causes: all cores but ARMv6-M.
 * With interrupts masked all of this arrives as HardFault, with the same status. So does, with none, an
 * instruction that calls for an exception that is off: a breakpoint, or a supervisor call while masked. Where
 * they are on they come by their own number; nobody serves either, and the instruction is at fault. */
#include "mprofile.h"

#define CCR_DIV_0_TRP     (1u << 4)
#define CCR_STKALIGN      (1u << 9)
#define SHCSR_MEMFAULTENA (1u << 16)
#define SHCSR_BUSFAULTENA (1u << 17)
#define SHCSR_USGFAULTENA (1u << 18)
#define SHCSR_PENDED      (15u << 12) /* usage, memory management and bus fault, supervisor call */

/* HFSR: a fault that could not be taken as what it is, or an event for a debugger that is not there. */
#define FORCED   (1u << 30)
#define DEBUGEVT (1u << 31)

/* The first that matches is the cause. An access says where it went, so it goes before a stacking that failed
 * because of it. */
static const struct {
	uint32_t cfsr;
	enum arch_fault_cause cause;
} causes[] = {
	{CFSR_DACCVIOL, ARCH_FAULT_DATA},
	{CFSR_IACCVIOL, ARCH_FAULT_FETCH},
	{CFSR_IBUSERR | CFSR_PRECISERR | CFSR_IMPRECISERR, ARCH_FAULT_BUS},
	{CFSR_ANY_STACKING, ARCH_FAULT_STACKING},
	{CFSR_ANY_LATE, ARCH_FAULT_LATE_STACKING},
	{CFSR_STKOF, ARCH_FAULT_LIMIT},
	{CFSR_DIVBYZERO, ARCH_FAULT_DIVIDE},
	{CFSR_UNALIGNED, ARCH_FAULT_ALIGNMENT},
	{CFSR_UNDEFINSTR | CFSR_INVSTATE | CFSR_NOCP, ARCH_FAULT_UNDEFINED},
};

/* All three configurable faults stay at priority 0, the most urgent that there is. */
void mprofile_faults_init(void)
{
	SCB->CCR |= CCR_DIV_0_TRP | CCR_STKALIGN;
	SCB->SHCSR |= SHCSR_MEMFAULTENA | SHCSR_BUSFAULTENA | SHCSR_USGFAULTENA;
	barrier();
}

/* The addresses before the flags that say whether they hold one: the other way round, a more urgent fault in
 * between could change them. */
void mprofile_status_read(struct fault_status *status)
{
	status->mmfar = SCB->MMFAR;
	status->bfar = SCB->BFAR;
	status->cfsr = SCB->CFSR;
	status->hfsr = SCB->HFSR;
}

static bool is_unserved_call(const struct fault_status *status, uint32_t exception)
{
	if (exception == EXCEPTION_HARDFAULT)
		return (status->hfsr & (FORCED | DEBUGEVT)) != 0;
	return exception == EXCEPTION_SVCALL || exception == EXCEPTION_DEBUGMON;
}

enum arch_fault_cause mprofile_status_cause(const struct fault_status *status, uint32_t exception)
{
	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++)
		if (status->cfsr & causes[i].cfsr)
			return causes[i].cause;
	return is_unserved_call(status, exception) ? ARCH_FAULT_UNDEFINED : ARCH_FAULT_UNKNOWN;
}

/* What is told is forgotten, and with it what waits behind it: see fault.c. */
void mprofile_status_clear(const struct fault_status *status)
{
	SCB->CFSR = status->cfsr;
	SCB->HFSR = status->hfsr;
	SCB->SHCSR &= ~SHCSR_PENDED;
	barrier();
}
