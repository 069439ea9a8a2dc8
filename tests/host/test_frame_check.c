/* SPDX-License-Identifier: MIT */
/* Tests of frames: damage is planted in each invariant, and the check names it. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "frame_fixture.h"

/* Places: a block of 4 at 0, a run of 7 at 8 (4, 2, 1), free: 4 at 4, 1 at 15, 16 at 16; RESERVED from 32,
 * META at 40. */
static struct cairn_zone *damaged_zone(void)
{
	cairn_frame_init(&frame_pool);
	frame_add(BASE, 64);
	assert_int_equal(cairn_frame_zone_open(&frame_pool, BASE, 32, CAIRN_FREE), CAIRN_OK);
	assert_int_equal(cairn_frame_zone_open(&frame_pool, BASE + 40, 1, CAIRN_META), CAIRN_OK);
	assert_true(frame_take(2) == BASE);
	assert_true(frame_take_run(7) == BASE + 8);
	return &frame_pool.zone[0];
}

#define CHECK_NAMES(damage, text)                                          \
	do {                                                               \
		struct cairn_zone *z = damaged_zone();                     \
		damage;                                                    \
		assert_non_null(cairn_frame_check(&frame_pool));           \
		assert_string_equal(cairn_frame_check(&frame_pool), text); \
	} while (0)

static void frame_check_names_damaged_owner_bytes(void **state)
{
	(void)state;
	assert_string_equal(cairn_frame_check(NULL), "f != NULL");
	CHECK_NAMES(z->owner[0] = BYTE_INTERIOR, "kind != CAIRN_RESERVED");
	CHECK_NAMES(z->owner[33] = BYTE_INTERIOR, "kind != CAIRN_RESERVED");
	CHECK_NAMES(z->owner[33] = BYTE_BOOT_META + 1, "kind != CAIRN_RESERVED");
	CHECK_NAMES(z->owner[1] = BYTE_RESERVED, "owner_at(z, place)[i] == BYTE_INTERIOR");
	CHECK_NAMES(z->owner[2] = head_byte(CAIRN_FREE, 1), "owner_at(z, place)[i] == BYTE_INTERIOR");
	CHECK_NAMES(z->owner[31] = BYTE_BOOT_META, "owner_at(z, place)[i] == BYTE_INTERIOR");
	CHECK_NAMES(z->owner[0] = head_byte(CAIRN_PAGES, z->top + 1u), "order <= z->top");
	CHECK_NAMES(z->owner[4] = head_byte(CAIRN_FREE, 3), "(place & (*nframes - 1)) == 0");
	CHECK_NAMES(z->nframes_of[CAIRN_HEAP]++, "z->nframes_of[owner] == census->nframes_of[owner]");
	CHECK_NAMES(z->owner[0] = head_byte(CAIRN_SLAB, 2),
		    "z->nframes_of[owner] == census->nframes_of[owner]");
	CHECK_NAMES(z->owner[40] = BYTE_RESERVED, "z->nframes_of[owner] == census->nframes_of[owner]");
	/* A run whose blocks do not become smaller, with no head, or behind what is free. */
	CHECK_NAMES(z->owner[12] = head_byte(KIND_RUN, 2), "owner_at(z, place)[i] == BYTE_INTERIOR");
	CHECK_NAMES(z->owner[14] = head_byte(KIND_RUN, 1), "owner_at(z, place)[i] == BYTE_INTERIOR");
	CHECK_NAMES(z->owner[8] = head_byte(KIND_RUN, 2), "order < census->run_below");
	CHECK_NAMES(z->owner[15] = head_byte(KIND_RUN, 0), "order < census->run_below");
	CHECK_NAMES(z->owner[16] = head_byte(KIND_RUN, 4), "order < census->run_below");
	CHECK_NAMES(z->owner[41] = head_byte(KIND_RUN, 0), "order < census->run_below");
}

static void frame_check_names_a_block_past_the_end(void **state)
{
	(void)state;
	frame_start(BASE, 24);
	frame_pool.zone[0].owner[16] = head_byte(CAIRN_PAGES, 4);
	assert_string_equal(cairn_frame_check(&frame_pool), "*nframes <= z->nframes - (place - z->skew)");
}

static void frame_check_names_damaged_free_blocks(void **state)
{
	(void)state;
	CHECK_NAMES(z->owner[0] = head_byte(CAIRN_FREE, 2), "!buddy_is_free");
	CHECK_NAMES(map_clear(z->level, pair_bit(z, 4, 2)), "map_test(z->level, bit)");
	CHECK_NAMES(map_set(z->level, pair_bit(z, 8, 2)), "nbits_set == census->nfree_blocks + 1");
	CHECK_NAMES(z->owner[15] = head_byte(CAIRN_PAGES, 0), "nbits_set == census->nfree_blocks + 1");
	CHECK_NAMES(z->orders[0].lowest = pair_bit(z, 15, 0) + 1, "bit >= z->orders[order].lowest");
	CHECK_NAMES(z->orders[2].nfree--, "z->orders[order].nfree == census->nfree[order]");
	CHECK_NAMES(z->nonempty &= ~4u, "nonempty == (census->nfree[order] != 0)");
	CHECK_NAMES(z->nonempty |= 2u, "nonempty == (census->nfree[order] != 0)");
	CHECK_NAMES(z->nonempty |= 1u << 31, "z->nonempty >> z->top <= 1");
}

