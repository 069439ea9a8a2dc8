/* SPDX-License-Identifier: MIT */
/* Damage planted in a boot map, which the check names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "region_fixture.h"

static void damaged_map(void)
{
	const struct cairn_range ranges[] = {
		RAM(region_frame_at(0), 10 * FRAME, "a", 0), RAM(region_frame_at(12), 2 * FRAME, "b", 0),
		RESERVED(region_frame_at(2), FRAME, "hole"), META(region_frame_at(4), FRAME, "meta")};

	region_start(ranges, COUNT(ranges));
	assert_non_null(cairn_region_take(&regions, 2 * FRAME, 1));
	assert_non_null(cairn_region_take(&regions, 2 * FRAME, 1));
	assert_int_equal(regions.ntaken, 2);
}

#define CHECK_NAMES(damage, text)                                        \
	do {                                                             \
		damaged_map();                                           \
		damage;                                                  \
		assert_non_null(cairn_region_check(&regions));           \
		assert_string_equal(cairn_region_check(&regions), text); \
	} while (0)

static void region_check_names_damage(void **state)
{
	(void)state;
	CHECK_NAMES(regions.nbanks = CAIRN_ZONES + 1, "r->nbanks <= CAIRN_ZONES");
	CHECK_NAMES(regions.nholes = SIZE_MAX, "r->nholes <= sizeof(r->holes) / sizeof(r->holes[0])");
	CHECK_NAMES(regions.ntaken = SIZE_MAX, "r->ntaken <= CAIRN_TAKEN_RUNS");
	CHECK_NAMES(regions.banks[1].nframes = 0, "bank->nframes > 0");
	CHECK_NAMES(regions.banks[1].base = 0, "bank->base >= SPACE_BASE && bank->base < SPACE_END");
	CHECK_NAMES(regions.banks[1].base++, "bank->base == frame_down(bank->base)");
	CHECK_NAMES(regions.banks[1].nframes = SIZE_MAX,
		    "bank->nframes <= (SPACE_END - bank->base) >> CAIRN_FRAME_SHIFT");
	CHECK_NAMES(regions.banks[1].base = regions.banks[0].base,
		    "bank->base >= bank_end(&r->banks[j]) || bank_end(bank) <= r->banks[j].base");
	CHECK_NAMES(regions.holes[0].kind = CAIRN_RANGE_RAM,
		    "hole->kind == CAIRN_RANGE_RESERVED || hole->kind == CAIRN_RANGE_META");
	CHECK_NAMES(regions.holes[0].span.end = regions.holes[0].span.base,
		    "hole->span.base < hole->span.end && hole->span.end <= SPACE_END");
	CHECK_NAMES(regions.holes[0].span.base--, "hole->span.base == frame_down(hole->span.base)");
	CHECK_NAMES(regions.holes[0].span.end++, "hole->span.end == frame_down(hole->span.end)");
	CHECK_NAMES(regions.holes[1].span.base = regions.holes[0].span.base, "hole->span.base >= end");
	CHECK_NAMES(regions.taken[0].end = regions.taken[0].base, "run->base < run->end");
	CHECK_NAMES(regions.taken[0].base = 1, "gap_of(r, run->base, &gap)");
	CHECK_NAMES(regions.taken[0].end++, "run->end <= gap.end");
	CHECK_NAMES(regions.taken[1].base = regions.taken[0].base;
		    regions.taken[1].end = regions.taken[0].end,
		    "r->taken[j].base < gap.base || r->taken[j].base >= gap.end");
}

int test_region_check_run(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(region_check_names_damage),
	};

	return cmocka_run_group_tests_name("region_check", tests, NULL, NULL);
}
