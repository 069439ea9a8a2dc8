/* SPDX-License-Identifier: MIT */
/* The slow half of the lock, and what is measured of it.
 * Only the outermost lock checks the stack: CAIRN_LOCKED_STACK covers everything that runs until it is
 * released. */
#include "lock.h"

#include "task_private.h"

bool kernel_in_fault;

static struct {
	unsigned depth;
	uint32_t began;
	uint32_t longest;
	uintptr_t site; /* where the longest ended */
} masked;

/* A task that is pinned has been checked when it was, for all of the stretch. */
static bool short_of_stack(size_t nbytes)
{
	const struct task *self = current_task();
	uintptr_t limit;

	if (arch_irq_masked() || kernel_in_fault || !self)
		return false;
	if (arch_in_handler())
		limit = arch_handler_stack_limit();
	else if (self->npins == 0)
		limit = self->stack.base;
	else
		return false;
	return arch_sp() < limit + nbytes;
}

void kernel_require_headroom(void)
{
	if (short_of_stack(CAIRN_PINNED_STACK))
		arch_raise_headroom();
}

void kernel_lock_out_of_room(void)
{
	if (short_of_stack(CAIRN_LOCKED_STACK))
		arch_raise_headroom();
}

void kernel_masked_begins(void)
{
	if (masked.depth++ == 0)
		masked.began = arch_stamp();
}

void kernel_masked_ends(void)
{
	uint32_t stamps;

	if (--masked.depth != 0)
		return;
	stamps = arch_stamp() - masked.began;
	if (stamps <= masked.longest)
		return;
	masked.longest = stamps;
	masked.site = (uintptr_t)__builtin_return_address(0);
}

uint32_t port_longest_masked(void)
{
	return masked.longest;
}

uintptr_t port_longest_masked_site(void)
{
	return masked.site;
}

void port_reset_longest_masked(void)
{
	masked.longest = 0;
	masked.site = 0;
}
