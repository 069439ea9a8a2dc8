/* SPDX-License-Identifier: MIT */
/* The facade: heap blocks, what is refused of them, and who hears of frees. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "facade_fixture.h"
#include "heap_fast.h"
#include "system.h"

static void heap_blocks_are_refused_by_name(void **state)
{
	(void)state;
	unsigned char *p = cairn_alloc(100), *q = cairn_alloc(100);
	assert_non_null(p);
	REFUSED(CAIRN_EFOREIGN, "cairn_free", cairn_free(&facade_at_start), &facade_at_start);
	REFUSED(CAIRN_EMISALIGNED, "cairn_free", cairn_free(p + 1), p + 1);
	REFUSED(CAIRN_EWRONGKIND, "cairn_free", cairn_free(facade_fast + 16), facade_fast + 16);
	REFUSED(CAIRN_ESIZE, "cairn_free_sized", cairn_free_sized(p, 300), p);
	REFUSED(CAIRN_ESIZE, "cairn_free_sized", cairn_free_sized(p, 0), p);
	assert_int_equal(cairn_free_sized(p, 100), CAIRN_OK);
	REFUSED(CAIRN_EDOUBLE, "cairn_free", cairn_free(p), p);
	assert_int_equal(port_test.last.is.what, CAIRN_IS_FREE_BLOCK);
	REFUSED(CAIRN_EDOUBLE, "cairn_free_sized", cairn_free_sized(p, 100), p);
	port_test.nreports = 0;
	assert_null(cairn_realloc(p, 200));
	facade_reported(CAIRN_EDOUBLE, "cairn_realloc", p);
	REFUSED(CAIRN_EDOUBLE, "cairn_grow_in_place", cairn_grow_in_place(p, 200), p);
	REFUSED(CAIRN_EDOUBLE, "cairn_shrink_in_place", cairn_shrink_in_place(p, 50), p);
	assert_int_equal(cairn_free(q), CAIRN_OK);
	facade_all_back();
}

static void a_write_after_free_is_reported_and_nothing_is_built_on_it(void **state)
{
	(void)state;
	void **first = cairn_alloc(48), *wall = cairn_alloc(16);
	assert_int_equal(cairn_free(first), CAIRN_OK);
	void *kept = *first;
	*first = &facade_at_start; /* the link to the next free block, or what stands in its place */
	port_test.nreports = 0;
	assert_null(cairn_alloc(48));
	/* Level 3 sees it at each step, and says so. */
	if (CAIRN_CHECK >= 3)
		assert_true(port_test.nreports > 1);
	else
		facade_reported(CAIRN_EUSEAFTER, "cairn_alloc", first);
	*first = kept;
	if (cairn_system.heap.ncached != 0) {
		/* Its length is served all the same, without it. */
		struct cairn_heap_class *class =
			&cairn_system.heap.class[(48 + BLOCK_PAD_NBYTES) / CAIRN_HEAP_ALIGN];
		void *other = cairn_alloc(48);
		assert_non_null(other);
		assert_ptr_not_equal(other, first);
		class->newest = (uintptr_t)first;
		assert_int_equal(cairn_free(other), CAIRN_OK);
	}
	assert_int_equal(cairn_free(wall), CAIRN_OK);
	facade_all_back();
}

static void realloc_keeps_the_contents(void **state)
{
	(void)state;
	struct support_rng rng = {support_seed()};
	unsigned char *p = cairn_zalloc(40), *wall = NULL;
	for (int n = 0; n < 40; n++)
		assert_int_equal(p[n], 0);
	size_t nbytes = 40;
	memset(p, 7, nbytes);
	for (int step = 0; step < 300; step++) {
		size_t want = 1 + support_random_below(&rng, 3000);
		size_t kept = want < nbytes ? want : nbytes;
		unsigned char *moved = cairn_realloc(p, want);
		assert_non_null(moved);
		for (size_t n = 0; n < kept; n++)
			assert_int_equal(moved[n], (unsigned char)(step + 7));
		p = moved;
		nbytes = want;
		memset(p, step + 8, nbytes);
		if (step % 3 == 0) {
			assert_int_equal(cairn_free(wall), CAIRN_OK);
			wall = cairn_alloc(16);
		}
	}
	assert_null(cairn_realloc(p, 0));
	assert_null(cairn_realloc(p, SIZE_MAX));
	assert_null(cairn_realloc(p, FACADE_FAST_NBYTES));
	assert_int_equal(p[0], (unsigned char)(299 + 8));
	assert_int_equal(cairn_free(p), CAIRN_OK);
	assert_int_equal(cairn_free(wall), CAIRN_OK);
	facade_all_back();
}

static void aligned_blocks_are_aligned(void **state)
{
	(void)state;
	for (size_t align = 1; align <= 4096; align *= 2) {
		void *p = cairn_alloc_aligned(align, 100);
		assert_non_null(p);
		assert_int_equal((uintptr_t)p & (align - 1), 0);
		assert_true(cairn_usable_size(p) >= 100);
		assert_int_equal(cairn_free(p), CAIRN_OK);
	}
	facade_all_back();
}

static void blocks_grow_and_shrink_where_they_stand(void **state)
{
	(void)state;
	void *p = cairn_alloc(64);
	assert_int_equal(cairn_grow_in_place(p, 640), CAIRN_OK);
	assert_true(cairn_usable_size(p) >= 640);
	assert_int_equal(cairn_shrink_in_place(p, 64), CAIRN_OK);
	void *wall = cairn_alloc(64);
	port_test.nreports = 0;
	assert_int_equal(cairn_grow_in_place(p, 6400), CAIRN_ENOMEM);
	assert_int_equal(port_test.nreports, 0);
	assert_int_equal(cairn_free(p), CAIRN_OK);
	assert_int_equal(cairn_free(wall), CAIRN_OK);
	facade_all_back();
}

static void watchers_hear_of_frees(void **state)
{
	(void)state;
	void *p = cairn_alloc(8);
	port_test.nfreed = 0;
	assert_int_equal(cairn_free(p), CAIRN_OK);
	assert_int_equal(port_test.nfreed, 0);
	p = cairn_alloc(8);
	cairn_watch_frees(true);
	assert_int_equal(cairn_free(p), CAIRN_OK);
	assert_int_equal(port_test.nfreed, 1);
	assert_int_not_equal(cairn_free(p), CAIRN_OK);
	assert_int_equal(port_test.nfreed, 1);
	p = cairn_realloc(cairn_alloc(4000), 16);
	assert_int_equal(port_test.nfreed, 2);
	assert_int_equal(cairn_free(p), CAIRN_OK);
	cairn_watch_frees(false);
	cairn_watch_frees(false);
	p = cairn_alloc(8);
	assert_int_equal(cairn_free(p), CAIRN_OK);
	assert_int_equal(port_test.nfreed, 3);
}

int test_cairn_heap_run(void)
{
	static const struct CMUnitTest tests[] = {
		FACADE_TEST(heap_blocks_are_refused_by_name),
		FACADE_TEST(a_write_after_free_is_reported_and_nothing_is_built_on_it),
		FACADE_TEST(realloc_keeps_the_contents),
		FACADE_TEST(aligned_blocks_are_aligned),
		FACADE_TEST(blocks_grow_and_shrink_where_they_stand),
		FACADE_TEST(watchers_hear_of_frees),
	};

	return cmocka_run_group_tests_name("cairn_heap", tests, NULL, NULL);
}
