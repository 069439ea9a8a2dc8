/* SPDX-License-Identifier: MIT */
/* Mutexes with priority inheritance.
 * I1: m->donated is the priority of m's most urgent waiter as its owner counts it; owner->ninherited[p] is
 *     the number of mutexes it holds with donated == p, for p > 0. So unlocking takes away what this mutex
 *     gave, and nothing else, in O(1).
 * I2: no cycle of owners and waiters exists: mutex_lock refuses to close one.
 * A change runs along at most MUTEX_CHAIN owners. Behind that, donated is out of date until the next change,
 * but never inconsistent: what was counted in is what is counted out. */
#include "mutex_private.h"

#include "lock.h"
#include "sched.h"
#include "task_private.h"

static void inherit(struct task *owner, unsigned priority)
{
	if (priority && owner->ninherited[priority]++ == 0)
		owner->inherited_mask |= 1u << priority;
}

static void disinherit(struct task *owner, unsigned priority)
{
	if (priority && --owner->ninherited[priority] == 0)
		owner->inherited_mask &= ~(1u << priority);
}

void mutex_waiters_changed(struct mutex *m)
{
	for (unsigned depth = 0; m && depth < MUTEX_CHAIN; depth++) {
		struct task *owner = m->owner;
		unsigned top = wait_queue_top(&m->waiters);

		if (!owner || top == m->donated)
			return;
		disinherit(owner, m->donated);
		inherit(owner, top);
		m->donated = (uint8_t)top;
		if (!sched_reprioritise(owner))
			return;
		m = owner->waits_on;
	}
}

static void own(struct mutex *m, struct task *task)
{
	m->owner = task;
	m->next_held = task->held;
	m->link_held = &task->held;
	if (task->held)
		task->held->link_held = &m->next_held;
	task->held = m;
}

static void disown(struct mutex *m)
{
	*m->link_held = m->next_held;
	if (m->next_held)
		m->next_held->link_held = m->link_held;
	disinherit(m->owner, m->donated);
	m->donated = 0;
	m->owner = NULL;
}

/* From its owner to the most urgent waiter, whose wait ends with `status`. Locked. */
static void pass_on(struct mutex *m, enum kernel_status status)
{
	struct task *owner = m->owner;
	struct task *heir = wait_queue_first(&m->waiters);

	disown(m);
	if (heir) {
		own(m, heir);
		wait_end(heir, status);
	}
	sched_reprioritise(owner);
	sched_preempt();
}

/* Would waiting for m close a cycle, or make a chain that is too long to tell? */
static bool would_deadlock(const struct mutex *m)
{
	for (unsigned depth = 0; depth < MUTEX_CHAIN; depth++) {
		if (m->owner == current_task())
			return true;
		m = m->owner->waits_on;
		if (!m)
			return false;
	}
	return true;
}

enum kernel_status mutex_init(struct mutex *m)
{
	if (!m)
		return KERNEL_EINVAL;
	*m = (struct mutex){.owner = NULL};
	return KERNEL_OK;
}

/* Nobody owns it. Locked. */
static enum kernel_status take_free(struct mutex *m)
{
	enum kernel_status status = m->owner_died ? KERNEL_EOWNERDEAD : KERNEL_OK;

	m->owner_died = false;
	own(m, current_task());
	return status;
}

enum kernel_status mutex_lock(struct mutex *m, uint32_t ticks)
{
	bool may_wait = wait_allowed();
	enum kernel_status status;
	arch_key key;

	if (!m || !task_running() || (ticks != NO_WAIT && !may_wait))
		return KERNEL_EINVAL;
	key = kernel_lock();
	if (!m->owner) {
		status = take_free(m);
	} else if (m->owner == current_task()) {
		status = KERNEL_EDEADLK;
	} else if (ticks == NO_WAIT) {
		status = KERNEL_ETIMEDOUT;
	} else if (would_deadlock(m)) {
		status = KERNEL_EDEADLK;
	} else {
		current_task()->waits_on = m;
		return wait_in(&m->waiters, ticks, key);
	}
	kernel_unlock(key);
	return status;
}

enum kernel_status mutex_unlock(struct mutex *m)
{
	enum kernel_status status = KERNEL_OK;
	arch_key key;

	if (!m || !task_running())
		return KERNEL_EINVAL;
	key = kernel_lock();
	if (m->owner == current_task())
		pass_on(m, KERNEL_OK);
	else
		status = KERNEL_EPERM;
	kernel_unlock(key);
	return status;
}

void mutex_abandon_all(struct task *task)
{
	bool any;

	do {
		arch_key key = kernel_lock();
		struct mutex *m = task->held;

		any = m != NULL;
		if (any) {
			m->owner_died = !wait_queue_first(&m->waiters);
			pass_on(m, KERNEL_EOWNERDEAD);
		}
		kernel_unlock(key);
	} while (any);
}
