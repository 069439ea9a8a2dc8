/* SPDX-License-Identifier: MIT */
/* Queues of tasks, and waiting in them.
 * I1: a task is in at most one queue, which task->queue names; ready tasks are in the scheduler's.
 * I2: a task is in the ring of its effective priority; whoever changes that moves it (sched_reprioritise).
 * I3: bit p of mask is set iff ring p is not empty.
 * The result of a wait travels through the control block: nobody writes into a waiter's stack. */
#include "wait.h"

#include "lock.h"
#include "mutex_private.h"
#include "sched.h"
#include "task_private.h"
#include "timer.h"

void wait_queue_add(struct wait_queue *q, struct task *task)
{
	struct task *first = q->first[task->priority];

	if (first) {
		task->next = first;
		task->previous = first->previous;
		first->previous->next = task;
		first->previous = task;
	} else {
		task->next = task;
		task->previous = task;
		q->first[task->priority] = task;
		q->mask |= 1u << task->priority;
	}
	task->queue = q;
}

void wait_queue_add_first(struct wait_queue *q, struct task *task)
{
	wait_queue_add(q, task);
	q->first[task->priority] = task;
}

void wait_queue_remove(struct task *task)
{
	struct wait_queue *q = task->queue;
	struct task **first = &q->first[task->priority];

	task->next->previous = task->previous;
	task->previous->next = task->next;
	if (*first == task)
		*first = task->next;
	if (*first == task) {
		*first = NULL;
		q->mask &= ~(1u << task->priority);
	}
	task->queue = NULL;
}

unsigned wait_queue_top(const struct wait_queue *q)
{
	return q->mask ? cairn_highest_bit(q->mask) : 0;
}

struct task *wait_queue_first(const struct wait_queue *q)
{
	return q->first[wait_queue_top(q)];
}

bool wait_allowed(void)
{
	return current_task() && !arch_in_handler() && !arch_irq_masked() && !sched_suspended();
}

enum kernel_status wait_in(struct wait_queue *q, uint32_t ticks, arch_key key)
{
	struct task *self = current_task();

	wait_queue_remove(self);
	self->state = TASK_WAITING;
	if (q)
		wait_queue_add(q, self);
	if (self->waits_on)
		mutex_waiters_changed(self->waits_on);
	if (ticks != WAIT_FOREVER)
		timeout_start(&self->timeout, ticks);
	sched_preempt();
	kernel_unlock(key);
	/* The switch is an interrupt, which may come some instructions after it is unmasked. A task that runs
	 * again is ready, by wait_end; one that was killed meanwhile never is. */
	while (*(volatile uint8_t *)&self->state != TASK_READY)
		;
	return self->wait_status;
}

void wait_detach(struct task *task)
{
	struct mutex *m = task->waits_on;

	timeout_stop(&task->timeout);
	if (task->queue)
		wait_queue_remove(task);
	task->waits_on = NULL;
	if (m)
		mutex_waiters_changed(m);
}

void wait_end(struct task *task, enum kernel_status status)
{
	wait_detach(task);
	task->wait_status = status;
	sched_ready(task);
	sched_preempt();
}

bool wait_wake_one(struct wait_queue *q, enum kernel_status status)
{
	arch_key key = kernel_lock();
	struct task *task = wait_queue_first(q);

	if (task)
		wait_end(task, status);
	kernel_unlock(key);
	return task != NULL;
}
