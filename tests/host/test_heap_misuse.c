/* SPDX-License-Identifier: MIT */
/* Wrong use of the heap: every wrong free, how often the keyed check is fooled, writes into freed memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "heap_fixture.h"

/* ---- wrong frees ---- */

/* Blocks a b c with d behind; around b, which is freed twice, a or c or both or neither are free. */
static void double_free_is_seen_whatever_merged(void **state)
{
	(void)state;
	for (unsigned free_around = 0; free_around < 16; free_around++) {
		unsigned char *a = take(60), *b = take(60), *c = take(60), *d = take(60);

		if (free_around & 1)
			give(a);
		if (free_around & 2)
			give(c);
		give(b);
		assert_refused(b, CAIRN_EDOUBLE);
		if (!(free_around & 1) && free_around & 4)
			give(a);
		if (!(free_around & 2) && free_around & 8)
			give(c);
		assert_refused(b, CAIRN_EDOUBLE);
		assert_sound();
		if (!(free_around & 5))
			give(a);
		if (!(free_around & 10))
			give(c);
		give(d);
		/* All of the chunk is free, and kept; then it is a free frame. */
		assert_refused(b, CAIRN_EDOUBLE);
		assert_all_back();
		assert_refused(b, CAIRN_EDOUBLE);
	}
}

static void halves_of_a_free(void **state)
{
	unsigned char *a = take(60), *b = take(60), *c = take(60);
	struct cairn_heap_where where;

	(void)state;
	assert_int_equal(cairn_heap_free_begin(&heap, b), CAIRN_OK);
	assert_refused(b, CAIRN_EDOUBLE);
	assert_sound();
	assert_true(cairn_heap_where(&heap, (uintptr_t)b + 5, &where));
	assert_int_equal(where.state, CAIRN_HEAP_FREE);
	/* The neighbours may go while it is between the halves. */
	give(a);
	cairn_heap_disarm(&heap, b);
	for (size_t n = 0; CAIRN_CHECK >= 2 && n < 60; n++)
		assert_int_equal(b[n], CAIRN_POISON_FREE);
	give(c);
	assert_sound();
	cairn_heap_free_end(&heap, b);
	assert_refused(b, CAIRN_EDOUBLE);
	/* Ending what was never begun does nothing. */
	a = take(60);
	cairn_heap_free_end(&heap, a);
	assert_int_equal(cairn_heap_free_check(&heap, a), CAIRN_OK);
	give(a);
	assert_all_back();
}

static void a_neighbour_damaged_between_the_halves(void **state)
{
	unsigned char *a = take(60), *b = take(60), *c = take(60);
	size_t saved;

	(void)state;
	give(a);
	assert_int_equal(cairn_heap_free_begin(&heap, b), CAIRN_OK);
	saved = *(size_t *)a;
	*(size_t *)a = 1;
	cairn_heap_free_end(&heap, b);
	*(size_t *)a = saved;
	assert_refused(b, CAIRN_EDOUBLE);
	assert_sound();
	cairn_heap_free_end(&heap, b);
	give(c);
	assert_all_back();
}

