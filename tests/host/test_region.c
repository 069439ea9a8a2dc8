/* SPDX-License-Identifier: MIT */
/* Tests of region.c: every error, rounding, joining, cutting, the ends of the address space, and planted
 * damage. Most maps are of memory that is not there: only take touches any. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "region_fixture.h"

#define RAM(at, length, label, bits)                                                                       \
	{                                                                                                  \
		.base = (at), .nbytes = (length), .name = (label), .kind = CAIRN_RANGE_RAM, .attr = (bits) \
	}
#define RESERVED(at, length, label)                                                             \
	{                                                                                       \
		.base = (at), .nbytes = (length), .name = (label), .kind = CAIRN_RANGE_RESERVED \
	}
#define META(at, length, label)                                                             \
	{                                                                                   \
		.base = (at), .nbytes = (length), .name = (label), .kind = CAIRN_RANGE_META \
	}
static struct cairn_regions r;

static void init(const struct cairn_range *ranges, size_t nranges)
{
	assert_int_equal(cairn_region_init(&r, ranges, nranges), CAIRN_OK);
	assert_null(cairn_region_check(&r));
}

static void refused(const struct cairn_range *ranges, size_t nranges, enum cairn_err err)
{
	r.nbanks = 1;
	assert_int_equal(cairn_region_init(&r, ranges, nranges), err);
	assert_true(r.nbanks == 0 && r.nholes == 0 && r.ntaken == 0);
}

static void bank_is(size_t bank, uintptr_t base, size_t nframes, const char *name)
{
	assert_true(bank < r.nbanks);
	assert_true(r.banks[bank].base == base);
	assert_true(r.banks[bank].nframes == nframes);
	assert_string_equal(r.banks[bank].name, name);
}

/* The next free run begins and ends there; *at moves on. */
static void free_is(size_t bank, uintptr_t *at, uintptr_t base, uintptr_t end)
{
	uintptr_t found;

	assert_true(cairn_region_next_free(&r, bank, at, &found));
	assert_true(*at == base);
	assert_true(found == end);
	*at = found;
}

static void meta_is(size_t bank, uintptr_t *at, uintptr_t base, uintptr_t end)
{
	uintptr_t found;

	assert_true(cairn_region_next_meta(&r, bank, at, &found));
	assert_true(*at == base);
	assert_true(found == end);
	*at = found;
}

static void no_more_free(size_t bank, uintptr_t at)
{
	uintptr_t end;

	assert_false(cairn_region_next_free(&r, bank, &at, &end));
}

static void no_more_meta(size_t bank, uintptr_t at)
{
	uintptr_t end;

	assert_false(cairn_region_next_meta(&r, bank, &at, &end));
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
	init(ranges, 2);
}

static void region_refuses_more_than_fits(void **state)
{
	struct cairn_range ranges[CAIRN_RANGES + 1];

	(void)state;
	for (size_t i = 0; i < COUNT(ranges); i++)
		ranges[i] = (struct cairn_range)RESERVED(SOMEWHERE + 2 * i * FRAME, FRAME, "hole");
	ranges[0] = (struct cairn_range)RAM(SOMEWHERE, 2 * CAIRN_RANGES * FRAME, "ram", 0);
	refused(ranges, CAIRN_RANGES + 1, CAIRN_ETOOMANY);
	init(ranges, CAIRN_RANGES);
}

static void region_refuses_too_many_banks(void **state)
{
	struct cairn_range ranges[CAIRN_ZONES + 1];

	(void)state;
	for (size_t i = 0; i <= CAIRN_ZONES; i++)
		ranges[i] = (struct cairn_range)RAM(SOMEWHERE + 2 * i * FRAME, FRAME, "bank", 0);
	refused(ranges, CAIRN_ZONES + 1, CAIRN_ETOOMANY);
	init(ranges, CAIRN_ZONES);
	ranges[0].nbytes = 2 * FRAME; /* now it joins two into one */
	init(ranges, CAIRN_ZONES + 1);
	assert_int_equal(r.nbanks, CAIRN_ZONES);
	ranges[0].nbytes = FRAME - 1; /* now it holds no frame, and is no bank */
	init(ranges, CAIRN_ZONES + 1);
	assert_int_equal(r.nbanks, CAIRN_ZONES);
}

