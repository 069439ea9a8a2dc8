/* SPDX-License-Identifier: MIT */
/* The context switch: two tasks of one priority yield to each other, measured from the stamp of the one that
 * leaves to the stamp of the one that arrives. */
#include "console.h"
#include "switch.h"
#include "task.h"

#define SWITCHES     1000u
#define STACK_NBYTES 1024u

static volatile uint32_t left;

static void partner(void *arg)
{
	(void)arg;
	for (;;)
		(void)bench_timed_switch(&left, task_yield);
}

void bench_switch(void)
{
	const struct task_spec spec = {.name = "partner",
				       .entry = partner,
				       .priority = task_priority(task_self()),
				       .stack_nbytes = STACK_NBYTES,
				       .detached = true};
	struct bench_series *switches = bench_series("switch");
	uint32_t empty = bench_empty_switch();

	if (task_create(&spec, NULL) != KERNEL_OK)
		panic("no partner");
	for (unsigned i = 0; i < SWITCHES; i++)
		bench_record(switches, bench_timed_switch(&left, task_yield), empty);
}
