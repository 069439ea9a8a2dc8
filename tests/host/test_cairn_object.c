/* SPDX-License-Identifier: MIT */
/* The facade: objects, caches that grow while others use them, reserves, exhaustion. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "facade_fixture.h"

static void objects_are_constructed_and_refused_by_name(void **state)
{
	(void)state;
	facade_caches_up();
	unsigned char *w = cairn_cache_alloc(&widgets), *g = cairn_cache_alloc(&gadgets);
	assert_int_equal(w[0], facade_stamp);
	assert_int_equal(w[47], facade_stamp);
	assert_int_equal(g[0] + g[23], 0);
	REFUSED(CAIRN_EWRONGCACHE, "cairn_cache_free", cairn_cache_free(&gadgets, w), w);
	assert_string_equal(port_test.last.name, "gadget");
	assert_string_equal(port_test.last.is.name, "widget");
	REFUSED(CAIRN_EINTERIOR, "cairn_cache_free", cairn_cache_free(&widgets, w + 8), w + 8);
	REFUSED(CAIRN_EFOREIGN, "cairn_cache_free", cairn_cache_free(&widgets, &facade_at_start),
		&facade_at_start);
	REFUSED(CAIRN_EWRONGKIND, "cairn_cache_free", cairn_cache_free(&widgets, facade_fast), facade_fast);
	REFUSED(CAIRN_EWRONGKIND, "cairn_free", cairn_free(w), w);
	REFUSED(CAIRN_EBUSY, "cairn_cache_destroy", cairn_cache_destroy(&widgets), w);
	assert_int_equal(cairn_cache_free(&widgets, w), CAIRN_OK);
	REFUSED(CAIRN_EDOUBLE, "cairn_cache_free", cairn_cache_free(&widgets, w), w);
	assert_int_equal(cairn_cache_free(&widgets, NULL), CAIRN_OK);
	assert_int_equal(cairn_cache_free(&gadgets, g), CAIRN_OK);
	facade_caches_down();
	REFUSED(CAIRN_EDESTROYED, "cairn_cache_free", cairn_cache_free(&widgets, w), w);
	port_test.nreports = 0;
	assert_null(cairn_cache_alloc(&widgets));
	facade_reported(CAIRN_EDESTROYED, "cairn_cache_alloc", &widgets);
}

static unsigned char *stolen[64];
static void steal_objects(void)
{
	for (size_t n = 0; n < 64; n++) {
		stolen[n] = cairn_cache_alloc(&widgets);
		if (stolen[n] == NULL || stolen[n][0] != facade_stamp || stolen[n][47] != facade_stamp)
			port_test.misused = true;
	}
}

static void two_tasks_may_grow_a_cache_at_once(void **state)
{
	(void)state;
	facade_caches_up();
	facade_during_construction = steal_objects;
	void *w = cairn_cache_alloc(&widgets);
	assert_non_null(w);
	assert_null(cairn_check());
	for (size_t n = 0; n < 64; n++) {
		assert_ptr_not_equal(stolen[n], w);
		assert_int_equal(cairn_cache_free(&widgets, stolen[n]), CAIRN_OK);
	}
	assert_int_equal(cairn_cache_free(&widgets, w), CAIRN_OK);
	facade_caches_down();
}

static enum cairn_err second_reserve;
static void reserve_too(void)
{
	second_reserve = cairn_cache_reserve(&widgets, 5);
}

static void one_reserve_at_a_time(void **state)
{
	(void)state;
	struct cairn_cache_info info;
	facade_caches_up();
	facade_during_construction = reserve_too;
	assert_int_equal(cairn_cache_reserve(&widgets, 200), CAIRN_OK);
	assert_int_equal(second_reserve, CAIRN_EBUSY);
	assert_true(cairn_cache_stats(&widgets, &info));
	assert_int_equal(info.nreserved, 200);
	assert_true(info.nfree >= 200);
	facade_caches_down();
}

static void a_reserve_that_cannot_be_had_leaves_things_as_they_were(void **state)
{
	(void)state;
	struct cairn_cache_info before, after;
	facade_caches_up();
	assert_int_equal(cairn_cache_reserve(&widgets, 10), CAIRN_OK);
	assert_true(cairn_cache_stats(&widgets, &before));
	assert_int_equal(cairn_cache_reserve(&widgets, SIZE_MAX), CAIRN_ENOMEM);
	/* Every frame would be needed. */
	size_t all = facade_at_start.nframes / before.slab_nframes * before.objects_per_slab;
	assert_int_equal(cairn_cache_reserve(&widgets, all), CAIRN_ENOMEM);
	assert_true(cairn_cache_stats(&widgets, &after));
	assert_int_equal(before.nreserved, after.nreserved);
	assert_int_equal(before.nslabs, after.nslabs);
	assert_int_equal(before.nfree, after.nfree);
	facade_caches_down();
}