static void region_functions_take_nonsense(void **state)
{
	const struct cairn_range ram[] = {RAM(SOMEWHERE, FRAME, "ram", 0)};
	uintptr_t at = 0, end;

	(void)state;
	init(ram, 1);
	assert_false(cairn_region_next_free(NULL, 0, &at, &end));
	assert_false(cairn_region_next_meta(NULL, 0, &at, &end));
	no_more_free(1, 0);
	no_more_meta(1, 0);
	no_more_free(0, LAST);
	no_more_meta(0, LAST);
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

			init(ram, 1);
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
	init(ram, COUNT(ram));
	assert_int_equal(r.nbanks, 2);
	bank_is(0, SOMEWHERE + 5 * FRAME, 1, "other");
	bank_is(1, SOMEWHERE, 5, "high");
	assert_int_equal(r.banks[0].attr, CAIRN_ATTR_DMA);
	assert_int_equal(r.banks[1].attr, CAIRN_ATTR_FAST);
}

static void region_keeps_ram_of_other_attributes_apart(void **state)
{
	/* The frame that both share in part is nobody's. */
	const struct cairn_range ram[] = {RAM(SOMEWHERE + FRAME + 5, 3 * FRAME, "b", CAIRN_ATTR_FAST),
					  RAM(SOMEWHERE, FRAME + 5, "a", 0)};

	(void)state;
	init(ram, 2);
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
	init(top, 2);
	bank_is(0, LAST_BASE - 3 * FRAME, 3, "top");
	free_is(0, &at, LAST_BASE - 3 * FRAME, LAST_BASE);
	no_more_free(0, at);
	init(halves, 2);
	assert_int_equal(r.nbanks, 1);
	bank_is(0, FRAME, (LAST_BASE - FRAME) / FRAME, "high");
	init(most, 2);
	bank_is(0, FRAME, (LAST_BASE - FRAME) / FRAME, "most");
	at = 0;
	meta_is(0, &at, LAST_BASE - FRAME, LAST_BASE);
	no_more_meta(0, at);
	init(last, 2);
	assert_int_equal(r.nbanks, 1);
	init(first, 2);
	assert_int_equal(r.nbanks, 1);
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
	init(ranges, COUNT(ranges));
	free_is(0, &at, SOMEWHERE, SOMEWHERE + FRAME);
	free_is(0, &at, SOMEWHERE + 3 * FRAME, SOMEWHERE + 5 * FRAME);
	free_is(0, &at, SOMEWHERE + 6 * FRAME, SOMEWHERE + 10 * FRAME);
	no_more_free(0, at);
	at = 0;
	meta_is(0, &at, SOMEWHERE + 5 * FRAME, SOMEWHERE + 6 * FRAME);
	no_more_meta(0, at);
}

static void region_reserved_wins_over_meta(void **state)
{
	const struct cairn_range ranges[] = {META(SOMEWHERE, 6 * FRAME, "tables"),
					     RESERVED(SOMEWHERE + 2 * FRAME, FRAME, "image"),
					     RAM(SOMEWHERE, 8 * FRAME, "ram", 0),
					     RESERVED(SOMEWHERE + 5 * FRAME, 2 * FRAME, "device tree")};
	uintptr_t at = 0;

	(void)state;
	init(ranges, COUNT(ranges));
	meta_is(0, &at, SOMEWHERE, SOMEWHERE + 2 * FRAME);
	meta_is(0, &at, SOMEWHERE + 3 * FRAME, SOMEWHERE + 5 * FRAME);
	no_more_meta(0, at);
	at = 0;
	free_is(0, &at, SOMEWHERE + 7 * FRAME, SOMEWHERE + 8 * FRAME);
	no_more_free(0, at);
	assert_string_equal(cairn_region_name(&r, SOMEWHERE), "tables");
	assert_string_equal(cairn_region_name(&r, SOMEWHERE + 2 * FRAME), "image");
	assert_string_equal(cairn_region_name(&r, SOMEWHERE + 5 * FRAME - 1), "tables");
	assert_string_equal(cairn_region_name(&r, SOMEWHERE + 5 * FRAME), "device tree");
	assert_null(cairn_region_name(&r, SOMEWHERE + 7 * FRAME));
	assert_null(cairn_region_name(&r, SOMEWHERE - 1));
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
	init(ranges, COUNT(ranges));
	for (size_t i = 0; i < COUNT(names); i++)
		assert_string_equal(cairn_region_name(&r, SOMEWHERE + i * FRAME), names[i]);
	assert_null(cairn_region_name(&r, SOMEWHERE + COUNT(names) * FRAME));
	/* Within a range that has it already, another cuts nothing. */
	init(nested, COUNT(nested));
	meta_is(0, &at, SOMEWHERE, SOMEWHERE + 3 * FRAME);
	assert_string_equal(cairn_region_name(&r, SOMEWHERE + FRAME), "outer");
}

