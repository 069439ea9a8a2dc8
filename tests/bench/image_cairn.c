/* SPDX-License-Identifier: MIT */
/* Cairn with the board's frame size. */
#include "allocator.h"
#include "bare.h"

const struct bench_workload *const bench_lists[] = {bench_heap_workloads, bench_trace_workloads,
						    bench_realloc_workloads, NULL};