/* Everything that can be had, in one list. */
static void **eat_everything(void)
{
	void **last = NULL;
	for (size_t nbytes = 8192; nbytes >= 16; nbytes /= 2) {
		void **p;
		while ((p = cairn_alloc(nbytes)) != NULL) {
			*p = last;
			last = p;
		}
	}
	return last;
}

static void give_back(void **list)
{
	while (list != NULL) {
		void **next = *list;
		assert_int_equal(cairn_free(list), CAIRN_OK);
		list = next;
	}
}

static void a_reserve_holds_when_memory_is_gone(void **state)
{
	(void)state;
	static void *objects[100];
	facade_caches_up();
	assert_int_equal(cairn_cache_reserve(&widgets, 100), CAIRN_OK);
	void **all = eat_everything();
	for (size_t n = 0; n < 100; n++) {
		objects[n] = cairn_cache_alloc(&widgets);
		assert_non_null(objects[n]);
	}
	struct cairn_cache_info info;
	assert_int_equal(cairn_cache_reserve(&gadgets, 100000), CAIRN_ENOMEM);
	assert_true(cairn_cache_stats(&gadgets, &info));
	assert_int_equal(info.nreserved, 0);
	assert_int_equal(cairn_cache_reserve(NULL, 1), CAIRN_EDESTROYED);
	assert_null(cairn_check());
	for (size_t n = 0; n < 100; n++)
		assert_int_equal(cairn_cache_free(&widgets, objects[n]), CAIRN_OK);
	give_back(all);
	facade_caches_down();
}

static void exhaustion_trims_first_and_everything_comes_back(void **state)
{
	(void)state;
	facade_caches_up();
	void *w = cairn_cache_alloc(&widgets);
	assert_int_equal(cairn_cache_free(&widgets, w), CAIRN_OK);
	port_test.nreports = 0;
	void **all = eat_everything();
	struct cairn_totals totals;
	cairn_totals(&totals);
	assert_int_equal(totals.nframes_of[CAIRN_SLAB], 0);
	assert_int_equal(totals.nframes_of[CAIRN_FREE], 0);
	assert_null(cairn_pages_alloc(0, CAIRN_ANY_ZONE));
	assert_null(cairn_cache_alloc(&widgets));
	assert_int_equal(port_test.nreports, 0);
	give_back(all);
	facade_caches_down();
}

/* A cache in use frees by its own fields, but not while someone watches. */
static void watchers_hear_of_objects(void **state)
{
	(void)state;
	facade_caches_up();
	port_test.nfreed = 0;
	for (unsigned round = 0; round < 3; round++) {
		void *w[3];
		for (unsigned i = 0; i < 3; i++)
			w[i] = cairn_cache_alloc(&widgets);
		assert_int_equal(cairn_cache_free(&widgets, w[0]), CAIRN_OK);
		assert_int_equal(port_test.nfreed, 2 * round);
		cairn_watch_frees(true);
		assert_int_equal(cairn_cache_free(&widgets, w[1]), CAIRN_OK);
		assert_int_equal(port_test.nfreed, 2 * round + 1);
		REFUSED(CAIRN_EDOUBLE, "cairn_cache_free", cairn_cache_free(&widgets, w[0]), w[0]);
		w[0] = cairn_cache_alloc(&widgets);
		assert_int_equal(cairn_cache_free(&widgets, w[0]), CAIRN_OK);
		assert_int_equal(port_test.nfreed, 2 * round + 2);
		cairn_watch_frees(false);
		assert_int_equal(cairn_cache_free(&widgets, w[2]), CAIRN_OK);
		assert_null(cairn_check());
	}
	assert_int_equal(port_test.nfreed, 6);
	facade_caches_down();
}

int test_cairn_object_run(void)
{
	static const struct CMUnitTest tests[] = {
		FACADE_TEST(objects_are_constructed_and_refused_by_name),
		FACADE_TEST(two_tasks_may_grow_a_cache_at_once),
		FACADE_TEST(one_reserve_at_a_time),
		FACADE_TEST(a_reserve_that_cannot_be_had_leaves_things_as_they_were),
		FACADE_TEST(a_reserve_holds_when_memory_is_gone),
		FACADE_TEST(exhaustion_trims_first_and_everything_comes_back),
		FACADE_TEST(watchers_hear_of_objects),
	};

	return cmocka_run_group_tests_name("cairn_object", tests, NULL, NULL);
}
