/* SPDX-License-Identifier: MIT */
/* Tests of region.c: every error, rounding, joining, cutting, the ends of the address space. The maps are
 * of memory that is not there. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "region_fixture.h"

static void refused(const struct cairn_range *ranges, size_t nranges, enum cairn_err err)
{
	regions.nbanks = 1;
	assert_int_equal(cairn_region_init(&regions, ranges, nranges), err);
	assert_true(regions.nbanks == 0 && regions.nholes == 0 && regions.ntaken == 0);
}

static void bank_is(size_t bank, uintptr_t base, size_t nframes, const char *name)
{
	assert_true(bank < regions.nbanks);
	assert_true(regions.banks[bank].base == base);
	assert_true(regions.banks[bank].nframes == nframes);
	assert_string_equal(regions.banks[bank].name, name);
}

/* ---- errors ---- */

static void region_refuses_nothing_to_read(void **state)
{
	const struct cairn_range ram = RAM(SOMEWHERE, FRAME, "ram", 0);

	(void)state;
	assert_int_equal(cairn_region_init(NULL, &ram, 1), CAIRN_EINVAL);
	refused(NULL, 1, CAIRN_EINVAL);
	refused(&ram, 0, CAIRN_EEMPTY);
}

static void region_refuses_an_unknown_kind(void **state)
{
	struct cairn_range ranges[] = {RAM(SOMEWHERE, FRAME, "ram", 0), RESERVED(SOMEWHERE, 1, "x")};

	(void)state;
	ranges[1].kind = CAIRN_RANGE_META + 1;
	refused(ranges, 2, CAIRN_EINVAL);
}

static void region_refuses_empty_ranges(void **state)
{
	const struct cairn_range ram[] = {RAM(SOMEWHERE, FRAME, "a", 0), RAM(SOMEWHERE * 2, 0, "b", 0)};
	const struct cairn_range hole[] = {RAM(SOMEWHERE, FRAME, "a", 0), RESERVED(SOMEWHERE, 0, "b")};
	const struct cairn_range no_ram[] = {RESERVED(SOMEWHERE, FRAME, "a"), META(SOMEWHERE, FRAME, "b")};
	const struct cairn_range no_frame[] = {RAM(SOMEWHERE + 1, 2 * FRAME - 2, "a", 0)};

	(void)state;
	refused(ram, 2, CAIRN_EEMPTY);
	refused(hole, 2, CAIRN_EEMPTY);
	refused(no_ram, 2, CAIRN_EEMPTY);
	refused(no_frame, 1, CAIRN_EEMPTY);
}

static void region_refuses_ranges_that_wrap(void **state)
{
	const struct cairn_range ram[] = {RAM(LAST_BASE, FRAME + 1, "a", 0)};
	const struct cairn_range most[] = {RAM(SOMEWHERE, FRAME, "a", 0), RESERVED(2, SIZE_MAX, "b")};
	const struct cairn_range meta[] = {RAM(SOMEWHERE, FRAME, "a", 0), META(LAST, 2, "b")};

	(void)state;
	refused(ram, 1, CAIRN_EWRAP);
	refused(most, 2, CAIRN_EWRAP);
	refused(meta, 2, CAIRN_EWRAP);
}

static void region_refuses_ram_that_overlaps(void **state)
{
	struct cairn_range ranges[] = {RAM(SOMEWHERE, 4 * FRAME, "a", 0), RAM(0, 1, "b", 0)};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		const struct cairn_range overlapping[] = {RAM(SOMEWHERE + 4 * FRAME - 1, FRAME, "above", 0),
							  RAM(SOMEWHERE - FRAME, FRAME + 1, "below", 0),
							  RAM(SOMEWHERE + FRAME, 1, "inside", 0),
							  RAM(0, SIZE_MAX, "around", CAIRN_ATTR_DMA)};

		ranges[1] = overlapping[i];
		refused(ranges, 2, CAIRN_EOVERLAP);
	}
	ranges[1] = (struct cairn_range)RAM(SOMEWHERE + 4 * FRAME, 1, "touching", 0);
	region_start(ranges, 2);
}

