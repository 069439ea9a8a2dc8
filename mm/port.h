/* SPDX-License-Identifier: MIT */
/* What an embedder supplies. Seen by cairn*.c alone; nothing else in mm/ knows the machine.
 * A conforming port implements every function for real: a guard that does not guard is worse than none. */
#ifndef CAIRN_PORT_H
#define CAIRN_PORT_H

#include "explain.h"

typedef uintptr_t cairn_key;

/* A misuse or damage that Cairn has seen. */
struct cairn_report {
	enum cairn_err err;
	const char *operation;       /* the function called, such as "cairn_free" */
	uintptr_t addr;              /* what it was called with */
	const char *name;            /* the cache, stack or task named in the call; NULL when none was */
	const void *caller;          /* the address that the call returns to */
	struct cairn_explanation is; /* what lies at addr */
};

/* Keep everyone else out (interrupts, other CPUs), and let them in again. Nests: the key says what to
 * restore. Called from any context, for O(CAIRN_ORDERS) instructions at most. A port whose tasks have
 * guarded stacks makes sure before it locks that the stack has room for what runs under the lock.
 * A lock of a few instructions is better inline: -DCAIRN_PORT_LOCK_FILE='"my_lock.h"' names a header that
 * defines the two as static inline. */
#ifdef CAIRN_PORT_LOCK_FILE
#include CAIRN_PORT_LOCK_FILE
#else
cairn_key cairn_port_lock(void);
void cairn_port_unlock(cairn_key key);
#endif

/* A call was refused, or damage was found. Outside the lock, in the context of the call. May log, count, or
 * stop the system; may call nothing of Cairn's that allocates or frees. */
void cairn_port_report(const struct cairn_report *report);

/* Memory came back while someone had asked to hear of it (cairn_watch_frees). Outside the lock, any
 * context. May be empty if nothing ever asks. */
void cairn_port_freed(void);

/* true: the running task is between the two halves of an operation, outside the lock; it may be preempted,
 * but must not be ended from outside before the matching false, for what it holds would be lost. Nests, at
 * most 4 deep. Never called on a fast path. */
void cairn_port_pin(bool on);

/* Who is running: a token remembered with heap blocks (level 2). NULL before tasks exist or in a handler. */
const void *cairn_port_owner(void);

/* A number that is hard to guess, to key the checks of block headers. Called once. A constant is allowed,
 * and weaker. */
size_t cairn_port_key(void);

/* How stacks are guarded here. Called once, by cairn_init. */
void cairn_port_guard_geometry(struct cairn_guard_geometry *geometry);

/* Close an arena for all writes but those into the running task's stack. Outside the lock, from a task or
 * before tasks. CAIRN_ETOOMANY: no means is left to close another; the arena is then not used. Mapped
 * geometry: never called. */
enum cairn_err cairn_port_arena_close(uintptr_t base, size_t nbytes);

/* Make a stack's memory usable. Window: compute the words that open it, from its base and length alone; under
 * the lock, so a few instructions. Mapped: map its frames at its base; outside the lock. An error
 * (CAIRN_ENOMEM, CAIRN_EINVAL) makes creation fail with it. Unmap undoes the mapping, outside the lock; it
 * cannot fail. Window geometry: never called. */
enum cairn_err cairn_port_stack_map(struct cairn_stack *stack);
void cairn_port_stack_unmap(struct cairn_stack *stack);

#endif