static void region_of_holes_alone_is_full(void **state)
{
	const struct cairn_range ranges[] = {RAM(SOMEWHERE, 8 * FRAME, "ram", 0),
					     RESERVED(0, SIZE_MAX, "all")};

	(void)state;
	init(ranges, 2);
	no_more_free(0, 0);
	assert_null(cairn_region_take(&r, 1, 1));
	assert_string_equal(cairn_region_name(&r, 0), "all");
	assert_string_equal(cairn_region_name(&r, SOMEWHERE), "all");
}

/* ---- take: from memory that is there ---- */

#define NFRAMES 16u

static _Alignas(1 << CAIRN_FRAME_SHIFT) unsigned char memory[NFRAMES * ((size_t)1 << CAIRN_FRAME_SHIFT)];

static uintptr_t frame_at(size_t i)
{
	return (uintptr_t)memory + i * FRAME;
}

static void fill_memory(void)
{
	for (size_t i = 0; i < sizeof(memory); i++)
		memory[i] = 0xee;
}

static void region_take_refuses_nonsense(void **state)
{
	const struct cairn_range ram[] = {RAM(frame_at(0), sizeof(memory), "ram", 0)};

	(void)state;
	init(ram, 1);
	assert_null(cairn_region_take(&r, 0, 1));
	assert_null(cairn_region_take(&r, 1, 0));
	assert_null(cairn_region_take(&r, 1, 3));
	assert_null(cairn_region_take(&r, sizeof(memory) + 1, 1));
	assert_null(cairn_region_take(&r, SIZE_MAX, 1));
	assert_null(cairn_region_take(&r, 1, SIZE_MAX / 2 + 1));
	assert_int_equal(r.ntaken, 0);
	no_more_meta(0, 0);
}

static void region_take_shares_frames_and_clears(void **state)
{
	const struct cairn_range ram[] = {RAM(frame_at(0), sizeof(memory), "ram", 0)};
	unsigned char *a, *b, *c;
	uintptr_t at = 0;

	(void)state;
	fill_memory();
	init(ram, 1);
	a = cairn_region_take(&r, 5, 1);
	b = cairn_region_take(&r, 16, 8);
	c = cairn_region_take(&r, FRAME, 4);
	assert_ptr_equal(a, memory);
	assert_ptr_equal(b, memory + 8);
	assert_ptr_equal(c, memory + 24);
	for (size_t i = 0; i < 24 + FRAME; i++)
		assert_int_equal(memory[i], i >= 5 && i < 8 ? 0xee : 0);
	assert_int_equal(memory[24 + FRAME], 0xee);
	meta_is(0, &at, frame_at(0), frame_at(2));
	at = 0;
	free_is(0, &at, frame_at(2), frame_at(NFRAMES));
	assert_string_equal(cairn_region_name(&r, frame_at(2) - 1), "boot metadata");
	assert_null(cairn_region_name(&r, frame_at(2)));
	assert_null(cairn_region_check(&r));
}

