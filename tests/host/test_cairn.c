/* SPDX-License-Identifier: MIT */
/* The facade: what goes before, taking the memory over, pages, absurd requests, tables. The order of the
 * groups matters: the system is taken over once, and arenas of stacks stay. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "facade_fixture.h"

#define HOLE_AT     ((size_t)256 << 10)
#define HOLE_NBYTES ((size_t)5000)

/* ---- before ---- */

static void before_init_everything_is_refused(void **state)
{
	(void)state;
	int local;
	struct cairn_stack stack = {0};
	struct cairn_cache_spec spec = {.name = "x", .nbytes = 8};
	struct cairn_totals totals;
	assert_null(cairn_alloc(8));
	assert_null(cairn_pages_alloc(0, CAIRN_ANY_ZONE));
	assert_null(cairn_pages_alloc_run(1, CAIRN_ANY_ZONE));
	assert_null(cairn_realloc(NULL, 8));
	assert_int_equal(cairn_free(&local), CAIRN_EFOREIGN);
	assert_int_equal(cairn_pages_free(facade_fast), CAIRN_EFOREIGN);
	assert_int_equal(cairn_free(NULL), CAIRN_OK);
	assert_int_equal(cairn_stack_create(&stack, 512, "t", NULL), CAIRN_ENOMEM);
	assert_int_equal(cairn_cache_create(&widgets, &spec), CAIRN_EINVAL);
	assert_null(cairn_cache_alloc(&widgets));
	assert_int_equal(cairn_trim(), 0);
	cairn_totals(&totals);
	assert_int_equal(totals.nframes, 0);
	assert_non_null(cairn_check());
	assert_null(cairn_next_cache(NULL));
	assert_int_equal(cairn_usable_size(&local), 0);
}

static void maps_that_make_no_sense_are_refused(void **state)
{
	(void)state;
	struct cairn_range overlapping[] = {
		{(uintptr_t)facade_fast, FACADE_FAST_NBYTES, "a", CAIRN_RANGE_RAM, 0},
		{(uintptr_t)facade_fast + FACADE_FAST_NBYTES - 1, 4096, "b", CAIRN_RANGE_RAM, 0},
	};
	struct cairn_range wraps = {UINTPTR_MAX - 100, 4096, "w", CAIRN_RANGE_RAM, 0};
	struct cairn_range empty = {(uintptr_t)facade_fast, 0, "e", CAIRN_RANGE_RAM, 0};
	static struct cairn_range many[CAIRN_RANGES + 1];
	assert_int_equal(cairn_init(NULL, 1), CAIRN_EINVAL);
	assert_int_equal(cairn_init(overlapping, 2), CAIRN_EOVERLAP);
	assert_int_equal(cairn_init(&wraps, 1), CAIRN_EWRAP);
	assert_int_equal(cairn_init(&empty, 1), CAIRN_EEMPTY);
	assert_int_equal(cairn_init(overlapping, 0), CAIRN_EEMPTY);
	for (size_t n = 0; n <= CAIRN_RANGES; n++)
		many[n] = (struct cairn_range){(uintptr_t)facade_fast + n * 8192, 4096, "m",
					       CAIRN_RANGE_RESERVED, 0};
	many[0] = overlapping[0];
	assert_int_equal(cairn_init(many, CAIRN_RANGES + 1), CAIRN_ETOOMANY);
	assert_null(cairn_alloc(8));
}

static void init_takes_the_memory_over_once(void **state)
{
	(void)state;
	const struct cairn_range ranges[] = {
		{(uintptr_t)facade_fast, FACADE_FAST_NBYTES, "fast", CAIRN_RANGE_RAM, CAIRN_ATTR_FAST},
		{(uintptr_t)facade_slow, FACADE_SLOW_NBYTES, "slow", CAIRN_RANGE_RAM, CAIRN_ATTR_EXTERNAL},
		{(uintptr_t)facade_fast + HOLE_AT + 100, HOLE_NBYTES, "hole", CAIRN_RANGE_RESERVED, 0},
	};
	assert_int_equal(cairn_init(ranges, 3), CAIRN_OK);
	assert_int_equal(cairn_init(ranges, 3), CAIRN_EBUSY);
	assert_null(cairn_check());
	cairn_totals(&facade_at_start);
	assert_int_equal(facade_at_start.nframes,
			 (FACADE_FAST_NBYTES + FACADE_SLOW_NBYTES) >> CAIRN_FRAME_SHIFT);
	size_t hole = (100 + HOLE_NBYTES + CAIRN_FRAME_NBYTES - 1) >> CAIRN_FRAME_SHIFT;
	assert_int_equal(facade_at_start.nframes_of[CAIRN_RESERVED], hole);
	assert_int_equal(facade_at_start.nframes_of[CAIRN_FREE] + facade_at_start.nframes_of[CAIRN_META] +
				 hole,
			 facade_at_start.nframes);
}

