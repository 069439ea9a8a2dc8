/* SPDX-License-Identifier: MIT */
/* Tests of frames: shapes of zones, where an allocation lands, runs, blocks at an address. The boot has a
 * file of its own, and so has what is wrong. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "frame_fixture.h"

static void frame_metadata_is_small(void **state)
{
	const size_t bases[] = {0, 1, MOST / 2 + 1, MOST - 1, 12345};

	(void)state;
	assert_int_equal(cairn_frame_meta_nbytes(0, 0), 0);
	assert_int_equal(cairn_frame_meta_nbytes(0, ((size_t)1 << CAIRN_ZONE_FRAMES_LOG2) + 1), 0);
	assert_int_equal(cairn_frame_meta_nbytes(0, SIZE_MAX), 0);
	assert_int_equal(cairn_frame_meta_nbytes(CAIRN_NOFRAME, 1), 0);
	assert_int_not_equal(cairn_frame_meta_nbytes(CAIRN_NOFRAME - 1, 1), 0);
	assert_int_not_equal(cairn_frame_meta_nbytes(0, (size_t)1 << CAIRN_ZONE_FRAMES_LOG2), 0);
	for (size_t i = 0; i < COUNT(bases); i++) {
		for (size_t n = 1024; n <= (size_t)1 << CAIRN_ZONE_FRAMES_LOG2; n += n / 3)
			assert_true(cairn_frame_meta_nbytes(bases[i], n) <= n + n * 3 / 10);
		assert_true(cairn_frame_meta_nbytes(bases[i], 16) <= 128);
	}
}

/* ---- shapes of zones ---- */

static size_t nfree_before[CAIRN_ORDERS];

static void remember_blocks(unsigned zone)
{
	for (unsigned order = 0; order < CAIRN_ORDERS; order++)
		nfree_before[order] = cairn_frame_nfree_blocks(&frame_pool, zone, order);
}

static void blocks_are_as_before(unsigned zone)
{
	frame_flush();
	for (unsigned order = 0; order < CAIRN_ORDERS; order++)
		assert_int_equal(cairn_frame_nfree_blocks(&frame_pool, zone, order), nfree_before[order]);
}

/* Every frame comes, lowest first; freed in another order, all merges to what it was. */
static void fill_and_empty(cairn_pfn base, size_t nframes, struct support_rng *rng)
{
	static cairn_pfn taken[ZONE_MAX];

	remember_blocks(0);
	for (size_t i = 0; i < nframes; i++)
		taken[i] = cairn_frame_alloc(&frame_pool, 0, CAIRN_STACK, CAIRN_ANY_ZONE);
	assert_true(frame_take(0) == CAIRN_NOFRAME);
	assert_int_equal(cairn_frame_largest(&frame_pool, CAIRN_ANY_ZONE), CAIRN_ORDERS);
	for (size_t i = nframes; i > 0; i--) {
		size_t chosen = support_random_below(rng, (uint32_t)i);
		cairn_pfn pfn = taken[chosen];

		assert_true(pfn - base < nframes);
		taken[chosen] = taken[i - 1];
		assert_int_equal(cairn_frame_free(&frame_pool, pfn, CAIRN_STACK), CAIRN_OK);
	}
	assert_null(cairn_frame_check(&frame_pool));
	blocks_are_as_before(0);
	assert_int_equal(cairn_frame_count(&frame_pool, CAIRN_FREE), nframes);
}

static void frame_zones_have_any_base_and_length(void **state)
{
	const size_t lengths[] = {1, 2, 3, 16, 17, 63, 100, 255, 256, ZONE_MAX - 1, ZONE_MAX};
	struct support_rng rng = {support_seed()};

	(void)state;
	for (size_t i = 0; i < COUNT(lengths); i++) {
		const cairn_pfn bases[] = {0,
					   1,
					   2,
					   BASE - 1,
					   BASE + 7,
					   BASE + 96,
					   CAIRN_NOFRAME - lengths[i],
					   CAIRN_NOFRAME / 2 + 1 - lengths[i] / 2};

		for (size_t j = 0; j < COUNT(bases); j++) {
			frame_start(bases[j], lengths[i]);
			fill_and_empty(bases[j], lengths[i], &rng);
		}
	}
}

static void frame_zone_of_one_frame(void **state)
{
	(void)state;
	frame_start(BASE + 5, 1);
	assert_true(frame_take(1) == CAIRN_NOFRAME);
	assert_true(frame_take(0) == BASE + 5);
	assert_true(frame_take(0) == CAIRN_NOFRAME);
	frame_give(BASE + 5);
	assert_true(frame_take_run(1) == BASE + 5);
}

