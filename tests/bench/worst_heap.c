/* SPDX-License-Identifier: MIT */
/* Worst cases of the heap. What can cost is the way through the index, a split, both neighbours that a free
 * block merges with, the frames of a chunk that is taken or given back, and the flush of blocks that are kept
 * for speed. Each drive below provokes some of these; each call is put down to what the heap had to do for
 * it. */
#include "cairn_system.h"

#include "allocator.h"
#include "console.h"

#define WALK_STEPS   8000u
#define WALK_SLOTS   512u
#define WALK_SEED    0x2545f491u
#define AMPLE_NBYTES (64 * KIB) /* live at once, where memory is not to run out */
#define SMALL_NBYTES 8u
#define LARGE_NBYTES (8 * KIB)
#define RESIZE_LOG2  11u

/* Of memory with room for chunks of all lengths: 4 MiB where frames have 512 B. */
#define LARGE_FRAMES 8192u

/* Of memory that is full of small blocks. */
#define FULL_NBYTES (128 * KIB)
#define FLUSH_MAX   256u
#define FLUSH_STEP  8u

/* Series that a workload wants; the others are NULL. */
struct wanted {
	struct bench_series *allocs; /* without growth, memory ample: nothing is flushed */
	struct bench_series *grows;
	struct bench_series *scarce; /* allocations with little memory left, or none */
	struct bench_series *frees;  /* nothing given back */
	struct bench_series *givebacks;
};

static size_t heap_nframes(void)
{
	struct cairn_heap_info info;

	cairn_heap_stats(&info);
	return info.nframes;
}

/* Measure a call, and record it as one of two. Returns what it did. */
static uintptr_t classify(const struct bench_call *call, struct bench_series *same,
			  struct bench_series *other)
{
	size_t nframes = heap_nframes();
	uint64_t timed = bench_timed_call(call);

	bench_record_call(heap_nframes() == nframes ? same : other, timed);
	return (uintptr_t)timed;
}

static void *allocate(const struct wanted *wanted, size_t nbytes)
{
	const struct bench_call call = {(bench_function)cairn_alloc, {nbytes}};

	return (void *)classify(&call, wanted->allocs, wanted->grows);
}

static void release(const struct wanted *wanted, void *block)
{
	const struct bench_call call = {(bench_function)cairn_free, {(uintptr_t)block}};

	if (block)
		(void)classify(&call, wanted->frees, wanted->givebacks);
}

/* What is wanted where memory runs out. */
static struct wanted when_scarce(const struct wanted *wanted)
{
	return (struct wanted){.allocs = wanted->scarce,
			       .grows = wanted->scarce,
			       .frees = wanted->frees,
			       .givebacks = wanted->givebacks};
}

/* ---- drives ---- */

/* Sizes and order at random: lists of all lengths, blocks kept and forgotten in all sizes. */
static void walk(const struct wanted *wanted, unsigned log2, unsigned nslots)
{
	void **slot = bench_scratch->slot;

	bench_system_start();
	bench_seed(WALK_SEED);
	for (unsigned i = 0; i < nslots; i++)
		slot[i] = NULL;
	for (unsigned step = 0; step < WALK_STEPS; step++) {
		void **at = &slot[bench_random() % nslots];

		if (*at) {
			release(wanted, *at);
			*at = NULL;
		} else {
			*at = allocate(wanted, bench_random_nbytes(log2));
		}
	}
}

/* As many slots as keep within AMPLE_NBYTES: the mean size is less than a quarter of the largest. */
static void walk_at_ease(const struct wanted *wanted, unsigned log2)
{
	unsigned nslots = AMPLE_NBYTES >> (log2 - 2);

	walk(wanted, log2, nslots < WALK_SLOTS ? nslots : WALK_SLOTS);
}

/* Fill all memory with blocks of different sizes, free every other, then the rest: each of these merges with
 * both its neighbours, which are in lists of their own. At the end whole chunks go back. */
static void comb(const struct wanted *wanted, unsigned log2)
{
	const struct wanted scarce = when_scarce(wanted);
	void **slot = bench_scratch->slot;
	size_t n = 0;

	bench_system_start();
	bench_seed(WALK_SEED);
	while (n < BENCH_SLOTS && (slot[n] = allocate(&scarce, bench_random_nbytes(log2))) != NULL)
		n++;
	for (size_t i = 0; i < n; i += 2)
		release(&scarce, slot[i]);
	for (size_t i = 1; i < n; i += 2)
		release(&scarce, slot[i]);
}

/* A block of each size from the one large block that is free, and back: the longest way through the index, a
 * split, a merge. Nothing of that size was freed before. */
