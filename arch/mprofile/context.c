/* SPDX-License-Identifier: MIT */
/* Tasks: contexts, and what PendSV leaves to C.
 * PendSV is the least urgent exception, so a switch happens only when no other handler is active. What the
 * hardware stacks stays on the stack of the task; the rest goes into its context. A fresh context has
 * nothing on its stack yet: its first frame is written here, once that is open. */
#include "mprofile.h"

struct arch_cpu arch_cpu;
_Static_assert(offsetof(struct arch_cpu, running) == 0 && offsetof(struct arch_cpu, next) == 4 &&
		       offsetof(struct arch_cpu, room_limit) == 8 &&
		       offsetof(struct arch_cpu, room_nbytes) == 12,
	       "known to PendSV");

void arch_context_init(struct arch_context *context, uintptr_t stack_base, size_t stack_nbytes,
		       const uintptr_t guard[2], void (*entry)(void *arg), void *arg)
{
	context->guard[0] = guard[0];
	context->guard[1] = guard[1];
	context->entry = entry;
	context->arg = arg;
	context->fresh_top = stack_base + stack_nbytes;
}

/* The other registers have no meaning to a function that begins. */
uintptr_t mprofile_first_frame(uintptr_t top, void (*entry)(void *arg), void *arg)
{
	struct exception_frame *frame = (struct exception_frame *)top - 1;

	frame->r0 = (uintptr_t)arg;
	frame->lr = 0;
	frame->pc = (uintptr_t)entry & ~(uintptr_t)1;
	frame->xpsr = XPSR_T;
	return (uintptr_t)frame;
}

uintptr_t mprofile_begin(struct arch_context *context)
{
	uintptr_t top = context->fresh_top;

	barrier();
	context->fresh_top = 0;
	return mprofile_first_frame(top, context->entry, context->arg);
}

_Noreturn void arch_start(struct arch_context *first)
{
	uintptr_t top = first->fresh_top;

	(void)arch_irq_save();
	arch_cpu.running = first;
	arch_cpu.room_limit = first->room_limit;
	arch_cpu.room_nbytes = first->room_nbytes;
	mprofile_guard_open(first->guard);
	first->fresh_top = 0;
	mprofile_leave_boot_stack(first->arg, first->entry, top, (uintptr_t)handler_stack_top);
}

void arch_wait_for_interrupt(void)
{
	__asm__ volatile("dsb\n\twfi" : : : "memory");
}
