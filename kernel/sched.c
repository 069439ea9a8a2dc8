/* SPDX-License-Identifier: MIT */
/* Fixed priorities, preemptive, round-robin among equals.
 * I1: the ready queue holds every task that could run, the running one included, and never gets empty: idle
 *     does not wait.
 * I2: outside the lock arch_cpu.next is the first of the ready queue; while switching is suspended it is the
 *     running task, if that is ready. Where it is not the running task, a switch is asked for.
 * A task that is preempted stays first among its equals; a tick or task_yield puts it behind them. */
#include "sched.h"

#include "lock.h"
#include "task_private.h"
#include "timer.h"

static struct {
	struct wait_queue ready;
	unsigned nsuspended;
} sched;

static void (*tick_hook)(void);

void sched_ready(struct task *task)
{
	task->state = TASK_READY;
	wait_queue_add(&sched.ready, task);
}

static struct task *choose(struct task *self)
{
	return sched.nsuspended && self->state == TASK_READY ? self : wait_queue_first(&sched.ready);
}

void sched_preempt(void)
{
	struct task *self = current_task();
	struct task *next;

	if (!self)
		return;
	next = choose(self);
	arch_cpu.next = &next->context;
	if (next != self)
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
	if (q && task == current_task())
		wait_queue_add_first(q, task);
	else if (q)
		wait_queue_add(q, task);
	return true;
}

bool sched_suspended(void)
{
	return sched.nsuspended != 0;
}

void sched_forget_suspension(void)
{
	sched.nsuspended = 0;
}

void scheduler_suspend(void)
{
	arch_key key = kernel_lock();

	sched.nsuspended++;
	sched_preempt();
	kernel_unlock(key);
}

void scheduler_resume(void)
{
	arch_key key = kernel_lock();

	if (sched.nsuspended)
		sched.nsuspended--;
	sched_preempt();
	kernel_unlock(key);
}

/* The running task goes behind its equals; one that is being preempted keeps its place. */
static inline void give_way(struct task *self)
{
	struct task *next = self->next;

	if (arch_cpu.next != &self->context || sched.nsuspended || next == self)
		return;
	sched.ready.first[self->priority] = next;
	arch_cpu.next = &next->context;
	arch_switch_request();
}

static __attribute__((noinline)) void yield_out_of_room(void)
{
	arch_key key = kernel_lock();

	if (task_running())
		give_way(current_task());
	kernel_unlock(key);
}

void task_yield(void)
{
	arch_key key;

	if (!arch_in_room()) {
		yield_out_of_room();
		return;
	}
	key = kernel_lock_in_room();
	give_way(current_task());
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
	give_way(current_task());
	kernel_unlock(key);
}

_Noreturn void scheduler_start(void)
{
	struct task *first = wait_queue_first(&sched.ready);

	arch_cpu.next = &first->context;
	arch_start(&first->context);
}
