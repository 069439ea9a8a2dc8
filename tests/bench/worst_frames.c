/* SPDX-License-Identifier: MIT */
/* Worst cases of page frames, driven on purpose. What can cost is levels: to be split, to be merged, and to
 * be searched for the lowest block; and, of what is kept aside for speed, a flush. */
#include "cairn_frames.h"

#include "console.h"

#define NFRAMES    (BENCH_FRAMES_NBYTES / CAIRN_FRAME_NBYTES)
#define WALK_STEPS 20000u
#define WALK_SEED  0x2545f491u
#define FLUSH_MAX  64u
#define GROUP      4u /* blocks of an order, every other one of which is freed */
_Static_assert(NFRAMES <= BENCH_SLOTS, "a slot a frame");

/* All memory in blocks of one order, in address order. */
static size_t take_all(unsigned order)
{
	size_t nblocks = NFRAMES >> order;
	uintptr_t base = bench_region(BENCH_FRAMES_NBYTES);

	bench_frames_start();
	for (size_t i = 0; i < nblocks; i++) {
		bench_scratch->slot[i] = (void *)(base + (i << order) * CAIRN_FRAME_NBYTES);
		if (cairn_pages_alloc_at(bench_scratch->slot[i], order) != CAIRN_OK)
			panic("a frame is not free");
	}
	return nblocks;
}

/* One block is free, of each order in turn, the first or the last of memory, so that the search for it is as
 * long as it can be. A frame is taken from it: as many splits as the order has levels. */
static void split(void)
{
	struct bench_series *allocs = bench_series("allocate");

	for (unsigned order = 0; order <= BENCH_FRAMES_ORDER; order++) {
		for (unsigned last = 0; last < 2; last++) {
			size_t nblocks = take_all(order);

			bench_frames_give(NULL, bench_scratch->slot[last ? nblocks - 1 : 0]);
			(void)cairn_trim();
			(void)bench_frames_take(allocs, 0);
		}
	}
}

/* In each group of 2^order frames one is in use, the first or the last. As these are freed, each merges
 * through all orders of its group, and the last of them through all there are: to one block of all memory. */
static void merge(void)
{
	struct bench_series *frees = bench_series("free");

	for (unsigned order = 0; order <= BENCH_FRAMES_ORDER; order++) {
		for (unsigned last = 0; last < 2; last++) {
			size_t group = (size_t)1 << order, used = last ? group - 1 : 0;
			size_t nblocks = take_all(0);

			for (size_t i = 0; i < nblocks; i++)
				if (i % group != used)
					bench_frames_give(NULL, bench_scratch->slot[i]);
			(void)cairn_trim();
			bench_frames_fill_aside();
			for (size_t i = used; i < nblocks; i += group)
				bench_frames_give(frees, bench_scratch->slot[i]);
		}
	}
}

/* Nothing is free but n frames that were freed last, pairs of buddies: what is kept aside is full. Two frames
 * that belong together are asked for, and so the frames that are kept have to be merged first; and then more
 * than there is, in vain. */
static void flush(void)
{
	struct bench_series *allocs = bench_series("allocate");

	for (size_t n = 2; n <= FLUSH_MAX; n += 2) {
		(void)take_all(0);
		for (size_t i = 0; i < n; i++)
			bench_frames_give(NULL, bench_scratch->slot[i]);
		if (!bench_frames_take(allocs, 1))
			panic("two free frames are not found");
		if (bench_frames_take(allocs, BENCH_FRAMES_ORDER))
			panic("memory from nowhere");
	}
}

/* Nothing is free but two blocks of each order up to an eighth of memory, whose buddies are in use: all that
 * can be kept aside is full. Half of memory is asked for, in vain, and so all of that has to be merged first. */
static void flush_all(void)
{
	struct bench_series *allocs = bench_series("allocate");
	const unsigned norders = BENCH_FRAMES_ORDER - 2;
	uintptr_t at = bench_region(BENCH_FRAMES_NBYTES);
	void **slot = bench_scratch->slot;

	bench_frames_start();
	for (unsigned i = 0; i < GROUP * norders; i++) {
		unsigned order = norders - 1 - i / GROUP;

		slot[i] = (void *)at;
		if (cairn_pages_alloc_at(slot[i], order) != CAIRN_OK)
			panic("a block is not free");
		at += CAIRN_FRAME_NBYTES << order;
	}
	while (bench_frames_take(NULL, 0))
		;
	for (unsigned i = 0; i < GROUP * norders; i += 2)
		bench_frames_give(NULL, slot[i]);
	if (bench_frames_take(allocs, BENCH_FRAMES_ORDER - 1))
		panic("memory from nowhere");
}

