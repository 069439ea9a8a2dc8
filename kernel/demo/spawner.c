/* SPDX-License-Identifier: MIT */
/* Part 2: tasks that come and go, with stacks of many sizes. Some end by themselves and say how, some are
 * killed while they wait, some before they ever ran; all that they had comes back. */
#include "cairn.h"
#include "demo.h"

#define NCHILDREN 3u

static const size_t stack_sizes[] = {TASK_MIN_STACK_NBYTES, 640, 1024, 1536, 2048, 3000};

struct child {
	task_id id; /* 0: there was no memory for it */
	int code;
	size_t stack_nbytes;
};

/* Static: a child writes into it, and its parent's stack is closed to it. */
static struct child children[NCHILDREN];

static void end_at_once(void *arg)
{
	const struct child *child = arg;

	task_exit(child->code);
}

static void wait_to_be_killed(void *arg)
{
	(void)arg;
	for (;;)
		task_sleep(WAIT_FOREVER);
}

static void create(struct actor *self, struct child *child, void (*entry)(void *arg), unsigned priority)
{
	struct task_spec spec = {.name = "child", .entry = entry, .arg = child, .priority = priority};
	enum kernel_status status;

	child->id = 0;
	spec.stack_nbytes = stack_sizes[self->noperations % ARRAY_COUNT(stack_sizes)];
	child->code = (int)self->noperations;
	status = task_create(&spec, &child->id);
	self->noperations++;
	EXPECT(status == KERNEL_OK || status == KERNEL_ENOMEM, "a short-lived task is created");
	if (status != KERNEL_OK)
		return;
	child->stack_nbytes = cairn_stack_rounded(spec.stack_nbytes);
	EXPECT(child->stack_nbytes >= spec.stack_nbytes, "a stack is at least as large as asked for");
	actor_count(self, child->stack_nbytes, 0);
}

static void kill(const struct child *child)
{
	EXPECT(child->id == 0 || task_kill(child->id) == KERNEL_OK, "a short-lived task is killed");
}

static void join(struct actor *self, struct child *child, enum kernel_status expected)
{
	int code = ~child->code;

	if (child->id == 0)
		return;
	EXPECT(task_join(child->id, &code, WAIT_FOREVER) == expected, "a short-lived task ends as it should");
	EXPECT(expected != KERNEL_OK || code == child->code, "a task's exit code arrives");
	EXPECT(task_stack(child->id) == NULL, "a task that was joined is gone");
	actor_count(self, 0, child->stack_nbytes);
	self->nverified++;
}

/* One that ends by itself, one killed while it waits, one killed before it runs; as many of them as there is
 * memory for. */
static void spawn_tasks(struct actor *self)
{
	uint32_t last_tick = ticks_now();

	self->verified_what = "tasks gone";
	while (!self->may_stop) {
		create(self, &children[0], end_at_once, self->priority + 1);
		create(self, &children[1], wait_to_be_killed, self->priority + 1);
		create(self, &children[2], wait_to_be_killed, self->priority - 1);
		kill(&children[2]);
		kill(&children[1]);
		join(self, &children[2], KERNEL_EKILLED);
		join(self, &children[1], KERNEL_EKILLED);
		join(self, &children[0], KERNEL_OK);
		breathe(&last_tick, ACTOR_REST_TICKS);
	}
}

static struct actor actors[] = {
	{.name = "spawner", .priority = 6, .work = spawn_tasks},
};

struct crew spawners = {.actors = actors, .nactors = ARRAY_COUNT(actors), .nleast = 1};