static void frame_last_pfns_of_all(void **state)
{
	cairn_pfn base = CAIRN_NOFRAME - 24;

	(void)state;
	frame_start(base, 24);
	assert_int_equal(cairn_frame_free(&frame_pool, CAIRN_NOFRAME, CAIRN_PAGES), CAIRN_EFOREIGN);
	assert_int_equal(cairn_frame_free(&frame_pool, 0, CAIRN_PAGES), CAIRN_EFOREIGN);
	assert_int_equal(cairn_frame_alloc_at(&frame_pool, CAIRN_NOFRAME - 7, 3, CAIRN_PAGES),
			 CAIRN_EFOREIGN);
	assert_int_equal(cairn_frame_alloc_at(&frame_pool, CAIRN_NOFRAME - 1, 0, CAIRN_PAGES), CAIRN_OK);
	assert_int_equal(cairn_frame_free(&frame_pool, CAIRN_NOFRAME - 1, CAIRN_PAGES), CAIRN_OK);
	assert_null(cairn_frame_check(&frame_pool));
}

static void frame_addresses_and_pfns_agree(void **state)
{
	(void)state;
	assert_true(cairn_addr_to_pfn(0) == 0);
	assert_true(cairn_addr_to_pfn(CAIRN_FRAME_NBYTES - 1) == 0);
	assert_true(cairn_pfn_to_addr(1) == CAIRN_FRAME_NBYTES);
	assert_true(cairn_addr_to_pfn(UINTPTR_MAX) != CAIRN_NOFRAME);
	assert_true(cairn_pfn_to_addr(cairn_addr_to_pfn(UINTPTR_MAX)) ==
		    UINTPTR_MAX - CAIRN_FRAME_NBYTES + 1);
}

static void frame_takes_best_order_then_lowest_address(void **state)
{
	(void)state;
	frame_start(BASE, 64);
	/* Free: order 0 at 1, order 3 at 8, order 2 at 20, order 1 at 26, order 2 at 28, order 5 at 32. */
	for (unsigned i = 0; i < 32; i++)
		assert_true(cairn_frame_alloc(&frame_pool, 0, CAIRN_PAGES, CAIRN_ANY_ZONE) == BASE + i);
	frame_give(BASE + 1);
	for (unsigned i = 8; i < 16; i++)
		frame_give(BASE + i);
	for (unsigned i = 20; i < 24; i++)
		frame_give(BASE + i);
	for (unsigned i = 26; i < 32; i++)
		frame_give(BASE + i);
	assert_true(frame_take(2) == BASE + 20);
	assert_true(frame_take(1) == BASE + 26);
	assert_true(frame_take(0) == BASE + 1);
	assert_true(frame_take(0) == BASE + 28);
	assert_true(frame_take(2) == BASE + 8);
	assert_true(frame_take(2) == BASE + 12);
	assert_int_equal(cairn_frame_largest(&frame_pool, CAIRN_ANY_ZONE), 5);
	assert_true(frame_take(2) == BASE + 32);
}

/* ---- spares ---- */

static void frame_spares_merge_when_asked_to(void **state)
{
	(void)state;
	frame_start(BASE, 8);
	for (unsigned i = 0; i < 8; i++)
		assert_true(frame_take(0) == BASE + i);
	/* Spares: 0 and 1, each other's buddies. In the map: 2 and 3, as one. */
	for (unsigned i = 0; i < 4; i++)
		assert_true(frame_free_shortly(BASE + i));
	assert_true(frame_spare(0, 0) == BASE && frame_spare(0, 1) == BASE + 1);
	assert_true(frame_take(2) == CAIRN_NOFRAME);
	assert_int_equal(cairn_frame_alloc_at(&frame_pool, BASE, 2, CAIRN_PAGES), CAIRN_ENOMEM);
	/* No spare is too small to be asked for, and one of order 0 is of no use then. */
	assert_int_equal(cairn_frame_flush(&frame_pool, 0), CAIRN_ORDERS);
	/* One into the map, and the other to that, and to what is there. */
	assert_int_equal(cairn_frame_flush(&frame_pool, 2), 0);
	assert_int_equal(cairn_frame_flush(&frame_pool, 2), 2);
	assert_null(cairn_frame_check(&frame_pool));
	assert_int_equal(cairn_frame_flush(&frame_pool, CAIRN_ORDERS), CAIRN_ORDERS);
	assert_true(frame_take(2) == BASE);
}

