/* SPDX-License-Identifier: MIT */
/* Worst cases of task stacks. */
#include "cairn_system.h"

#include "console.h"

#define MAX_STACKS   64u
#define GRAIN_NBYTES 64u

static struct cairn_stack stacks[MAX_STACKS];

/* Only what succeeds is recorded. */
static bool create(struct bench_series *series, struct cairn_stack *stack, size_t nbytes)
{
	const struct bench_call call = {(bench_function)cairn_stack_create,
					{(uintptr_t)stack, nbytes, (uintptr_t) "bench"}};
	uint64_t timed = bench_timed_call(&call);

	if ((enum cairn_err)timed != CAIRN_OK)
		return false;
	if (series)
		bench_record(series, (uint32_t)(timed >> 32));
	return true;
}

static void destroy(struct bench_series *series, struct cairn_stack *stack)
{
	if ((enum cairn_err)BENCH_CALL(series, cairn_stack_destroy, (uintptr_t)stack) != CAIRN_OK)
		panic("a stack is not destroyed");
}

/* The first of all: its arena is taken from the frames, described and closed. */
static void first(void)
{
	struct bench_series *creates = bench_series("create");

	bench_system_start();
	if (!create(creates, &stacks[0], GRAIN_NBYTES))
		panic("no first stack");
}

/* A stack of every length there is, each alone in its arena: the most to split, the tail that is not needed to
 * give back in the most pieces, and the most to merge. */
static void each_length(struct bench_series *creates, struct bench_series *destroys)
{
	size_t nbytes;

	bench_system_start();
	nbytes = cairn_stack_rounded(1);
	if (create(NULL, &stacks[0], nbytes))
		destroy(NULL, &stacks[0]);
	for (; nbytes != 0 && create(creates, &stacks[0], nbytes); nbytes = cairn_stack_rounded(nbytes + 1))
		destroy(destroys, &stacks[0]);
}

static void worst_create(void)
{
	each_length(bench_series("create"), NULL);
}

static void worst_destroy(void)
{
	each_length(NULL, bench_series("destroy"));
}

const struct bench_workload bench_worst_stack_workloads[] = {
	{"worst_stack_first", first},
	{"worst_stack_create", worst_create},
	{"worst_stack_destroy", worst_destroy},
	{0},
};
