/* SPDX-License-Identifier: MIT */
/* The kernel's context switch, with the guard or without. */
#include "bare.h"
#include "switch.h"

static const struct bench_workload switch_workloads[] = {
	{SWITCH_GUARD ? "switch_guard" : "switch_plain", bench_switch},
	{0},
};

const struct bench_workload *const bench_lists[] = {switch_workloads, NULL};
