/* SPDX-License-Identifier: MIT */
/* Tasks as the CPU sees them. armv7a_running is the context that the next exception from a task is stored
 * in; it changes only in the switch, interrupts masked. */
#include "armv7a.h"
#include "gic.h"

#define STACK_ALIGN_NBYTES 8u

struct arch_context *armv7a_running;

/* The guard words are unused: what closes a stack is in the page tables, and the same for all tasks. */
void arch_context_init(struct arch_context *context, uintptr_t stack_base, size_t stack_nbytes,
		       const uintptr_t guard[2], void (*entry)(void *arg), void *arg)
{
	uintptr_t pc = (uintptr_t)entry;

	(void)guard;
	*context = (struct arch_context){
		.r = {(uintptr_t)arg},
		.sp = (stack_base + stack_nbytes) & ~(STACK_ALIGN_NBYTES - 1),
		.pc = pc & ~(uintptr_t)1,
		.cpsr = MODE_SYS | CPSR_F | ((pc & 1) != 0 ? CPSR_T : 0u),
		.stack_base = stack_base,
		.stack_nbytes = stack_nbytes,
	};
}

void arch_fault_redirect(uintptr_t stack_base, size_t stack_nbytes, void (*entry)(void *arg), void *arg)
{
	arch_context_init(armv7a_running, stack_base, stack_nbytes, NULL, entry, arg);
}

void arch_switch_request(void)
{
	gic_raise_switch();
}

_Noreturn void arch_start(struct arch_context *first)
{
	armv7a_running = first;
	armv7a_start_first(first);
}

void arch_wait_for_interrupt(void)
{
	__asm__ volatile("dsb\n\twfi" : : : "memory");
}
