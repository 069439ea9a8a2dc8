/* SPDX-License-Identifier: MIT */
/* The control block, and what the kernel's files share about tasks. */
#ifndef KERNEL_TASK_PRIVATE_H
#define KERNEL_TASK_PRIVATE_H

#include "sync.h"
#include "timer.h"

/* Tasks at a time, idle and reaper included. A power of two, 4 to 256. */
#ifndef TASK_MAX
#define TASK_MAX 64
#endif
_Static_assert(TASK_MAX >= 4 && TASK_MAX <= 256 && (TASK_MAX & (TASK_MAX - 1)) == 0, "TASK_MAX");

/* Above every priority that users can ask for. */
#define REAPER_PRIORITY TASK_PRIORITIES

enum task_state {
	TASK_NONE = 0, /* being made */
	TASK_READY,    /* the running one too */
	TASK_WAITING,  /* in a queue, or for time alone */
	TASK_DYING,    /* the reaper's: it never runs again */
	TASK_ENDED,    /* only the exit code is left, for a joiner */
};

/* A slot of a message queue that a task has taken out to copy from or to. */
struct transit {
	struct message_queue *queue; /* NULL: none */
	uint16_t slot;
	bool receiving;
};

struct task {
	struct arch_context context;
	struct cairn_stack stack;
	task_id id;
	char name[TASK_NAME_NBYTES];
	void (*entry)(void *arg);
	void *arg;

	uint8_t state; /* enum task_state */
	uint8_t priority, base_priority;
	volatile uint8_t npins; /* while not 0, a kill waits; written by the task alone */
	volatile bool kill_pending;
	bool killed, restart, detached, painted, watches_frees;
	uint16_t nrestarts; /* stays at its highest */
	int exit_code;

	struct wait_queue *queue; /* the one it is in, by the two links */
	struct task *next, *previous;
	struct timeout timeout;
	enum kernel_status wait_status;
	int joined_code;

	struct mutex *held;                  /* list of those it owns */
	struct mutex *waits_on;              /* in whose queue it is */
	uint32_t inherited_mask;             /* bit p: ninherited[p] != 0 */
	uint8_t ninherited[TASK_PRIORITIES]; /* mutexes held whose most urgent waiter has priority p */

	struct transit transit;
	struct semaphore *handed_by; /* whose unit it was handed and has not run since; NULL: none */
	struct task *next_handed, **link_handed;
	struct wait_queue joiners;
};

_Static_assert(offsetof(struct task, context) == 0, "a task is found by its context");

/* NULL until the scheduler starts; in a handler, the task that it interrupted. */
static inline struct task *current_task(void)
{
	return (struct task *)(void *)arch_cpu.running;
}

static inline struct task *task_of_timeout(struct timeout *timeout)
{
	return (struct task *)(void *)((char *)timeout - offsetof(struct task, timeout));
}

/* The running task; NULL in a handler and before tasks. */
static inline struct task *task_running(void)
{
	return arch_in_handler() ? NULL : current_task();
}

/* What names a task as an owner of memory: its id, which outlives it, and not its control block, which is
 * used again. */
static inline const void *task_token(task_id id)
{
	return (const void *)id;
}

/* The control block of an id, or NULL when it is stale. Locked. */
struct task *task_find(task_id id);

/* task_create for any priority, idle's and the reaper's too, and any stack. */
enum kernel_status task_make(const struct task_spec *spec, task_id *id);

/* What was a task's, and is given back or passed on, is gone: let it begin anew, on the stack that it has. */
void task_begin_again(struct task *task);

/* The last two steps of a task's end: its id becomes stale (locked), its memory free (unlocked). */
void task_forget(struct task *task);
void task_release(struct task *task);

/* Between the two, the running task is not killed from outside; nests. Not in handlers, where there is
 * nothing to protect. */
void task_pin(void);
void task_unpin(void);

/* Take a task out of the system, and hand it to the reaper. Locked; the running task ends when the lock is
 * released. */
void task_end(struct task *task, int code, bool killed);

/* Idle and the reaper, which never end. */
bool task_is_kernels(const struct task *task);

enum kernel_status reaper_init(void);

/* What other files give back when a task dies; called by the reaper, unlocked. */
void mutex_abandon_all(struct task *task);
void queue_abandon(struct task *task);
void semaphore_abandon(struct task *task);
void alloc_wait_abandon(struct task *task);

/* Memory came back: let those who wait for it try again. */
void alloc_wait_freed(void);

#endif
