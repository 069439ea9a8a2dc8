/* SPDX-License-Identifier: MIT */
/* Part 2: everything at once, as far as there is memory for it. Actors of all priorities share the heap, the
 * caches, the stacks and the CPU; each verifies its own work, and is shown in one line when it has ended. Who
 * finds no memory for a stack, or only the half that is kept for what the others work on, comes in the next
 * shift.
 * Ticks may be many or few instructions apart, depending on the board, so the load has no length in rounds:
 * recorded programs run from end to end once, and then until LOAD_TICKS have passed; the others run until those
 * have ended. */
#include "cairn.h"
#include "console.h"
#include "demo.h"

#define LOAD_TICKS     25u
#define PROGRESS_TICKS 1u
#define PROGRESS_FIRST 5000u /* operations of programs; the next line is due at twice as many */

/* The programs end first. */
static struct crew *const crews[] = {&programs, &objects, &messages, &ledgers, &spawners};

static size_t free_before; /* bytes, when nobody had started */

/* ---- actors ---- */

/* Of what was free before the load, an actor may hold so much. */
#define ACTOR_SHARE 16u

static void actor_entry(void *arg)
{
	struct actor *actor = arg;

	actor->work(actor);
	actor->stack_nbytes = task_stack(task_self())->nbytes;
	actor->stack_high_water = cairn_stack_high_water(task_stack(task_self()));
	task_exit(0);
}

bool actor_start(struct actor *actor)
{
	struct task_spec spec = {.name = actor->name,
				 .entry = actor_entry,
				 .arg = actor,
				 .priority = actor->priority,
				 .stack_nbytes = ACTOR_STACK_NBYTES};
	enum kernel_status status = task_create(&spec, &actor->id);

	EXPECT(status == KERNEL_OK || status == KERNEL_ENOMEM, "an actor's task is created");
	return status == KERNEL_OK;
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

bool actor_may_take(const struct actor *actor, size_t nbytes)
{
	return actor->live_nbytes + nbytes <= free_before / ACTOR_SHARE;
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

	for (size_t i = 0; i < programs.nactors; i++)
		noperations += programs.actors[i].noperations;
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

/* ---- shifts ---- */

static size_t free_nbytes(void)
{
	struct cairn_totals totals;

	cairn_totals(&totals);
	return totals.nframes_of[CAIRN_FREE] << CAIRN_FRAME_SHIFT;
}

/* It has done nothing yet. */
static void cancel(struct actor *actor)
{
	EXPECT(task_kill(actor->id) == KERNEL_OK, "an actor is killed");
	EXPECT(task_join(actor->id, NULL, WAIT_FOREVER) == KERNEL_EKILLED,
	       "an actor that was killed is joined");
}

/* false: its least could not be started, so none of it was. */
static bool crew_start(struct crew *crew)
{
	bool serving;

	if (free_nbytes() < free_before / 2)
		return false;
	if (crew->open != NULL)
		crew->open();
	serving = crew->server == NULL || actor_start(crew->server);
	for (crew->nstarted = 0; serving && crew->nstarted < crew->nactors; crew->nstarted++)
		if (free_nbytes() < free_before / 2 || !actor_start(&crew->actors[crew->nstarted]))
			break;
	if (crew->nstarted >= crew->nleast)
		return true;
	EXPECT(crew->nstarted == 0, "a crew finds memory for all of its least, or for none");
	if (serving && crew->server != NULL)
		cancel(crew->server);
	if (crew->close != NULL)
		crew->close();
	return false;
}

static void crew_end(struct crew *crew)
{
	for (size_t i = 0; i < crew->nstarted; i++)
		actor_stop(&crew->actors[i]);
	for (size_t i = 0; i < crew->nstarted; i++)
		await(&crew->actors[i]);
	if (crew->server != NULL)
		await(crew->server);
	if (crew->close != NULL)
		crew->close();
}

static void print_crew(const struct crew *crew)
{
	for (size_t i = 0; i < crew->nstarted; i++)
		print_actor(&crew->actors[i]);
}

/* As many crews as can be started, from `first` on; the first that could not. */
static size_t run_shift(size_t first)
{
	size_t end = first;

	while (end < ARRAY_COUNT(crews) && crew_start(crews[end]))
		end++;
	EXPECT(end > first, "there is memory for one crew at least");
	for (uint32_t started = ticks_now(); ticks_now() - started < LOAD_TICKS; task_sleep(1))
		print_progress();
	for (size_t i = first; i < end; i++)
		crew_end(crews[i]);
	(void)cairn_trim();
	return end;
}

void run_load(void)
{
	struct cairn_totals before, after;
	size_t ntasks = task_count(), nshifts = 0;

	print_heading(
		"2. Load: recorded programs, kernel objects, messages, tasks that come and go, all at once");
	console_print("%s", programs_note);
	settled_totals(&before);
	free_before = free_nbytes();
	for (size_t next = 0; next < ARRAY_COUNT(crews); nshifts++)
		next = run_shift(next);
	if (nshifts > 1)
		console_print("   In %zu shifts, as there was memory for them.\n", nshifts);
	console_print("\n   task         priority   operations   peak bytes   stack used   verified\n");
	for (size_t i = 0; i < ARRAY_COUNT(crews); i++)
		print_crew(crews[i]);
	for (size_t i = 0; i < ARRAY_COUNT(crews); i++)
		if (crews[i]->server != NULL)
			print_actor(crews[i]->server);
	settled_totals(&after);
	EXPECT(totals_equal(&before, &after), "after the load the totals are as before");
	EXPECT(task_count() == ntasks, "after the load there are as many tasks as before");
	expect_sound("after the load");
	console_print("\n   All memory came back: the totals are as before.\n");
}