static void foreign_pointers_are_refused(void **state)
{
	static size_t elsewhere[8];
	unsigned char *p = take(100);
	struct cairn_heap_span chunk = chunk_of(p);
	cairn_pfn pages = cairn_frame_alloc(&frames, 0, CAIRN_PAGES, CAIRN_ANY_ZONE);
	static struct cairn_heap other;
	void *others;

	(void)state;
	assert_refused(&elsewhere[4], CAIRN_EFOREIGN);
	assert_refused((void *)(CAIRN_HEAP_ALIGN), CAIRN_EFOREIGN);
	assert_refused((void *)(UINTPTR_MAX - CAIRN_HEAP_ALIGN + 1), CAIRN_EFOREIGN);
	assert_refused((void *)cairn_pfn_to_addr(pages), CAIRN_EWRONGKIND);
	assert_int_equal(cairn_heap_init(&other, &frames, 0, heap_key), CAIRN_OK);
	others = cairn_heap_alloc(&other, 100, NULL, NULL);
	assert_non_null(others);
	assert_refused(others, CAIRN_EWRONGKIND);
	assert_int_equal(cairn_heap_free_check(&other, p), CAIRN_EWRONGKIND);
	assert_int_equal(cairn_heap_free(&other, others), CAIRN_OK);
	assert_true(cairn_heap_trim(&other) > 0);
	for (size_t offset = 1; offset < CAIRN_HEAP_ALIGN; offset++)
		assert_refused(p + offset, CAIRN_EMISALIGNED);
	for (uintptr_t addr = chunk.base; addr < (uintptr_t)chunk_first(&chunk); addr++)
		assert_int_equal(cairn_heap_free_check(&heap, (void *)addr), CAIRN_EMISALIGNED);
	assert_int_equal(cairn_frame_free(&frames, pages, CAIRN_PAGES), CAIRN_OK);
	assert_refused((void *)cairn_pfn_to_addr(pages), CAIRN_EDOUBLE);
	give(p);
	assert_all_back();
}

static void interior_pointers_are_refused(void **state)
{
	enum cairn_err err = CAIRN_HEAP_MAP ? CAIRN_EINTERIOR : CAIRN_ECORRUPT;
	unsigned char *a = take(60), *p = take(400), *b = take(60);

	(void)state;
	for (size_t n = 0; n < 400; n++)
		p[n] = 0;
	for (size_t offset = CAIRN_HEAP_ALIGN; offset < 400; offset += CAIRN_HEAP_ALIGN)
		assert_refused(p + offset, err);
	assert_only_live_are_freeable(p, 3);
	give(a);
	give(p);
	assert_only_live_are_freeable(b, 1);
	p = take(300);
	assert_only_live_are_freeable(b, 2);
	give(p);
	give(b);
	assert_all_back();
}

/* A perfect forgery inside a live block, both headers: only the map can tell. */
static void the_map_is_exact(void **state)
{
	unsigned char *p = take(400);
	struct cairn_heap_block *forged = block_of(p + 8 * CAIRN_HEAP_ALIGN);

	(void)state;
	block_seal(&heap, forged, 6 * CAIRN_HEAP_ALIGN);
	block_seal(&heap, block_at(forged, 6 * CAIRN_HEAP_ALIGN), 6 * CAIRN_HEAP_ALIGN);
	if (CAIRN_HEAP_MAP) {
		assert_refused(block_payload(forged), CAIRN_EINTERIOR);
		assert_only_live_are_freeable(p, 1);
	}
	give(p);
	assert_all_back();
}

/* ---- the keyed check ---- */

/* ntrials * share / 2^CAIRN_HEAP_CHECK_BITS, and that the count found is near. */
static void assert_rate(const char *what, size_t nseen, size_t ntrials, size_t numerator, size_t denominator)
{
	size_t expected = (size_t)((uint64_t)ntrials * numerator / denominator >> CAIRN_HEAP_CHECK_BITS);

	print_message("%s: %u of %u passed, %u expected of %u bits\n", what, (unsigned)nseen,
		      (unsigned)ntrials, (unsigned)expected, (unsigned)CAIRN_HEAP_CHECK_BITS);
	assert_in_range(nseen, expected / 3, expected * 2 + (CAIRN_WORD_BITS == 64 ? 0 : 6));
}

/* A random word before the pointer. It passes the check when free_check believes it: with FREE or RETIRED
 * set, three times in four, that shows as EDOUBLE. */
