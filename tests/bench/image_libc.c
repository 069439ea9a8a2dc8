/* SPDX-License-Identifier: MIT */
/* newlib, and newlib-nano: what any heap can run. */
#include "allocator.h"
#include "allocator_libc.h"
#include "bare.h"

const struct bench_workload *const bench_lists[] = {bench_heap_workloads, bench_packing_workloads,
						    bench_trace_workloads, NULL};

void bench_libc_start(void)
{
}
