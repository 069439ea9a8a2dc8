/* SPDX-License-Identifier: MIT */
/* Random operations on frames against a model: an entry a frame. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "frame_fixture.h"

struct model {
	cairn_pfn base;
	size_t nframes;
	uint8_t owner[ZONE_MAX];
	uint16_t head[ZONE_MAX];       /* of the block or run, when allocated */
	uint16_t nframes_at[ZONE_MAX]; /* of the block or run that begins here */
};

static struct model model;

static bool model_is_free(size_t at, size_t nframes)
{
	if (at > model.nframes || nframes > model.nframes - at)
		return false;
	for (size_t i = 0; i < nframes; i++)
		if (model.owner[at + i] != CAIRN_FREE)
			return false;
	return true;
}

static bool model_is_block(size_t at, unsigned order)
{
	return ((model.base + at) & (((cairn_pfn)1 << order) - 1)) == 0 &&
	       model_is_free(at, (size_t)1 << order);
}

/* A free block that is not half of a larger one. */
static bool model_is_whole(size_t at, unsigned order)
{
	size_t block = (size_t)1 << order;
	bool upper = (model.base + at) & block;

	if (!model_is_block(at, order))
		return false;
	if (order == TOP || (upper && at < block))
		return true;
	return !model_is_block(upper ? at - block : at, order + 1);
}

#define NSPARES (CAIRN_SPARE_ORDERS * CAIRN_SPARES)

/* The smallest first. */
static cairn_pfn nth_spare(unsigned n, size_t *nframes)
{
	unsigned order = n / CAIRN_SPARES;

	*nframes = (size_t)1 << order;
	return frame_spare(order, n % CAIRN_SPARES);
}

/* What is not in the map but free shall be of that owner. */
static void model_spares_are(enum cairn_owner owner)
{
	size_t nframes;

	for (unsigned n = 0; n < NSPARES; n++)
		if (nth_spare(n, &nframes) != CAIRN_NOFRAME)
			memset(&model.owner[nth_spare(n, &nframes) - model.base], (int)owner, nframes);
}

static bool model_has_block(unsigned order)
{
	for (size_t at = 0; at < model.nframes; at++)
		if (model_is_block(at, order))
			return true;
	return false;
}

/* Lowest in the best order. */
static cairn_pfn model_lowest(unsigned order)
{
	for (; order < CAIRN_ORDERS; order++)
		for (size_t at = 0; at < model.nframes; at++)
			if (model_is_whole(at, order))
				return model.base + at;
	return CAIRN_NOFRAME;
}

/* Where what is cut must land: in the map, or in the smallest spare. */
static cairn_pfn model_cut(unsigned order)
{
	cairn_pfn lowest;
	size_t nframes;

	model_spares_are(CAIRN_PAGES);
	lowest = model_lowest(order);
	model_spares_are(CAIRN_FREE);
	for (unsigned n = order * CAIRN_SPARES; n < NSPARES && lowest == CAIRN_NOFRAME; n++)
		lowest = nth_spare(n, &nframes);
	return lowest;
}

static cairn_pfn model_choice(unsigned order)
{
	for (unsigned i = 0; i < CAIRN_SPARES; i++)
		if (frame_spare(order, i) != CAIRN_NOFRAME)
			return frame_spare(order, i);
	return model_cut(order);
}

static void model_take(size_t at, size_t nframes, enum cairn_owner owner)
{
	for (size_t i = at; i < at + nframes; i++) {
		model.owner[i] = (uint8_t)owner;
		model.head[i] = (uint16_t)at;
	}
	model.nframes_at[at] = (uint16_t)nframes;
}

static enum cairn_err model_free_result(size_t at, enum cairn_owner owner)
{
	if (model.owner[at] == CAIRN_FREE)
		return CAIRN_EDOUBLE;
	if (model.owner[at] != owner)
		return CAIRN_EWRONGKIND;
	return model.head[at] == at ? CAIRN_OK : CAIRN_EINTERIOR;
}