static void random_headers_pass_as_stated(void **state)
{
	struct support_rng rng = {support_seed()};
	size_t ntrials = SUPPORT_STEPS((size_t)1 << 20), npassed = 0;
	unsigned char *p = take(1024);

	(void)state;
	for (size_t n = 0; n < ntrials; n++) {
		unsigned char *q = p + CAIRN_HEAP_ALIGN * (1 + support_random_below(&rng, 40));

		block_of(q)->header = random_word(&rng);
		npassed += cairn_heap_free_check(&heap, q) == CAIRN_EDOUBLE;
		block_of(q)->header = 0;
	}
	assert_rate("random headers", npassed, ntrials, 3, 4);
	give(p);
	assert_all_back();
}

/* A right header before the pointer, a random one where it leads: of those that pass their check, two of eight
 * have a state that can be there and is not looked into, live or between the halves of a free. */
static void the_block_behind_is_checked_too(void **state)
{
	struct support_rng rng = {support_seed()};
	size_t ntrials = SUPPORT_STEPS((size_t)1 << 20), npassed = 0;
	unsigned char *p = take(1024);

	(void)state;
	for (size_t n = 0; n < ntrials; n++) {
		unsigned char *q = p + CAIRN_HEAP_ALIGN * (1 + support_random_below(&rng, 20));
		struct cairn_heap_block *behind = block_at(block_of(q), 16 * CAIRN_HEAP_ALIGN);
		enum cairn_err err;

		block_seal(&heap, block_of(q), 16 * CAIRN_HEAP_ALIGN);
		behind->header = random_word(&rng);
		err = cairn_heap_free_check(&heap, q);
		npassed += err == CAIRN_OK || err == CAIRN_EOVERRUN;
		block_of(q)->header = behind->header = 0;
	}
	if (CAIRN_HEAP_MAP)
		assert_int_equal(npassed, 0);
	else
		assert_true(npassed <= (ntrials >> (CAIRN_HEAP_CHECK_BITS + 2)) + 6);
	give(p);
	assert_all_back();
}

/* ---- writes into freed memory ---- */

/* a and c live around a freed b, whose word `at` (a link, or its length at the end) is overwritten: nobody
 * follows it. */
static void late_write(size_t at, size_t value)
{
	unsigned char *a = take(60), *b = take(200), *c = take(60);
	struct cairn_heap_info info;
	size_t *word, saved, before;

	give(b);
	word = (size_t *)b + at;
	saved = *word;
	*word = value;
	before = fingerprint();
	assert_int_equal(cairn_heap_free(&heap, a), CAIRN_ECORRUPT);
	if (at < 2)
		assert_int_equal(cairn_heap_free(&heap, c), CAIRN_ECORRUPT);
	assert_int_equal(cairn_heap_grow_in_place(&heap, a, 100), CAIRN_ECORRUPT);
	assert_int_equal(fingerprint(), before);
	if (at < 2) {
		assert_null(cairn_heap_alloc(&heap, 200, NULL, NULL));
		cairn_heap_info(&heap, &info);
		assert_int_equal(info.damaged, (uintptr_t)b);
		heap.damaged = 0;
		assert_int_equal(fingerprint(), before);
	}
	assert_non_null(cairn_heap_check(&heap));
	*word = saved;
	give(a);
	give(c);
	assert_all_back();
}

static void late_writes_are_not_followed(void **state)
{
	static size_t outside[8];
	cairn_pfn pages = cairn_frame_alloc(&frames, 0, CAIRN_PAGES, CAIRN_ANY_ZONE);
	size_t values[] = {1,
			   SIZE_MAX,
			   CAIRN_HEAP_ALIGN - sizeof(size_t),
			   (size_t)outside,
			   (size_t)cairn_pfn_to_addr(pages) + CAIRN_HEAP_ALIGN - sizeof(size_t),
			   0};
	struct support_rng rng = {support_seed()};
	struct cairn_heap_block *free200;
	size_t length_at;

	(void)state;
	nfree_at_start--;
	free200 = block_of(take(200));
	length_at = low_nbytes(block_low(&heap, free200)) / sizeof(size_t) - 2;
	give(block_payload(free200));
	for (unsigned n = 0; n < SUPPORT_STEPS(200u); n++) {
		size_t value = n < sizeof(values) / sizeof(values[0]) ? values[n] : random_word(&rng);

		if (value != 0)
			late_write(0, value);
		if (value != 0)
			late_write(1, value);
		late_write(length_at, value);
	}
	assert_int_equal(cairn_frame_free(&frames, pages, CAIRN_PAGES), CAIRN_OK);
}

