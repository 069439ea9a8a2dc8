/* SPDX-License-Identifier: MIT */
/* The kernel's one lock, mm's included: interrupts masked. Held for a few hundred instructions, never across
 * a loop over memory, tasks or waiters. Nests; the key says what to restore. */
#ifndef KERNEL_LOCK_H
#define KERNEL_LOCK_H

#include "arch.h"

/* Before it masks anything it makes sure that the stack in use has CAIRN_LOCKED_STACK bytes left, and
 * otherwise raises the overflow while nothing is held: with interrupts masked an overflow would leave a
 * structure half-updated. */
arch_key kernel_lock(void);
void kernel_unlock(arch_key key);

/* The check alone, for CAIRN_PINNED_STACK bytes: before a stretch outside the lock that must not be cut short
 * by an overflow either. */
void kernel_require_headroom(void);

/* Set while kernel_fault runs: it has a stack of its own, which no limit here describes. */
extern bool kernel_in_fault;

#endif
