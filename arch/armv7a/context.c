/* SPDX-License-Identifier: MIT */
/* Tasks as the CPU sees them. arch_cpu.running is the context that the next exception from a task is stored
 * in, and out of date while the task runs; it changes only in the switch, interrupts masked. */
#include "armv7a.h"
#include "gic.h"

#define STACK_ALIGN_NBYTES 8u

struct arch_cpu arch_cpu;
_Static_assert(offsetof(struct arch_cpu, running) == 0, "vectors.S");

/* The guard words are unused: what closes a stack is in the page tables, and the same for all tasks. */
void arch_context_init(struct arch_context *context, uintptr_t stack_base, size_t stack_nbytes,
		       const uintptr_t guard[2], void (*entry)(void *arg), void *arg)
{
	uintptr_t pc = (uintptr_t)entry;

	(void)guard;
	context->r[0] = (uintptr_t)arg;
	context->sp = (stack_base + stack_nbytes) & ~(STACK_ALIGN_NBYTES - 1);
	context->lr = 0;
	context->pc = pc & ~(uintptr_t)1;
	context->cpsr = MODE_SYS | CPSR_F | ((pc & 1) != 0 ? CPSR_T : 0u);
	context->stack_base = stack_base;
	context->stack_nbytes = stack_nbytes;
}

void arch_fault_redirect(uintptr_t stack_base, size_t stack_nbytes, void (*entry)(void *arg), void *arg)
{
	arch_context_init(arch_cpu.running, stack_base, stack_nbytes, NULL, entry, arg);
}

void armv7a_enter(struct arch_context *context)
{
	arch_cpu.running = context;
	arch_cpu.room_limit = context->room_limit;
	arch_cpu.room_nbytes = context->room_nbytes;
}

void arch_switch_request(void)
{
	gic_raise_switch();
}

_Noreturn void arch_start(struct arch_context *first)
{
	armv7a_enter(first);
	armv7a_start_first(first);
}

void arch_wait_for_interrupt(void)
{
	__asm__ volatile("dsb\n\twfi" : : : "memory");
}