/* A cached block that was written to is told of once. Then its length is served again, without those that hung
 * from it, which stay accounted for. */
static void a_damaged_class_is_given_up(void **state)
{
	unsigned char *a = take(60), *b = take(60), *c = take(60), *other;
	struct cairn_heap_class *class = class_of_nbytes(&heap, low_nbytes(block_low(&heap, block_of(a))));
	struct cairn_heap_info info;
	size_t saved;

	(void)state;
	give(a);
	give(b);
	if (heap.ncached != 0) {
		saved = *(size_t *)b;
		*(size_t *)b = 1;
		assert_null(cairn_heap_alloc(&heap, 60, NULL, NULL));
		assert_int_equal(cairn_heap_tell_damage(&heap), (uintptr_t)b);
		assert_int_equal(cairn_heap_tell_damage(&heap), 0);
		*(size_t *)b = saved;
		other = take(60);
		assert_true(other != a && other != b);
		give(other);
		assert_ptr_equal(take(60), other);
		cairn_heap_info(&heap, &info);
		assert_int_equal(info.cached_nblocks, 2);
		assert_int_equal(info.live_nblocks, 2);
		assert_string_equal(cairn_heap_check(&heap), "cached_block_is_sound");
		assert_int_equal(cairn_heap_free_check(&heap, b), CAIRN_EDOUBLE);
		class->newest = (uintptr_t)b;
		give(other);
	}
	give(c);
	assert_all_back();
}

/* Emptying the cache meets a damaged block, and ends. */
static void a_flush_stops_at_damage(void **state)
{
	unsigned char *a = take(60), *b = take(100);
	size_t saved;

	(void)state;
	give(a);
	give(b);
	saved = *(size_t *)a;
	*(size_t *)a = 1;
	while (heap.ncached != 0 && cairn_heap_flush(&heap))
		;
	assert_int_equal(heap.damaged, heap.ncached != 0 ? (uintptr_t)a : 0);
	*(size_t *)a = saved;
	heap.damaged = 0;
	assert_all_back();
}

/* A word at a live block's end that is a perfect footer, and leads to a free block that is not in front. */
static void a_wrong_footer_finds_no_other_block(void **state)
{
	unsigned char *a = take(60), *b = take(60), *c = take(60), *d = take(60);
	size_t *footer = block_footer_before(block_of(d));

	(void)state;
	give(a);
	*footer = block_footer(&heap, block_of(a), (size_t)(d - a));
	give(d);
	assert_sound();
	assert_int_equal(cairn_heap_free_check(&heap, a), CAIRN_EDOUBLE);
	assert_int_equal(cairn_heap_free_check(&heap, b), CAIRN_OK);
	give(b);
	give(c);
	assert_all_back();
}

/* A write behind a live block hits the next header: neither block is freed. */
static void an_overwritten_header_stops_both(void **state)
{
	unsigned char *a = take(60), *b = take(60), *c = take(60);
	size_t saved = block_of(b)->header;

	(void)state;
	block_of(b)->header = 0x41414141;
	assert_refused(b, CAIRN_ECORRUPT);
	assert_refused(a, CAIRN_ECORRUPT);
	assert_int_equal(cairn_heap_free_check(&heap, c), CAIRN_OK);
	block_of(b)->header = saved;
	give(a);
	give(b);
	give(c);
	assert_all_back();
}