static void extremes(const struct wanted *wanted)
{
	for (size_t nbytes = SMALL_NBYTES; nbytes <= LARGE_NBYTES; nbytes += SMALL_NBYTES + nbytes / 8) {
		void *large, *small;

		bench_system_start();
		large = allocate(wanted, LARGE_NBYTES);
		release(wanted, large);
		small = allocate(wanted, nbytes);
		release(wanted, small);
	}
}

/* Chunks of many lengths, two of each, taken from memory that is one block as far as it can be, and given
 * back to it: the most that frames can have to split, to return of a tail, and to merge. */
static void chunks(const struct wanted *wanted)
{
	for (size_t nframes = 1; nframes <= LARGE_FRAMES / 4; nframes += 1 + nframes / 3) {
		void *first, *second;

		bench_allocator_start(LARGE_FRAMES * CAIRN_FRAME_NBYTES);
		first = allocate(wanted, nframes * CAIRN_FRAME_NBYTES);
		second = allocate(wanted, nframes * CAIRN_FRAME_NBYTES);
		release(wanted, first);
		release(wanted, second);
	}
}

static void drive(const struct wanted *wanted)
{
	const struct wanted scarce = when_scarce(wanted);

	for (unsigned log2 = 6; log2 <= 15; log2 += 3) {
		walk_at_ease(wanted, log2);
		walk(&scarce, log2, WALK_SLOTS);
		comb(wanted, log2);
	}
	extremes(wanted);
	chunks(wanted);
}

/* ---- workloads ---- */

static void worst_alloc(void)
{
	drive(&(struct wanted){.allocs = bench_series("allocate")});
}

static void worst_grow(void)
{
	drive(&(struct wanted){.grows = bench_series("allocate")});
}

static void worst_scarce(void)
{
	drive(&(struct wanted){.scarce = bench_series("allocate")});
}

static void worst_free(void)
{
	drive(&(struct wanted){.frees = bench_series("free")});
}

static void worst_giveback(void)
{
	drive(&(struct wanted){.givebacks = bench_series("free")});
}

/* Memory is full of the smallest blocks; some of them, neighbours, are freed, and are kept for speed. What is
 * asked for then is there only once these have been merged; and then more than there is, in vain. */
static void worst_flush(void)
{
	struct bench_series *allocs = bench_series("allocate");
	void **slot = bench_scratch->slot;

	for (size_t nfreed = FLUSH_STEP; nfreed <= FLUSH_MAX; nfreed += FLUSH_STEP) {
		size_t n = 0;

		bench_allocator_start(FULL_NBYTES);
		while (n < BENCH_SLOTS && (slot[n] = cairn_alloc(SMALL_NBYTES)) != NULL)
			n++;
		for (size_t i = n / 2; i < n / 2 + nfreed; i++)
			cairn_free(slot[i]);
		if (!(void *)BENCH_CALL(allocs, cairn_alloc, nfreed * SMALL_NBYTES))
			panic("free memory is not found");
		(void)BENCH_CALL(allocs, cairn_alloc, FULL_NBYTES / 2);
	}
}

/* Blocks that come, go and change their size where they stand, at random: a growing one takes from the free
 * block behind it, a shrinking one leaves a new one there or adds to it. What is refused for want of room
 * counts too. */
static void worst_resize(void)
{
	struct bench_series *grows = bench_series("grow"), *shrinks = bench_series("shrink");
	void **slot = bench_scratch->slot;

	bench_system_start();
	bench_seed(WALK_SEED);
	for (unsigned i = 0; i < WALK_SLOTS; i++)
		slot[i] = NULL;
	for (unsigned step = 0; step < WALK_STEPS; step++) {
		void **at = &slot[bench_random() % WALK_SLOTS];
		size_t nbytes = bench_random_nbytes(RESIZE_LOG2), have_nbytes = cairn_usable_size(*at);

		if (!*at) {
			*at = cairn_alloc(nbytes);
		} else if (nbytes > have_nbytes) {
			(void)BENCH_CALL(grows, cairn_grow_in_place, (uintptr_t)*at, nbytes);
		} else if (nbytes > have_nbytes / 2) {
			(void)BENCH_CALL(shrinks, cairn_shrink_in_place, (uintptr_t)*at, nbytes);
		} else {
			cairn_free(*at);
			*at = NULL;
		}
	}
}

const struct bench_workload bench_worst_heap_workloads[] = {
	{"worst_heap_alloc", worst_alloc},   {"worst_heap_free", worst_free},
	{"worst_heap_grow", worst_grow},     {"worst_heap_giveback", worst_giveback},
	{"worst_heap_resize", worst_resize}, {"worst_heap_scarce", worst_scarce},
	{"worst_heap_flush", worst_flush},   {0},
};
