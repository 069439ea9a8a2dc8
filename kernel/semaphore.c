/* SPDX-License-Identifier: MIT */
/* Counting semaphores. A unit given while someone waits goes straight to the most urgent waiter, so that
 * nobody can overtake it. count > 0 only while nobody waits. limit 0: not a semaphore, or destroyed.
 * A task that was handed a unit is listed in `handed` until it runs: if it dies first, the unit goes to the
 * next; if the semaphore is destroyed first, the list lets go of it. */
#include "lock.h"
#include "task_private.h"

/* ---- units on their way; locked ---- */

static void hand(struct semaphore *s, struct task *task)
{
	task->handed_by = s;
	task->next_handed = s->handed;
	task->link_handed = &s->handed;
	if (s->handed)
		s->handed->link_handed = &task->next_handed;
	s->handed = task;
}

static void unhand(struct task *task)
{
	*task->link_handed = task->next_handed;
	if (task->next_handed)
		task->next_handed->link_handed = task->link_handed;
	task->handed_by = NULL;
}

/* To the most urgent waiter, or the count. false: at the limit, or not a semaphore any more. */
static bool give(struct semaphore *s)
{
	struct task *waiter = wait_queue_first(&s->waiters);

	if (waiter && s->limit != 0) {
		hand(s, waiter);
		wait_end(waiter, KERNEL_OK);
	} else if (s->count < s->limit) {
		s->count++;
	} else {
		return false;
	}
	return true;
}

static void arrived(struct task *task)
{
	arch_key key = kernel_lock();

	if (task->handed_by)
		unhand(task);
	kernel_unlock(key);
}

/* ---- the interface ---- */

enum kernel_status semaphore_init(struct semaphore *s, uint32_t count, uint32_t limit)
{
	if (!s || limit == 0 || count > limit)
		return KERNEL_EINVAL;
	*s = (struct semaphore){.count = count, .limit = limit};
	return KERNEL_OK;
}

/* Called with the lock held, which it releases. */
static enum kernel_status wait_for_unit(struct semaphore *s, uint32_t ticks, arch_key key)
{
	enum kernel_status status = wait_in(&s->waiters, ticks, key);

	if (status == KERNEL_OK)
		arrived(current_task());
	return status;
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
		return wait_for_unit(s, ticks, key);
	kernel_unlock(key);
	return status;
}

enum kernel_status semaphore_give(struct semaphore *s)
{
	bool given;
	arch_key key;

	if (!s)
		return KERNEL_EINVAL;
	key = kernel_lock();
	given = give(s);
	kernel_unlock(key);
	return given ? KERNEL_OK : KERNEL_EINVAL;
}

void semaphore_abandon(struct task *task)
{
	arch_key key = kernel_lock();
	struct semaphore *s = task->handed_by;

	if (s) {
		unhand(task);
		give(s);
	}
	kernel_unlock(key);
}

static bool let_go_of_one(struct semaphore *s)
{
	arch_key key = kernel_lock();
	struct task *task = s->handed;

	if (task)
		unhand(task);
	kernel_unlock(key);
	return task != NULL;
}

void semaphore_destroy(struct semaphore *s)
{
	arch_key key;

	if (!s)
		return;
	/* Pinned: who is killed half-way would leave the rest waiting. */
	task_pin();
	key = kernel_lock();
	s->limit = 0;
	s->count = 0;
	kernel_unlock(key);
	while (wait_wake_one(&s->waiters, KERNEL_EDELETED) || let_go_of_one(s))
		;
	task_unpin();
}
