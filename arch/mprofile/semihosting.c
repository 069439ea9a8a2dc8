/* SPDX-License-Identifier: MIT */
/* The end of the machine, through the debugger or emulator that runs it. */
#include "mprofile.h"

#define SYS_EXIT          0x18u
#define SYS_EXIT_EXTENDED 0x20u
#define STOPPED_EXIT      0x20026u /* the application ended */
#define STOPPED_ERROR     0x20023u /* ... because of an error */

static void semihost(uint32_t operation, uintptr_t parameter)
{
	register uint32_t r0 __asm__("r0") = operation;
	register uintptr_t r1 __asm__("r1") = parameter;

	__asm__ volatile("bkpt #0xab" : "+r"(r0) : "r"(r1) : "memory");
}

_Noreturn void arch_exit(int status)
{
	const uint32_t reason[2] = {STOPPED_EXIT, (uint32_t)status};

	(void)arch_irq_save();
	semihost(SYS_EXIT_EXTENDED, (uintptr_t)reason);
	/* A host that knows only the older call returns, and learns no more than good or bad. */
	semihost(SYS_EXIT, status == 0 ? STOPPED_EXIT : STOPPED_ERROR);
	for (;;)
		arch_wait_for_interrupt();
}