static void frame_spares_stay_that_cannot_merge(void **state)
{
	(void)state;
	frame_start(BASE, 8);
	for (unsigned i = 0; i < 8; i++)
		assert_true(frame_take(0) == BASE + i);
	assert_true(frame_free_shortly(BASE + 1));
	assert_true(frame_free_shortly(BASE + 2));
	assert_true(frame_free_shortly(BASE + 4));
	assert_int_equal(cairn_frame_flush(&frame_pool, CAIRN_ORDERS), CAIRN_ORDERS);
	assert_true(frame_take(1) == CAIRN_NOFRAME);
	/* The buddy of either of them. */
	assert_true(frame_free_shortly(BASE + 3));
	assert_int_equal(cairn_frame_flush(&frame_pool, CAIRN_ORDERS), 1);
	assert_true(frame_take(1) == BASE + 2);
	assert_true(frame_free_shortly(BASE + 0));
	assert_int_equal(cairn_frame_flush(&frame_pool, CAIRN_ORDERS), 0);
	assert_int_equal(cairn_frame_flush(&frame_pool, CAIRN_ORDERS), 1);
	assert_true(frame_take(1) == BASE);
}

/* Where the map has nothing, a block is cut from the smallest spare, and one at an address from that which has it. */
static void frame_spares_are_cut(void **state)
{
	(void)state;
	frame_start(BASE, 32);
	assert_true(frame_take(4) == BASE);
	assert_true(frame_take(3) == BASE + 16);
	assert_true(frame_take(2) == BASE + 24);
	assert_true(frame_take(2) == BASE + 28);
	assert_true(frame_free_shortly(BASE));
	assert_true(frame_free_shortly(BASE + 24));
	assert_true(frame_take(1) == BASE + 24);
	assert_true(frame_take_run(3) == BASE);
	assert_true(frame_spare(4, 0) == CAIRN_NOFRAME);
	assert_true(frame_free_shortly(BASE + 16));
	assert_int_equal(cairn_frame_alloc_at(&frame_pool, BASE + 22, 1, CAIRN_PAGES), CAIRN_OK);
	assert_null(cairn_frame_check(&frame_pool));
	assert_true(frame_spare(3, 0) == CAIRN_NOFRAME);
	assert_true(frame_free_shortly(BASE + 22));
	assert_int_equal(cairn_frame_alloc_at(&frame_pool, BASE + 22, 1, CAIRN_PAGES), CAIRN_OK);
	assert_null(cairn_frame_check(&frame_pool));
	assert_int_equal(cairn_frame_alloc_at(&frame_pool, BASE + 23, 0, CAIRN_PAGES), CAIRN_ENOMEM);
}

/* ---- several zones ---- */

/* What is freed is not what comes next, unless it is the lowest. */
static void frame_ordered_has_no_spares(void **state)
{
	cairn_pfn low, high;

	(void)state;
	cairn_frame_init_ordered(&frame_pool);
	frame_add(BASE, 16);
	assert_int_equal(cairn_frame_zone_open(&frame_pool, BASE, 16, CAIRN_FREE), CAIRN_OK);
	low = frame_take(0);
	high = frame_take(0);
	assert_true(low == BASE && high == BASE + 1);
	assert_int_equal(cairn_frame_free(&frame_pool, low, CAIRN_PAGES), CAIRN_OK);
	assert_int_equal(cairn_frame_free(&frame_pool, high, CAIRN_PAGES), CAIRN_OK);
	assert_int_equal(cairn_frame_flush(&frame_pool, CAIRN_ORDERS), CAIRN_ORDERS);
	assert_true(frame_take(0) == BASE);
}

