/* SPDX-License-Identifier: MIT */
/* The window of a cache: what goes by it, what may not, and that all figures stay exact. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "slab_fixture.h"
#include "slab_next.h"

/* An object goes and comes by the window alone: not even the counts of the cache change. */
static void passes_by_the_window(struct cairn_cache *cache, void *object)
{
	size_t ntaken = cache->ntaken;
	assert_int_equal(cairn_slab_put(cache, object), CAIRN_OK);
	assert_int_equal(cache->ntaken, ntaken);
	slab_assert_sound();
	assert_int_equal(cairn_slab_free_check(cache, object), CAIRN_EDOUBLE);
	assert_ptr_equal(cairn_slab_take(cache), object);
	assert_int_equal(cache->ntaken, ntaken);
	slab_assert_sound();
}

static void what_was_taken_last_goes_back_by_the_window(void **state)
{
	static struct cairn_cache cache;
	size_t n;
	(void)state;
	slab_make(&cache, CAIRN_FRAME_NBYTES / 8, 0, 0);
	n = 3 * slab_info(&cache).objects_per_slab;
	for (size_t i = 0; i < n; i++) {
		at.held[i] = slab_alloc(&cache);
		passes_by_the_window(&cache, at.held[i]);
		assert_int_equal(slab_info(&cache).high_water, i + 1);
	}
	/* All is taken, so the window goes to the first that is freed. */
	passes_by_the_window(&cache, at.held[0]);
	passes_by_the_window(&cache, at.held[n - 1]);
	passes_by_the_window(&cache, at.held[1]);
	slab_free_held(&cache, n);
	assert_int_equal(slab_info(&cache).high_water, n);
}

/* Up to the most that were ever live at once, a window gives out a whole word, and the mark stays exact. */
static void windows_keep_the_high_water_mark_exact(void **state)
{
	static struct cairn_cache cache;
	size_t n, most;
	(void)state;
	slab_make(&cache, 8, 0, 0);
	n = 2 * CAIRN_SLAB_WORD_BITS;
	assert_int_equal(slab_hold(&cache, n), n);
	slab_free_held(&cache, n);
	for (most = n; most < n + 4; most++) {
		assert_int_equal(slab_hold(&cache, most + 1), most + 1);
		assert_int_equal(slab_info(&cache).high_water, most + 1);
		slab_assert_sound();
		slab_free(&cache, at.held[most]);
		slab_free(&cache, at.held[0]);
		at.held[0] = slab_alloc(&cache);
		at.held[most] = slab_alloc(&cache);
		assert_int_equal(slab_info(&cache).high_water, most + 1);
		slab_free_held(&cache, most + 1);
	}
}

static void give_turns(bool watched)
{
	cairn_slab_watch(&at.slabs, watched);
	for (size_t nleft = cairn_slab_ncaches(&at.slabs); nleft > 0; nleft--)
		cairn_slab_watch_turn(&at.slabs);
	slab_assert_sound();
}

static void no_window_while_someone_watches(void **state)
{
	static struct cairn_cache a, b, later;
	void *of_a, *of_b;
	(void)state;
	slab_make(&a, 24, 0, 0);
	slab_make(&b, 24, 0, 0);
	of_a = slab_alloc(&a);
	of_b = slab_alloc(&b);
	slab_free(&a, of_a);
	assert_true(a.window_nobjects != 0 && b.window_nobjects != 0);
	give_turns(true);
	slab_make(&later, 24, 0, 0);
	assert_int_equal(cairn_slab_free_check(&a, of_a), CAIRN_EDOUBLE);
	at.held[0] = slab_alloc(&a);
	at.held[1] = slab_alloc(&later);
	assert_int_not_equal(cairn_slab_put_fast(&a, at.held[0]), CAIRN_FAST_DONE);
	assert_int_not_equal(cairn_slab_put_fast(&b, of_b), CAIRN_FAST_DONE);
	assert_false(cairn_slab_put_next(&a, at.held[0]) || cairn_slab_put_next(&later, at.held[1]));
	assert_int_not_equal(cairn_slab_put_fast(&later, at.held[1]), CAIRN_FAST_DONE);
	slab_free(&a, at.held[0]);
	slab_free(&later, at.held[1]);
	give_turns(false);
	slab_free(&b, of_b);
	of_b = slab_alloc(&b);
	passes_by_the_window(&b, of_b);
	slab_free(&b, of_b);
}

