/* SPDX-License-Identifier: MIT */
/* Part 2: everything at once. Actors of all priorities share the heap, the caches, the stacks and the CPU;
 * each verifies its own work, and is shown in one line when it has ended. Ticks may be many or few
 * instructions apart, depending on the board, so the load has no length in rounds: the replays run from
 * end to end once, and then until LOAD_TICKS have passed; the others run until the replays have ended. */
#include "cairn.h"
#include "console.h"
#include "demo.h"
#include "trace.h"

#define LOAD_TICKS     25u
#define PROGRESS_TICKS 1u
#define PROGRESS_FIRST 5000u /* operations of replays; the next line is due at twice as many */

static struct actor replays[] = {
	{.name = "sqlite", .priority = 5, .work = replay_trace, .subject = &trace_sqlite},
	{.name = "lua", .priority = 4, .work = replay_trace, .subject = &trace_lua},
	{.name = "jq", .priority = 2, .work = replay_trace, .subject = &trace_jq},
};

static struct actor others[] = {
	{.name = "objects-1", .priority = 6, .work = churn_objects},
	{.name = "objects-2", .priority = 3, .work = churn_objects},
	{.name = "producer-1", .priority = 7, .work = produce_messages},
	{.name = "producer-2", .priority = 3, .work = produce_messages},
	{.name = "ledger-1", .priority = 5, .work = move_balances},
	{.name = "ledger-2", .priority = 2, .work = move_balances},
	{.name = "spawner", .priority = 6, .work = spawn_tasks},
};

/* Ends when the producers have. */
static struct actor consumer = {.name = "consumer", .priority = 6, .work = consume_messages};

/* ---- actors ---- */

#define ACTOR_STACK_NBYTES 1024u

static void actor_entry(void *arg)
{
	struct actor *actor = arg;

	actor->work(actor);
	actor->stack_nbytes = task_stack(task_self())->nbytes;
	actor->stack_high_water = cairn_stack_high_water(task_stack(task_self()));
	task_exit(0);
}

void actor_start(struct actor *actor)
{
	struct task_spec spec = {.name = actor->name,
				 .entry = actor_entry,
				 .arg = actor,
				 .priority = actor->priority,
				 .stack_nbytes =
					 actor->stack_nbytes != 0 ? actor->stack_nbytes : ACTOR_STACK_NBYTES};

	EXPECT(task_create(&spec, &actor->id) == KERNEL_OK, "an actor's task is created");
}

void actor_stop(struct actor *actor)
{
	actor->may_stop = true;
}

bool actor_ended(struct actor *actor, uint32_t ticks)
{
	enum kernel_status status = task_join(actor->id, NULL, ticks);

	EXPECT(status == KERNEL_OK || status == KERNEL_ETIMEDOUT, "an actor ends as it should");
	return status == KERNEL_OK;
}

void actor_count(struct actor *actor, size_t nbytes_more, size_t nbytes_less)
{
	actor->live_nbytes += nbytes_more - nbytes_less;
	if (actor->live_nbytes > actor->peak_nbytes)
		actor->peak_nbytes = actor->live_nbytes;
}

void breathe(uint32_t *last_tick, uint32_t rest_ticks)
{
	if (ticks_now() == *last_tick)
		return;
	task_sleep(rest_ticks);
	*last_tick = ticks_now();
}

/* ---- what a person sees ---- */

static void print_progress(void)
{
	static uint32_t due = PROGRESS_FIRST;
	struct cairn_heap_info heap;
	uint32_t noperations = 0;

	for (size_t i = 0; i < ARRAY_COUNT(replays); i++)
		noperations += replays[i].noperations;
	if (noperations < due)
		return;
	while (due <= noperations)
		due *= 2;
	cairn_heap_stats(&heap);
	console_print("   ... %u operations replayed; heap: %zu B live in %zu blocks; %zu tasks\n",
		      (unsigned)noperations, heap.live_nbytes, heap.live_nblocks, task_count());
}

static void print_actor(const struct actor *actor)
{
	char peak[16] = "-";

	if (actor->peak_nbytes != 0)
		console_format(peak, sizeof(peak), "%zu", actor->peak_nbytes);
	console_print("   %-12s %8u %12u %12s %5zu of %zu   %u %s\n", actor->name, actor->priority,
		      (unsigned)actor->noperations, peak, actor->stack_high_water, actor->stack_nbytes,
		      (unsigned)actor->nverified, actor->verified_what);
}

static void await(struct actor *actor)
{
	while (!actor_ended(actor, PROGRESS_TICKS))
		print_progress();
}

/* ---- the part ---- */

static void start_all(void)
{
	objects_open();
	messages_open();
	ledger_open();
	for (size_t i = 0; i < ARRAY_COUNT(replays); i++)
		actor_start(&replays[i]);
	actor_start(&consumer);
	for (size_t i = 0; i < ARRAY_COUNT(others); i++)
		actor_start(&others[i]);
}

static void await_all(void)
{
	for (uint32_t started = ticks_now(); ticks_now() - started < LOAD_TICKS; task_sleep(1))
		print_progress();
	for (size_t i = 0; i < ARRAY_COUNT(replays); i++)
		actor_stop(&replays[i]);
	for (size_t i = 0; i < ARRAY_COUNT(replays); i++)
		await(&replays[i]);
	for (size_t i = 0; i < ARRAY_COUNT(others); i++)
		actor_stop(&others[i]);
	for (size_t i = 0; i < ARRAY_COUNT(others); i++)
		await(&others[i]);
	await(&consumer);
	messages_close();
	ledger_close();
}

static void print_all(void)
{
	console_print("\n   task         priority   operations   peak bytes   stack used   verified\n");
	for (size_t i = 0; i < ARRAY_COUNT(replays); i++)
		print_actor(&replays[i]);
	for (size_t i = 0; i < ARRAY_COUNT(others); i++)
		print_actor(&others[i]);
	print_actor(&consumer);
}

void run_load(void)
{
	struct cairn_totals before, after;
	size_t ntasks = task_count();

	print_heading(
		"2. Load: recorded programs, kernel objects, messages, tasks that come and go, all at once");
	settled_totals(&before);
	start_all();
	await_all();
	print_all();
	settled_totals(&after);
	EXPECT(totals_equal(&before, &after), "after the load the totals are as before");
	EXPECT(task_count() == ntasks, "after the load there are as many tasks as before");
	expect_sound("after the load");
	console_print("\n   All memory came back: the totals are as before.\n");
}
