/* SPDX-License-Identifier: MIT */
/* The allocator of fixed-size objects that an image measures. One file each defines it. */
#ifndef BENCH_OBJECTS_H
#define BENCH_OBJECTS_H

#include "bench.h"

#define BENCH_OBJECT_NBYTES 64u

struct bench_objects {
	/* Begin anew, with a pool of objects in this memory. NULL: it is too little. */
	void *(*init)(uintptr_t base, size_t nbytes);
	bench_function alloc; /* (pool) */
	bench_function free;  /* (pool, object) */
};
extern const struct bench_objects bench_objects;

extern const struct bench_workload bench_object_workloads[];

#endif
