/* SPDX-License-Identifier: MIT */
/* Workloads of a heap: one size hot and in batches, random sizes in random order, and how full memory gets. */
#include "allocator.h"

#include "console.h"

#define HOT_NBYTES    64u
#define HOT_ROUNDS    2000u
#define BATCH_BLOCKS  256u
#define BATCH_ROUNDS  10u
#define CHURN_STEPS   40000u
#define CHURN_SEED    0x12345678u
#define PACKING_RUNS  8u
#define PACKING_TURNS 5u
#define PACKING_SEED  0xabcdef01u
#define PACKING_STEP  77777u

void bench_allocator_start(size_t nbytes)
{
	bench_forget();
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

/* ---- packing ---- */

struct packing {
	unsigned log2;
	size_t n;
	size_t live_nbytes;
};

/* Until the first failure. */
static void fill(struct packing *packing)
{
	for (;;) {
		size_t nbytes = bench_random_nbytes(packing->log2);
		void *block = allocate(NULL, nbytes);

		if (!block)
			return;
		if (packing->n == BENCH_SLOTS)
			panic("too many blocks");
		bench_scratch->slot[packing->n] = block;
		bench_scratch->slot_nbytes[packing->n++] = (uint32_t)nbytes;
		packing->live_nbytes += nbytes;
	}
}

/* At random; the last moves into the gap. */
static void free_half(struct packing *packing)
{
	for (size_t half = packing->n / 2; half > 0; half--) {
		size_t i = bench_random() % packing->n;

		release(NULL, bench_scratch->slot[i]);
		packing->live_nbytes -= bench_scratch->slot_nbytes[i];
		packing->n--;
		bench_scratch->slot[i] = bench_scratch->slot[packing->n];
		bench_scratch->slot_nbytes[i] = bench_scratch->slot_nbytes[packing->n];
	}
}

/* Payload that lives in the region in the end. */
static size_t pack_once(size_t region_nbytes, unsigned log2, unsigned run)
{
	struct packing packing = {.log2 = log2};

	bench_allocator_start(region_nbytes);
	bench_seed(PACKING_SEED + run * PACKING_STEP);
	for (unsigned turn = 0; turn < PACKING_TURNS; turn++) {
		fill(&packing);
		free_half(&packing);
	}
	fill(&packing);
	return packing.live_nbytes;
}

static void pack(size_t region_nbytes, unsigned log2)
{
	const uint64_t whole = (uint64_t)region_nbytes * PACKING_RUNS;
	uint64_t live_nbytes = 0;

	for (unsigned run = 0; run < PACKING_RUNS; run++)
		live_nbytes += pack_once(region_nbytes, log2, run);
	bench_space((size_t)((live_nbytes * 1000 + whole / 2) / whole), "permille");
}

static void packing_64k_511(void)
{
	pack(64 * KIB, 9);
}

static void packing_256k_511(void)
{
	pack(256 * KIB, 9);
}

static void packing_256k_4095(void)
{
	pack(256 * KIB, 12);
}

const struct bench_workload bench_heap_workloads[] = {
	{"hot64", hot64},
	{"batch64", batch64},
	{"churn_8_511", churn_8_511},
	{"churn_8_4095", churn_8_4095},
	{"packing_64k_511", packing_64k_511},
	{"packing_256k_511", packing_256k_511},
	{"packing_256k_4095", packing_256k_4095},
	{0},
};
