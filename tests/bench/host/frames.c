/* SPDX-License-Identifier: MIT */
/* Page frames on a 64-bit machine, with no memory behind them: zones of 1 GiB to 1 TiB of 4 KiB frames. What
 * is measured is the core of the frame allocator, which needs nothing but its metadata (350 MB for 1 TiB, of
 * which all is touched when the zone is added, from a mapping that is given back).
 *
 * Workloads, each on a zone of its own:
 *	pair0, pair9	allocate and free one block of that order, while another is held
 *	cold0		the same, and nothing is held: all orders are split and merged
 *	churn		128 slots, order rnd % 6
 *	spread		10,000 slots, order rnd % 6, on 4,096 free stretches of 32 frames at equal distances; the
 *			zones differ in these distances alone, every decision is the same
 *	sparse		64 blocks of order 1, all that is free, at equal distances: allocate all, free all; each
 *			call searches every level below these distances
 * Each runs once with calls counted in instructions, then again against the clock. Prints lines
 * 'count,<workload>,<op>,<n>,<mean>,<p50>,<p99>,<p999>,<max>' and 'value,<workload>,<value>,<unit>'. */
#include "frame.h"
#include "step.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

/* What is measured, or a call that does nothing. */
struct calls {
	cairn_pfn (*alloc)(struct cairn_frames *f, unsigned order, enum cairn_owner owner, unsigned zones);
	enum cairn_err (*free)(struct cairn_frames *f, cairn_pfn pfn, enum cairn_owner owner);
};

static cairn_pfn empty_alloc(struct cairn_frames *f, unsigned order, enum cairn_owner owner, unsigned zones)
{
	(void)f, (void)order, (void)owner, (void)zones;
	return 0;
}

static enum cairn_err empty_free(struct cairn_frames *f, cairn_pfn pfn, enum cairn_owner owner)
{
	(void)f, (void)pfn, (void)owner;
	return CAIRN_OK;
}

static const struct calls cairn_calls = {cairn_frame_alloc, cairn_frame_free};
static const struct calls empty_calls = {empty_alloc, empty_free};

#define ZONE_MAX_LOG2 28
#define SERIES_MAX    20000
#define TIMED_NS      2e8 /* runs against the clock go on that long, and the best counts */

/* Instructions of each call of a workload. */
struct series {
	uint32_t empty; /* what an empty call counts */
	uint32_t n;
	uint32_t count[SERIES_MAX];
};

static struct {
	struct cairn_frames frames;
	const struct calls *calls;
	bool counted;
	struct series alloc, free;
	uint32_t random;
} bench;

static void expect(bool holds, const char *what)
{
	if (!holds) {
		fprintf(stderr, "frames: it does not hold that %s\n", what);
		exit(1);
	}
}

static uint32_t next_random(void)
{
	bench.random ^= bench.random << 13;
	bench.random ^= bench.random >> 17;
	bench.random ^= bench.random << 5;
	return bench.random;
}

/* ---- calls ---- */

static void note(struct series *series, uint32_t ninstructions)
{
	expect(series->n < SERIES_MAX, "a workload has so few calls");
	series->count[series->n++] = ninstructions - series->empty;
}

static cairn_pfn take(unsigned order)
{
	cairn_pfn pfn;

	if (bench.counted) {
		step_begin();
		pfn = bench.calls->alloc(&bench.frames, order, CAIRN_PAGES, CAIRN_ANY_ZONE);
		note(&bench.alloc, step_end());
	} else {
		pfn = cairn_frame_alloc(&bench.frames, order, CAIRN_PAGES, CAIRN_ANY_ZONE);
	}
	expect(pfn != CAIRN_NOFRAME, "there is a block");
	return pfn;
}

static void give(cairn_pfn pfn)
{
	enum cairn_err err;

	if (bench.counted) {
		step_begin();
		err = bench.calls->free(&bench.frames, pfn, CAIRN_PAGES);
		note(&bench.free, step_end());
	} else {
		err = cairn_frame_free(&bench.frames, pfn, CAIRN_PAGES);
	}
	expect(err == CAIRN_OK, "what was allocated can be freed");
}

