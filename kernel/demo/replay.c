/* SPDX-License-Identifier: MIT */
/* Part 2: requests of programs, replayed through the heap. Each payload carries from its first byte to its
 * last a pattern of its slot, its generation and its size, verified before it is resized or freed, and
 * again, as far as it was kept, after it was resized. */
#include "replay.h"

#include "cairn.h"

static uint32_t seed_of(uint32_t n, const struct replay_slot *slot)
{
	const uint32_t mix_slot = 0x85ebca6bu, mix_generation = 0xc2b2ae35u, mix_nbytes = 0x27d4eb2fu;

	return n * mix_slot ^ slot->generation * mix_generation ^ slot->nbytes * mix_nbytes;
}

static void verify(struct replay *replay, uint32_t n, size_t nbytes, uint32_t seed)
{
	EXPECT(is_stamped(replay->slots[n].payload, nbytes, seed), "a replayed payload is as it was left");
	replay->actor->nverified += nbytes;
}

static void fill(struct replay *replay, uint32_t n, void *payload, uint32_t nbytes)
{
	struct replay_slot *slot = &replay->slots[n];

	slot->payload = payload;
	slot->nbytes = nbytes;
	slot->generation++;
	stamp(payload, nbytes, seed_of(n, slot));
}

static void allocate(struct replay *replay, uint32_t n, uint32_t nbytes)
{
	void *payload = cairn_alloc(nbytes);

	EXPECT(payload != NULL, "there is memory for a replay");
	EXPECT(replay->slots[n].payload == NULL, "a trace allocates into an empty slot");
	actor_count(replay->actor, nbytes, 0);
	fill(replay, n, payload, nbytes);
}

static void release(struct replay *replay, uint32_t n)
{
	struct replay_slot *slot = &replay->slots[n];

	verify(replay, n, slot->nbytes, seed_of(n, slot));
	EXPECT(cairn_free(slot->payload) == CAIRN_OK, "a replayed block is freed");
	actor_count(replay->actor, 0, slot->nbytes);
	slot->payload = NULL;
}

static void reallocate(struct replay *replay, uint32_t n, uint32_t nbytes)
{
	struct replay_slot *slot = &replay->slots[n];
	uint32_t old_nbytes = slot->nbytes, old_seed = seed_of(n, slot);
	void *payload;

	verify(replay, n, old_nbytes, old_seed);
	payload = cairn_realloc(slot->payload, nbytes);
	EXPECT(payload != NULL, "there is memory for a replay");
	slot->payload = payload;
	verify(replay, n, old_nbytes < nbytes ? old_nbytes : nbytes, old_seed);
	actor_count(replay->actor, nbytes, old_nbytes);
	fill(replay, n, payload, nbytes);
}

void replay_perform(struct replay *replay, const struct trace_operation *operation)
{
	uint32_t nbytes = trace_nbytes(operation);

	switch (trace_kind(operation)) {
	case TRACE_ALLOCATE: allocate(replay, operation->slot, nbytes); break;
	case TRACE_FREE: release(replay, operation->slot); break;
	case TRACE_REALLOCATE: reallocate(replay, operation->slot, nbytes); break;
	default: EXPECT(false, "a trace has three kinds of operations");
	}
	replay->actor->noperations++;
}

void replay_open(struct replay *replay, struct actor *actor, uint32_t nslots)
{
	*replay = (struct replay){.actor = actor, .nslots = nslots};
	actor->verified_what = "B, none changed";
	replay->slots = cairn_calloc(nslots, sizeof(*replay->slots));
	EXPECT(replay->slots != NULL, "there is memory for the slots of a replay");
}

void replay_empty(struct replay *replay)
{
	for (uint32_t n = 0; n < replay->nslots; n++)
		if (replay->slots[n].payload != NULL)
			release(replay, n);
}

void replay_close(struct replay *replay)
{
	EXPECT(replay->actor->live_nbytes == 0, "a replay has freed all that it allocated");
	EXPECT(cairn_free_sized(replay->slots, replay->nslots * sizeof(*replay->slots)) == CAIRN_OK,
	       "the slots of a replay are freed");
}
