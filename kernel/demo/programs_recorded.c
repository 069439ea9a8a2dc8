/* SPDX-License-Identifier: MIT */
/* Part 2: programs that were recorded (tests/traces), where flash and RAM hold them. */
#include "replay.h"

/* Once from end to end, and what the program left behind at its own end is freed too. */
static void replay_once(struct replay *replay, const struct trace *trace)
{
	uint32_t last_tick = ticks_now();

	for (uint32_t i = 0; i < trace->noperations; i++) {
		replay_perform(replay, &trace->operation[i]);
		breathe(&last_tick, REPLAY_REST_TICKS);
	}
	replay_empty(replay);
}

/* From end to end at least once, and again until it may stop. */
static void replay_trace(struct actor *self)
{
	const struct trace *trace = self->subject;
	struct replay replay;

	EXPECT(trace->magic == TRACE_MAGIC, "a trace begins with its magic");
	replay_open(&replay, self, trace->nslots);
	do {
		replay_once(&replay, trace);
	} while (!self->may_stop);
	replay_close(&replay);
	EXPECT(self->peak_nbytes == trace->peak_nbytes, "a replay needs as much memory as was recorded");
}

static struct actor actors[] = {
	{.name = "sqlite", .priority = 5, .work = replay_trace, .subject = &trace_sqlite},
	{.name = "lua", .priority = 4, .work = replay_trace, .subject = &trace_lua},
	{.name = "jq", .priority = 2, .work = replay_trace, .subject = &trace_jq},
};

struct crew programs = {.actors = actors, .nactors = ARRAY_COUNT(actors), .nleast = ARRAY_COUNT(actors)};
struct actor program_beside = {
	.name = "sqlite", .work = replay_trace, .subject = &trace_sqlite, .priority = 2};
const char *const programs_note = "";
