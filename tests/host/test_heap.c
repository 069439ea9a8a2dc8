/* SPDX-License-Identifier: MIT */
/* The heap in use: sizes and alignments, in-place resizing, chunks, exhaustion. Random use is in
 * test_heap_model.c, wrong use is in test_heap_misuse.c, reading and level 2 in test_heap_check.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "heap_fixture.h"

#define NMANY 4096

/* ---- arguments, sizes, alignments ---- */

static void init_refuses_null(void **state)
{
	(void)state;
	assert_int_equal(cairn_heap_init(NULL, &frames, 0, 0), CAIRN_EINVAL);
	assert_int_equal(cairn_heap_init(&heap, NULL, 0, 0), CAIRN_EINVAL);
	assert_null(cairn_heap_alloc(NULL, 8, NULL, NULL));
	assert_null(cairn_heap_alloc_aligned(NULL, 64, 8, NULL, NULL));
	assert_int_equal(cairn_heap_free_check(NULL, heap_memory), CAIRN_EINVAL);
	assert_int_equal(cairn_heap_trim(NULL), 0);
	assert_null(cairn_heap_next_live(NULL, NULL, NULL));
	assert_string_equal(cairn_heap_check(NULL), "h != NULL");
}

static void absurd_sizes_are_refused(void **state)
{
	static const size_t sizes[] = {0,
				       CAIRN_HEAP_MAX_NBYTES + 1,
				       (size_t)1 << CAIRN_HEAP_MAX_LOG2,
				       SIZE_MAX / 2,
				       SIZE_MAX / 2 + 1,
				       SIZE_MAX - 64,
				       SIZE_MAX - 1,
				       SIZE_MAX};
	unsigned char *p = take(40);
	size_t before = fingerprint();

	(void)state;
	for (size_t n = 0; n < sizeof(sizes) / sizeof(sizes[0]); n++) {
		assert_null(cairn_heap_alloc(&heap, sizes[n], NULL, NULL));
		assert_null(cairn_heap_alloc_aligned(&heap, 64, sizes[n], NULL, NULL));
		assert_int_equal(cairn_heap_resize(&heap, p, sizes[n]),
				 sizes[n] ? CAIRN_ENOMEM : CAIRN_EINVAL);
		assert_int_equal(cairn_heap_free_sized(&heap, p, sizes[n]), CAIRN_ESIZE);
	}
	/* More than these frames have, and so is the largest that a header could hold. */
	assert_null(cairn_heap_alloc(&heap, HEAP_MEMORY_NBYTES, NULL, NULL));
	assert_int_equal(fingerprint(), before);
	give(p);
	assert_all_back();
}

static void absurd_alignments_are_refused(void **state)
{
	static const size_t aligns[] = {
		0, 3, 24, SIZE_MAX, SIZE_MAX / 2, SIZE_MAX / 2 + 1, (size_t)1 << CAIRN_HEAP_MAX_LOG2};

	(void)state;
	for (size_t n = 0; n < sizeof(aligns) / sizeof(aligns[0]); n++)
		assert_null(cairn_heap_alloc_aligned(&heap, aligns[n], 8, NULL, NULL));
	assert_null(cairn_heap_alloc_aligned(&heap, (size_t)1 << (CAIRN_HEAP_MAX_LOG2 - 1),
					     CAIRN_HEAP_MAX_NBYTES, NULL, NULL));
	assert_all_back();
}

static void every_size_can_be_used_whole(void **state)
{
	(void)state;
	for (size_t nbytes = 1; nbytes < HEAP_MEMORY_NBYTES / 8; nbytes += 1 + nbytes / 37) {
		unsigned char *p = take(nbytes), *q = take(nbytes);

		assert_in_range(cairn_heap_usable(&heap, p), nbytes,
				CAIRN_CHECK >= 2 ? nbytes : nbytes + 2 * CAIRN_HEAP_ALIGN);
		stamp(p, nbytes, 1);
		stamp(q, nbytes, 2);
		assert_stamped(p, nbytes, 1);
		assert_sound();
		assert_int_equal(cairn_heap_free_sized(&heap, p, nbytes), CAIRN_OK);
		assert_stamped(q, nbytes, 2);
		assert_int_equal(cairn_heap_free_sized(&heap, q, nbytes), CAIRN_OK);
	}
	assert_all_back();
}

