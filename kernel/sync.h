/* SPDX-License-Identifier: MIT */
/* Semaphores, mutexes with priority inheritance, message queues, and allocation that waits.
 * Timeouts in ticks, NO_WAIT or WAIT_FOREVER. Waiters are served by priority, first come first served among
 * equals. Waiting with a timeout other than NO_WAIT is for tasks with interrupts unmasked and the scheduler
 * not suspended: elsewhere KERNEL_EINVAL. give, send with NO_WAIT, receive with NO_WAIT: any context.
 * Objects live wherever the caller likes except on a stack: waiters of other tasks are linked into them. An
 * object that was never initialised (all zero) is answered with KERNEL_EINVAL, but for a mutex, which is then
 * unlocked. */
#ifndef KERNEL_SYNC_H
#define KERNEL_SYNC_H

#include "task.h"
#include "wait.h"

/* A unit that was given to a waiter which dies before it runs goes to the next. A semaphore that any task has
 * waited for stays where it is until it is destroyed, or all of them have come back from semaphore_take. */
struct semaphore {
	struct wait_queue waiters;
	struct task *handed; /* list of those that were given a unit, and have not run since */
	uint32_t count, limit;
};
/* KERNEL_EINVAL: a NULL, a limit of 0, or a count above it. */
enum kernel_status semaphore_init(struct semaphore *s, uint32_t count, uint32_t limit);
/* KERNEL_ETIMEDOUT, KERNEL_EDELETED, KERNEL_EINVAL. */
enum kernel_status semaphore_take(struct semaphore *s, uint32_t ticks);
/* KERNEL_EINVAL at the limit: the count is unchanged. */
enum kernel_status semaphore_give(struct semaphore *s);
/* Waiters get KERNEL_EDELETED. Who is killed in it first brings it to its end. Any context. */
void semaphore_destroy(struct semaphore *s);

/* Not recursive; tasks only. While it is waited for, its owner runs at the priority of the most urgent waiter
 * at least, and so does whoever that owner waits for. To wait at the end of more than MUTEX_CHAIN owners is
 * refused with KERNEL_EDEADLK, as a cycle is. */
#ifndef MUTEX_CHAIN
#define MUTEX_CHAIN 8
#endif
struct mutex {
	struct wait_queue waiters;
	struct task *owner;
	struct mutex *next_held, **link_held;
	uint8_t donated; /* priority that its owner inherits by it; 0: none */
	bool owner_died;
};
enum kernel_status mutex_init(struct mutex *m);
/* KERNEL_EOWNERDEAD: locked, repair what it guards. KERNEL_ETIMEDOUT, KERNEL_EDEADLK, KERNEL_EINVAL. */
enum kernel_status mutex_lock(struct mutex *m, uint32_t ticks);
/* KERNEL_EPERM: not the caller's. */
enum kernel_status mutex_unlock(struct mutex *m);

/* Messages of a fixed length, copied in and out, unlocked, by way of slots in storage that comes from the
 * heap: never from stack to stack. They arrive in the order in which they were sent whole. A message that a
 * dying task was about to receive goes to the next. */
struct message_queue {
	struct wait_queue senders, receivers;
	struct task *destroyer; /* waits for the last slot that someone copies from or to */
	unsigned char *storage;
	uint16_t *link; /* of each slot: the next of its list */
	size_t message_nbytes, capacity;
	size_t count;  /* messages ready */
	size_t ntaken; /* slots that someone copies from or to */
	uint16_t first, last, free;
};
/* KERNEL_EINVAL: a NULL, a length or capacity of 0, or more than QUEUE_MAX_CAPACITY; KERNEL_ENOMEM. */
#define QUEUE_MAX_CAPACITY 65535u
enum kernel_status queue_init(struct message_queue *q, size_t message_nbytes, size_t capacity);
/* KERNEL_ETIMEDOUT, KERNEL_EDELETED, KERNEL_EINVAL. */
enum kernel_status queue_send(struct message_queue *q, const void *message, uint32_t ticks);
enum kernel_status queue_receive(struct message_queue *q, void *message, uint32_t ticks);
size_t queue_count(const struct message_queue *q);
/* Waiters get KERNEL_EDELETED. Waits until nobody copies any more: tasks only, KERNEL_EINVAL elsewhere.
 * Who is killed in it first brings it to its end; to join the victim is to wait for that. */
enum kernel_status queue_destroy(struct message_queue *q);

/* cairn_alloc that waits up to `ticks` for memory to come back. NULL: none came in time, or nbytes makes no
 * sense. */
void *alloc_wait(size_t nbytes, uint32_t ticks);

#endif