static void damaged_chunk_links_are_not_followed(void **state)
{
	static struct cairn_heap_chunk outside;
	unsigned char *p = take(100);
	struct cairn_heap_chunk *head = (struct cairn_heap_chunk *)chunk_of(p).base;

	(void)state;
	give(p);
	head->next = &outside;
	assert_int_equal(cairn_heap_trim(&heap), 0);
	assert_null(outside.prev);
	assert_string_equal(cairn_heap_check(&heap), "chunk_head_is_sound");
	head->next = NULL;
	assert_all_back();
}

/* Damage is told of the last allocation only, whether that one can be had or not. */
static void stale_damage_is_not_told(void **state)
{
	(void)state;
	heap.damaged = 1;
	assert_null(cairn_heap_alloc(&heap, 0, NULL, NULL));
	assert_int_equal(cairn_heap_tell_damage(&heap), 0);
	heap.damaged = 1;
	assert_null(cairn_heap_alloc_aligned(&heap, 3, 8, NULL, NULL));
	assert_int_equal(cairn_heap_tell_damage(&heap), 0);
	heap.damaged = 1;
	give(take(8));
	assert_int_equal(cairn_heap_tell_damage(&heap), 0);
	assert_all_back();
}

static void null_is_an_answer(void **state)
{
	struct cairn_heap_info info;
	struct cairn_heap_where where;
	unsigned char *p = take(8);

	(void)state;
	assert_null(cairn_heap_alloc(NULL, 8, NULL, NULL));
	assert_null(cairn_heap_alloc_aligned(NULL, 64, 8, NULL, NULL));
	assert_int_equal(cairn_heap_tell_damage(NULL), 0);
	assert_int_equal(cairn_heap_trim(NULL), 0);
	assert_int_equal(cairn_heap_usable(NULL, p), 0);
	assert_int_equal(cairn_heap_usable(&heap, NULL), 0);
	assert_int_equal(cairn_heap_free(NULL, p), CAIRN_EINVAL);
	assert_int_equal(cairn_heap_resize(NULL, p, 8), CAIRN_EINVAL);
	assert_int_equal(cairn_heap_grow_in_place(NULL, p, 8), CAIRN_EINVAL);
	assert_int_equal(cairn_heap_free_begin(NULL, p), CAIRN_EINVAL);
	cairn_heap_disarm(&heap, NULL);
	cairn_heap_free_end(NULL, p);
	cairn_heap_info(NULL, &info);
	assert_int_equal(info.nframes, 0);
	cairn_heap_info(&heap, NULL);
	assert_false(cairn_heap_where(NULL, (uintptr_t)p, &where));
	assert_false(cairn_heap_where(&heap, (uintptr_t)p, NULL));
	assert_null(cairn_heap_next_live(NULL, NULL, NULL));
	give(p);
	assert_all_back();
}

int test_heap_misuse_run(void)
{
	static const struct CMUnitTest tests[] = {
		HEAP_TEST(double_free_is_seen_whatever_merged),
		HEAP_TEST_UNCACHED(double_free_is_seen_whatever_merged),
		HEAP_TEST(halves_of_a_free),
		HEAP_TEST(a_neighbour_damaged_between_the_halves),
		HEAP_TEST(foreign_pointers_are_refused),
		HEAP_TEST(interior_pointers_are_refused),
		HEAP_TEST(the_map_is_exact),
		HEAP_TEST(random_headers_pass_as_stated),
		HEAP_TEST_UNCACHED(the_block_behind_is_checked_too),
		HEAP_TEST_UNCACHED(late_writes_are_not_followed),
		HEAP_TEST(a_damaged_class_is_given_up),
		HEAP_TEST(a_flush_stops_at_damage),
		HEAP_TEST_UNCACHED(a_wrong_footer_finds_no_other_block),
		HEAP_TEST_UNCACHED(an_overwritten_header_stops_both),
		HEAP_TEST(damaged_chunk_links_are_not_followed),
		HEAP_TEST(stale_damage_is_not_told),
		HEAP_TEST(null_is_an_answer),
	};

	return cmocka_run_group_tests_name("heap, misuse", tests, NULL, NULL);
}
