/* SPDX-License-Identifier: MIT */
/* Tasks and their scheduler: fixed priorities, preemptive, round-robin among equals at each tick. A task is
 * privileged; its stack is closed to the others for writing, so nothing here or in the other kernel headers
 * ever stores into a stack that is not the caller's: results of waits travel through control blocks. Control
 * blocks come from a slab cache, stacks from cairn_stack_create. Nothing loops over tasks or lists with
 * interrupts masked: every operation is O(1). Waiting calls: tasks only, with interrupts unmasked and the
 * scheduler not suspended. The others say. */
#ifndef KERNEL_TASK_H
#define KERNEL_TASK_H

#include "arch.h"
#include "cairn.h"
#include "port.h"

/* 0 is the idle task's; higher runs first. 2 to 31. */
#ifndef TASK_PRIORITIES
#define TASK_PRIORITIES 8
#endif

#define TASK_NAME_NBYTES 16
#define TICK_HZ          100

/* The least that a task can do with, for calls into the kernel make sure of CAIRN_LOCKED_STACK bytes. */
#define TASK_MIN_STACK_NBYTES (CAIRN_LOCKED_STACK + 192)

/* Timeouts in ticks. */
#define WAIT_FOREVER UINT32_MAX
#define NO_WAIT      0u

enum kernel_status {
	KERNEL_OK = 0,
	KERNEL_EINVAL, /* NULL, a priority or size that makes no sense, waiting in a handler */
	KERNEL_ENOMEM,
	KERNEL_ETIMEDOUT,
	KERNEL_EDEADLK,    /* joining oneself, locking a mutex one holds, or a cycle of mutexes */
	KERNEL_EPERM,      /* unlocking a mutex that another task holds */
	KERNEL_EOWNERDEAD, /* the mutex is yours; its last owner died holding it */
	KERNEL_ESRCH,      /* no such task, any more */
	KERNEL_EKILLED,    /* join: the task was killed, or died of a fault */
	KERNEL_EDELETED,   /* what was waited for was destroyed */
};

struct task; /* a control block */

/* Names a task for as long as anyone asks: never reused for another task before 2^16 others used its slot. 0
 * is no task. Cast to a pointer it is the owner that cairn_explain and cairn_next_live_of know the task's
 * stack and heap blocks by. */
typedef uintptr_t task_id;

struct task_spec {
	const char *name; /* copied, cut to TASK_NAME_NBYTES - 1 */
	void (*entry)(void *arg);
	void *arg;
	unsigned priority; /* 1 .. TASK_PRIORITIES - 1 */
	size_t stack_nbytes;
	bool detached; /* nobody joins: all its memory comes back when it ends */
};

/* Before anything else of this file, and the first task that runs. scheduler_start never returns. */
enum kernel_status task_init(void);
_Noreturn void scheduler_start(void);

/* A new task, ready to run; *id may be NULL when detached. KERNEL_EINVAL; KERNEL_ENOMEM: no memory, or
 * TASK_MAX tasks exist. From tasks, and before the scheduler starts. */
enum kernel_status task_create(const struct task_spec *spec, task_id *id);

_Noreturn void task_exit(int code);

/* Wait for its end. KERNEL_OK (*code: its exit code, code may be NULL), KERNEL_EKILLED, KERNEL_ETIMEDOUT,
 * KERNEL_ESRCH, KERNEL_EDEADLK. Once KERNEL_OK or KERNEL_EKILLED was answered, the task's control block and
 * stack are free. One joiner: a second gets KERNEL_EINVAL, and so does whoever joins a detached task. */
enum kernel_status task_join(task_id id, int *code, uint32_t ticks);

/* End another task (or oneself) wherever it is; mutexes it holds pass on with KERNEL_EOWNERDEAD, what it
 * was copying to or from a message queue goes back. When a task kills another, all that is done on return;
 * but a task that is between the halves of an operation of Cairn's, makes a task, or destroys a semaphore
 * or a queue first brings that to its end. Neither is it done on return from a handler, with interrupts
 * masked or with the scheduler suspended: then the victim does not run again, but what it held passes on,
 * and its memory comes back, only when tasks are switched again. A task that ends itself while it has
 * suspended the scheduler resumes it. KERNEL_ESRCH; KERNEL_EINVAL: a task of the kernel's. Any context but
 * a fault. */
enum kernel_status task_kill(task_id id);

/* Until the ticks-th tick from now. NO_WAIT: as task_yield. WAIT_FOREVER: until it is killed. Where
 * waiting is not allowed it returns at once. */
void task_sleep(uint32_t ticks);
void task_yield(void);

/* What task_name and task_stack point to is part of the task. The name is gone once the task was joined, or,
 * detached, has ended; the stack once it has ended. So a caller that does not know that the task outlives its
 * use of them suspends the scheduler before it asks. */
task_id task_self(void);
const char *task_name(task_id id);                /* "?" when there is no such task */
unsigned task_priority(task_id id);               /* effective: inherited included; 0 when there is none */
const struct cairn_stack *task_stack(task_id id); /* NULL when there is none */

/* For whole-system walks such as cairn_check: nobody else runs until resumed, interrupts stay on. Nests.
 * Tasks only. In between, calls that would wait are answered with KERNEL_EINVAL. */
void scheduler_suspend(void);
void scheduler_resume(void);

uint32_t ticks_now(void);

/* Have `hook` called at each tick, on the handler stack; NULL: nothing. */
void scheduler_set_tick_hook(void (*hook)(void));

/* For tables: fills `row` for the n-th task slot; false past the last. From a task, scheduler suspended. */
struct task_row {
	const char *name;
	const char *state;
	unsigned priority, base_priority;
	size_t stack_nbytes, stack_high_water; /* high_water: 0 until it has run */
	bool used;
};
bool task_row(size_t n, struct task_row *row);

/* Task slots in use. From a task. */
size_t task_count(void);

const char *kernel_status_name(enum kernel_status status);

#endif
