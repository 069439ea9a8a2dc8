/* SPDX-License-Identifier: MIT */
/* Tasks of random sizes, a few at a time, that return, are killed where they sleep, or overflow in one way or
 * another: whatever order they come and go in, no frame stays behind, and each fault names who did it. */
#include "overflow_matrix.h"

#include "console.h"
#include "main.h"

#define NCYCLES 10000
#define NACTORS 4

#ifndef MATRIX_SEED
#define MATRIX_SEED 2463534242u
#endif

/* A deed goes at most this far below: the least that is closed anywhere. */
#define NEAR_NBYTES 64
#define LARGEST     (MATRIX_STACK_NBYTES * 4)

enum fate { RETURNS = 0, IS_KILLED, OVERFLOWS };

static struct actor {
	task_id id; /* 0: nobody */
	enum fate fate;
	bool faulted;
	struct deed deed;
	void (*act)(struct deed *deed);
} actors[NACTORS];

static struct {
	unsigned nwith[OVERFLOWS + 1];
	unsigned nmisnamed, nwrong;
} counted;

static uint32_t state = MATRIX_SEED;

/* xorshift32 (Marsaglia 2003). */
static uint32_t draw(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state % below;
}

static enum fault_policy count_fault(const struct fault_record *fault)
{
	for (struct actor *actor = actors; actor < actors + NACTORS; actor++) {
		if (actor->id != fault->id || actor->fate != OVERFLOWS || actor->faulted || !fault->overflow)
			continue;
		actor->faulted = true;
		return FAULT_KILL;
	}
	counted.nmisnamed++;
	return FAULT_KILL;
}

/* ---- what they do ---- */

static struct semaphore some_semaphore;

static void call_the_kernel(void)
{
	(void)semaphore_give(&some_semaphore);
	__asm__ volatile("");
}

static void overflow(struct actor *actor)
{
	uintptr_t limit = task_stack(task_self())->base;

	if (actor->act == deed_call)
		limit += cairn_round_down(CAIRN_LOCKED_STACK / 2, sizeof(uint64_t)) + actor->deed.nbytes;
	actor->deed.sp = actor->act == deed_recurse ? limit - NEAR_NBYTES : limit;
	actor->deed.call = call_the_kernel;
	actor->act(&actor->deed);
}

static void act(void *arg)
{
	struct actor *actor = arg;

	if (actor->fate == OVERFLOWS)
		overflow(actor);
	if (actor->fate == IS_KILLED)
		task_sleep(WAIT_FOREVER);
}

/* Where nothing closes the memory below, an overflow has to be found before it does harm. */
static void (*draw_act(void))(struct deed *deed)
{
	static void (*const acts[])(struct deed * deed) = {deed_call, deed_store, deed_push, deed_wait,
							   deed_recurse};
	struct arch_guard_geometry geometry;

	arch_guard_geometry(&geometry);
	return geometry.kind == ARCH_GUARD_LATE ? deed_call : acts[draw(sizeof(acts) / sizeof(acts[0]))];
}

/* ---- their comings and goings ---- */

static void end(struct actor *actor)
{
	enum kernel_status status;

	if (actor->id == 0)
		return;
	if (actor->fate == IS_KILLED)
		counted.nwrong += task_kill(actor->id) != KERNEL_OK;
	status = task_join(actor->id, NULL, WAIT_FOREVER);
	counted.nwrong += status != (actor->fate == RETURNS ? KERNEL_OK : KERNEL_EKILLED);
	counted.nwrong += actor->faulted != (actor->fate == OVERFLOWS);
	actor->id = 0;
}

static void end_all(void)
{
	for (struct actor *actor = actors; actor < actors + NACTORS; actor++)
		end(actor);
}

/* Where there is no room for one more, the others end first. */
static void create(struct actor *actor)
{
	const struct task_spec spec = {.name = "actor",
				       .entry = act,
				       .arg = actor,
				       .priority = APPLICATION_PRIORITY - 1,
				       .stack_nbytes =
					       TASK_MIN_STACK_NBYTES + draw(LARGEST - TASK_MIN_STACK_NBYTES)};
	enum kernel_status status;

	*actor = (struct actor){.fate = (enum fate)draw(OVERFLOWS + 1), .act = draw_act()};
	actor->deed.ticks = &matrix_ticks;
	actor->deed.nbytes = NEAR_NBYTES / 2 + (draw(NEAR_NBYTES / 2) & ~(sizeof(uint64_t) - 1));
	status = task_create(&spec, &actor->id);
	if (status == KERNEL_ENOMEM) {
		end_all();
		status = task_create(&spec, &actor->id);
	}
	matrix_require(status == KERNEL_OK, "a task is created");
	counted.nwith[actor->fate]++;
}

static size_t count_free(void)
{
	struct cairn_totals totals;

	cairn_trim();
	cairn_totals(&totals);
	return totals.nframes_of[CAIRN_FREE];
}

static const char *check(void)
{
	const char *broken;

	scheduler_suspend();
	broken = cairn_check();
	scheduler_resume();
	return broken;
}

bool matrix_cycles(void)
{
	size_t nfree = count_free(), nlost;
	bool sound;

	fault_set_hook(count_fault);
	fault_set_lines(false);
	(void)semaphore_init(&some_semaphore, 0, UINT32_MAX);
	for (unsigned i = 0; i < NCYCLES; i++) {
		struct actor *actor = &actors[draw(NACTORS)];

		end(actor);
		create(actor);
	}
	end_all();
	nlost = nfree - count_free();
	sound = check() == NULL && nlost == 0 && counted.nmisnamed == 0 && counted.nwrong == 0;
	fault_set_lines(true);
	console_print("CYCLES board=%s seed=%u cycles=%u returned=%u killed=%u overflowed=%u misnamed=%u "
		      "frames-lost=%zu\n",
		      MATRIX_BOARD, MATRIX_SEED, NCYCLES, counted.nwith[RETURNS], counted.nwith[IS_KILLED],
		      counted.nwith[OVERFLOWS], counted.nmisnamed, nlost);
	return sound;
}