static void frame_zones_are_tried_in_order(void **state)
{
	unsigned zone;

	(void)state;
	frame_start(BASE, 16);
	assert_int_equal(cairn_frame_zone_add(&frame_pool, BASE + 16, 32, CAIRN_ATTR_DMA, "second",
					      frame_meta[1], sizeof(frame_meta[1]), &zone),
			 CAIRN_OK);
	assert_int_equal(zone, 1);
	assert_int_equal(cairn_frame_zone_open(&frame_pool, BASE + 15, 2, CAIRN_FREE), CAIRN_EFOREIGN);
	assert_int_equal(cairn_frame_zone_open(&frame_pool, BASE + 16, 32, CAIRN_FREE), CAIRN_OK);
	assert_int_equal(cairn_frame_zones_with(&frame_pool, 0), 3);
	assert_int_equal(cairn_frame_zones_with(&frame_pool, CAIRN_ATTR_DMA), 2);
	assert_int_equal(cairn_frame_zones_with(&frame_pool, CAIRN_ATTR_DMA | CAIRN_ATTR_FAST), 0);
	assert_int_equal(cairn_frame_zones_with(&frame_pool, ~0u), 0);
	assert_int_equal(cairn_frame_zones_with(NULL, 0), 0);
	assert_int_equal(cairn_frame_largest(&frame_pool, 1), 4);
	assert_int_equal(cairn_frame_largest(&frame_pool, CAIRN_ANY_ZONE), 4);
	assert_int_equal(cairn_frame_largest(&frame_pool, 0), CAIRN_ORDERS);
	assert_int_equal(cairn_frame_largest(NULL, 1), CAIRN_ORDERS);
	assert_true(cairn_frame_alloc(&frame_pool, 0, CAIRN_HEAP, 2) == BASE + 16);
	assert_true(cairn_frame_alloc(&frame_pool, 4, CAIRN_HEAP, CAIRN_ANY_ZONE) == BASE);
	assert_true(cairn_frame_alloc(&frame_pool, 4, CAIRN_HEAP, CAIRN_ANY_ZONE) == BASE + 32);
	assert_true(cairn_frame_alloc(&frame_pool, 4, CAIRN_HEAP, CAIRN_ANY_ZONE) == CAIRN_NOFRAME);
	assert_int_equal(cairn_frame_count(&frame_pool, CAIRN_HEAP), 33);
	/* Blocks of two zones that touch are no buddies. */
	assert_int_equal(cairn_frame_free(&frame_pool, BASE, CAIRN_HEAP), CAIRN_OK);
	assert_int_equal(cairn_frame_free(&frame_pool, BASE + 16, CAIRN_HEAP), CAIRN_OK);
	assert_int_equal(cairn_frame_free(&frame_pool, BASE + 32, CAIRN_HEAP), CAIRN_OK);
	assert_null(cairn_frame_check(&frame_pool));
	assert_int_equal(cairn_frame_largest(&frame_pool, CAIRN_ANY_ZONE), 4);
}

static void frame_zone_info_tells_all(void **state)
{
	struct cairn_zone_info info;
	struct cairn_frame_info frame;

	(void)state;
	frame_start(BASE, 40);
	assert_true(frame_take(0) == BASE + 32);
	assert_false(cairn_frame_zone_info(NULL, 0, &info));
	assert_false(cairn_frame_zone_info(&frame_pool, CAIRN_ZONES, &info));
	assert_false(cairn_frame_zone_info(&frame_pool, 0, NULL));
	assert_false(cairn_frame_zone_info(&frame_pool, CAIRN_ZONES - 1, &info));
	assert_true(cairn_frame_zone_info(&frame_pool, 0, &info));
	assert_true(info.base == BASE);
	assert_int_equal(info.nframes, 40);
	assert_int_equal(info.nfree, 39);
	assert_int_equal(info.nframes_of[CAIRN_PAGES], 1);
	assert_int_equal(cairn_frame_nfree_blocks(&frame_pool, 0, 0), 1);
	assert_int_equal(cairn_frame_nfree_blocks(&frame_pool, 0, 5), 1);
	assert_int_equal(cairn_frame_nfree_blocks(&frame_pool, 0, CAIRN_ORDERS), 0);
	assert_int_equal(cairn_frame_nfree_blocks(&frame_pool, 1, 0), 0);
	assert_int_equal(cairn_frame_nfree_blocks(&frame_pool, CAIRN_ZONES, 0), 0);
	assert_int_equal(cairn_frame_nfree_blocks(NULL, 0, 0), 0);
	assert_int_equal(info.largest_order, 5);
	assert_string_equal(info.name, "zone");
	assert_int_equal(cairn_frame_count(NULL, CAIRN_FREE), 0);
	assert_int_equal(cairn_frame_count(&frame_pool, CAIRN_NOWNERS), 0);
	assert_int_equal(cairn_frame_owner(NULL, BASE + 32), CAIRN_RESERVED);
	assert_int_equal(cairn_frame_owner(&frame_pool, BASE + 40), CAIRN_RESERVED);
	assert_false(cairn_frame_info(NULL, BASE, &frame));
	assert_false(cairn_frame_info(&frame_pool, BASE, NULL));
	assert_false(cairn_frame_info(&frame_pool, BASE + 40, &frame));
}

