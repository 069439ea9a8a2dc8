/* SPDX-License-Identifier: MIT */
/* Worst cases of task stacks. */
#include "cairn_system.h"

#include "console.h"

#define SMALL_NBYTES 64u

static struct cairn_stack stack;

/* Only what succeeds is recorded. */
static bool create(struct bench_series *series, size_t nbytes)
{
	const struct bench_call call = {(bench_function)cairn_stack_create,
					{(uintptr_t)&stack, nbytes, (uintptr_t) "bench"}};
	uint64_t timed = bench_timed_call(&call);

	if ((enum cairn_err)timed != CAIRN_OK)
		return false;
	bench_record_call(series, timed);
	return true;
}

static void destroy(struct bench_series *series)
{
	if ((enum cairn_err)BENCH_CALL(series, cairn_stack_destroy, (uintptr_t)&stack) != CAIRN_OK)
		panic("a stack is not destroyed");
}

/* The first of all: its arena is taken from the frames, described and closed. */
static void first(void)
{
	struct bench_series *creates = bench_series("create");

	bench_system_start();
	if (!create(creates, SMALL_NBYTES))
		panic("no first stack");
	destroy(NULL);
}

/* A stack of every length there is, each alone in its arena: the most to split, the tail that is not needed
 * to give back in the most pieces, and the most to merge. */
static void each_length(struct bench_series *creates, struct bench_series *destroys)
{
	size_t nbytes;

	bench_system_start();
	nbytes = cairn_stack_rounded(1);
	if (create(NULL, nbytes))
		destroy(NULL);
	for (; nbytes != 0 && create(creates, nbytes); nbytes = cairn_stack_rounded(nbytes + 1))
		destroy(destroys);
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
