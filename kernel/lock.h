/* SPDX-License-Identifier: MIT */
/* The kernel's one lock, mm's included: interrupts masked. Held for a few hundred instructions, never across
 * a loop over memory, tasks or waiters. Nests; the key says what to restore. */
#ifndef KERNEL_LOCK_H
#define KERNEL_LOCK_H

#include "arch.h"

/* 1: every outermost lock is timed. 0: no code for it exists. */
#ifndef PORT_TIMES_LOCK
#define PORT_TIMES_LOCK 0
#endif
_Static_assert(PORT_TIMES_LOCK == 0 || PORT_TIMES_LOCK == 1, "PORT_TIMES_LOCK");

/* For those below alone: the stack in use is not the running task's, or has little left; the timing. */
void kernel_lock_out_of_room(void);
void kernel_masked_begins(void);
void kernel_masked_ends(void);

/* The lock, for who has asked arch_in_room. */
static inline arch_key kernel_lock_in_room(void)
{
	arch_key key = arch_irq_save();

	if (PORT_TIMES_LOCK)
		kernel_masked_begins();
	return key;
}

/* Before it masks anything it makes sure that the stack in use has CAIRN_LOCKED_STACK bytes left, and
 * otherwise raises the overflow while nothing is held: with interrupts masked an overflow would leave a
 * structure half-updated. A task in its room needs no more than one comparison for that. */
static inline arch_key kernel_lock(void)
{
	if (!arch_in_room())
		kernel_lock_out_of_room();
	return kernel_lock_in_room();
}

static inline void kernel_unlock(arch_key key)
{
	if (PORT_TIMES_LOCK)
		kernel_masked_ends();
	arch_irq_restore(key);
}

/* The check alone, for CAIRN_PINNED_STACK bytes: before a stretch outside the lock that must not be cut short
 * by an overflow either. */
void kernel_require_headroom(void);

/* Set while kernel_fault runs: it has a stack of its own, which no limit here describes. */
extern bool kernel_in_fault;

#endif
