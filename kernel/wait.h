/* SPDX-License-Identifier: MIT */
/* Queues of tasks by priority: those that wait for something, and those that are ready. First come first
 * served among equals. Public only so that objects can hold one: all zero is an empty queue. The functions
 * are the kernel's, under its lock. */
#ifndef KERNEL_WAIT_H
#define KERNEL_WAIT_H

#include "task.h"

/* One above the priorities of the users' tasks, for the reaper. */
#define TASK_LEVELS (TASK_PRIORITIES + 1)
_Static_assert(TASK_PRIORITIES >= 2 && TASK_LEVELS <= 32, "TASK_PRIORITIES");

struct wait_queue {
	uint32_t mask;                   /* bit p: first[p] is not NULL */
	struct task *first[TASK_LEVELS]; /* a ring of tasks for each priority */
};

/* O(1), all of them. */
void wait_queue_add(struct wait_queue *q, struct task *task);
void wait_queue_add_first(struct wait_queue *q, struct task *task);
void wait_queue_remove(struct task *task);
struct task *wait_queue_first(const struct wait_queue *q); /* the most urgent, or NULL */
unsigned wait_queue_top(const struct wait_queue *q);       /* its priority; 0 when empty */

/* May the caller wait: a task, interrupts unmasked, scheduler not suspended. Asked before the lock. */
bool wait_allowed(void);

/* Let the running task wait in q (NULL: for time alone); called with the lock held, which it releases. What
 * wait_end said. */
enum kernel_status wait_in(struct wait_queue *q, uint32_t ticks, arch_key key);

/* End the wait of a task with `status`: it is ready again. Locked. */
void wait_end(struct task *task, enum kernel_status status);

/* Take a task out of whatever it waits in or is ready in. Locked. */
void wait_detach(struct task *task);

/* End the wait of the most urgent waiter: false when there is none. Takes the lock itself, so that a loop of
 * it does not hold it. */
bool wait_wake_one(struct wait_queue *q, enum kernel_status status);

#endif