/* ---- runs, and blocks at an address ---- */

static void frame_runs_of_every_length(void **state)
{
	size_t longest = frame_smaller(MOST, ZONE_MAX / 2);

	(void)state;
	for (size_t n = 1; n <= longest; n++) {
		size_t rounded = (size_t)1 << cairn_log2_ceil(n);
		cairn_pfn pfn, tail;

		frame_start(BASE + ZONE_MAX, ZONE_MAX);
		remember_blocks(0);
		pfn = frame_take_run(n);
		assert_true(pfn == BASE + ZONE_MAX);
		assert_int_equal(cairn_frame_count(&frame_pool, CAIRN_PAGES), n);
		for (size_t i = 0; i < n; i++)
			frame_is(pfn + i, CAIRN_PAGES, pfn, n);
		/* The tail is free at once, and a neighbour there is none of the run's. */
		if (n < rounded) {
			tail = frame_take(0);
			assert_in_range(tail - pfn, n, rounded - 1);
			frame_is(pfn, CAIRN_PAGES, pfn, n);
			frame_give(tail);
		}
		for (size_t i = 1; i < n; i++)
			assert_int_equal(cairn_frame_free(&frame_pool, pfn + i, CAIRN_PAGES),
					 CAIRN_EINTERIOR);
		frame_give(pfn);
		blocks_are_as_before(0);
	}
}

static void frame_runs_side_by_side(void **state)
{
	cairn_pfn a, b, c;

	(void)state;
	frame_start(BASE, 64);
	remember_blocks(0);
	a = frame_take_run(7);
	b = frame_take_run(13);
	c = frame_take_run(3);
	assert_true(a == BASE && b == BASE + 16 && c == BASE + 8);
	frame_give(a);
	frame_is(b + 12, CAIRN_PAGES, b, 13);
	frame_is(c + 2, CAIRN_PAGES, c, 3);
	frame_give(c);
	frame_give(b);
	blocks_are_as_before(0);
	assert_true(frame_take_run(65) == CAIRN_NOFRAME);
}

static void frame_alloc_at_takes_any_block(void **state)
{
	(void)state;
	for (unsigned order = 0; order <= 6; order++)
		for (cairn_pfn at = 0; at < 64; at += (cairn_pfn)1 << order) {
			cairn_pfn head = BASE + at;

			frame_start(BASE, 64);
			remember_blocks(0);
			assert_int_equal(cairn_frame_alloc_at(&frame_pool, head, order, CAIRN_SLAB),
					 CAIRN_OK);
			assert_null(cairn_frame_check(&frame_pool));
			frame_is(head, CAIRN_SLAB, head, (size_t)1 << order);
			assert_int_equal(cairn_frame_count(&frame_pool, CAIRN_SLAB), 1 << order);
			assert_int_equal(cairn_frame_alloc_at(&frame_pool, head, order, CAIRN_SLAB),
					 CAIRN_ENOMEM);
			assert_int_equal(cairn_frame_free(&frame_pool, head, CAIRN_SLAB), CAIRN_OK);
			assert_null(cairn_frame_check(&frame_pool));
			blocks_are_as_before(0);
		}
}

int test_frame_run(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frame_metadata_is_small),
		cmocka_unit_test(frame_zones_have_any_base_and_length),
		cmocka_unit_test(frame_zone_of_one_frame),
		cmocka_unit_test(frame_last_pfns_of_all),
		cmocka_unit_test(frame_addresses_and_pfns_agree),
		cmocka_unit_test(frame_takes_best_order_then_lowest_address),
		cmocka_unit_test(frame_spares_merge_when_asked_to),
		cmocka_unit_test(frame_spares_stay_that_cannot_merge),
		cmocka_unit_test(frame_spares_are_cut),
		cmocka_unit_test(frame_ordered_has_no_spares),
		cmocka_unit_test(frame_zones_are_tried_in_order),
		cmocka_unit_test(frame_zone_info_tells_all),
		cmocka_unit_test(frame_runs_of_every_length),
		cmocka_unit_test(frame_runs_side_by_side),
		cmocka_unit_test(frame_alloc_at_takes_any_block),
	};

	int nfailed = cmocka_run_group_tests_name("frame", tests, NULL, NULL);

	return nfailed + test_frame_boot_run() + test_frame_misuse_run() + test_frame_model_run() +
	       test_frame_check_run();
}
