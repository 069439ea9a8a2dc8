/* SPDX-License-Identifier: MIT */
/* Cairn with a lock that is timed: the longest stretch with interrupts masked over all workloads. */
#include "allocator.h"
#include "bare.h"
#include "cairn_frames.h"
#include "cairn_system.h"
#include "console.h"
#include "objects.h"
#include "../../mm/port.h"

struct bench_lock bench_lock;

/* Stacks come last: what has been closed for them stays closed to the others. */
static const struct bench_workload *const all[] = {
	bench_heap_workloads,        bench_packing_workloads,     bench_realloc_workloads,
	bench_object_workloads,      bench_frame_workloads,       bench_worst_heap_workloads,
	bench_worst_slab_workloads,  bench_worst_frame_workloads, bench_stack_workloads,
	bench_worst_stack_workloads,
};

/* The longest stretch of each workload is one measurement. */
static void masked(void)
{
	struct bench_series *locks = bench_series("lock");
	uint32_t nothing;

	bench_scratch->quiet = true;
	bench_scratch->longest_masked = 0;
	cairn_port_unlock(cairn_port_lock());
	nothing = bench_scratch->longest_masked;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		for (const struct bench_workload *workload = all[i]; workload->name; workload++) {
			bench_scratch->longest_masked = nothing;
			workload->run();
			bench_record(locks, bench_scratch->longest_masked, nothing);
			console_print("longest in %s: %u\n", workload->name,
				      (unsigned)locks->sample[locks->n - 1]);
			bench_scratch->nseries = 1;
		}
	}
}

static const struct bench_workload masked_workloads[] = {
	{"masked", masked},
	{0},
};

const struct bench_workload *const bench_lists[] = {masked_workloads, NULL};
