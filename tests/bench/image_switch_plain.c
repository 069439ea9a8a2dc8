/* SPDX-License-Identifier: MIT */
/* The same switch, linked without what moves the guard: so nothing may be closed. */
#include "bare.h"
#include "switch.h"

static void without_guard(void)
{
	bench_open_memory();
	bench_switch();
}

static const struct bench_workload switch_workloads[] = {
	{"switch_plain", without_guard},
	{0},
};

const struct bench_workload *const bench_lists[] = {switch_workloads, NULL};
