/* SPDX-License-Identifier: MIT */
/* Cairn in a task of the kernel's, with the kernel's lock, which makes sure of the stack that it needs. */
#include "allocator.h"
#include "bare.h"
#include "cairn.h"
#include "objects.h"

const struct bench_workload *const bench_lists[] = {bench_heap_workloads, bench_object_workloads, NULL};

/* The memory is the kernel's, and there already. */
static bool init(uintptr_t base, size_t nbytes)
{
	(void)base;
	(void)nbytes;
	return true;
}

const struct bench_allocator bench_allocator = {
	.init = init,
	.alloc = (bench_function)cairn_alloc,
	.free = (bench_function)cairn_free,
};

static void *init_objects(uintptr_t base, size_t nbytes)
{
	static struct cairn_cache cache;
	const struct cairn_cache_spec spec = {.name = "objects", .nbytes = BENCH_OBJECT_NBYTES};

	(void)base;
	(void)nbytes;
	return cairn_cache_create(&cache, &spec) == CAIRN_OK ? &cache : NULL;
}

const struct bench_objects bench_objects = {
	.init = init_objects,
	.alloc = (bench_function)cairn_cache_alloc,
	.free = (bench_function)cairn_cache_free,
};
