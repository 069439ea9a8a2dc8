/* SPDX-License-Identifier: MIT */
/* Workloads of page frames: 4 MiB of them, all free, naturally aligned. The memory in front of them holds the
 * metadata, and what that leaves over is taken away. */
#include "cairn_frames.h"

#include "console.h"

#define REGION_FRAMES (BENCH_FRAMES_NBYTES >> CAIRN_FRAME_SHIFT)

#define PAIRS       2000u
#define CHURN_SLOTS 128u
#define CHURN_STEPS 20000u
#define CHURN_SEED  0x12345678u
#define CHURN_ORDER 6u /* below it */
#define FILL_ROUNDS 2u

/* Frames in front that were taken away, each naming the next below. */
static void **front;

void bench_frames_start(void)
{
	struct cairn_range ram = {.base = bench_region(BENCH_FRAMES_NBYTES) - BENCH_FRONT_NBYTES,
				  .nbytes = BENCH_FRONT_NBYTES + BENCH_FRAMES_NBYTES,
				  .name = "frames",
				  .kind = CAIRN_RANGE_RAM};
	void *whole;

	bench_forget();
	if (cairn_init(&ram, 1) != CAIRN_OK)
		panic("no frames");
	for (uintptr_t at = ram.base; at < ram.base + BENCH_FRONT_NBYTES; at += CAIRN_FRAME_NBYTES)
		if (cairn_pages_alloc_at((void *)at, 0) == CAIRN_OK) {
			*(void **)at = front;
			front = (void **)at;
		}
	whole = cairn_pages_alloc(BENCH_FRAMES_ORDER, CAIRN_ANY_ZONE);
	if (!whole)
		panic("4 MiB of frames are not one block");
	cairn_pages_free(whole);
}

void bench_frames_fill_aside(void)
{
	while (front) {
		void **frame = front, **skipped = *frame;

		front = skipped ? *skipped : NULL;
		cairn_pages_free(frame);
	}
}

void *bench_frames_take(struct bench_series *series, unsigned order)
{
	return (void *)BENCH_CALL(series, cairn_pages_alloc, order, CAIRN_ANY_ZONE);
}

void bench_frames_give(struct bench_series *series, void *pages)
{
	(void)BENCH_CALL(series, cairn_pages_free, (uintptr_t)pages);
}

static void pairs(void)
{
	struct bench_series *allocs = bench_series("allocate"), *frees = bench_series("free");

	for (unsigned i = 0; i < PAIRS; i++)
		bench_frames_give(frees, bench_frames_take(allocs, 0));
}

static void cold(void)
{
	bench_frames_start();
	pairs();
}

static void warm(void)
{
	bench_frames_start();
	(void)bench_frames_take(NULL, 0);
	pairs();
}

static void churn(void)
{
	struct bench_series *allocs = bench_series("allocate"), *frees = bench_series("free");
	void **slot = bench_scratch->slot;
	size_t nfailures = 0;

	bench_frames_start();
	bench_seed(CHURN_SEED);
	for (unsigned i = 0; i < CHURN_SLOTS; i++)
		slot[i] = NULL;
	for (unsigned step = 0; step < CHURN_STEPS; step++) {
		void **at = &slot[bench_random() % CHURN_SLOTS];

		if (*at) {
			bench_frames_give(frees, *at);
			*at = NULL;
		} else {
			*at = bench_frames_take(allocs, bench_random() % CHURN_ORDER);
			nfailures += !*at;
		}
	}
	bench_space(nfailures, "failures");
}

static void fill(void)
{
	struct bench_series *allocs = bench_series("allocate"), *frees = bench_series("free");
	void **slot = bench_scratch->slot;

	bench_frames_start();
	bench_seed(CHURN_SEED);
	for (unsigned round = 0; round < FILL_ROUNDS; round++) {
		size_t n = 0;

		while ((slot[n] = bench_frames_take(allocs, 0)) != NULL)
			n++;
		for (; n > 0; n--) {
			size_t i = bench_random() % n;

			bench_frames_give(frees, slot[i]);
			slot[i] = slot[n - 1];
		}
	}
}

static size_t per_1000_frames(size_t nbytes)
{
	return nbytes * 1000 / REGION_FRAMES;
}

/* For the region's frames: what frame.c needs, what object caches add; and all that Cairn sets aside when there
 * is a cache, in whole frames. */
static void metadata(void)
{
	static struct cairn_frames frames;
	static struct cairn_slabs slabs;
	static struct cairn_cache cache;
	static size_t meta[REGION_FRAMES];
	const struct cairn_cache_spec spec = {.name = "objects", .nbytes = 64};
	cairn_pfn base = cairn_addr_to_pfn(bench_region(BENCH_FRAMES_NBYTES));
	size_t frame_nbytes = cairn_frame_meta_nbytes(base, REGION_FRAMES);
	struct cairn_totals totals;

	cairn_frame_init(&frames);
	if (cairn_frame_zone_add(&frames, base, REGION_FRAMES, 0, "frames", meta, sizeof(meta), NULL) !=
		    CAIRN_OK ||
	    cairn_slab_init(&slabs, &frames) != CAIRN_OK)
		panic("no zone");
	bench_space(per_1000_frames(frame_nbytes), "B/1000 frames");
	bench_space(per_1000_frames(frame_nbytes + cairn_slab_links_nbytes(&slabs)),
		    "B/1000 frames with the slab links");
	bench_frames_start();
	if (cairn_cache_create(&cache, &spec) != CAIRN_OK)
		panic("no cache");
	cairn_totals(&totals);
	bench_space(per_1000_frames(totals.nframes_of[CAIRN_META] * CAIRN_FRAME_NBYTES),
		    "B/1000 frames with all metadata in whole frames");
}

const struct bench_workload bench_frame_workloads[] = {
	{"frame_cold", cold}, {"frame_warm", warm},         {"frame_churn", churn},
	{"frame_fill", fill}, {"frame_metadata", metadata}, {0},
};
