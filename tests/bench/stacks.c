/* SPDX-License-Identifier: MIT */
/* Workloads of task stacks: create and destroy one of 1 KiB, or of the smallest length above that the board
 * has. */
#include "cairn_system.h"
#include "console.h"

#define STACK_NBYTES 1024u
#define PAIRS        200u

static struct cairn_stack held, stack;

static void create(struct bench_series *series, struct cairn_stack *s)
{
	uintptr_t err =
		BENCH_CALL(series, cairn_stack_create, (uintptr_t)s, STACK_NBYTES, (uintptr_t) "bench");

	if ((enum cairn_err)err != CAIRN_OK)
		panic("no stack: %s", cairn_err_name((enum cairn_err)err));
}

static void destroy(struct bench_series *series, struct cairn_stack *s)
{
	(void)BENCH_CALL(series, cairn_stack_destroy, (uintptr_t)s);
}

static void pairs(void)
{
	struct bench_series *creates = bench_series("create"), *destroys = bench_series("destroy");

	for (unsigned i = 0; i < PAIRS; i++) {
		create(creates, &stack);
		destroy(destroys, &stack);
	}
}

/* Each is the only stack there is. What is made once, for all stacks to come, is there already. */
static void cold(void)
{
	bench_system_start();
	create(NULL, &stack);
	destroy(NULL, &stack);
	pairs();
}

static void warm(void)
{
	bench_system_start();
	create(NULL, &held);
	pairs();
	destroy(NULL, &held);
}

const struct bench_workload bench_stack_workloads[] = {
	{"stack_cold", cold},
	{"stack_warm", warm},
	{0},
};
