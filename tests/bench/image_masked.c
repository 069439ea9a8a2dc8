/* SPDX-License-Identifier: MIT */
/* Cairn with a lock that is timed: the longest stretch with interrupts masked over all workloads. */
#include "allocator.h"
#include "bare.h"
#include "cairn_frames.h"
#include "cairn_system.h"
#include "masked.h"
#include "objects.h"

/* Stacks come last: what has been closed for them stays closed to the others. */
static const struct bench_workload *const all[] = {
	bench_heap_workloads,        bench_packing_workloads,     bench_realloc_workloads,
	bench_object_workloads,      bench_frame_workloads,       bench_worst_heap_workloads,
	bench_worst_slab_workloads,  bench_worst_frame_workloads, bench_stack_workloads,
	bench_worst_stack_workloads,
};

/* Of each workload, the longest stretch, and the longest call with one stretch: one measurement of each. */
static void masked(void)
{
	struct bench_series *locks = bench_series("lock"), *calls = bench_series("call");

	bench_scratch->quiet = true;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		for (const struct bench_workload *workload = all[i]; workload->name; workload++) {
			bench_masked_start();
			workload->run();
			bench_masked_record(locks, "masked", workload->name);
			bench_masked_record_call(calls);
			bench_scratch->nseries = 2;
		}
	}
}

static const struct bench_workload masked_workloads[] = {
	{"masked", masked},
	{0},
};

const struct bench_workload *const bench_lists[] = {masked_workloads, bench_masked_size_workloads, NULL};
