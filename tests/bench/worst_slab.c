/* SPDX-License-Identifier: MIT */
/* Worst cases of object caches: an allocation that makes a slab, and a free that gives one back. Both do the
 * frames' work too: a slab comes from the one large block that is free, and goes back to it. */
#include "cairn_system.h"

#include "console.h"

#define MAX_OBJECT_LOG2 12u
#define MIN_OBJECT_LOG2 3u
#define MAX_SLABS       8u

static struct cairn_cache cache;

/* A cache, as new, in memory that is as new. */
static void start(size_t object_nbytes)
{
	const struct cairn_cache_spec spec = {.name = "objects", .nbytes = object_nbytes};

	bench_system_start();
	if (cairn_cache_create(&cache, &spec) != CAIRN_OK)
		panic("no cache");
}

static size_t nslabs(void)
{
	struct cairn_cache_info info;

	if (!cairn_cache_stats(&cache, &info))
		panic("no cache");
	return info.nslabs;
}

/* The first object there is: its slab's frames and record, and whatever else the first needs. Then a few
 * slabs more. */
static void refill(void)
{
	struct bench_series *allocs = bench_series("allocate");

	for (unsigned log2 = MIN_OBJECT_LOG2; log2 <= MAX_OBJECT_LOG2; log2++) {
		start((size_t)1 << log2);
		while (nslabs() < MAX_SLABS) {
			const struct bench_call call = {(bench_function)cairn_cache_alloc,
							{(uintptr_t)&cache}};
			size_t before = nslabs();
			uint64_t timed = bench_timed_call(&call);

			if ((void *)(uintptr_t)timed == NULL)
				panic("no object");
			if (nslabs() != before)
				bench_record_call(allocs, timed);
		}
	}
}

static size_t take_objects(size_t n, size_t until_nslabs)
{
	while (nslabs() < until_nslabs || n == 0)
		bench_scratch->slot[n++] = cairn_cache_alloc(&cache);
	return n;
}

/* Order 0, until one lies in the upper half, which thereby is no longer one block. */
static size_t take_lower_half(void **frame)
{
	uintptr_t half = bench_region(0) + BENCH_SYSTEM_FRAMES / 2 * CAIRN_FRAME_NBYTES;
	size_t n = 0;

	while ((uintptr_t)(frame[n] = cairn_pages_alloc(0, CAIRN_ANY_ZONE)) < half)
		n++;
	return n + 1;
}

/* One slab in the lower half of memory, and, for the lower half was full meanwhile, the others in the upper
 * half, where nothing else is left. They are emptied in turn, and one empty slab is kept: each but the first
 * goes back as its last object is freed, and the last of them makes the upper half one block again. */
static void giveback(void)
{
	struct bench_series *frees = bench_series("free");
	void **frame = &bench_scratch->slot[BENCH_SLOTS / 2];

	for (unsigned log2 = MIN_OBJECT_LOG2; log2 <= MAX_OBJECT_LOG2; log2++) {
		size_t nobjects, nframes;

		start((size_t)1 << log2);
		nobjects = take_objects(0, 1);
		nframes = take_lower_half(frame);
		nobjects = take_objects(nobjects, MAX_SLABS);
		for (size_t i = 0; i < nframes; i++)
			cairn_pages_free(frame[i]);
		for (size_t i = 0; i < nobjects; i++) {
			const struct bench_call call = {
				(bench_function)cairn_cache_free,
				{(uintptr_t)&cache, (uintptr_t)bench_scratch->slot[i]}};
			size_t before = nslabs();
			uint64_t timed = bench_timed_call(&call);

			if (nslabs() != before)
				bench_record_call(frees, timed);
		}
	}
}

const struct bench_workload bench_worst_slab_workloads[] = {
	{"worst_slab_refill", refill},
	{"worst_slab_giveback", giveback},
	{0},
};