static void region_refuses_more_than_fits(void **state)
{
	struct cairn_range ranges[CAIRN_RANGES + 1];

	(void)state;
	for (size_t i = 0; i < COUNT(ranges); i++)
		ranges[i] = (struct cairn_range)RESERVED(SOMEWHERE + 2 * i * FRAME, FRAME, "hole");
	ranges[0] = (struct cairn_range)RAM(SOMEWHERE, 2 * CAIRN_RANGES * FRAME, "ram", 0);
	refused(ranges, CAIRN_RANGES + 1, CAIRN_ETOOMANY);
	region_start(ranges, CAIRN_RANGES);
}

static void region_refuses_too_many_banks(void **state)
{
	struct cairn_range ranges[CAIRN_ZONES + 1];

	(void)state;
	for (size_t i = 0; i <= CAIRN_ZONES; i++)
		ranges[i] = (struct cairn_range)RAM(SOMEWHERE + 2 * i * FRAME, FRAME, "bank", 0);
	refused(ranges, CAIRN_ZONES + 1, CAIRN_ETOOMANY);
	region_start(ranges, CAIRN_ZONES);
	ranges[0].nbytes = 2 * FRAME; /* now it joins two into one */
	region_start(ranges, CAIRN_ZONES + 1);
	assert_int_equal(regions.nbanks, CAIRN_ZONES);
	ranges[0].nbytes = FRAME - 1; /* now it holds no frame, and is no bank */
	region_start(ranges, CAIRN_ZONES + 1);
	assert_int_equal(regions.nbanks, CAIRN_ZONES);
}

static void region_functions_take_nonsense(void **state)
{
	const struct cairn_range ram[] = {RAM(SOMEWHERE, FRAME, "ram", 0)};
	uintptr_t at = 0, end;

	(void)state;
	region_start(ram, 1);
	assert_false(cairn_region_next_free(NULL, 0, &at, &end));
	assert_false(cairn_region_next_meta(NULL, 0, &at, &end));
	region_no_more_free(1, 0);
	region_no_more_meta(1, 0);
	region_no_more_free(0, LAST);
	region_no_more_meta(0, LAST);
	assert_null(cairn_region_name(NULL, 0));
	assert_null(cairn_region_take(NULL, 1, 1));
	assert_non_null(cairn_region_check(NULL));
}

/* ---- banks ---- */

static void region_rounds_ram_inwards(void **state)
{
	const size_t offsets[] = {0, 1, FRAME / 2, FRAME - 1};

	(void)state;
	for (size_t i = 0; i < COUNT(offsets); i++)
		for (size_t j = 0; j < COUNT(offsets); j++) {
			uintptr_t base = SOMEWHERE + offsets[i], end = SOMEWHERE + 5 * FRAME + offsets[j];
			const struct cairn_range ram[] = {RAM(base, end - base, "ram", 0)};

			region_start(ram, 1);
			bank_is(0, SOMEWHERE + (i ? FRAME : 0), i ? 4 : 5, "ram");
		}
}

static void region_joins_ram_that_touches(void **state)
{
	/* Out of order, with bounds inside frames; "other" has attributes of its own. */
	const struct cairn_range ram[] = {RAM(SOMEWHERE + 5 * FRAME, FRAME, "other", CAIRN_ATTR_DMA),
					  RAM(SOMEWHERE + 2 * FRAME + 7, FRAME - 7, "high", CAIRN_ATTR_FAST),
					  RAM(SOMEWHERE, FRAME + 1, "low", CAIRN_ATTR_FAST),
					  RAM(SOMEWHERE + 3 * FRAME, 2 * FRAME, "top", CAIRN_ATTR_FAST),
					  RAM(SOMEWHERE + FRAME + 1, FRAME + 6, "middle", CAIRN_ATTR_FAST)};

	(void)state;
	region_start(ram, COUNT(ram));
	assert_int_equal(regions.nbanks, 2);
	bank_is(0, SOMEWHERE + 5 * FRAME, 1, "other");
	bank_is(1, SOMEWHERE, 5, "high");
	assert_int_equal(regions.banks[0].attr, CAIRN_ATTR_DMA);
	assert_int_equal(regions.banks[1].attr, CAIRN_ATTR_FAST);
}

