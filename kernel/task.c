/* SPDX-License-Identifier: MIT */
/* Tasks: their table, making them, and what can be asked of them.
 * An id is a generation and a slot of the table, so a stale one is recognised without a look at freed memory:
 * slot[i] is the live task whose id ends in i, or NULL; generation[i] grows each time the slot is taken. */
#include "task_private.h"

#include "lock.h"
#include "sched.h"

/* What the painter of a stack may use of it itself, and leaves out. */
#define PAINTER_NBYTES 160

/* It makes no calls. */
#ifndef IDLE_STACK_NBYTES
#define IDLE_STACK_NBYTES 512
#endif

#define SLOT_WORD_BITS 32
#define SLOT_WORDS     ((TASK_MAX + SLOT_WORD_BITS - 1) / SLOT_WORD_BITS)

static struct {
	struct task *slot[TASK_MAX];
	uintptr_t generation[TASK_MAX];
	uint32_t used[SLOT_WORDS];
} table;

static struct cairn_cache task_cache;

/* ---- the table ---- */

static size_t slot_of_id(task_id id)
{
	return (size_t)(id & (TASK_MAX - 1));
}

/* The lowest free slot, or TASK_MAX. */
static size_t slot_find(void)
{
	for (size_t word = 0; word < SLOT_WORDS; word++) {
		uint32_t unused = ~table.used[word];
		size_t slot = unused ? word * SLOT_WORD_BITS + cairn_lowest_bit(unused) : TASK_MAX;

		if (slot < TASK_MAX)
			return slot;
	}
	return TASK_MAX;
}

/* An id that nobody had before; 0 when the table is full. */
static task_id id_take(void)
{
	arch_key key = kernel_lock();
	size_t slot = slot_find();
	task_id id = 0;

	if (slot < TASK_MAX) {
		table.used[slot / SLOT_WORD_BITS] |= 1u << slot % SLOT_WORD_BITS;
		table.generation[slot] += TASK_MAX;
		if (table.generation[slot] == 0)
			table.generation[slot] = TASK_MAX;
		id = table.generation[slot] | slot;
	}
	kernel_unlock(key);
	return id;
}

static void id_give(task_id id)
{
	size_t slot = slot_of_id(id);

	table.slot[slot] = NULL;
	table.used[slot / SLOT_WORD_BITS] &= ~(1u << slot % SLOT_WORD_BITS);
}

struct task *task_find(task_id id)
{
	struct task *task = table.slot[slot_of_id(id)];

	return task && task->id == id ? task : NULL;
}

/* ---- making a task ---- */

/* What lay under the painter, by being the frame of a function: a scan for callers is to find nothing that an
 * earlier task has left there. */
static __attribute__((noinline)) void paint_own_frame(void)
{
	volatile uint32_t frame[PAINTER_NBYTES / sizeof(uint32_t)];

	for (size_t i = 0; i < PAINTER_NBYTES / sizeof(uint32_t); i++)
		frame[i] = CAIRN_STACK_PAINT;
	__asm__ volatile("" : : "r"(frame));
}

static void task_begin(void *arg)
{
	struct task *self = arg;

	cairn_stack_paint(&self->stack, arch_sp() - PAINTER_NBYTES);
	paint_own_frame();
	self->painted = true;
	self->entry(self->arg);
	task_exit(0);
}

static void task_describe(struct task *task, const struct task_spec *spec)
{
	size_t n = 0;

	while (n < TASK_NAME_NBYTES - 1 && spec->name[n] != '\0') {
		task->name[n] = spec->name[n];
		n++;
	}
	task->entry = spec->entry;
	task->arg = spec->arg;
	task->priority = (uint8_t)spec->priority;
	task->base_priority = (uint8_t)spec->priority;
	task->detached = spec->detached;
}

/* Id and stack. On failure nothing is taken. */
static enum kernel_status task_equip(struct task *task, size_t stack_nbytes)
{
	enum cairn_err err;
	arch_key key;

	task->id = id_take();
	if (task->id == 0)
		return KERNEL_ENOMEM;
	err = cairn_stack_create(&task->stack, stack_nbytes, task->name, task_token(task->id));
	if (err == CAIRN_OK)
		return KERNEL_OK;
	key = kernel_lock();
	id_give(task->id);
	kernel_unlock(key);
	return err == CAIRN_ENOMEM || err == CAIRN_ETOOMANY ? KERNEL_ENOMEM : KERNEL_EINVAL;
}

static void task_publish(struct task *task)
{
	arch_key key;

	arch_context_init(&task->context, task->stack.base, task->stack.nbytes, task->stack.guard, task_begin,
			  task);
	task->context.room_limit = task->stack.base + CAIRN_LOCKED_STACK;
	task->context.room_nbytes =
		task->stack.nbytes > CAIRN_LOCKED_STACK ? task->stack.nbytes - CAIRN_LOCKED_STACK : 0;
	key = kernel_lock();
	table.slot[slot_of_id(task->id)] = task;
	sched_ready(task);
	sched_preempt();
	kernel_unlock(key);
}