/* A slab of which the last object is freed while nothing else is free is what is taken from next: whoever takes
 * and frees at its edge does so by the window. */
static void the_window_moves_to_a_slab_that_gets_empty(void **state)
{
	static struct cairn_cache cache;
	size_t per_slab, n;
	(void)state;
	slab_make(&cache, CAIRN_FRAME_NBYTES / 8, 0, 0);
	per_slab = slab_info(&cache).objects_per_slab;
	n = slab_hold(&cache, 3 * per_slab);
	slab_free(&cache, at.held[0]);
	for (size_t i = per_slab; i < 2 * per_slab - 1; i++)
		slab_free(&cache, at.held[i]);
	at.held[0] = slab_alloc(&cache);
	slab_free(&cache, at.held[2 * per_slab - 1]);
	slab_assert_sound();
	assert_int_equal(slab_info(&cache).nslabs, 3);
	assert_int_equal(cache.nempty, 0);
	assert_int_equal(cache.window_base, (uintptr_t)at.held[per_slab]);
	for (size_t i = per_slab; i < 2 * per_slab; i++) {
		at.held[i] = slab_alloc(&cache);
		passes_by_the_window(&cache, at.held[i]);
	}
	assert_int_equal(slab_info(&cache).high_water, n);
	slab_free_held(&cache, n);
}

/* The same where the mark is near: the window takes no more than may be live without a new mark. */
static void the_window_over_an_empty_slab_keeps_to_the_mark(void **state)
{
	static struct cairn_cache cache;
	size_t per_slab, n;
	(void)state;
	slab_make(&cache, CAIRN_FRAME_NBYTES / 8, 0, 0);
	per_slab = slab_info(&cache).objects_per_slab;
	n = slab_hold(&cache, per_slab + 2);
	slab_free(&cache, at.held[0]);
	slab_free(&cache, at.held[per_slab]);
	at.held[0] = slab_alloc(&cache);
	slab_free(&cache, at.held[per_slab + 1]);
	slab_assert_sound();
	assert_int_equal(cache.window_nobjects, 2);
	for (size_t i = per_slab; i < per_slab + 3; i++)
		at.held[i] = slab_alloc(&cache);
	assert_int_equal(slab_info(&cache).high_water, n + 1);
	slab_assert_sound();
	slab_free_held(&cache, n + 1);
}

/* Without a reserve there is no window beside an empty slab: the next that gets empty must be noticed. */
static void no_second_slab_gets_empty_unseen(void **state)
{
	static struct cairn_cache cache;
	struct cairn_slab *slab;
	(void)state;
	slab_make(&cache, 64, 0, 0);
	at.held[0] = slab_alloc(&cache);
	assert_int_equal(cache.window_nobjects, 1);
	slab = slab_begin(&cache);
	assert_int_equal(cache.window_nobjects, 1);
	cairn_slab_grow_end(slab);
	assert_int_equal(cache.window_nobjects, 0);
	slab_assert_sound();
	slab_free(&cache, at.held[0]);
	assert_int_equal(slab_info(&cache).nslabs, 1);
	assert_int_equal(cairn_slab_reserve(&cache, 2 * cache.nobjects), CAIRN_OK);
	at.held[0] = slab_alloc(&cache);
	passes_by_the_window(&cache, at.held[0]);
	assert_int_equal(cairn_slab_reserve_set(&cache, 0), CAIRN_OK);
	assert_int_equal(cache.window_nobjects, 0);
	slab_free(&cache, at.held[0]);
	assert_int_equal(slab_info(&cache).nslabs, 1);
}

