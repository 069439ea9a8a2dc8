/* SPDX-License-Identifier: MIT */
/* Masked stretches may depend on neither the size of a block nor that of the memory: the same use of a small and
 * of a large one. */
#include "masked.h"

#include "allocator.h"
#include "cairn.h"
#include "console.h"

#define BLOCK_ROUNDS       4u
#define BLOCK_POOL_NBYTES  (4096 * KIB)
#define SMALL_BLOCK_NBYTES 64u
#define LARGE_BLOCK_NBYTES (512 * KIB)

#define SMALL_POOL_NBYTES (256 * KIB)
#define LARGE_POOL_NBYTES (4096 * KIB)
#define POOL_BLOCK_LOG2   11u
#define POOL_SEED         0x2545f491u
#define OBJECT_NBYTES     64u

static void must(bool holds)
{
	if (!holds)
		panic("a call is refused that is not to be");
}

/* ---- blocks of one size ---- */

static void use_block(size_t nbytes)
{
	void *zeroed = cairn_zalloc(nbytes), *aligned = cairn_alloc_aligned(KIB, nbytes), *more, *pages;

	must(zeroed && aligned);
	must(cairn_shrink_in_place(aligned, nbytes / 2) == CAIRN_OK);
	more = cairn_realloc(zeroed, 2 * nbytes);
	must(more && cairn_free(aligned) == CAIRN_OK);
	must(cairn_shrink_in_place(more, nbytes) == CAIRN_OK);
	must(cairn_grow_in_place(more, nbytes + nbytes / 2) == CAIRN_OK);
	must(cairn_free(more) == CAIRN_OK);
	pages = cairn_pages_alloc_run(nbytes / CAIRN_FRAME_NBYTES + 1, CAIRN_ANY_ZONE);
	must(pages && cairn_pages_free(pages) == CAIRN_OK);
}

static void block(const char *workload, size_t nbytes)
{
	struct bench_series *locks = bench_series("lock");

	bench_allocator_start(BLOCK_POOL_NBYTES);
	bench_masked_start();
	for (unsigned round = 0; round < BLOCK_ROUNDS; round++)
		use_block(nbytes);
	(void)cairn_trim();
	bench_masked_record(locks, workload, "all");
}

static void small_block(void)
{
	block("masked_block_small", SMALL_BLOCK_NBYTES);
}

static void large_block(void)
{
	block("masked_block_large", LARGE_BLOCK_NBYTES);
}

/* ---- memory of one size, filled and emptied ---- */

static struct cairn_cache cache;

static void *take_block(void)
{
	return cairn_alloc(bench_random_nbytes(POOL_BLOCK_LOG2));
}

static enum cairn_err give_object(void *object)
{
	return cairn_cache_free(&cache, object);
}

static void *take_object(void)
{
	return cairn_cache_alloc(&cache);
}

static void *take_page(void)
{
	return cairn_pages_alloc(0, CAIRN_ANY_ZONE);
}

/* All there is, and back: first every other, then the rest. */
static void fill_and_empty(void *(*take)(void), enum cairn_err (*give)(void *p))
{
	void **list = NULL, **kept = NULL, **p, **next;

	while ((p = take()) != NULL) {
		*p = list;
		list = p;
	}
	for (bool keep = false; list != NULL; list = next, keep = !keep) {
		next = *list;
		if (keep) {
			*list = kept;
			kept = list;
		} else {
			must(give(list) == CAIRN_OK);
		}
	}
	for (; kept != NULL; kept = next) {
		next = *kept;
		must(give(kept) == CAIRN_OK);
	}
}

static void pool(const char *workload, size_t nbytes)
{
	const struct cairn_cache_spec spec = {.name = "objects", .nbytes = OBJECT_NBYTES};
	struct bench_series *locks = bench_series("lock");

	bench_allocator_start(nbytes);
	bench_seed(POOL_SEED);
	bench_masked_start();
	must(cairn_cache_create(&cache, &spec) == CAIRN_OK);
	fill_and_empty(take_block, cairn_free);
	fill_and_empty(take_object, give_object);
	fill_and_empty(take_page, cairn_pages_free);
	(void)cairn_trim();
	bench_masked_record(locks, workload, "all");
}

static void small_pool(void)
{
	pool("masked_pool_small", SMALL_POOL_NBYTES);
}

static void large_pool(void)
{
	pool("masked_pool_large", LARGE_POOL_NBYTES);
}

const struct bench_workload bench_masked_size_workloads[] = {
	{"masked_block_small", small_block},
	{"masked_block_large", large_block},
	{"masked_pool_small", small_pool},
	{"masked_pool_large", large_pool},
	{0},
};
