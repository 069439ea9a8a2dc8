/* SPDX-License-Identifier: MIT */
/* The end of the machine, through the debugger or emulator that runs it. */
#include "arch.h"

#define SYS_EXIT_EXTENDED            0x20u
#define ADP_STOPPED_APPLICATION_EXIT 0x20026u

_Noreturn void arch_exit(int status)
{
	const uint32_t block[2] = {ADP_STOPPED_APPLICATION_EXIT, (uint32_t)status};
	register uint32_t operation __asm__("r0") = SYS_EXIT_EXTENDED;
	register const uint32_t *argument __asm__("r1") = block;

	(void)arch_irq_save();
	__asm__ volatile("svc 0x123456" : "+r"(operation) : "r"(argument) : "lr", "memory");
	for (;;)
		arch_wait_for_interrupt();
}