/* ---- after ---- */

static void pages_come_and_go(void **state)
{
	(void)state;
	unsigned char *pages = cairn_pages_alloc_run(3, CAIRN_ANY_ZONE);
	unsigned char *external = cairn_pages_alloc(0, cairn_zones_with(CAIRN_ATTR_EXTERNAL));
	assert_non_null(pages);
	assert_true(external >= facade_slow && external < facade_slow + FACADE_SLOW_NBYTES);
	memset(pages, 0x55, 3 * CAIRN_FRAME_NBYTES);
	REFUSED(CAIRN_EMISALIGNED, "cairn_pages_free", cairn_pages_free(pages + 4), pages + 4);
	REFUSED(CAIRN_EINTERIOR, "cairn_pages_free", cairn_pages_free(pages + CAIRN_FRAME_NBYTES),
		pages + CAIRN_FRAME_NBYTES);
	REFUSED(CAIRN_EWRONGKIND, "cairn_pages_free", cairn_pages_free(facade_fast), facade_fast);
	assert_int_equal(cairn_pages_free(pages), CAIRN_OK);
	REFUSED(CAIRN_EDOUBLE, "cairn_pages_free", cairn_pages_free(pages), pages);
	REFUSED(CAIRN_EFOREIGN, "cairn_pages_free", cairn_pages_free(&facade_at_start), &facade_at_start);
	assert_int_equal(cairn_pages_alloc_at(pages, 0), CAIRN_OK);
	assert_int_equal(cairn_pages_alloc_at(pages, 0), CAIRN_ENOMEM);
	assert_int_equal(cairn_pages_alloc_at(pages + 1, 0), CAIRN_EMISALIGNED);
	assert_int_equal(cairn_pages_free(pages), CAIRN_OK);
	assert_int_equal(cairn_pages_free(external), CAIRN_OK);
	assert_null(cairn_pages_alloc(CAIRN_ORDERS, CAIRN_ANY_ZONE));
	assert_null(cairn_pages_alloc(~0u, CAIRN_ANY_ZONE));
	assert_null(cairn_pages_alloc_run(0, CAIRN_ANY_ZONE));
	assert_null(cairn_pages_alloc_run(SIZE_MAX, CAIRN_ANY_ZONE));
	assert_null(cairn_pages_alloc(0, 0));
	facade_all_back();
}

/* Frames that are free in pieces, spares and in the map, while nothing else is. */
#define GROUP_ORDER 4u
#define GROUP       (1u << GROUP_ORDER)
_Static_assert(CAIRN_SLAB_MAX_ORDER <= GROUP_ORDER, "a slab fits");

static unsigned char *taken[(FACADE_FAST_NBYTES + FACADE_SLOW_NBYTES) >> CAIRN_FRAME_SHIFT];

static bool is_taken(size_t ntaken, const unsigned char *page)
{
	for (size_t i = 0; i < ntaken; i++)
		if (taken[i] == page)
			return true;
	return false;
}

/* Everything is taken: the lowest group of frames in zone 0 that is. */
static unsigned char *whole_group(size_t ntaken)
{
	struct cairn_zone_info zone;
	assert_true(cairn_zone_info(0, &zone));
	for (cairn_pfn pfn = zone.base & ~(cairn_pfn)(GROUP - 1); pfn - zone.base < zone.nframes;
	     pfn += GROUP) {
		unsigned char *group = (unsigned char *)cairn_pfn_to_addr(pfn);
		unsigned n = 0;
		while (n < GROUP && is_taken(ntaken, group + n * CAIRN_FRAME_NBYTES))
			n++;
		if (n == GROUP)
			return group;
	}
	fail();
	return NULL;
}

static void free_frame_by_frame(unsigned char *group)
{
	for (unsigned i = 0; i < GROUP; i++)
		assert_int_equal(cairn_pages_free(group + i * CAIRN_FRAME_NBYTES), CAIRN_OK);
}

