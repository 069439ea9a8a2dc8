/* SPDX-License-Identifier: MIT */
/* Workloads of fixed-size objects: those of heap.c that have one size, and the same churn. */
#include "objects.h"

#include "console.h"

#define REGION_NBYTES (256 * KIB)
#define HOT_ROUNDS    2000u
#define BATCH_OBJECTS 256u
#define BATCH_ROUNDS  10u
#define CHURN_SLOTS   256u
#define CHURN_STEPS   40000u
#define CHURN_SEED    0x12345678u

struct run {
	uintptr_t pool;
	struct bench_series *allocs, *frees;
};

static struct run start(void)
{
	void *pool = bench_objects.init(bench_region(REGION_NBYTES), REGION_NBYTES);

	if (!pool)
		panic("no pool of objects");
	return (struct run){(uintptr_t)pool, bench_series("allocate"), bench_series("free")};
}

static void *allocate(const struct run *run)
{
	void *object = (void *)BENCH_CALL(run->allocs, bench_objects.alloc, run->pool);

	if (!object)
		panic("no object");
	return object;
}

static void release(const struct run *run, void *object)
{
	(void)BENCH_CALL(run->frees, bench_objects.free, run->pool, (uintptr_t)object);
}

static void hot(void)
{
	struct run run = start();

	for (unsigned i = 0; i < HOT_ROUNDS; i++)
		release(&run, allocate(&run));
}

static void batch(void)
{
	struct run run = start();
	void **slot = bench_scratch->slot;

	for (unsigned round = 0; round < BATCH_ROUNDS; round++) {
		for (unsigned i = 0; i < BATCH_OBJECTS; i++)
			slot[i] = allocate(&run);
		for (unsigned i = 0; i < BATCH_OBJECTS; i++)
			release(&run, slot[round % 2 ? i : BATCH_OBJECTS - 1 - i]);
	}
}

static void churn(void)
{
	struct run run = start();
	void **slot = bench_scratch->slot;

	bench_seed(CHURN_SEED);
	for (unsigned i = 0; i < CHURN_SLOTS; i++)
		slot[i] = NULL;
	for (unsigned step = 0; step < CHURN_STEPS; step++) {
		void **at = &slot[bench_random() % CHURN_SLOTS];

		if (*at) {
			release(&run, *at);
			*at = NULL;
		} else {
			*at = allocate(&run);
		}
	}
}

const struct bench_workload bench_object_workloads[] = {
	{"slab_hot64", hot},
	{"slab_batch64", batch},
	{"slab_churn64", churn},
	{0},
};