static void region_keeps_ram_of_other_attributes_apart(void **state)
{
	/* The frame that both share in part is nobody's. */
	const struct cairn_range ram[] = {RAM(SOMEWHERE + FRAME + 5, 3 * FRAME, "b", CAIRN_ATTR_FAST),
					  RAM(SOMEWHERE, FRAME + 5, "a", 0)};

	(void)state;
	region_start(ram, 2);
	bank_is(0, SOMEWHERE + 2 * FRAME, 2, "b");
	bank_is(1, SOMEWHERE, 1, "a");
}

static void region_works_at_both_ends_of_the_address_space(void **state)
{
	const struct cairn_range top[] = {RAM(LAST - 4 * FRAME + 1, 4 * FRAME, "top", 0),
					  RESERVED(LAST, 1, "hole")};
	const struct cairn_range halves[] = {RAM(LAST / 2 + 1, LAST / 2 + 1, "high", 0),
					     RAM(0, LAST / 2 + 1, "low", 0)};
	const struct cairn_range most[] = {RAM(1, SIZE_MAX, "most", 0), META(LAST_BASE - 1, FRAME, "meta")};
	const struct cairn_range last[] = {RAM(SOMEWHERE, FRAME, "ram", 0), RAM(LAST_BASE, FRAME, "last", 0)};
	const struct cairn_range first[] = {RAM(SOMEWHERE, FRAME, "ram", 0), RAM(0, FRAME, "first", 0)};
	uintptr_t at = 0;

	(void)state;
	region_start(top, 2);
	bank_is(0, LAST_BASE - 3 * FRAME, 3, "top");
	region_free_is(0, &at, LAST_BASE - 3 * FRAME, LAST_BASE);
	region_no_more_free(0, at);
	region_start(halves, 2);
	assert_int_equal(regions.nbanks, 1);
	bank_is(0, FRAME, (LAST_BASE - FRAME) / FRAME, "high");
	region_start(most, 2);
	bank_is(0, FRAME, (LAST_BASE - FRAME) / FRAME, "most");
	at = 0;
	region_meta_is(0, &at, LAST_BASE - FRAME, LAST_BASE);
	region_no_more_meta(0, at);
	region_start(last, 2);
	assert_int_equal(regions.nbanks, 1);
	region_start(first, 2);
	assert_int_equal(regions.nbanks, 1);
}

/* ---- holes ---- */

static void region_rounds_holes_outwards(void **state)
{
	const struct cairn_range ranges[] = {
		RESERVED(SOMEWHERE + 2 * FRAME - 1, 2, "two"), RAM(SOMEWHERE, 10 * FRAME, "ram", 0),
		META(SOMEWHERE + 5 * FRAME + 1, 1, "one"), RESERVED(SOMEWHERE + 10 * FRAME, FRAME, "behind"),
		RESERVED(SOMEWHERE - FRAME, FRAME, "before")};
	uintptr_t at = 0;

	(void)state;
	region_start(ranges, COUNT(ranges));
	region_free_is(0, &at, SOMEWHERE, SOMEWHERE + FRAME);
	region_free_is(0, &at, SOMEWHERE + 3 * FRAME, SOMEWHERE + 5 * FRAME);
	region_free_is(0, &at, SOMEWHERE + 6 * FRAME, SOMEWHERE + 10 * FRAME);
	region_no_more_free(0, at);
	at = 0;
	region_meta_is(0, &at, SOMEWHERE + 5 * FRAME, SOMEWHERE + 6 * FRAME);
	region_no_more_meta(0, at);
}