/* Every length there is, from one whole block, and back. */
static void runs(void)
{
	struct bench_series *allocs = bench_series("allocate"), *frees = bench_series("free");

	bench_frames_start();
	for (size_t nframes = 1; nframes <= NFRAMES; nframes++)
		bench_frames_give(frees,
				  (void *)BENCH_CALL(allocs, cairn_pages_alloc_run, nframes, CAIRN_ANY_ZONE));
}

/* Each frame, from the middle of one whole block, and back. */
static void at(void)
{
	struct bench_series *allocs = bench_series("allocate"), *frees = bench_series("free");
	uintptr_t base = bench_region(BENCH_FRAMES_NBYTES);

	bench_frames_start();
	for (size_t i = 0; i < NFRAMES; i++) {
		uintptr_t frame = base + i * CAIRN_FRAME_NBYTES;

		if ((enum cairn_err)BENCH_CALL(allocs, cairn_pages_alloc_at, frame, 0) != CAIRN_OK)
			panic("a frame is not free");
		bench_frames_give(frees, (void *)frame);
	}
}

/* As many zones as there can be, and only the last has memory left: each is asked in turn, and what comes
 * back is looked for in each. Banks of one kind would be one zone. */
static void zones(void)
{
	struct bench_series *allocs = bench_series("allocate"), *frees = bench_series("free");
	const size_t bank_nbytes = BENCH_FRAMES_NBYTES / CAIRN_ZONES;
	struct cairn_range bank[CAIRN_ZONES];
	uintptr_t base = bench_region(BENCH_FRAMES_NBYTES), last = base + (CAIRN_ZONES - 1) * bank_nbytes;
	void *frame;

	for (unsigned i = 0; i < CAIRN_ZONES; i++)
		bank[i] = (struct cairn_range){.base = base + i * bank_nbytes,
					       .nbytes = bank_nbytes,
					       .name = "bank",
					       .kind = CAIRN_RANGE_RAM,
					       .attr = i % 2 ? CAIRN_ATTR_FAST : 0};
	bench_forget();
	if (cairn_init(bank, CAIRN_ZONES) != CAIRN_OK)
		panic("no zones");
	do {
		frame = bench_frames_take(NULL, 0);
	} while ((uintptr_t)frame < last);
	bench_frames_give(NULL, frame);
	(void)cairn_trim();
	bench_frames_give(frees, bench_frames_take(allocs, 0));
}

/* What nobody thought of: all orders, at random, at all degrees of fullness. */
static void walk(void)
{
	struct bench_series *allocs = bench_series("allocate"), *frees = bench_series("free");
	void **slot = bench_scratch->slot;
	unsigned nslots = 1;

	bench_frames_start();
	bench_seed(WALK_SEED);
	for (size_t i = 0; i < NFRAMES; i++)
		slot[i] = NULL;
	for (unsigned step = 0; step < WALK_STEPS; step++) {
		void **at = &slot[bench_random() % nslots];
		/* The larger, the rarer. */
		unsigned order = (unsigned)__builtin_ctz(bench_random() | 1u << BENCH_FRAMES_ORDER);

		if (*at)
			bench_frames_give(frees, *at);
		*at = *at ? NULL : bench_frames_take(allocs, order);
		if (step % (WALK_STEPS / NFRAMES) == 0 && nslots < NFRAMES)
			nslots++;
	}
}

const struct bench_workload bench_worst_frame_workloads[] = {
	{"worst_frame_split", split},         {"worst_frame_merge", merge}, {"worst_frame_flush", flush},
	{"worst_frame_flush_all", flush_all}, {"worst_frame_run", runs},    {"worst_frame_at", at},
	{"worst_frame_zones", zones},         {"worst_frame_walk", walk},   {0},
};