static void every_alignment_is_kept(void **state)
{
	(void)state;
	for (size_t align = 1; align <= HEAP_MEMORY_NBYTES / 8; align *= 2) {
		for (size_t nbytes = 1; nbytes < 3000; nbytes = nbytes * 3 + 1) {
			unsigned char *p = take(nbytes);
			unsigned char *q = cairn_heap_alloc_aligned(&heap, align, nbytes, NULL, NULL);
			unsigned char *r = take(1);

			assert_non_null(q);
			assert_int_equal((uintptr_t)q % align, 0);
			assert_int_equal((uintptr_t)q % CAIRN_HEAP_ALIGN, 0);
			stamp(q, nbytes, 3);
			assert_sound();
			give(p);
			assert_stamped(q, nbytes, 3);
			give(q);
			assert_sound();
			give(r);
		}
	}
	assert_all_back();
}

static void sized_free_knows_the_size(void **state)
{
	unsigned char *p = take(100);
	size_t before = fingerprint();

	(void)state;
	assert_int_equal(cairn_heap_free_sized(&heap, p, 0), CAIRN_ESIZE);
	assert_int_equal(cairn_heap_free_sized(&heap, p, 100 + CAIRN_HEAP_ALIGN), CAIRN_ESIZE);
	assert_int_equal(cairn_heap_free_sized(&heap, p, 100 - 3 * CAIRN_HEAP_ALIGN), CAIRN_ESIZE);
	assert_int_equal(cairn_heap_free_sized(&heap, p, SIZE_MAX), CAIRN_ESIZE);
	assert_int_equal(fingerprint(), before);
	assert_int_equal(cairn_heap_free_sized(&heap, p, 100), CAIRN_OK);
	assert_int_equal(cairn_heap_free_sized(&heap, NULL, 100), CAIRN_OK);
	assert_int_equal(cairn_heap_free(&heap, NULL), CAIRN_OK);
	assert_all_back();
}

/* The fast path: a block of its class, or of the rest; nothing for requests whose class has no blocks. */
static void small_requests_are_served_fast(void **state)
{
	unsigned char *p, *q;
	size_t nserved = 0;

	(void)state;
	for (size_t nbytes = 0; nbytes + BLOCK_PAD_NBYTES < BLOCK_MIN_NBYTES; nbytes++)
		assert_null(small_take(&heap, nbytes + BLOCK_PAD_NBYTES));
	give(take(8));
	if (heap.ncached == 0)
		return;
	for (size_t nbytes = CAIRN_HEAP_ALIGN; nbytes + BLOCK_PAD_NBYTES < BLOCK_LARGE_NBYTES; nbytes++) {
		p = take(nbytes);
		q = small_take(&heap, nbytes + BLOCK_PAD_NBYTES);
		nserved += q != NULL;
		if (!q)
			q = take(nbytes); /* there is a block near that length */
		assert_sound();
		assert_in_range(cairn_heap_usable(&heap, q), nbytes, nbytes + CAIRN_HEAP_ALIGN - 1);
		give(q);
		assert_ptr_equal(small_take(&heap, nbytes + BLOCK_PAD_NBYTES), q);
		give(p);
		give(q);
	}
	assert_true(nserved > CAIRN_HEAP_CACHE_MAX / 2);
	assert_all_back();
}

/* ---- resizing in place ---- */

static void growing_takes_what_is_behind(void **state)
{
	unsigned char *a = take(100), *b = take(100), *c = take(100);

	(void)state;
	stamp(a, 100, 5);
	stamp(c, 100, 6);
	assert_int_equal(cairn_heap_grow_in_place(&heap, a, 150), CAIRN_ENOMEM);
	assert_int_equal(cairn_heap_grow_in_place(&heap, a, cairn_heap_usable(&heap, a) - 1),
			 CAIRN_CHECK >= 2 ? CAIRN_EINVAL : CAIRN_OK);
	assert_int_equal(cairn_heap_grow_in_place(&heap, a, 0), CAIRN_EINVAL);
	assert_int_equal(cairn_heap_grow_in_place(&heap, a, cairn_heap_usable(&heap, a)), CAIRN_OK);
	give(b);
	assert_int_equal(cairn_heap_grow_in_place(&heap, a, 400), CAIRN_ENOMEM);
	assert_int_equal(cairn_heap_grow_in_place(&heap, a, 150), CAIRN_OK);
	assert_sound();
	assert_true(cairn_heap_usable(&heap, a) >= 150);
	assert_int_equal(cairn_heap_grow_in_place(&heap, a, 200), CAIRN_OK);
	assert_sound();
	assert_stamped(a, 100, 5);
	assert_stamped(c, 100, 6);
	/* The header that was swallowed must not be one. */
	assert_int_not_equal(cairn_heap_free_check(&heap, b), CAIRN_OK);
	assert_only_live_are_freeable(a, 2);
	give(a);
	give(c);
	assert_all_back();
}