static void region_reserved_wins_over_meta(void **state)
{
	const struct cairn_range ranges[] = {META(SOMEWHERE, 6 * FRAME, "tables"),
					     RESERVED(SOMEWHERE + 2 * FRAME, FRAME, "image"),
					     RAM(SOMEWHERE, 8 * FRAME, "ram", 0),
					     RESERVED(SOMEWHERE + 5 * FRAME, 2 * FRAME, "device tree")};
	uintptr_t at = 0;

	(void)state;
	region_start(ranges, COUNT(ranges));
	region_meta_is(0, &at, SOMEWHERE, SOMEWHERE + 2 * FRAME);
	region_meta_is(0, &at, SOMEWHERE + 3 * FRAME, SOMEWHERE + 5 * FRAME);
	region_no_more_meta(0, at);
	at = 0;
	region_free_is(0, &at, SOMEWHERE + 7 * FRAME, SOMEWHERE + 8 * FRAME);
	region_no_more_free(0, at);
	assert_string_equal(cairn_region_name(&regions, SOMEWHERE), "tables");
	assert_string_equal(cairn_region_name(&regions, SOMEWHERE + 2 * FRAME), "image");
	assert_string_equal(cairn_region_name(&regions, SOMEWHERE + 5 * FRAME - 1), "tables");
	assert_string_equal(cairn_region_name(&regions, SOMEWHERE + 5 * FRAME), "device tree");
	assert_null(cairn_region_name(&regions, SOMEWHERE + 7 * FRAME));
	assert_null(cairn_region_name(&regions, SOMEWHERE - 1));
}

static void region_names_touching_and_nested_holes_apart(void **state)
{
	const struct cairn_range ranges[] = {
		RESERVED(SOMEWHERE + FRAME, FRAME, "inner"), RESERVED(SOMEWHERE, 3 * FRAME, "outer"),
		RESERVED(SOMEWHERE + 3 * FRAME, FRAME, "next"), RAM(SOMEWHERE, 8 * FRAME, "ram", 0)};
	const struct cairn_range nested[] = {META(SOMEWHERE, 3 * FRAME, "outer"),
					     META(SOMEWHERE + FRAME, FRAME, "inner"),
					     RAM(SOMEWHERE, 8 * FRAME, "ram", 0)};
	const char *const names[] = {"outer", "inner", "outer", "next"};
	uintptr_t at = 0;

	(void)state;
	region_start(ranges, COUNT(ranges));
	for (size_t i = 0; i < COUNT(names); i++)
		assert_string_equal(cairn_region_name(&regions, SOMEWHERE + i * FRAME), names[i]);
	assert_null(cairn_region_name(&regions, SOMEWHERE + COUNT(names) * FRAME));
	/* Within a range that has it already, another cuts nothing. */
	region_start(nested, COUNT(nested));
	region_meta_is(0, &at, SOMEWHERE, SOMEWHERE + 3 * FRAME);
	assert_string_equal(cairn_region_name(&regions, SOMEWHERE + FRAME), "outer");
}

static void region_of_holes_alone_is_full(void **state)
{
	const struct cairn_range ranges[] = {RAM(SOMEWHERE, 8 * FRAME, "ram", 0),
					     RESERVED(0, SIZE_MAX, "all")};

	(void)state;
	region_start(ranges, 2);
	region_no_more_free(0, 0);
	assert_null(cairn_region_take(&regions, 1, 1));
	assert_string_equal(cairn_region_name(&regions, 0), "all");
	assert_string_equal(cairn_region_name(&regions, SOMEWHERE), "all");
}

int test_region_run(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(region_refuses_nothing_to_read),
		cmocka_unit_test(region_refuses_an_unknown_kind),
		cmocka_unit_test(region_refuses_empty_ranges),
		cmocka_unit_test(region_refuses_ranges_that_wrap),
		cmocka_unit_test(region_refuses_ram_that_overlaps),
		cmocka_unit_test(region_refuses_more_than_fits),
		cmocka_unit_test(region_refuses_too_many_banks),
		cmocka_unit_test(region_functions_take_nonsense),
		cmocka_unit_test(region_rounds_ram_inwards),
		cmocka_unit_test(region_joins_ram_that_touches),
		cmocka_unit_test(region_keeps_ram_of_other_attributes_apart),
		cmocka_unit_test(region_works_at_both_ends_of_the_address_space),
		cmocka_unit_test(region_rounds_holes_outwards),
		cmocka_unit_test(region_reserved_wins_over_meta),
		cmocka_unit_test(region_names_touching_and_nested_holes_apart),
		cmocka_unit_test(region_of_holes_alone_is_full),
	};

	int nfailed = cmocka_run_group_tests_name("region", tests, NULL, NULL);

	return nfailed + test_region_take_run() + test_region_check_run() + test_region_model_run();
}
