/* SPDX-License-Identifier: MIT */
/* How full a heap gets: fill it, free half of it at random, several times over, and fill it once more. */
#include "allocator.h"

#include "console.h"

#define PACKING_RUNS  8u
#define PACKING_TURNS 5u
#define PACKING_SEED  0xabcdef01u
#define PACKING_STEP  77777u

struct packing {
	unsigned log2;
	size_t n;
	size_t live_nbytes;
};

/* Until the first failure. */
static void fill(struct packing *packing)
{
	while (packing->n < BENCH_SLOTS) {
		size_t nbytes = bench_random_nbytes(packing->log2);
		void *block = (void *)BENCH_CALL(NULL, bench_allocator.alloc, nbytes);

		if (!block)
			return;
		bench_scratch->slot[packing->n] = block;
		bench_scratch->slot_nbytes[packing->n++] = (uint32_t)nbytes;
		packing->live_nbytes += nbytes;
	}
	panic("too many blocks");
}

/* At random; the last moves into the gap. */
static void free_half(struct packing *packing)
{
	for (size_t half = packing->n / 2; half > 0; half--) {
		size_t i = bench_random() % packing->n;

		(void)BENCH_CALL(NULL, bench_allocator.free, (uintptr_t)bench_scratch->slot[i]);
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

const struct bench_workload bench_packing_workloads[] = {
	{"packing_64k_511", packing_64k_511},
	{"packing_256k_511", packing_256k_511},
	{"packing_256k_4095", packing_256k_4095},
	{0},
};
