/* SPDX-License-Identifier: MIT */
/* Cairn with the board's frame size. */
#include "allocator.h"
#include "bare.h"
#include "cairn_system.h"
#include "objects.h"

const struct bench_workload *const bench_lists[] = {
	bench_heap_workloads,        bench_packing_workloads,
	bench_trace_workloads,       bench_realloc_workloads,
	bench_object_workloads,      bench_stack_workloads,
	bench_worst_heap_workloads,  bench_worst_slab_workloads,
	bench_worst_stack_workloads, NULL,
};
