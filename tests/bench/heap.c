/* SPDX-License-Identifier: MIT */
/* Workloads of a heap: one size hot and in batches, and random sizes in random order. */
#include "allocator.h"

#include "console.h"

#define HOT_NBYTES   64u
#define HOT_ROUNDS   2000u
#define BATCH_BLOCKS 256u
#define BATCH_ROUNDS 10u
#define CHURN_STEPS  40000u
#define CHURN_SEED   0x12345678u

void bench_allocator_start(size_t nbytes)
{
	if (!bench_allocator.init(bench_region(nbytes), nbytes))
		bench_fail("the region is too small to begin with");
}

static void *allocate(struct bench_series *series, size_t nbytes)
{
	return (void *)BENCH_CALL(series, bench_allocator.alloc, nbytes);
}

static void release(struct bench_series *series, void *block)
{
	(void)BENCH_CALL(series, bench_allocator.free, (uintptr_t)block);
}

static void hot64(void)
{
	struct bench_series *allocs, *frees;

	bench_allocator_start(256 * KIB);
	allocs = bench_series("allocate");
	frees = bench_series("free");
	for (unsigned i = 0; i < HOT_ROUNDS; i++)
		release(frees, allocate(allocs, HOT_NBYTES));
}

static void batch64(void)
{
	void **slot = bench_scratch->slot;
	struct bench_series *allocs, *frees;

	bench_allocator_start(256 * KIB);
	allocs = bench_series("allocate");
	frees = bench_series("free");
	for (unsigned round = 0; round < BATCH_ROUNDS; round++) {
		for (unsigned i = 0; i < BATCH_BLOCKS; i++)
			slot[i] = allocate(allocs, HOT_NBYTES);
		for (unsigned i = 0; i < BATCH_BLOCKS; i++)
			release(frees, slot[round % 2 ? i : BATCH_BLOCKS - 1 - i]);
	}
}

static void churn(size_t region_nbytes, unsigned nslots, unsigned log2)
{
	void **slot = bench_scratch->slot;
	struct bench_series *allocs, *frees;
	size_t nfailures = 0;

	bench_allocator_start(region_nbytes);
	allocs = bench_series("allocate");
	frees = bench_series("free");
	bench_seed(CHURN_SEED);
	for (unsigned i = 0; i < nslots; i++)
		slot[i] = NULL;
	for (unsigned step = 0; step < CHURN_STEPS; step++) {
		void **at = &slot[bench_random() % nslots];

		if (*at) {
			release(frees, *at);
			*at = NULL;
		} else {
			*at = allocate(allocs, bench_random_nbytes(log2));
			nfailures += !*at;
		}
	}
	bench_space(nfailures, "failures");
}

static void churn_8_511(void)
{
	churn(256 * KIB, 256, 9);
}

static void churn_8_4095(void)
{
	churn(1024 * KIB, 512, 12);
}

const struct bench_workload bench_heap_workloads[] = {
	{"hot64", hot64},
	{"batch64", batch64},
	{"churn_8_511", churn_8_511},
	{"churn_8_4095", churn_8_4095},
	{0},
};
