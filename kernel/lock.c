/* SPDX-License-Identifier: MIT */
/* The lock and what is measured of it.
 * Only the outermost lock checks the stack: CAIRN_LOCKED_STACK covers everything that runs until it is
 * released. */
#include "lock.h"

#include "task_private.h"

/* 1: every outermost lock is timed. 0: no code for it exists. */
#ifndef PORT_TIMES_LOCK
#define PORT_TIMES_LOCK 0
#endif
_Static_assert(PORT_TIMES_LOCK == 0 || PORT_TIMES_LOCK == 1, "PORT_TIMES_LOCK");

bool kernel_in_fault;

static struct {
	unsigned depth;
	uint32_t began;
	uint32_t longest;
} masked;

/* A task that is pinned has been checked when it was, for all of the stretch. */
static inline bool short_of_stack(size_t nbytes)
{
	uintptr_t limit;

	if (arch_irq_masked() || kernel_in_fault || !current_task)
		return false;
	if (arch_in_handler())
		limit = arch_handler_stack_limit();
	else if (current_task->npins == 0)
		limit = current_task->stack.base;
	else
		return false;
	return arch_sp() < limit + nbytes;
}

void kernel_require_headroom(void)
{
	if (short_of_stack(CAIRN_PINNED_STACK))
		arch_raise_headroom();
}

arch_key kernel_lock(void)
{
	arch_key key;

	if (short_of_stack(CAIRN_LOCKED_STACK))
		arch_raise_headroom();
	key = arch_irq_save();
	if (PORT_TIMES_LOCK && masked.depth++ == 0)
		masked.began = arch_stamp();
	return key;
}

void kernel_unlock(arch_key key)
{
	if (PORT_TIMES_LOCK && --masked.depth == 0) {
		uint32_t stamps = arch_stamp() - masked.began;

		if (stamps > masked.longest)
			masked.longest = stamps;
	}
	arch_irq_restore(key);
}

uint32_t port_longest_masked(void)
{
	return masked.longest;
}

void port_reset_longest_masked(void)
{
	masked.longest = 0;
}