static void measure_empty_calls(void)
{
	step_init();
	bench.counted = true;
	bench.calls = &empty_calls;
	give(take(0));
	bench.alloc = (struct series){.empty = bench.alloc.count[0]};
	bench.free = (struct series){.empty = bench.free.count[0]};
	bench.calls = &cairn_calls;
}

/* ---- workloads ---- */

#define NPAIRS         128
#define NCHURN         20000 /* steps, of which one in COUNTED_ONE_IN is counted */
#define COUNTED_ONE_IN 4
#define NORDERS        6
#define NSLOTS_MAX     10000

/* What is free in the zone: nruns stretches of run_nframes frames at equal distances; 0: all of it. */
static const struct workload {
	const char *name;
	size_t nruns, run_nframes;
	unsigned order;   /* of pairs */
	uint32_t nblocks; /* of them, allocated before any is freed */
	bool held;        /* another block, meanwhile */
	uint32_t nslots;  /* of a churn, not pairs */
	uint32_t nwarmup; /* steps before anything is counted */
} workloads[] = {
	{.name = "pair0", .order = 0, .nblocks = 1, .held = true},
	{.name = "pair9", .order = 9, .nblocks = 1, .held = true},
	{.name = "cold0", .order = 0, .nblocks = 1},
	{.name = "churn", .nslots = 128},
	{.name = "spread", .nruns = 4096, .run_nframes = 32, .nslots = NSLOTS_MAX, .nwarmup = 100000},
	{.name = "sparse", .nruns = 64, .run_nframes = 2, .order = 1, .nblocks = 64},
};
#define NWORKLOADS (sizeof(workloads) / sizeof(workloads[0]))

/* CAIRN_NOFRAME: nothing is allocated. */
static cairn_pfn held, slots[NSLOTS_MAX];

static void pairs(unsigned order, uint32_t nblocks)
{
	for (uint32_t npairs = 0; npairs < NPAIRS; npairs += nblocks) {
		for (uint32_t i = 0; i < nblocks; i++)
			slots[i] = take(order);
		for (uint32_t i = 0; i < nblocks; i++)
			give(slots[i]);
	}
}

static void churn_step(cairn_pfn *slot)
{
	if (*slot == CAIRN_NOFRAME) {
		*slot = take(next_random() % NORDERS);
	} else {
		give(*slot);
		*slot = CAIRN_NOFRAME;
	}
}

static void churn(uint32_t nslots, uint32_t nsteps, bool counted)
{
	for (uint32_t i = 0; i < nsteps; i++) {
		bench.counted = counted && i % COUNTED_ONE_IN == 0;
		churn_step(&slots[next_random() % nslots]);
	}
}

static void prepare(const struct workload *workload)
{
	bench.random = 0x12345678;
	bench.counted = false;
	held = workload->held ? take(workload->order) : CAIRN_NOFRAME;
	for (uint32_t i = 0; i < workload->nslots; i++)
		slots[i] = CAIRN_NOFRAME;
	churn(workload->nslots, workload->nwarmup, false);
}

/* Calls made. */
static uint32_t run(const struct workload *workload, bool counted)
{
	if (workload->nslots != 0) {
		churn(workload->nslots, NCHURN, counted);
		return NCHURN;
	}
	bench.counted = counted;
	pairs(workload->order, workload->nblocks);
	return 2 * NPAIRS;
}

/* Leaves the zone as it was found. */
static void finish(const struct workload *workload)
{
	bench.counted = false;
	for (uint32_t i = 0; i < workload->nslots; i++)
		if (slots[i] != CAIRN_NOFRAME)
			give(slots[i]);
	if (held != CAIRN_NOFRAME)
		give(held);
	expect(cairn_frame_count(&bench.frames, CAIRN_PAGES) == 0, "all blocks are free again");
}

/* ---- results ---- */

static int compare_counts(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return (left > right) - (left < right);
}