static void take_frame_by_frame(unsigned char *group)
{
	for (unsigned i = 0; i < GROUP; i++)
		assert_int_equal(cairn_pages_alloc_at(group + i * CAIRN_FRAME_NBYTES, 0), CAIRN_OK);
	assert_null(cairn_pages_alloc(0, CAIRN_ANY_ZONE));
}

/* Frames that were freed one by one are one block for whoever needs it. */
static void spares_merge_before_a_request_fails(void **state)
{
	(void)state;
	const size_t slab_nbytes = CAIRN_FRAME_NBYTES << CAIRN_SLAB_MAX_ORDER;
	const struct cairn_cache_spec spec = {.name = "large", .nbytes = slab_nbytes * 3 / 4};
	const size_t heap_nbytes = GROUP * CAIRN_FRAME_NBYTES * 3 / 4;
	size_t n = 0, nobjects = 0;
	unsigned char *object[GROUP];
	struct cairn_cache_info info;
	assert_int_equal(cairn_cache_create(&widgets, &spec), CAIRN_OK);
	do {
		object[nobjects++] = cairn_cache_alloc(&widgets);
		assert_true(cairn_cache_stats(&widgets, &info));
	} while (nobjects < info.objects_per_slab);
	while ((taken[n] = cairn_pages_alloc(0, CAIRN_ANY_ZONE)) != NULL)
		n++;
	unsigned char *group = whole_group(n);
	free_frame_by_frame(group);
	assert_ptr_equal(cairn_pages_alloc(GROUP_ORDER, CAIRN_ANY_ZONE), group);
	assert_int_equal(cairn_pages_free(group), CAIRN_OK);
	take_frame_by_frame(group);
	free_frame_by_frame(group);
	assert_ptr_equal(cairn_pages_alloc_run(GROUP - 1, CAIRN_ANY_ZONE), group);
	assert_int_equal(cairn_pages_free(group), CAIRN_OK);
	take_frame_by_frame(group);
	free_frame_by_frame(group);
	assert_int_equal(cairn_pages_alloc_at(group, GROUP_ORDER), CAIRN_OK);
	assert_int_equal(cairn_pages_free(group), CAIRN_OK);
	take_frame_by_frame(group);
	free_frame_by_frame(group);
	object[nobjects] = cairn_cache_alloc(&widgets);
	assert_true((size_t)(object[nobjects] - group) < GROUP * CAIRN_FRAME_NBYTES);
	assert_int_equal(cairn_cache_free(&widgets, object[nobjects]), CAIRN_OK);
	cairn_cache_shrink(&widgets);
	take_frame_by_frame(group);
	free_frame_by_frame(group);
	unsigned char *block = cairn_alloc(heap_nbytes);
	assert_true(block != NULL && (size_t)(block - group) < GROUP * CAIRN_FRAME_NBYTES);
	assert_int_equal(cairn_free(block), CAIRN_OK);
	cairn_trim();
	take_frame_by_frame(group);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(cairn_pages_free(taken[i]), CAIRN_OK);
	while (nobjects > 0)
		assert_int_equal(cairn_cache_free(&widgets, object[--nobjects]), CAIRN_OK);
	assert_int_equal(cairn_cache_destroy(&widgets), CAIRN_OK);
	facade_all_back();
}

/* ... and each of them in a lock of its own. */
static void spares_merge_one_a_lock(void **state)
{
	(void)state;
	size_t n = 0;
	while ((taken[n] = cairn_pages_alloc(0, CAIRN_ANY_ZONE)) != NULL)
		n++;
	unsigned char *group = whole_group(n);
	free_frame_by_frame(group);
	unsigned nlocks = port_test.nlocks;
	assert_ptr_equal(cairn_pages_alloc(GROUP_ORDER, CAIRN_ANY_ZONE), group);
	assert_int_equal(port_test.nlocks - nlocks, 4); /* not found; two frames merge; found */
	assert_int_equal(cairn_pages_free(group), CAIRN_OK);
	take_frame_by_frame(group);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(cairn_pages_free(taken[i]), CAIRN_OK);
	facade_all_back();
}