static void shrinking_gives_the_tail_back(void **state)
{
	unsigned char *a = take(600), *b = take(100), *c;

	(void)state;
	stamp(a, 600, 5);
	assert_int_equal(cairn_heap_shrink_in_place(&heap, a, 0), CAIRN_EINVAL);
	assert_int_equal(cairn_heap_shrink_in_place(&heap, a, cairn_heap_usable(&heap, a) + 1), CAIRN_EINVAL);
	assert_int_equal(cairn_heap_shrink_in_place(&heap, a, 200), CAIRN_OK);
	assert_sound();
	assert_stamped(a, 200, 5);
	assert_true(cairn_heap_usable(&heap, a) < 200 + 2 * CAIRN_HEAP_ALIGN);
	c = take(300);
	assert_true(c > a && c < b);
	give(c);
	/* By little: the few bytes join the free block behind. */
	assert_int_equal(cairn_heap_shrink_in_place(&heap, a, 200 - CAIRN_HEAP_ALIGN), CAIRN_OK);
	assert_sound();
	assert_int_equal(cairn_heap_free_sized(&heap, a, 200 - CAIRN_HEAP_ALIGN), CAIRN_OK);
	give(b);
	assert_all_back();
}

static void resizing_goes_both_ways(void **state)
{
	unsigned char *a = take(500), *b = take(8);

	(void)state;
	stamp(a, 500, 4);
	for (size_t nbytes = 500; nbytes > 3; nbytes -= 3) {
		assert_int_equal(cairn_heap_resize(&heap, a, nbytes), CAIRN_OK);
		assert_sound();
		assert_true(cairn_heap_usable(&heap, a) >= nbytes);
	}
	for (size_t nbytes = 4; nbytes <= 500; nbytes += 3) {
		assert_int_equal(cairn_heap_resize(&heap, a, nbytes), CAIRN_OK);
		assert_sound();
	}
	assert_stamped(a, 4, 4);
	assert_int_equal(cairn_heap_resize(&heap, a, 600), CAIRN_ENOMEM);
	give(a);
	give(b);
	assert_all_back();
}

/* ---- chunks ---- */

static void one_empty_chunk_stays(void **state)
{
	static void *blocks[NMANY];
	struct cairn_heap_info info;
	size_t nblocks = 0;

	(void)state;
	while (nblocks < NMANY &&
	       (blocks[nblocks] = cairn_heap_alloc(&heap, HEAP_USUAL_NBYTES / 4, NULL, NULL)) != NULL)
		nblocks++;
	cairn_heap_info(&heap, &info);
	assert_true(info.nframes > CHUNK_USUAL_NFRAMES || HEAP_USUAL_NBYTES * 3 > HEAP_MEMORY_NBYTES);
	for (size_t n = 0; n < nblocks; n++)
		give(blocks[n]);
	cairn_heap_info(&heap, &info);
	assert_int_equal(info.nchunks, 1);
	assert_in_range(info.nframes, 1, CHUNK_USUAL_NFRAMES);
	assert_true(info.largest_nbytes >= info.free_nbytes - BLOCK_EXTRA_NBYTES);
	/* Used again, and not given back at once. */
	for (unsigned n = 0; n < 10; n++) {
		size_t nfree = cairn_frame_count(&frames, CAIRN_FREE);

		give(take(info.largest_nbytes));
		assert_int_equal(cairn_frame_count(&frames, CAIRN_FREE), nfree);
	}
	assert_int_equal(cairn_heap_trim(&heap), info.nframes);
	assert_int_equal(cairn_heap_trim(&heap), 0);
	assert_all_back();
}

