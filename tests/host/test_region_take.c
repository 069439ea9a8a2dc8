/* SPDX-License-Identifier: MIT */
/* Metadata taken from a boot map, before there are frames: from memory that is there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "region_fixture.h"

static void fill_memory(void)
{
	for (size_t i = 0; i < sizeof(region_memory); i++)
		region_memory[i] = 0xee;
}

static void region_take_refuses_nonsense(void **state)
{
	const struct cairn_range ram[] = {RAM(region_frame_at(0), sizeof(region_memory), "ram", 0)};

	(void)state;
	region_start(ram, 1);
	assert_null(cairn_region_take(&regions, 0, 1));
	assert_null(cairn_region_take(&regions, 1, 0));
	assert_null(cairn_region_take(&regions, 1, 3));
	assert_null(cairn_region_take(&regions, sizeof(region_memory) + 1, 1));
	assert_null(cairn_region_take(&regions, SIZE_MAX, 1));
	assert_null(cairn_region_take(&regions, 1, SIZE_MAX / 2 + 1));
	assert_int_equal(regions.ntaken, 0);
	region_no_more_meta(0, 0);
}

static void region_take_shares_frames_and_clears(void **state)
{
	const struct cairn_range ram[] = {RAM(region_frame_at(0), sizeof(region_memory), "ram", 0)};
	unsigned char *a, *b, *c;
	uintptr_t at = 0;

	(void)state;
	fill_memory();
	region_start(ram, 1);
	a = cairn_region_take(&regions, 5, 1);
	b = cairn_region_take(&regions, 16, 8);
	c = cairn_region_take(&regions, FRAME, 4);
	assert_ptr_equal(a, region_memory);
	assert_ptr_equal(b, region_memory + 8);
	assert_ptr_equal(c, region_memory + 24);
	for (size_t i = 0; i < 24 + FRAME; i++)
		assert_int_equal(region_memory[i], i >= 5 && i < 8 ? 0xee : 0);
	assert_int_equal(region_memory[24 + FRAME], 0xee);
	region_meta_is(0, &at, region_frame_at(0), region_frame_at(2));
	at = 0;
	region_free_is(0, &at, region_frame_at(2), region_frame_at(REGION_NFRAMES));
	assert_string_equal(cairn_region_name(&regions, region_frame_at(2) - 1), "boot metadata");
	assert_null(cairn_region_name(&regions, region_frame_at(2)));
	assert_null(cairn_region_check(&regions));
}

static void region_take_rest_begins_no_frame(void **state)
{
	const struct cairn_range ranges[] = {RAM(region_frame_at(0), sizeof(region_memory), "ram", 0),
					     RESERVED(region_frame_at(1), FRAME, "image")};

	(void)state;
	region_start(ranges, COUNT(ranges));
	fill_memory();
	assert_null(cairn_region_take_rest(&regions, 8, 8));
	assert_ptr_equal(cairn_region_take(&regions, FRAME - 10, 8), (void *)region_frame_at(0));
	assert_ptr_equal(cairn_region_take(&regions, FRAME + 1, 8), (void *)region_frame_at(2));
	assert_null(cairn_region_take_rest(NULL, 1, 1));
	assert_null(cairn_region_take_rest(&regions, 0, 1));
	assert_null(cairn_region_take_rest(&regions, 1, 3));
	assert_null(cairn_region_take_rest(&regions, FRAME, 1));
	assert_ptr_equal(cairn_region_take_rest(&regions, 9, 1), (void *)(region_frame_at(1) - 10));
	assert_ptr_equal(cairn_region_take_rest(&regions, 8, 8), (void *)(region_frame_at(3) + 8));
	assert_ptr_equal(cairn_region_take_rest(&regions, FRAME - 16, 8), (void *)(region_frame_at(3) + 16));
	assert_ptr_equal(cairn_region_take_rest(&regions, 1, 1), (void *)(region_frame_at(1) - 1));
	assert_null(cairn_region_take_rest(&regions, 1, 1));
	for (size_t i = FRAME; i < 2 * FRAME; i++)
		assert_int_equal(region_memory[i], 0xee);
	for (size_t i = 3 * FRAME; i < 4 * FRAME; i++)
		assert_int_equal(region_memory[i], i > 3 * FRAME && i < 3 * FRAME + 8 ? 0xee : 0);
	assert_int_equal(region_memory[4 * FRAME], 0xee);
	assert_null(cairn_region_check(&regions));
}

static void region_take_skips_small_gaps_and_comes_back(void **state)
{
	const struct cairn_range ranges[] = {RAM(region_frame_at(0), sizeof(region_memory), "ram", 0),
					     RESERVED(region_frame_at(2), FRAME, "image"),
					     META(region_frame_at(5), FRAME, "tables")};
	uintptr_t at = 0;

	(void)state;
	region_start(ranges, COUNT(ranges));
	assert_ptr_equal(cairn_region_take(&regions, FRAME, 8), (void *)region_frame_at(0));
	assert_ptr_equal(cairn_region_take(&regions, FRAME + 1, 8), (void *)region_frame_at(3));
	assert_ptr_equal(cairn_region_take(&regions, FRAME, 8), (void *)region_frame_at(1));
	assert_ptr_equal(cairn_region_take(&regions, FRAME, 8), (void *)region_frame_at(6));
	assert_ptr_equal(cairn_region_take(&regions, 8, 8), (void *)(region_frame_at(4) + 8));
	region_meta_is(0, &at, region_frame_at(0), region_frame_at(2));
	region_meta_is(0, &at, region_frame_at(3), region_frame_at(5));
	region_meta_is(0, &at, region_frame_at(5), region_frame_at(6));
	region_meta_is(0, &at, region_frame_at(6), region_frame_at(7));
	region_no_more_meta(0, at);
	assert_null(cairn_region_check(&regions));
}

static void region_take_prefers_the_first_bank(void **state)
{
	const struct cairn_range ranges[] = {RAM(region_frame_at(8), 2 * FRAME, "preferred", CAIRN_ATTR_FAST),
					     RAM(region_frame_at(0), 4 * FRAME, "other", 0)};

	(void)state;
	region_start(ranges, 2);
	assert_ptr_equal(cairn_region_take(&regions, FRAME, 1), (void *)region_frame_at(8));
	assert_ptr_equal(cairn_region_take(&regions, FRAME + 1, 1), (void *)region_frame_at(0));
	assert_ptr_equal(cairn_region_take(&regions, FRAME, 1), (void *)region_frame_at(9));
	assert_ptr_equal(cairn_region_take(&regions, 1, 1), (void *)(region_frame_at(1) + 1));
	region_no_more_free(0, 0);
}

/* As many gaps as a map can have, each with a run of its own: there is always room to note one more. */
static void region_take_fills_every_gap(void **state)
{
	struct cairn_range ranges[CAIRN_RANGES];
	size_t nholes = CAIRN_RANGES - 1 < REGION_NFRAMES / 2 ? CAIRN_RANGES - 1 : REGION_NFRAMES / 2,
	       ntaken = 0;
	const unsigned char *p;

	(void)state;
	ranges[0] = (struct cairn_range)RAM(region_frame_at(0), sizeof(region_memory), "ram", 0);
	for (size_t i = 0; i < nholes; i++)
		ranges[1 + i] = (struct cairn_range)RESERVED(region_frame_at(2 * i), FRAME, "hole");
	region_start(ranges, 1 + nholes);
	for (size_t nbytes = FRAME; nbytes >= 8; nbytes /= 2)
		for (; (p = cairn_region_take(&regions, nbytes, 8)) != NULL; ntaken += nbytes)
			assert_null(cairn_region_check(&regions));
	assert_int_equal(ntaken, (REGION_NFRAMES - nholes) * FRAME);
	region_no_more_free(0, 0);
}

static void region_take_aligns(void **state)
{
	const struct cairn_range ram[] = {RAM(region_frame_at(1), sizeof(region_memory) - FRAME, "ram", 0)};

	(void)state;
	region_start(ram, 1);
	for (size_t align = 1; align <= 2 * FRAME; align *= 2) {
		uintptr_t p = (uintptr_t)cairn_region_take(&regions, 3, align);

		assert_true(p != 0 && (p & (align - 1)) == 0);
		assert_null(cairn_region_check(&regions));
	}
}

int test_region_take_run(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(region_take_refuses_nonsense),
		cmocka_unit_test(region_take_shares_frames_and_clears),
		cmocka_unit_test(region_take_rest_begins_no_frame),
		cmocka_unit_test(region_take_skips_small_gaps_and_comes_back),
		cmocka_unit_test(region_take_prefers_the_first_bank),
		cmocka_unit_test(region_take_fills_every_gap),
		cmocka_unit_test(region_take_aligns),
	};

	return cmocka_run_group_tests_name("region_take", tests, NULL, NULL);
}
