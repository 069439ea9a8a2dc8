/* SPDX-License-Identifier: MIT */
/* The end of a task. Whoever ends it (itself, another task, a handler, a fault) takes it out of every queue
 * in O(1) and hands it to the reaper, a task above all others, which passes its mutexes on, gives back what
 * it was in the middle of, and frees its stack and control block. The dead task does not run again, so it
 * does not matter where it was, unless it was pinned: then the kill is only noted, and carried out by the
 * victim when it unpins.
 * Nothing that waited for the dead task can run before the reaper is done with it.
 * A switch is an interrupt, which may come some instructions after interrupts are unmasked: whoever relies on
 * it waits for it. */
#include "console.h"
#include "lock.h"
#include "sched.h"
#include "task_private.h"

#ifndef REAPER_STACK_NBYTES
#define REAPER_STACK_NBYTES (CAIRN_LOCKED_STACK + 704)
#endif

static struct {
	struct task *first, *last; /* dying tasks, by task->next */
	struct wait_queue idle;    /* the reaper, when there is nothing to do */
} reaper;

static void hand_to_reaper(struct task *task)
{
	struct task *waiting = wait_queue_first(&reaper.idle);

	task->next = NULL;
	if (reaper.last)
		reaper.last->next = task;
	else
		reaper.first = task;
	reaper.last = task;
	if (waiting)
		wait_end(waiting, KERNEL_OK);
}

void task_end(struct task *task, int code, bool killed)
{
	if (task == current_task())
		sched_forget_suspension();
	wait_detach(task);
	task->exit_code = code;
	task->killed = killed;
	task->state = TASK_DYING;
	hand_to_reaper(task);
	sched_preempt();
}

static _Noreturn void stand_still(void)
{
	for (;;)
		arch_wait_for_interrupt();
}

_Noreturn void task_exit(int code)
{
	arch_key key;

	if (!task_running() || arch_irq_masked())
		panic("task_exit where no task can end");
	key = kernel_lock();
	task_end(current_task(), code, false);
	kernel_unlock(key);
	stand_still();
}

void task_pin(void)
{
	struct task *self = task_running();

	if (!self)
		return;
	kernel_require_headroom();
	self->npins++;
}

void task_unpin(void)
{
	struct task *self = task_running();
	arch_key key;

	if (!self)
		return;
	self->npins--;
	if (self->npins || !self->kill_pending)
		return;
	key = kernel_lock();
	task_end(self, 0, true);
	kernel_unlock(key);
	stand_still();
}

/* Above the caller, it stays away until nothing is left for it, and for ever if the caller is dying. */
static void let_reaper_run(void)
{
	while (*(struct task *volatile *)&reaper.first)
		;
}

bool task_is_kernels(const struct task *task)
{
	return task->base_priority == 0 || task->base_priority == REAPER_PRIORITY;
}

enum kernel_status task_kill(task_id id)
{
	enum kernel_status status = KERNEL_OK;
	arch_key key = kernel_lock();
	struct task *task = task_find(id);

	if (!task || task->state == TASK_DYING || task->state == TASK_ENDED)
		status = KERNEL_ESRCH;
	else if (task_is_kernels(task))
		status = KERNEL_EINVAL;
	else if (task->npins)
		task->kill_pending = true;
	else
		task_end(task, 0, true);
	kernel_unlock(key);
	if (wait_allowed())
		let_reaper_run();
	return status;
}

/* ---- the reaper ---- */

static struct task *next_dying(void)
{
	arch_key key = kernel_lock();
	struct task *task = reaper.first;

	if (task) {
		reaper.first = task->next;
		if (!reaper.first)
			reaper.last = NULL;
		kernel_unlock(key);
	} else {
		wait_in(&reaper.idle, WAIT_FOREVER, key);
	}
	return task;
}

static enum kernel_status how_it_ended(const struct task *task)
{
	return task->killed ? KERNEL_EKILLED : KERNEL_OK;
}

/* Tell the joiner. true: nobody will ask for the control block any more. */
static bool announce_end(struct task *task)
{
	arch_key key = kernel_lock();
	struct task *joiner = wait_queue_first(&task->joiners);
	bool done = joiner || task->detached;

	if (joiner) {
		joiner->joined_code = task->exit_code;
		wait_end(joiner, how_it_ended(task));
	}
	if (done)
		task_forget(task);
	task->state = TASK_ENDED;
	kernel_unlock(key);
	return done;
}

static void bury(struct task *task)
{
	mutex_abandon_all(task);
	queue_abandon(task);
	semaphore_abandon(task);
	alloc_wait_abandon(task);
	console_forget(task_token(task->id));
	if (task->restart) {
		task_begin_again(task);
		return;
	}
	if (cairn_stack_destroy(&task->stack) != CAIRN_OK)
		panic("the stack of task %s does not come back", task->name);
	if (announce_end(task))
		task_release(task);
}

static void reaper_run(void *arg)
{
	(void)arg;
	for (;;) {
		struct task *task = next_dying();

		if (task)
			bury(task);
	}
}

enum kernel_status reaper_init(void)
{
	static const struct task_spec spec = {.name = "reaper",
					      .entry = reaper_run,
					      .priority = REAPER_PRIORITY,
					      .stack_nbytes = REAPER_STACK_NBYTES,
					      .detached = true};

	return task_make(&spec, NULL);
}

/* ---- joining ---- */

/* May the running task join `task`? Locked. */
static enum kernel_status join_check(const struct task *task)
{
	if (!task)
		return KERNEL_ESRCH;
	if (task == current_task())
		return KERNEL_EDEADLK;
	if (task->detached || wait_queue_first(&task->joiners))
		return KERNEL_EINVAL;
	return KERNEL_OK;
}

/* Join a task that has ended already: its control block is the caller's to free. */
static enum kernel_status collect(struct task *task, int *code, arch_key key)
{
	enum kernel_status status = how_it_ended(task);

	if (code && status == KERNEL_OK)
		*code = task->exit_code;
	task_forget(task);
	task_pin();
	kernel_unlock(key);
	task_release(task);
	task_unpin();
	return status;
}

enum kernel_status task_join(task_id id, int *code, uint32_t ticks)
{
	enum kernel_status status;
	struct task *task;
	arch_key key;

	if (!wait_allowed())
		return KERNEL_EINVAL;
	key = kernel_lock();
	task = task_find(id);
	status = join_check(task);
	if (status == KERNEL_OK && task->state == TASK_ENDED)
		return collect(task, code, key);
	if (status == KERNEL_OK && ticks != NO_WAIT) {
		status = wait_in(&task->joiners, ticks, key);
		if (code && status == KERNEL_OK)
			*code = current_task()->joined_code;
		return status;
	}
	kernel_unlock(key);
	return status == KERNEL_OK ? KERNEL_ETIMEDOUT : status;
}

void task_sleep(uint32_t ticks)
{
	if (ticks == NO_WAIT) {
		task_yield();
		return;
	}
	if (wait_allowed())
		wait_in(NULL, ticks, kernel_lock());
}
