/* SPDX-License-Identifier: MIT */
/* A program's requests, replayed through the heap: recorded ones (programs_recorded.c), or made up
 * (programs_random.c). */
#ifndef DEMO_REPLAY_H
#define DEMO_REPLAY_H

#include "demo.h"
#include "trace.h"

struct replay_slot {
	void *payload; /* NULL: nothing is allocated */
	uint32_t nbytes;
	uint32_t generation;
};

struct replay {
	struct actor *actor;
	struct replay_slot *slots;
	uint32_t nslots;
};

void replay_open(struct replay *replay, struct actor *actor, uint32_t nslots);
void replay_perform(struct replay *replay, const struct trace_operation *operation);
/* Free what is still allocated. */
void replay_empty(struct replay *replay);
void replay_close(struct replay *replay);

#endif