/* Behind the window, a free goes by the record, and refuses all but a live object of the cache. */
static void frees_by_the_record_refuse_what_is_not_live(void **state)
{
	static struct cairn_cache cache, other;
	char *object, *of_other;
	size_t n;
	(void)state;
	slab_make(&cache, CAIRN_FRAME_NBYTES / 16, 0, 0);
	slab_make(&other, CAIRN_FRAME_NBYTES / 16, 0, 0);
	n = 3 * slab_info(&cache).objects_per_slab;
	assert_int_equal(slab_hold(&cache, n), n);
	slab_free(&cache, at.held[n - 1]);
	of_other = slab_alloc(&other);
	object = at.held[0];
	assert_false(cairn_slab_put_next(&cache, of_other));
	assert_false(cairn_slab_put_next(&cache, object + 1));
	assert_false(cairn_slab_put_next(&cache, object - cache.stride_nbytes));
	assert_false(cairn_slab_put_next(&cache, NULL));
	assert_false(cairn_slab_put_next(&cache, &object));
	assert_false(cairn_slab_put_next(&cache, (void *)UINTPTR_MAX));
	assert_int_equal(slab_info(&cache).nlive, n - 1);
	assert_true(cairn_slab_put_next(&cache, object));
	assert_int_equal(slab_info(&cache).nlive, n - 2);
	slab_assert_sound();
	if (CAIRN_CHECK >= 1)
		assert_false(cairn_slab_put_next(&cache, object));
	assert_true(cairn_slab_put_next(&cache, at.held[1]));
	if (CAIRN_CHECK >= 1)
		assert_false(cairn_slab_put_next(&cache, at.held[1]));
	for (size_t i = 2; i < n - 1; i++)
		slab_free(&cache, at.held[i]);
	slab_free(&other, of_other);
}

/* The window takes all that is free in the slab that has waited longest, up to the mark and never beyond. */
static void the_window_moves_to_the_slab_that_waited_longest(void **state)
{
	static struct cairn_cache cache;
	size_t per_slab, n;
	void *object = NULL;
	(void)state;
	slab_make(&cache, CAIRN_FRAME_NBYTES / 16, 0, 0);
	per_slab = slab_info(&cache).objects_per_slab;
	n = 4 * per_slab;
	assert_int_equal(slab_hold(&cache, n), n);
	assert_false(cairn_slab_take_next(&cache, &object));
	slab_free(&cache, at.held[n - 1]);
	for (size_t i = 0; i < 2; i++) {
		slab_free(&cache, at.held[i]);
		slab_free(&cache, at.held[per_slab + i]);
		slab_free(&cache, at.held[2 * per_slab + i]);
	}
	at.held[n - 1] = slab_alloc(&cache);
	for (size_t slab = 0; slab < 3; slab++) {
		assert_true(cairn_slab_take_next(&cache, &object));
		assert_ptr_equal(object, at.held[slab * per_slab]);
		assert_ptr_equal(slab_alloc(&cache), at.held[slab * per_slab + 1]);
		slab_assert_sound();
	}
	assert_false(cairn_slab_take_next(&cache, &object));
	assert_int_equal(slab_info(&cache).high_water, n);
	slab_free_held(&cache, n);
	assert_int_equal(slab_info(&cache).high_water, n);
}

int test_slab_window_run(void)
{
	static const struct CMUnitTest tests[] = {
		SLAB_TEST(what_was_taken_last_goes_back_by_the_window),
		SLAB_TEST(windows_keep_the_high_water_mark_exact),
		SLAB_TEST(no_window_while_someone_watches),
		SLAB_TEST(the_window_moves_to_a_slab_that_gets_empty),
		SLAB_TEST(the_window_over_an_empty_slab_keeps_to_the_mark),
		SLAB_TEST(no_second_slab_gets_empty_unseen),
		SLAB_TEST(frees_by_the_record_refuse_what_is_not_live),
		SLAB_TEST(the_window_moves_to_the_slab_that_waited_longest),
	};
	return cmocka_run_group_tests_name("slab window", tests, NULL, NULL);
}