static enum cairn_owner random_owner(struct support_rng *rng)
{
	return (enum cairn_owner)(CAIRN_PAGES + support_random_below(rng, CAIRN_META - CAIRN_PAGES + 1));
}

/* Small more often than large. */
static unsigned random_order(struct support_rng *rng)
{
	return support_random_below(rng, 1 + support_random_below(rng, CAIRN_ORDERS));
}

/* With and without the short ways of the facade. */
static cairn_pfn alloc_either_way(struct support_rng *rng, unsigned order, enum cairn_owner owner)
{
	cairn_pfn pfn;

	if (support_random_below(rng, 2)) {
		if (frame_alloc_spare(&frame_pool, order, owner, CAIRN_ANY_ZONE, &pfn))
			return pfn;
		if (owner == CAIRN_PAGES && frame_alloc_plain(&frame_pool, order, CAIRN_ANY_ZONE, &pfn))
			return pfn;
		if (owner == CAIRN_PAGES && frame_alloc_cut(&frame_pool, order, CAIRN_ANY_ZONE, &pfn))
			return pfn;
	}
	return cairn_frame_alloc(&frame_pool, order, owner, CAIRN_ANY_ZONE);
}

static enum cairn_err free_either_way(struct support_rng *rng, cairn_pfn pfn, enum cairn_owner owner)
{
	if (owner == CAIRN_PAGES && support_random_below(rng, 2) && frame_free_shortly(pfn))
		return CAIRN_OK;
	return cairn_frame_free(&frame_pool, pfn, owner);
}

/* Nothing was found: is there more to merge? What does not come of that is not there. */
static bool merges_for(unsigned order)
{
	if (cairn_frame_flush(&frame_pool, order) != CAIRN_ORDERS)
		return true;
	assert_false(model_has_block(order));
	return false;
}

static void step_alloc(struct support_rng *rng)
{
	enum cairn_owner owner = random_owner(rng);
	unsigned order = random_order(rng);
	cairn_pfn expected = CAIRN_NOFRAME;

	do {
		expected = model_choice(order);
		assert_true(alloc_either_way(rng, order, owner) == expected);
	} while (expected == CAIRN_NOFRAME && merges_for(order));
	if (expected != CAIRN_NOFRAME)
		model_take(expected - model.base, (size_t)1 << order, owner);
}

static void step_alloc_run(struct support_rng *rng)
{
	enum cairn_owner owner = random_owner(rng);
	size_t nframes = 1 + support_random_below(rng, (uint32_t)1 << random_order(rng));
	unsigned order = cairn_log2_ceil(nframes);
	cairn_pfn expected = CAIRN_NOFRAME;

	do {
		expected = model_cut(order);
		assert_true(cairn_frame_alloc_run(&frame_pool, nframes, owner, CAIRN_ANY_ZONE) == expected);
	} while (expected == CAIRN_NOFRAME && merges_for(order));
	if (expected != CAIRN_NOFRAME)
		model_take(expected - model.base, nframes, owner);
}

static void step_alloc_at(struct support_rng *rng)
{
	enum cairn_owner owner = random_owner(rng);
	unsigned order = random_order(rng);
	cairn_pfn block = (cairn_pfn)1 << order;
	size_t at = support_random_below(rng, (uint32_t)model.nframes);
	cairn_pfn pfn = (model.base + at) & ~(block - 1);
	enum cairn_err expected = CAIRN_OK, err;

	if (pfn < model.base || block > model.nframes - (pfn - model.base))
		expected = CAIRN_EFOREIGN;
	else if (!model_is_free(pfn - model.base, block))
		expected = CAIRN_ENOMEM;
	do
		err = cairn_frame_alloc_at(&frame_pool, pfn, order, owner);
	while (err == CAIRN_ENOMEM && cairn_frame_flush(&frame_pool, order) != CAIRN_ORDERS);
	assert_int_equal(err, expected);
	if (expected == CAIRN_OK)
		model_take(pfn - model.base, block, owner);
}

