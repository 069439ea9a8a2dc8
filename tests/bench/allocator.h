/* SPDX-License-Identifier: MIT */
/* The allocator that an image measures. One file each defines it. */
#ifndef BENCH_ALLOCATOR_H
#define BENCH_ALLOCATOR_H

#include "bench.h"

struct bench_allocator {
	/* Begin anew, with this memory. false: it is too little. */
	bool (*init)(uintptr_t base, size_t nbytes);
	bench_function alloc;
	bench_function free;
	bench_function realloc; /* NULL: reallocations are replayed as allocate, then free */
};
extern const struct bench_allocator bench_allocator;

/* Begin anew with a region of nbytes. */
void bench_allocator_start(size_t nbytes);

extern const struct bench_workload bench_heap_workloads[], bench_packing_workloads[], bench_trace_workloads[];
/* The traces again, for an allocator that has realloc. */
extern const struct bench_workload bench_realloc_workloads[];

#endif
