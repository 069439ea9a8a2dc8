/* SPDX-License-Identifier: MIT */
/* Random boot maps against a model: an entry a frame, filled in from each range by itself. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "region_fixture.h"

static struct cairn_regions r;

#define SPACE   32u /* frames */
#define QUARTER (FRAME / 4)

struct model {
	const char *hole[SPACE]; /* name of the RESERVED or META range that has it */
	uint8_t is_meta[SPACE];
	uint8_t quarters[SPACE]; /* in RAM */
	uint8_t attr[SPACE];
	uint8_t mixed[SPACE]; /* RAM of different attributes */
};

static struct model model;

static size_t range_first(const struct cairn_range *range, uintptr_t space)
{
	return (range->base - space) / FRAME;
}

static size_t range_last(const struct cairn_range *range, uintptr_t space)
{
	return (range->base - space + range->nbytes - 1) / FRAME;
}

static void model_ram(const struct cairn_range *range, uintptr_t space)
{
	for (size_t at = 0; at < range->nbytes; at += QUARTER) {
		size_t i = (range->base - space + at) / FRAME;

		model.mixed[i] |= model.quarters[i] != 0 && model.attr[i] != range->attr;
		model.attr[i] = range->attr;
		model.quarters[i]++;
	}
}

static void model_hole(const struct cairn_range *range, uintptr_t space)
{
	for (size_t i = range_first(range, space); i <= range_last(range, space); i++) {
		bool meta = range->kind == CAIRN_RANGE_META;

		if (model.hole[i] != NULL && (meta || !model.is_meta[i]))
			continue;
		model.hole[i] = range->name;
		model.is_meta[i] = meta;
	}
}

static bool model_is_ram(size_t i, uintptr_t space)
{
	uintptr_t base = space + i * FRAME;

	return model.quarters[i] == 4 && !model.mixed[i] && base >= FRAME && base < LAST_BASE;
}

static bool overlaps_ram(const struct cairn_range *ranges, size_t nranges, const struct cairn_range *range)
{
	for (size_t i = 0; i < nranges; i++)
		if (ranges[i].kind == CAIRN_RANGE_RAM && range->base - ranges[i].base < ranges[i].nbytes)
			return true;
		else if (ranges[i].kind == CAIRN_RANGE_RAM && ranges[i].base - range->base < range->nbytes)
			return true;
	return false;
}

static size_t random_map(struct support_rng *rng, uintptr_t space, struct cairn_range *ranges)
{
	static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
	size_t limit = CAIRN_RANGES < COUNT(names) ? CAIRN_RANGES : COUNT(names), nranges = 0, nram = 0;

	for (size_t i = 0; i < limit; i++) {
		uint32_t first = support_random_below(rng, 4 * SPACE);
		uint32_t nquarters = 1 + support_random_below(rng, 4 * SPACE / 3);
		struct cairn_range range = {.base = space + first * QUARTER,
					    .name = names[i],
					    .kind = (uint8_t)support_random_below(rng, 3),
					    .attr = (uint8_t)support_random_below(rng, 2)};

		if (nquarters > 4 * SPACE - first)
			nquarters = 4 * SPACE - first;
		range.nbytes = nquarters * QUARTER;
		if (range.kind == CAIRN_RANGE_RAM) {
			if (nram == CAIRN_ZONES || overlaps_ram(ranges, nranges, &range))
				continue;
			nram++;
		}
		ranges[nranges++] = range;
	}
	return nranges;
}

static void make_model(const struct cairn_range *ranges, size_t nranges, uintptr_t space)
{
	memset(&model, 0, sizeof(model));
	for (size_t i = 0; i < nranges; i++) {
		if (ranges[i].kind == CAIRN_RANGE_RAM)
			model_ram(&ranges[i], space);
		else
			model_hole(&ranges[i], space);
	}
}

/* Every frame is found where the model has it, and no other. */
static void compare(uintptr_t space)
{
	uint8_t seen_free[SPACE] = {0}, seen_meta[SPACE] = {0};
	uintptr_t end;

	for (size_t bank = 0; bank < r.nbanks; bank++) {
		for (uintptr_t at = 0; cairn_region_next_free(&r, bank, &at, &end); at = end)
			for (uintptr_t p = at; p != end; p += FRAME)
				seen_free[(p - space) / FRAME]++;
		for (uintptr_t at = 0; cairn_region_next_meta(&r, bank, &at, &end); at = end)
			for (uintptr_t p = at; p != end; p += FRAME)
				seen_meta[(p - space) / FRAME]++;
	}
	for (size_t i = 0; i < SPACE; i++) {
		uintptr_t base = space + i * FRAME;
		bool ram = model_is_ram(i, space);

		assert_int_equal(seen_free[i], ram && model.hole[i] == NULL);
		assert_int_equal(seen_meta[i], ram && model.hole[i] != NULL && model.is_meta[i]);
		if (base < LAST_BASE)
			assert_ptr_equal(cairn_region_name(&r, base + QUARTER), model.hole[i]);
	}
}

static void region_agrees_with_a_model(void **state)
{
	const uintptr_t spaces[] = {SOMEWHERE, 0, LAST - SPACE * FRAME + 1, LAST / 2 + 1 - SPACE / 2 * FRAME};
	struct cairn_range ranges[CAIRN_RANGES];
	struct support_rng rng = {support_seed()};

	(void)state;
	for (unsigned step = 0; step < SUPPORT_STEPS(4000); step++) {
		uintptr_t space = spaces[step % COUNT(spaces)];
		size_t nranges = random_map(&rng, space, ranges);
		enum cairn_err err = cairn_region_init(&r, ranges, nranges);
		size_t nframes = 0;

		make_model(ranges, nranges, space);
		for (size_t i = 0; i < SPACE; i++)
			nframes += model_is_ram(i, space);
		assert_int_equal(err, nframes ? CAIRN_OK : CAIRN_EEMPTY);
		assert_null(cairn_region_check(&r));
		if (err == CAIRN_OK)
			compare(space);
	}
}

int test_region_model_run(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(region_agrees_with_a_model),
	};

	return cmocka_run_group_tests_name("region_model", tests, NULL, NULL);
}