static void requests_that_make_no_sense_get_null(void **state)
{
	(void)state;
	port_test.nreports = 0;
	assert_null(cairn_alloc(0));
	assert_null(cairn_alloc(SIZE_MAX));
	assert_null(cairn_alloc(SIZE_MAX - 7));
	assert_null(cairn_alloc(CAIRN_HEAP_MAX_NBYTES + 1));
	assert_null(cairn_zalloc(0));
	assert_null(cairn_calloc(SIZE_MAX / 2, 3));
	assert_null(cairn_calloc(0, 8));
	assert_null(cairn_alloc_aligned(0, 8));
	assert_null(cairn_alloc_aligned(24, 8));
	assert_null(cairn_alloc_aligned(SIZE_MAX / 2 + 1, 8));
	assert_null(cairn_alloc_aligned(64, SIZE_MAX - 32));
	assert_null(cairn_alloc_aligned(64, 0));
	assert_null(cairn_realloc(NULL, 0));
	assert_int_equal(port_test.nreports, 0);
	facade_all_back();
}

/* What is kept for speed is not given up for a request that nothing could satisfy. */
static void requests_that_make_no_sense_trim_nothing(void **state)
{
	(void)state;
	struct cairn_totals before, after;
	assert_int_equal(cairn_free(cairn_alloc(8)), CAIRN_OK);
	cairn_totals(&before);
	assert_int_not_equal(before.nframes_of[CAIRN_HEAP], 0);
	assert_null(cairn_alloc(SIZE_MAX));
	assert_null(cairn_alloc_aligned(SIZE_MAX / 2 + 1, 8));
	assert_null(cairn_pages_alloc(CAIRN_ORDERS, CAIRN_ANY_ZONE));
	assert_null(cairn_pages_alloc(0, 0));
	assert_null(cairn_pages_alloc_run(SIZE_MAX, CAIRN_ANY_ZONE));
	assert_null(cairn_pages_alloc_run(0, CAIRN_ANY_ZONE));
	port_test.nreports = 0;
	assert_null(cairn_cache_alloc(NULL));
	facade_reported(CAIRN_EDESTROYED, "cairn_cache_alloc", NULL);
	cairn_totals(NULL);
	cairn_totals(&after);
	assert_memory_equal(&before, &after, sizeof(before));
	facade_all_back();
}

static void tables_list_caches_zones_and_live_blocks(void **state)
{
	(void)state;
	struct cairn_cache_info info;
	struct cairn_zone_info zone;
	struct cairn_heap_info heap;
	facade_caches_up();
	size_t ncaches = 0;
	for (struct cairn_cache *cache = cairn_next_cache(NULL); cache != NULL;
	     cache = cairn_next_cache(cache))
		ncaches++;
	assert_int_equal(ncaches, 2);
	assert_true(cairn_cache_stats(&widgets, &info));
	assert_string_equal(info.name, "widget");
	assert_true(cairn_zone_info(0, &zone));
	assert_string_equal(zone.name, "fast");
	assert_true(cairn_zone_info(1, &zone));
	assert_string_equal(zone.name, "slow");
	assert_false(cairn_zone_info(2, &zone));
	assert_false(cairn_zone_info(0, NULL));

	int me;
	port_test.owner = &me;
	void *mine = cairn_alloc(50);
	port_test.owner = NULL;
	void *other = cairn_alloc(50);
	assert_ptr_equal(cairn_next_live_of(&me, NULL), CAIRN_CHECK >= 2 ? mine : NULL);
	assert_null(cairn_next_live_of(&me, mine));
	cairn_heap_stats(&heap);
	assert_int_equal(heap.live_nblocks, 2);
	assert_int_equal(cairn_free(mine), CAIRN_OK);
	assert_int_equal(cairn_free(other), CAIRN_OK);
	facade_caches_down();
}

int test_cairn_run(void)
{
	static const struct CMUnitTest tests[] = {
		FACADE_TEST(before_init_everything_is_refused),
		FACADE_TEST(maps_that_make_no_sense_are_refused),
		FACADE_TEST(init_takes_the_memory_over_once),
		FACADE_TEST(pages_come_and_go),
		FACADE_TEST(spares_merge_before_a_request_fails),
		FACADE_TEST(spares_merge_one_a_lock),
		FACADE_TEST(requests_that_make_no_sense_get_null),
		FACADE_TEST(requests_that_make_no_sense_trim_nothing),
		FACADE_TEST(tables_list_caches_zones_and_live_blocks),
		FACADE_TEST(reports_name_the_caller),
	};
	int nfailed = cmocka_run_group_tests_name("cairn", tests, NULL, NULL);

	nfailed += test_cairn_heap_run();
	nfailed += test_cairn_object_run();
	return nfailed + test_cairn_stack_run();
}
