/* SPDX-License-Identifier: MIT */
/* Recorded programs (tests/traces), replayed in a region of as many bytes as the command line says. */
#include "allocator.h"

#include "console.h"
#include "demo/trace.h"

#define OTHERWISE_NBYTES ((size_t)1024 * KIB)

struct replay {
	struct bench_series *allocs, *frees, *reallocs;
	bool in_place; /* reallocations are the allocator's; else allocate, then free the old */
};

static void *allocate(const struct replay *replay, size_t nbytes)
{
	void *block = (void *)BENCH_CALL(replay->allocs, bench_allocator.alloc, nbytes);

	if (!block)
		bench_fail("no memory for an allocation");
	return block;
}

static void release(const struct replay *replay, void *block)
{
	(void)BENCH_CALL(replay->frees, bench_allocator.free, (uintptr_t)block);
}

static void *reallocate(const struct replay *replay, void *block, size_t nbytes)
{
	void *moved;

	if (replay->in_place) {
		moved = (void *)BENCH_CALL(replay->reallocs, bench_allocator.realloc, (uintptr_t)block,
					   nbytes);
		if (!moved)
			bench_fail("no memory for a reallocation");
		return moved;
	}
	moved = allocate(replay, nbytes);
	release(replay, block);
	return moved;
}

static void perform(const struct replay *replay, const struct trace_operation *operation)
{
	size_t nbytes = trace_nbytes(operation);
	void **slot = &bench_scratch->slot[operation->slot];

	switch (trace_kind(operation)) {
	case TRACE_ALLOCATE: *slot = allocate(replay, nbytes); break;
	case TRACE_FREE: release(replay, *slot); break;
	case TRACE_REALLOCATE: *slot = reallocate(replay, *slot, nbytes); break;
	default: panic("a trace has three kinds of operations");
	}
}

static void replay_trace(const struct trace *trace, bool in_place)
{
	struct replay replay = {.in_place = in_place};

	if (trace->magic != TRACE_MAGIC || trace->nslots > BENCH_SLOTS)
		panic("no trace, or a trace with too many slots");
	bench_allocator_start(bench_argument(OTHERWISE_NBYTES));
	replay.allocs = bench_series("allocate");
	replay.frees = bench_series("free");
	replay.reallocs = bench_series("reallocate");
	for (uint32_t i = 0; i < trace->noperations; i++)
		perform(&replay, &trace->operation[i]);
}

static void lua(void)
{
	replay_trace(&trace_lua, false);
}

static void jq(void)
{
	replay_trace(&trace_jq, false);
}

static void sqlite(void)
{
	replay_trace(&trace_sqlite, false);
}

static void lua_realloc(void)
{
	replay_trace(&trace_lua, true);
}

static void jq_realloc(void)
{
	replay_trace(&trace_jq, true);
}

static void sqlite_realloc(void)
{
	replay_trace(&trace_sqlite, true);
}

const struct bench_workload bench_trace_workloads[] = {
	{"trace_lua", lua},
	{"trace_jq", jq},
	{"trace_sqlite", sqlite},
	{0},
};

const struct bench_workload bench_realloc_workloads[] = {
	{"trace_lua_realloc", lua_realloc},
	{"trace_jq_realloc", jq_realloc},
	{"trace_sqlite_realloc", sqlite_realloc},
	{0},
};
