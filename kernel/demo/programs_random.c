/* SPDX-License-Identifier: MIT */
/* Part 2, on a board that has no room for recorded programs: requests of random kinds and sizes. */
#include "replay.h"

#define NSLOTS         12u
#define SMALL_NBYTES   32u
#define LARGE_ONE_IN   4u
#define LARGE_NBYTES   160u
#define REALLOC_ONE_IN 3u

static uint32_t random_nbytes(uint32_t random)
{
	return 1 + (random >> 16) % (random % LARGE_ONE_IN ? SMALL_NBYTES : LARGE_NBYTES);
}

static enum trace_kind random_kind(const struct replay_slot *slot, uint32_t random)
{
	if (slot->payload == NULL)
		return TRACE_ALLOCATE;
	return random % REALLOC_ONE_IN ? TRACE_FREE : TRACE_REALLOCATE;
}

static void step(struct replay *replay, uint32_t *random)
{
	struct trace_operation operation = {.slot = next_random(random) % NSLOTS};
	enum trace_kind kind = random_kind(&replay->slots[operation.slot], next_random(random));
	uint32_t nbytes = random_nbytes(next_random(random));

	if (kind != TRACE_FREE && !actor_may_take(replay->actor, nbytes))
		return;
	operation.kind_nbytes = (uint32_t)kind << TRACE_KIND_SHIFT | nbytes;
	replay_perform(replay, &operation);
}

static void replay_random(struct actor *self)
{
	uint32_t random = 1 + self->priority, last_tick = ticks_now();
	struct replay replay;

	replay_open(&replay, self, NSLOTS);
	while (!self->may_stop) {
		step(&replay, &random);
		breathe(&last_tick, REPLAY_REST_TICKS);
	}
	replay_empty(&replay);
	replay_close(&replay);
}

static struct actor actors[] = {
	{.name = "random-1", .priority = 5, .work = replay_random},
	{.name = "random-2", .priority = 2, .work = replay_random},
};

struct crew programs = {.actors = actors, .nactors = ARRAY_COUNT(actors), .nleast = 1};
struct actor program_beside = {.name = "random", .work = replay_random, .priority = 2};
const char *const programs_note =
	"   The recorded programs need more memory than this board has: requests are made up here.\n";