static void frame_check_names_a_damaged_shape(void **state)
{
	(void)state;
	CHECK_NAMES(z->top--, "z->top == (largest < CAIRN_ORDERS ? largest : CAIRN_ORDERS - 1)");
	CHECK_NAMES(z->skew++, "z->skew == (z->base & (((cairn_pfn)1 << z->top) - 1))");
	CHECK_NAMES(z->owner++, "meta_nbytes == cairn_frame_meta_nbytes(z->base, z->nframes)");
	CHECK_NAMES(z->nlevels = 0, "z->nlevels >= 1 && z->nlevels <= CAIRN_MAP_LEVELS");
	CHECK_NAMES(z->nlevels = CAIRN_MAP_LEVELS + 1, "z->nlevels >= 1 && z->nlevels <= CAIRN_MAP_LEVELS");
	CHECK_NAMES(z->level[z->nlevels - 1]--, "level_nwords(z, z->nlevels - 1u) == 1");
	CHECK_NAMES(z->orders[1].first++, "o->first == begin - (z->skew >> shift)");
	CHECK_NAMES(z->orders[1].lowest = 0, "o->lowest >= begin && o->lowest <= o->first + last + 1");
	CHECK_NAMES(z->level[0][64 >> WORD_LOG2] = 0, "map_test(z->level, begin)"); /* set always */
	CHECK_NAMES(z->nframes = 0, "z->nframes != 0 || z->nonempty == 0");
}

static void frame_check_names_a_damaged_summary(void **state)
{
	struct cairn_zone *z = &frame_pool.zone[0];

	(void)state;
	frame_start(BASE, ZONE_MAX);
	assert_true(z->nlevels > 1);
	z->level[0][0] |= 1;
	z->level[0][0] &= ~(size_t)1;
	z->level[1][0] |= 1;
	assert_string_equal(cairn_frame_check(&frame_pool), "map_test(&z->level[above], bit) == below");
	frame_start(BASE, ZONE_MAX);
	z->level[1][0] &= z->level[1][0] - 1;
	assert_string_equal(cairn_frame_check(&frame_pool), "map_test(&z->level[above], bit) == below");
	frame_start(BASE, ZONE_MAX);
	z->level[1][0] |= ~(SIZE_MAX >> 1);
	assert_string_equal(cairn_frame_check(&frame_pool), "map_test(&z->level[above], bit) == below");
	frame_start(BASE, ZONE_MAX);
	z->level[0]--;
	assert_string_equal(cairn_frame_check(&frame_pool),
			    "(size_t)begin >> WORD_LOG2 == level_nwords(z, 0) - 1");
	frame_start(BASE, ZONE_MAX);
	z->level[1]++;
	assert_string_equal(cairn_frame_check(&frame_pool), "level_nwords(z, z->nlevels - 1u) == 1");
}

static void frame_check_names_zones_that_overlap(void **state)
{
	(void)state;
	frame_start(BASE, 64);
	frame_add(BASE + 64, 64);
	frame_pool.zone[1].base = BASE;
	assert_non_null(cairn_frame_check(&frame_pool));
}

static void frame_info_believes_no_order_that_cannot_be(void **state)
{
	struct cairn_frame_info info;

	(void)state;
	damaged_zone()->owner[0] = head_byte(CAIRN_PAGES, ORDER_MASK);
	assert_true(cairn_frame_info(&frame_pool, BASE, &info));
	assert_int_equal(info.owner, CAIRN_PAGES);
	assert_int_equal(info.nframes, 1);
}

/* Whatever the metadata holds: looking stays inside it, ends, and the check sees it. */
static void frame_looks_safely_at_garbage(void **state)
{
	struct support_rng rng = {support_seed()};
	struct cairn_frame_info info;

	(void)state;
	for (unsigned round = 0; round < SUPPORT_STEPS(200); round++) {
		uint8_t *bytes = (uint8_t *)frame_meta[0];

		frame_start(BASE + round, 1 + round % ZONE_MAX);
		for (size_t i = 0; i < cairn_frame_meta_nbytes(BASE + round, frame_pool.zone[0].nframes); i++)
			bytes[i] = (uint8_t)support_random(&rng);
		for (cairn_pfn pfn = BASE + round; cairn_frame_info(&frame_pool, pfn, &info); pfn++) {
			assert_true(info.owner < CAIRN_NOWNERS);
			assert_true(cairn_frame_owner(&frame_pool, pfn) < CAIRN_NOWNERS);
			assert_true(info.head <= pfn && pfn - info.head < info.nframes);
		}
		assert_non_null(cairn_frame_check(&frame_pool));
	}
}

int test_frame_check_run(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frame_check_names_damaged_owner_bytes),
		cmocka_unit_test(frame_check_names_a_block_past_the_end),
		cmocka_unit_test(frame_check_names_damaged_free_blocks),
		cmocka_unit_test(frame_check_names_a_damaged_shape),
		cmocka_unit_test(frame_check_names_a_damaged_summary),
		cmocka_unit_test(frame_check_names_zones_that_overlap),
		cmocka_unit_test(frame_info_believes_no_order_that_cannot_be),
		cmocka_unit_test(frame_looks_safely_at_garbage),
	};

	return cmocka_run_group_tests_name("frame_check", tests, NULL, NULL);
}