static void long_chunks_go_at_once(void **state)
{
	size_t nbytes = HEAP_USUAL_NBYTES + 1;
	unsigned char *p;

	(void)state;
	if (nbytes * 2 > HEAP_MEMORY_NBYTES)
		return;
	p = take(nbytes);
	assert_true(cairn_frame_count(&frames, CAIRN_HEAP) > CHUNK_USUAL_NFRAMES);
	give(p);
	assert_int_equal(cairn_frame_count(&frames, CAIRN_FREE), nfree_at_start);
	assert_refused(p, CAIRN_EDOUBLE);
	assert_all_back();
}

static void trim_leaves_a_chunk_in_use(void **state)
{
	unsigned char *p = take(100);

	(void)state;
	assert_int_equal(cairn_heap_trim(&heap), 0);
	give(p);
	p = take(100);
	assert_int_equal(cairn_heap_trim(&heap), 0);
	assert_int_equal(cairn_heap_free_check(&heap, p), CAIRN_OK);
	give(p);
	assert_all_back();
}

/* The usual chunk is not to be had: what is needed is. */
static void little_is_taken_when_little_is_left(void **state)
{
	static cairn_pfn pages[HEAP_MEMORY_NBYTES >> CAIRN_FRAME_SHIFT];
	size_t npages = 0;
	unsigned char *p;

	(void)state;
	while ((pages[npages] = cairn_frame_alloc(&frames, 0, CAIRN_PAGES, CAIRN_ANY_ZONE)) != CAIRN_NOFRAME)
		npages++;
	assert_null(cairn_heap_alloc(&heap, 8, NULL, NULL));
	assert_int_equal(cairn_frame_free(&frames, pages[--npages], CAIRN_PAGES), CAIRN_OK);
	p = take(8);
	assert_int_equal(cairn_frame_count(&frames, CAIRN_HEAP), 1);
	assert_null(cairn_heap_alloc(&heap, CAIRN_FRAME_NBYTES, NULL, NULL));
	give(p);
	while (npages > 0)
		assert_int_equal(cairn_frame_free(&frames, pages[--npages], CAIRN_PAGES), CAIRN_OK);
	assert_all_back();
}

static void exhausted_and_all_given_back(void **state)
{
	static unsigned char *blocks[NMANY];
	struct support_rng rng = {support_seed()};

	(void)state;
	for (unsigned round = 0; round < 4; round++) {
		size_t nblocks = 0;

		for (;;) {
			size_t nbytes = 40 + support_random_below(&rng, 400);

			if (nblocks == NMANY ||
			    (blocks[nblocks] = cairn_heap_alloc(&heap, nbytes, NULL, NULL)) == NULL)
				break;
			stamp(blocks[nblocks++], 40, round);
		}
		assert_true(nblocks > HEAP_MEMORY_NBYTES / 1024);
		assert_sound();
		while (nblocks > 0) {
			size_t pick = support_random_below(&rng, (uint32_t)nblocks);

			assert_stamped(blocks[pick], 40, round);
			give(blocks[pick]);
			blocks[pick] = blocks[--nblocks];
		}
		assert_all_back();
	}
}

int test_heap_run(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(init_refuses_null),
		HEAP_TEST(absurd_sizes_are_refused),
		HEAP_TEST(absurd_alignments_are_refused),
		HEAP_TEST(every_size_can_be_used_whole),
		HEAP_TEST(every_alignment_is_kept),
		HEAP_TEST(sized_free_knows_the_size),
		HEAP_TEST(small_requests_are_served_fast),
		HEAP_TEST_UNCACHED(growing_takes_what_is_behind),
		HEAP_TEST_UNCACHED(shrinking_gives_the_tail_back),
		HEAP_TEST(resizing_goes_both_ways),
		HEAP_TEST_UNCACHED(one_empty_chunk_stays),
		HEAP_TEST_UNCACHED(long_chunks_go_at_once),
		HEAP_TEST(trim_leaves_a_chunk_in_use),
		HEAP_TEST(little_is_taken_when_little_is_left),
		HEAP_TEST(exhausted_and_all_given_back),
	};

	return cmocka_run_group_tests_name("heap", tests, NULL, NULL) + test_heap_model_run() +
	       test_heap_misuse_run() + test_heap_check_run();
}