static void region_take_rest_begins_no_frame(void **state)
{
	const struct cairn_range ranges[] = {RAM(frame_at(0), sizeof(memory), "ram", 0),
					     RESERVED(frame_at(1), FRAME, "image")};

	(void)state;
	init(ranges, COUNT(ranges));
	fill_memory();
	assert_null(cairn_region_take_rest(&r, 8, 8));
	assert_ptr_equal(cairn_region_take(&r, FRAME - 10, 8), (void *)frame_at(0));
	assert_ptr_equal(cairn_region_take(&r, FRAME + 1, 8), (void *)frame_at(2));
	assert_null(cairn_region_take_rest(NULL, 1, 1));
	assert_null(cairn_region_take_rest(&r, 0, 1));
	assert_null(cairn_region_take_rest(&r, 1, 3));
	assert_null(cairn_region_take_rest(&r, FRAME, 1));
	assert_ptr_equal(cairn_region_take_rest(&r, 9, 1), (void *)(frame_at(1) - 10));
	assert_ptr_equal(cairn_region_take_rest(&r, 8, 8), (void *)(frame_at(3) + 8));
	assert_ptr_equal(cairn_region_take_rest(&r, FRAME - 16, 8), (void *)(frame_at(3) + 16));
	assert_ptr_equal(cairn_region_take_rest(&r, 1, 1), (void *)(frame_at(1) - 1));
	assert_null(cairn_region_take_rest(&r, 1, 1));
	for (size_t i = FRAME; i < 2 * FRAME; i++)
		assert_int_equal(memory[i], 0xee);
	for (size_t i = 3 * FRAME; i < 4 * FRAME; i++)
		assert_int_equal(memory[i], i > 3 * FRAME && i < 3 * FRAME + 8 ? 0xee : 0);
	assert_int_equal(memory[4 * FRAME], 0xee);
	assert_null(cairn_region_check(&r));
}

static void region_take_skips_small_gaps_and_comes_back(void **state)
{
	const struct cairn_range ranges[] = {RAM(frame_at(0), sizeof(memory), "ram", 0),
					     RESERVED(frame_at(2), FRAME, "image"),
					     META(frame_at(5), FRAME, "tables")};
	uintptr_t at = 0;

	(void)state;
	init(ranges, COUNT(ranges));
	assert_ptr_equal(cairn_region_take(&r, FRAME, 8), (void *)frame_at(0));
	assert_ptr_equal(cairn_region_take(&r, FRAME + 1, 8), (void *)frame_at(3));
	assert_ptr_equal(cairn_region_take(&r, FRAME, 8), (void *)frame_at(1));
	assert_ptr_equal(cairn_region_take(&r, FRAME, 8), (void *)frame_at(6));
	assert_ptr_equal(cairn_region_take(&r, 8, 8), (void *)(frame_at(4) + 8));
	meta_is(0, &at, frame_at(0), frame_at(2));
	meta_is(0, &at, frame_at(3), frame_at(5));
	meta_is(0, &at, frame_at(5), frame_at(6));
	meta_is(0, &at, frame_at(6), frame_at(7));
	no_more_meta(0, at);
	assert_null(cairn_region_check(&r));
}

static void region_take_prefers_the_first_bank(void **state)
{
	const struct cairn_range ranges[] = {RAM(frame_at(8), 2 * FRAME, "preferred", CAIRN_ATTR_FAST),
					     RAM(frame_at(0), 4 * FRAME, "other", 0)};

	(void)state;
	init(ranges, 2);
	assert_ptr_equal(cairn_region_take(&r, FRAME, 1), (void *)frame_at(8));
	assert_ptr_equal(cairn_region_take(&r, FRAME + 1, 1), (void *)frame_at(0));
	assert_ptr_equal(cairn_region_take(&r, FRAME, 1), (void *)frame_at(9));
	assert_ptr_equal(cairn_region_take(&r, 1, 1), (void *)(frame_at(1) + 1));
	no_more_free(0, 0);
}

/* As many gaps as a map can have, each with a run of its own: there is always room to note one more. */
static void region_take_fills_every_gap(void **state)
{
	struct cairn_range ranges[CAIRN_RANGES];
	size_t nholes = CAIRN_RANGES - 1 < NFRAMES / 2 ? CAIRN_RANGES - 1 : NFRAMES / 2, ntaken = 0;
	const unsigned char *p;

	(void)state;
	ranges[0] = (struct cairn_range)RAM(frame_at(0), sizeof(memory), "ram", 0);
	for (size_t i = 0; i < nholes; i++)
		ranges[1 + i] = (struct cairn_range)RESERVED(frame_at(2 * i), FRAME, "hole");
	init(ranges, 1 + nholes);
	for (size_t nbytes = FRAME; nbytes >= 8; nbytes /= 2)
		for (; (p = cairn_region_take(&r, nbytes, 8)) != NULL; ntaken += nbytes)
			assert_null(cairn_region_check(&r));
	assert_int_equal(ntaken, (NFRAMES - nholes) * FRAME);
	no_more_free(0, 0);
}