void task_begin_again(struct task *task)
{
	if (task->nrestarts < UINT16_MAX)
		task->nrestarts++;
	task->restart = false;
	task->killed = false;
	task->painted = false;
	task->priority = task->base_priority;
	task_publish(task);
}

enum kernel_status task_make(const struct task_spec *spec, task_id *id)
{
	enum kernel_status status = KERNEL_ENOMEM;
	struct task *task;

	task_pin();
	task = cairn_cache_alloc(&task_cache);
	if (task) {
		task_describe(task, spec);
		status = task_equip(task, spec->stack_nbytes);
	}
	if (status == KERNEL_OK) {
		/* Before it is ready: it may run, and end, at once. */
		if (id)
			*id = task->id;
		task_publish(task);
	} else if (task) {
		cairn_cache_free(&task_cache, task);
	}
	task_unpin();
	return status;
}

static bool spec_makes_sense(const struct task_spec *spec, const task_id *id)
{
	return spec && spec->name && spec->entry && (id || spec->detached) && spec->priority >= 1 &&
	       spec->priority < TASK_PRIORITIES &&
	       cairn_stack_rounded(spec->stack_nbytes) >= TASK_MIN_STACK_NBYTES;
}

enum kernel_status task_create(const struct task_spec *spec, task_id *id)
{
	if ((current_task() && arch_in_handler()) || !spec_makes_sense(spec, id))
		return KERNEL_EINVAL;
	return task_make(spec, id);
}

void task_forget(struct task *task)
{
	id_give(task->id);
}

void task_release(struct task *task)
{
	cairn_cache_free(&task_cache, task);
}

static void idle(void *arg)
{
	(void)arg;
	for (;;)
		arch_wait_for_interrupt();
}

enum kernel_status task_init(void)
{
	static const struct cairn_cache_spec cache = {.name = "task",
						      .nbytes = sizeof(struct task),
						      .align = _Alignof(struct task),
						      .flags = CAIRN_CACHE_ZERO};
	static const struct task_spec spec = {
		.name = "idle", .entry = idle, .stack_nbytes = IDLE_STACK_NBYTES, .detached = true};
	enum kernel_status status;

	timer_init();
	if (cairn_cache_create(&task_cache, &cache) != CAIRN_OK)
		return KERNEL_ENOMEM;
	status = reaper_init();
	return status == KERNEL_OK ? task_make(&spec, NULL) : status;
}

/* ---- questions ---- */

task_id task_self(void)
{
	struct task *self = task_running();

	return self ? self->id : 0;
}

const char *task_name(task_id id)
{
	arch_key key = kernel_lock();
	struct task *task = task_find(id);

	kernel_unlock(key);
	return task ? task->name : "?";
}

unsigned task_priority(task_id id)
{
	arch_key key = kernel_lock();
	struct task *task = task_find(id);
	unsigned priority = task ? task->priority : 0;

	kernel_unlock(key);
	return priority;
}

const struct cairn_stack *task_stack(task_id id)
{
	arch_key key = kernel_lock();
	struct task *task = task_find(id);
	bool has_stack = task && task->state != TASK_ENDED;

	kernel_unlock(key);
	return has_stack ? &task->stack : NULL;
}

static const char *state_name(const struct task *task)
{
	switch ((enum task_state)task->state) {
	case TASK_NONE: return "new";
	case TASK_READY: return task == current_task() ? "running" : "ready";
	case TASK_WAITING: return task->queue ? "waiting" : "sleeping";
	case TASK_DYING: return "dying";
	case TASK_ENDED: return "ended";
	}
	return "?";
}

bool task_row(size_t n, struct task_row *row)
{
	struct task *task;

	if (n >= TASK_MAX || !row)
		return false;
	task = table.slot[n];
	*row = (struct task_row){.used = task != NULL};
	if (!task)
		return true;
	row->name = task->name;
	row->state = state_name(task);
	row->priority = task->priority;
	row->base_priority = task->base_priority;
	if (task->state != TASK_ENDED)
		row->stack_nbytes = task->stack.nbytes;
	if (task->state != TASK_ENDED && task->painted)
		row->stack_high_water = cairn_stack_high_water(&task->stack);
	return true;
}

size_t task_count(void)
{
	size_t ntasks = 0;

	scheduler_suspend();
	for (size_t n = 0; n < TASK_MAX; n++)
		ntasks += table.slot[n] != NULL;
	scheduler_resume();
	return ntasks;
}

const char *kernel_status_name(enum kernel_status status)
{
	switch (status) {
	case KERNEL_OK: return "ok";
	case KERNEL_EINVAL: return "invalid argument";
	case KERNEL_ENOMEM: return "no memory";
	case KERNEL_ETIMEDOUT: return "timed out";
	case KERNEL_EDEADLK: return "deadlock";
	case KERNEL_EPERM: return "not the owner";
	case KERNEL_EOWNERDEAD: return "owner died";
	case KERNEL_ESRCH: return "no such task";
	case KERNEL_EKILLED: return "killed";
	case KERNEL_EDELETED: return "deleted";
	}
	return "unknown status";
}
