/* SPDX-License-Identifier: MIT */
/* Counting semaphores. A unit given while someone waits goes straight to the most urgent waiter, so that
 * nobody can overtake it. count > 0 only while nobody waits. limit 0: not a semaphore, or destroyed. */
#include "lock.h"
#include "sync.h"

enum kernel_status semaphore_init(struct semaphore *s, uint32_t count, uint32_t limit)
{
	if (!s || limit == 0 || count > limit)
		return KERNEL_EINVAL;
	*s = (struct semaphore){.count = count, .limit = limit};
	return KERNEL_OK;
}

enum kernel_status semaphore_take(struct semaphore *s, uint32_t ticks)
{
	bool may_wait = wait_allowed();
	enum kernel_status status = KERNEL_OK;
	arch_key key;

	if (!s || (ticks != NO_WAIT && !may_wait))
		return KERNEL_EINVAL;
	key = kernel_lock();
	if (s->limit == 0)
		status = KERNEL_EINVAL;
	else if (s->count > 0)
		s->count--;
	else if (ticks == NO_WAIT)
		status = KERNEL_ETIMEDOUT;
	else
		return wait_in(&s->waiters, ticks, key);
	kernel_unlock(key);
	return status;
}

enum kernel_status semaphore_give(struct semaphore *s)
{
	enum kernel_status status = KERNEL_OK;
	struct task *waiter;
	arch_key key;

	if (!s)
		return KERNEL_EINVAL;
	key = kernel_lock();
	waiter = wait_queue_first(&s->waiters);
	if (waiter)
		wait_end(waiter, KERNEL_OK);
	else if (s->count < s->limit)
		s->count++;
	else
		status = KERNEL_EINVAL;
	kernel_unlock(key);
	return status;
}

void semaphore_destroy(struct semaphore *s)
{
	arch_key key;

	if (!s)
		return;
	key = kernel_lock();
	s->limit = 0;
	s->count = 0;
	kernel_unlock(key);
	while (wait_wake_one(&s->waiters, KERNEL_EDELETED))
		;
}