static void region_take_aligns(void **state)
{
	const struct cairn_range ram[] = {RAM(frame_at(1), sizeof(memory) - FRAME, "ram", 0)};

	(void)state;
	init(ram, 1);
	for (size_t align = 1; align <= 2 * FRAME; align *= 2) {
		uintptr_t p = (uintptr_t)cairn_region_take(&r, 3, align);

		assert_true(p != 0 && (p & (align - 1)) == 0);
		assert_null(cairn_region_check(&r));
	}
}

/* ---- planted damage ---- */

static void damaged_map(void)
{
	const struct cairn_range ranges[] = {
		RAM(frame_at(0), 10 * FRAME, "a", 0), RAM(frame_at(12), 2 * FRAME, "b", 0),
		RESERVED(frame_at(2), FRAME, "hole"), META(frame_at(4), FRAME, "meta")};

	init(ranges, COUNT(ranges));
	assert_non_null(cairn_region_take(&r, 2 * FRAME, 1));
	assert_non_null(cairn_region_take(&r, 2 * FRAME, 1));
	assert_int_equal(r.ntaken, 2);
}

#define CHECK_NAMES(damage, text)                                  \
	do {                                                       \
		damaged_map();                                     \
		damage;                                            \
		assert_non_null(cairn_region_check(&r));           \
		assert_string_equal(cairn_region_check(&r), text); \
	} while (0)

static void region_check_names_damage(void **state)
{
	(void)state;
	CHECK_NAMES(r.nbanks = CAIRN_ZONES + 1, "r->nbanks <= CAIRN_ZONES");
	CHECK_NAMES(r.nholes = SIZE_MAX, "r->nholes <= sizeof(r->holes) / sizeof(r->holes[0])");
	CHECK_NAMES(r.ntaken = SIZE_MAX, "r->ntaken <= CAIRN_TAKEN_RUNS");
	CHECK_NAMES(r.banks[1].nframes = 0, "bank->nframes > 0");
	CHECK_NAMES(r.banks[1].base = 0, "bank->base >= SPACE_BASE && bank->base < SPACE_END");
	CHECK_NAMES(r.banks[1].base++, "bank->base == frame_down(bank->base)");
	CHECK_NAMES(r.banks[1].nframes = SIZE_MAX,
		    "bank->nframes <= (SPACE_END - bank->base) >> CAIRN_FRAME_SHIFT");
	CHECK_NAMES(r.banks[1].base = r.banks[0].base,
		    "bank->base >= bank_end(&r->banks[j]) || bank_end(bank) <= r->banks[j].base");
	CHECK_NAMES(r.holes[0].kind = CAIRN_RANGE_RAM,
		    "hole->kind == CAIRN_RANGE_RESERVED || hole->kind == CAIRN_RANGE_META");
	CHECK_NAMES(r.holes[0].span.end = r.holes[0].span.base,
		    "hole->span.base < hole->span.end && hole->span.end <= SPACE_END");
	CHECK_NAMES(r.holes[0].span.base--, "hole->span.base == frame_down(hole->span.base)");
	CHECK_NAMES(r.holes[0].span.end++, "hole->span.end == frame_down(hole->span.end)");
	CHECK_NAMES(r.holes[1].span.base = r.holes[0].span.base, "hole->span.base >= end");
	CHECK_NAMES(r.taken[0].end = r.taken[0].base, "run->base < run->end");
	CHECK_NAMES(r.taken[0].base = 1, "gap_of(r, run->base, &gap)");
	CHECK_NAMES(r.taken[0].end++, "run->end <= gap.end");
	CHECK_NAMES(r.taken[1].base = r.taken[0].base;
		    r.taken[1].end = r.taken[0].end,
		    "r->taken[j].base < gap.base || r->taken[j].base >= gap.end");
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
		cmocka_unit_test(region_take_refuses_nonsense),
		cmocka_unit_test(region_take_shares_frames_and_clears),
		cmocka_unit_test(region_take_rest_begins_no_frame),
		cmocka_unit_test(region_take_skips_small_gaps_and_comes_back),
		cmocka_unit_test(region_take_prefers_the_first_bank),
		cmocka_unit_test(region_take_fills_every_gap),
		cmocka_unit_test(region_take_aligns),
		cmocka_unit_test(region_check_names_damage),
	};

	int nfailed = cmocka_run_group_tests_name("region", tests, NULL, NULL);

	return nfailed + test_region_model_run();
}