/* The value that `per_mille` of the sorted counts do not exceed. */
static uint32_t rank(const struct series *series, uint32_t per_mille)
{
	return series->count[(series->n * per_mille + 999) / 1000 - 1];
}

static void print_series(struct series *series, const char *workload, const char *size, const char *op)
{
	uint64_t sum = 0;

	qsort(series->count, series->n, sizeof(series->count[0]), compare_counts);
	for (uint32_t i = 0; i < series->n; i++)
		sum += series->count[i];
	printf("count,frame_%s_%s,%s,%u,%.2f,%u,%u,%u,%u\n", workload, size, op, series->n,
	       (double)sum / series->n, rank(series, 500), rank(series, 990), rank(series, 999),
	       rank(series, 1000));
	series->n = 0;
}

static double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* Nanoseconds a call. */
static double time_call(const struct workload *workload)
{
	double best_ns = INFINITY, start_ns = now_ns(), end_ns = start_ns;

	while (end_ns - start_ns < TIMED_NS) {
		double begin_ns = end_ns, ns;
		uint32_t ncalls = run(workload, false);

		end_ns = now_ns();
		ns = (end_ns - begin_ns) / ncalls;
		best_ns = ns < best_ns ? ns : best_ns;
	}
	return best_ns;
}

static void measure(const struct workload *workload, const char *size)
{
	prepare(workload);
	run(workload, true);
	print_series(&bench.alloc, workload->name, size, "alloc");
	print_series(&bench.free, workload->name, size, "free");
	printf("value,frame_%s_%s,%.1f,ns/op\n", workload->name, size, time_call(workload));
	fflush(stdout);
	finish(workload);
}

/* ---- zones ---- */

static void open_zone(const struct workload *workload, cairn_pfn base, size_t nframes, void *meta,
		      size_t meta_nbytes)
{
	size_t nruns = workload->nruns ? workload->nruns : 1;
	size_t run_nframes = workload->nruns ? workload->run_nframes : nframes;
	enum cairn_err err;

	cairn_frame_init(&bench.frames);
	err = cairn_frame_zone_add(&bench.frames, base, nframes, 0, "simulated", meta, meta_nbytes, NULL);
	for (size_t i = 0; i < nruns && err == CAIRN_OK; i++)
		err = cairn_frame_zone_open(&bench.frames, base + i * (nframes / nruns), run_nframes,
					    CAIRN_FREE);
	expect(err == CAIRN_OK, "a zone can be added and opened");
}

/* A zone of 2^nframes_log2 frames. Workloads that begin with the same frames free follow each other. */
static void measure_zone(const char *size, unsigned nframes_log2, const struct workload *first,
			 const struct workload *end)
{
	const cairn_pfn base = (cairn_pfn)1 << ZONE_MAX_LOG2; /* as aligned as the largest is */
	size_t nframes = (size_t)1 << nframes_log2;
	size_t meta_nbytes = cairn_frame_meta_nbytes(base, nframes);
	void *meta = mmap(NULL, meta_nbytes, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	expect(meta != MAP_FAILED, "there is memory for the metadata");
	printf("value,frame_meta_%s,%.4f,B/frame\n", size, (double)meta_nbytes / (double)nframes);
	for (const struct workload *w = first; w < end; w++) {
		if (w == first || w->nruns != w[-1].nruns)
			open_zone(w, base, nframes, meta, meta_nbytes);
		measure(w, size);
	}
	munmap(meta, meta_nbytes);
}

int main(void)
{
	measure_empty_calls();
	measure_zone("1GiB", 18, workloads, workloads + NWORKLOADS);
	measure_zone("32GiB", 23, workloads, workloads + NWORKLOADS);
	measure_zone("1TiB", ZONE_MAX_LOG2, workloads, workloads + NWORKLOADS);
	/* 64 times 1 GiB: one level more. */
	measure_zone("64GiB", 24, &workloads[NWORKLOADS - 1], workloads + NWORKLOADS);
	return 0;
}
