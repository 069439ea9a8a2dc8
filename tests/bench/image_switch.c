/* SPDX-License-Identifier: MIT */
/* The kernel's context switch, which moves the guard. */
#include "bare.h"
#include "switch.h"

static const struct bench_workload switch_workloads[] = {
	{"switch_guard", bench_switch},
	{0},
};

const struct bench_workload *const bench_lists[] = {switch_workloads, NULL};