/* Half of the frees are right, the others are whatever they are. */
static void step_free(struct support_rng *rng)
{
	size_t at = support_random_below(rng, (uint32_t)model.nframes);
	enum cairn_owner owner = random_owner(rng);
	enum cairn_err expected;

	if (support_random_below(rng, 2) && model.owner[at] >= CAIRN_PAGES) {
		at = model.head[at];
		owner = (enum cairn_owner)model.owner[at];
	}
	expected = model_free_result(at, owner);
	assert_int_equal(free_either_way(rng, model.base + at, owner), expected);
	if (expected == CAIRN_OK)
		model_take(at, model.nframes_at[at], CAIRN_FREE);
}

/* A spare, or whole if these are none. */
static bool model_is_free_block(const struct cairn_frame_info *info)
{
	size_t nframes;
	bool is_whole;

	for (unsigned n = 0; n < NSPARES; n++)
		if (nth_spare(n, &nframes) == info->head)
			return info->nframes == nframes;
	model_spares_are(CAIRN_PAGES);
	is_whole = model_is_whole(info->head - model.base, cairn_log2_ceil(info->nframes));
	model_spares_are(CAIRN_FREE);
	return is_whole;
}

static void compare_with_model(void)
{
	size_t nframes_of[CAIRN_NOWNERS] = {0};

	assert_null(cairn_frame_check(&frame_pool));
	for (size_t i = 0; i < model.nframes; i++) {
		struct cairn_frame_info info;

		nframes_of[model.owner[i]]++;
		assert_true(cairn_frame_info(&frame_pool, model.base + i, &info));
		assert_int_equal(info.owner, model.owner[i]);
		assert_int_equal(cairn_frame_owner(&frame_pool, model.base + i), model.owner[i]);
		if (info.owner >= CAIRN_PAGES) {
			assert_true(info.head == model.base + model.head[i]);
			assert_int_equal(info.nframes, model.nframes_at[model.head[i]]);
		} else if (info.owner == CAIRN_FREE) {
			assert_true(model_is_free_block(&info));
		}
	}
	for (unsigned owner = 0; owner < CAIRN_NOWNERS; owner++)
		assert_int_equal(cairn_frame_count(&frame_pool, (enum cairn_owner)owner), nframes_of[owner]);
}

/* A zone with a few RESERVED holes, which the model has as owners that nobody frees as. */
static void start_with_holes(cairn_pfn base, size_t nframes, struct support_rng *rng)
{
	cairn_frame_init(&frame_pool);
	frame_add(base, nframes);
	memset(&model, 0, sizeof(model));
	model.base = base;
	model.nframes = nframes;
	for (size_t at = 0, n; at < nframes; at += n + 1) {
		n = frame_smaller(1 + support_random_below(rng, ZONE_MAX / 2), nframes - at);
		assert_int_equal(cairn_frame_zone_open(&frame_pool, base + at, n, CAIRN_FREE), CAIRN_OK);
		model_take(at, n, CAIRN_FREE);
	}
	compare_with_model();
}

static void frame_agrees_with_a_model(void **state)
{
	void (*const steps[])(struct support_rng *) = {step_alloc,    step_alloc, step_alloc_run,
						       step_alloc_at, step_free,  step_free,
						       step_free,     step_free,  step_alloc_at};
	struct support_rng rng = {support_seed()};

	(void)state;
	for (unsigned round = 0; round < 12; round++) {
		const cairn_pfn bases[] = {0, BASE + support_random_below(&rng, 1000),
					   CAIRN_NOFRAME - ZONE_MAX};
		size_t nframes = 1 + support_random_below(&rng, round % 4 == 0 ? ZONE_MAX : ZONE_MAX / 8);

		start_with_holes(bases[round % COUNT(bases)], nframes, &rng);
		for (unsigned i = 0; i < SUPPORT_STEPS(1000); i++) {
			steps[support_random_below(&rng, COUNT(steps))](&rng);
			assert_null(cairn_frame_check(&frame_pool));
			if (i % 8 == 0)
				compare_with_model();
		}
	}
}

int test_frame_model_run(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frame_agrees_with_a_model),
	};

	return cmocka_run_group_tests_name("frame_model", tests, NULL, NULL);
}
