/* SPDX-License-Identifier: MIT */
/* All of Cairn in one region, for workloads that use more of it than its heap. */
#ifndef BENCH_CAIRN_SYSTEM_H
#define BENCH_CAIRN_SYSTEM_H

#include "bench.h"
#include "cairn.h"

/* Begin anew, with 256 KiB where frames have 512 B. */
#define BENCH_SYSTEM_FRAMES 512u
void bench_system_start(void);

extern const struct bench_workload bench_stack_workloads[];
extern const struct bench_workload bench_worst_heap_workloads[], bench_worst_slab_workloads[],
	bench_worst_stack_workloads[];

#endif
