/* SPDX-License-Identifier: MIT */
/* The kernel's lock, timed: the longest stretch with interrupts masked while the demonstration's load
 * runs. */
#include "bare.h"
#include "console.h"
#include "demo/demo.h"
#include "lock.h"

static void masked_kernel(void)
{
	uint32_t nothing;

	port_reset_longest_masked();
	kernel_unlock(kernel_lock());
	nothing = port_longest_masked();
	arch_tick_start(TICK_HZ);
	run_load();
	bench_record(bench_series("lock"), port_longest_masked(), nothing);
}

static const struct bench_workload masked_workloads[] = {
	{"masked_kernel", masked_kernel},
	{0},
};

const struct bench_workload *const bench_lists[] = {masked_workloads, NULL};
