/* SPDX-License-Identifier: MIT */
/* Fixed priorities, preemptive, round-robin among equals.
 * I1: the ready queue holds every task that could run, the running one included, and never gets empty: idle
 *     does not wait.
 * I2: outside the lock the running task is the first of the ready queue, unless a switch is asked for or
 *     suspended. A task that is preempted stays first among its equals; a tick or task_yield puts it behind
 *     them. */
#include "sched.h"

#include "lock.h"
#include "task_private.h"
#include "timer.h"

struct task *current_task;

static struct wait_queue ready;
static unsigned nsuspended;
static void (*tick_hook)(void);

void sched_ready(struct task *task)
{
	task->state = TASK_READY;
	wait_queue_add(&ready, task);
}

void sched_preempt(void)
{
	if (current_task && !nsuspended && wait_queue_first(&ready) != current_task)
		arch_switch_request();
}

static unsigned effective_priority(const struct task *task)
{
	unsigned inherited = task->inherited_mask ? cairn_highest_bit(task->inherited_mask) : 0;

	return inherited > task->base_priority ? inherited : task->base_priority;
}

bool sched_reprioritise(struct task *task)
{
	struct wait_queue *q = task->queue;
	unsigned priority = effective_priority(task);

	if (priority == task->priority)
		return false;
	if (q)
		wait_queue_remove(task);
	task->priority = (uint8_t)priority;
	if (q && task == current_task)
		wait_queue_add_first(q, task);
	else if (q)
		wait_queue_add(q, task);
	return true;
}

bool sched_suspended(void)
{
	return nsuspended != 0;
}

void sched_forget_suspension(void)
{
	nsuspended = 0;
}

void scheduler_suspend(void)
{
	arch_key key = kernel_lock();

	nsuspended++;
	kernel_unlock(key);
}

void scheduler_resume(void)
{
	arch_key key = kernel_lock();

	if (nsuspended)
		nsuspended--;
	sched_preempt();
	kernel_unlock(key);
}

static void give_way(void)
{
	if (current_task->state == TASK_READY && !nsuspended)
		wait_queue_rotate(&ready, current_task->priority);
	sched_preempt();
}

void task_yield(void)
{
	arch_key key = kernel_lock();

	if (current_task && !arch_in_handler())
		give_way();
	kernel_unlock(key);
}

void scheduler_set_tick_hook(void (*hook)(void))
{
	arch_key key = kernel_lock();

	tick_hook = hook;
	kernel_unlock(key);
}

void kernel_tick(void)
{
	void (*hook)(void) = tick_hook;
	arch_key key;

	timer_tick();
	if (hook)
		hook();
	key = kernel_lock();
	if (wait_queue_first(&ready) == current_task)
		give_way();
	kernel_unlock(key);
}

struct arch_context *kernel_switch(void)
{
	if (!nsuspended || current_task->state != TASK_READY)
		current_task = wait_queue_first(&ready);
	return &current_task->context;
}

_Noreturn void scheduler_start(void)
{
	current_task = wait_queue_first(&ready);
	arch_start(&current_task->context);
}
