/* SPDX-License-Identifier: MIT */
/* Tests of frames: damage is planted in each invariant, and the check names it. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "frame_fixture.h"

/* Places: a block of 4 at 0, a run of 7 at 8 (4, 2, 1), free: 4 at 4, 1 at 15, 16 at 16; RESERVED
 * from 32, META at 40. */
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
	CHECK_NAMES(z->owner[0] = BYTE_INTERIOR, "order < z->norders");
	CHECK_NAMES(z->owner[33] = BYTE_INTERIOR, "order < z->norders");
	CHECK_NAMES(z->owner[33] = BYTE_BOOT_META + 1, "kind != CAIRN_RESERVED");
	CHECK_NAMES(z->owner[1] = BYTE_RESERVED, "is_interior(byte[i])");
	CHECK_NAMES(z->owner[2] = head_byte(CAIRN_PAGES, 1), "is_interior(byte[i])");
	CHECK_NAMES(z->owner[31] = BYTE_BOOT_META, "is_interior(byte[i])");
	CHECK_NAMES(z->owner[0] = head_byte(CAIRN_PAGES, z->norders), "order < z->norders");
	CHECK_NAMES(z->owner[4] = head_byte(CAIRN_PAGES, 3), "(place & (*nframes - 1)) == 0");
	CHECK_NAMES(z->nframes_of[CAIRN_HEAP]++, "z->nframes_of[owner] == census->nframes_of[owner]");
	CHECK_NAMES(z->nframes_of[CAIRN_FREE]++,
		    "z->nframes_of[CAIRN_FREE] == census->nframes_of[CAIRN_FREE] - census->nspare");
	CHECK_NAMES(z->nframes_of[CAIRN_PAGES]++, "z->nframes_of[CAIRN_PAGES] == 0");
	CHECK_NAMES(z->owner[0] = head_byte(CAIRN_SLAB, 2),
		    "z->nframes_of[owner] == census->nframes_of[owner]");
	CHECK_NAMES(z->owner[40] = BYTE_RESERVED, "z->nframes_of[owner] == census->nframes_of[owner]");
}

static void frame_check_names_damaged_runs(void **state)
{
	(void)state;
	/* With no first block, of one block only, at the end of the zone. */
	CHECK_NAMES(z->owner[9] = BYTE_INTERIOR,
		    "!is_run || (kind != KIND_RUN && kind_of(byte[1]) == KIND_RUN && order > 0)");
	CHECK_NAMES(z->owner[9] = head_byte(KIND_RUN, 0),
		    "!is_run || (kind != KIND_RUN && kind_of(byte[1]) == KIND_RUN && order > 0)");
	CHECK_NAMES(z->owner[8] = head_byte(KIND_RUN, ORDER_RUN),
		    "!is_run || (kind != KIND_RUN && kind_of(byte[1]) == KIND_RUN && order > 0)");
	CHECK_NAMES(z->owner[12] = BYTE_INTERIOR, "!is_run || kind_of(byte[*nframes]) == KIND_RUN");
	CHECK_NAMES(z->owner[63] = head_byte(CAIRN_PAGES, ORDER_RUN), "order < z->norders");
	CHECK_NAMES((z->owner[60] = head_byte(CAIRN_PAGES, ORDER_RUN), z->owner[61] = head_byte(KIND_RUN, 2)),
		    "*nframes + is_run <= z->last + 1 - place");
	/* Whose blocks do not become smaller, with no head, or behind what is free. */
	CHECK_NAMES(z->owner[12] = head_byte(KIND_RUN, 2), "kind != KIND_RUN || order < census->run_below");
	CHECK_NAMES(z->owner[15] = head_byte(KIND_RUN, 0), "kind != KIND_RUN || order < census->run_below");
	CHECK_NAMES(z->owner[8] = head_byte(KIND_RUN, 2), "kind != KIND_RUN || order < census->run_below");
	CHECK_NAMES(z->owner[16] = head_byte(KIND_RUN, 4), "kind != KIND_RUN || order < census->run_below");
	CHECK_NAMES(z->owner[41] = head_byte(KIND_RUN, 0), "kind != KIND_RUN || order < census->run_below");
}

static void frame_check_names_a_block_past_the_end(void **state)
{
	(void)state;
	frame_start(BASE, 24);
	frame_pool.zone[0].owner[16] = head_byte(CAIRN_PAGES, 4);
	assert_string_equal(cairn_frame_check(&frame_pool), "*nframes + is_run <= z->last + 1 - place");
}

static void frame_check_names_damaged_free_blocks(void **state)
{
	(void)state;
	CHECK_NAMES(z->tops[2] = 0, "order < z->norders");
	CHECK_NAMES(z->tops[3] |= word_bit(1), "string_nbits_set(z, order) == census->nlisted[order]");
	CHECK_NAMES(z->tops[1] |= word_bit(0), "string_nbits_set(z, order) == census->nlisted[order]");
	CHECK_NAMES(
		(cairn_frame_map_toggle(z, 3, 1), z->tops[4] = 0, z->owner[16] = head_byte(CAIRN_FREE, 3)),
		"order < z->norders");
}

static void frame_check_names_damaged_spares(void **state)
{
	(void)state;
	CHECK_NAMES(z->spares[0][1] = 16, "census->nspare == cairn_frame_spare_nframes(z)");
	CHECK_NAMES(z->owner[15] = BYTE_SPARE, "order < z->norders");
	CHECK_NAMES(z->spares = NULL,
		    "z->spares == (i == 0 && z->nframes != 0 && !f->ordered ? f->spares : NULL)");
	for (unsigned damage = 0; damage < 8; damage++) {
		struct cairn_zone *z = damaged_zone();
		uint32_t(*spares)[CAIRN_SPARES] = &frame_pool.spares[2];

		assert_true(frame_free_shortly(BASE));
		assert_true(frame_spare(2, 0) == BASE && *z->owner == BYTE_SPARE);
		switch (damage) {
		case 0: spares[0][0] = 0; break;
		case 1: spares[0][0]++; break;
		case 2: spares[0][0] += z->nowners; break;
		case 3: spares[0][1] = spares[0][0]; break;
		case 4: z->owner[31] = BYTE_SPARE; break;
		case 5: *z->owner = head_byte(CAIRN_FREE, 2); break;
		case 6: spares[1][0] = spares[0][0], spares[0][0] = 0; break;
		default: z->nframes_of[CAIRN_FREE] += 4; break;
		}
		assert_non_null(cairn_frame_check(&frame_pool));
	}
}

static void frame_check_names_a_damaged_shape(void **state)
{
	(void)state;
	CHECK_NAMES(z->norders--, "z->norders == (largest < CAIRN_ORDERS ? largest + 1 : CAIRN_ORDERS)");
	CHECK_NAMES(z->skew++, "z->skew == (z->base & (order_nframes(top_of(z)) - 1))");
	CHECK_NAMES(z->last--, "z->last == z->skew + z->nframes - 1 && z->nowners == z->last + 1 - z->even");
	CHECK_NAMES(z->nowners++,
		    "z->last == z->skew + z->nframes - 1 && z->nowners == z->last + 1 - z->even");
	CHECK_NAMES(z->low++,
		    "z->even == (z->skew & ~(uint32_t)1) && z->low == z->base - (z->skew - z->even)");
	CHECK_NAMES((z->even++, z->nowners--),
		    "z->even == (z->skew & ~(uint32_t)1) && z->low == z->base - (z->skew - z->even)");
	CHECK_NAMES(z->nmapped = z->norders + 1,
		    "z->nmapped <= z->norders && (void *)z->maps == z->tops + z->norders + 1");
	CHECK_NAMES(z->maps++, "z->nmapped <= z->norders && (void *)z->maps == z->tops + z->norders + 1");
	CHECK_NAMES(z->owner++, "(void *)z->owner == z->maps + z->nmapped");
	CHECK_NAMES(z->words++, "(uintptr_t)z->words - owner_end < sizeof(size_t)");
	CHECK_NAMES(z->nwords++, "(uintptr_t)(z->words + z->nwords) - (uintptr_t)z->tops == "
				 "cairn_frame_meta_nbytes(z->base, z->nframes)");
	CHECK_NAMES(z->ntall++, "(order < z->ntall) == (last >> WORD_LOG2 > WORD_MASK)");
	CHECK_NAMES(z->npaired++, "z->npaired == (z->nmapped < top_of(z) ? z->nmapped : top_of(z))");
	CHECK_NAMES(z->tops[z->norders] = 0, "z->tops[z->norders] != 0");
	CHECK_NAMES(z->nframes = 0, "z->nframes != 0 || (z->norders == 0 && z->nowners == 0)");
}

static void frame_check_names_a_damaged_summary(void **state)
{
	struct cairn_zone *z = &frame_pool.zone[0];

	(void)state;
	for (unsigned order = 0; order < 2; order++)
		for (unsigned damage = 0; damage < 3; damage++) {
			frame_start(BASE, ZONE_MAX);
			assert_true(cairn_frame_alloc_at(&frame_pool, BASE + 8, 0, CAIRN_PAGES) == CAIRN_OK);
			assert_true(cairn_frame_alloc_at(&frame_pool, BASE + 256, 0, CAIRN_PAGES) ==
				    CAIRN_OK);
			assert_true(order < z->nmapped);
			assert_null(cairn_frame_check(&frame_pool));
			z->tops[order] ^= word_bit(damage == 0 ? 0 : damage == 1 ? 1 : WORD_MASK);
			assert_string_equal(cairn_frame_check(&frame_pool), "summed_up == expected");
		}
}

static void frame_check_names_a_misplaced_map(void **state)
{
	(void)state;
	frame_start(BASE, ZONE_MAX);
	frame_pool.zone[0].maps[1]++;
	assert_string_equal(cairn_frame_check(&frame_pool),
			    "order >= z->nmapped || z->maps[order] == word - (first >> WORD_LOG2)");
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
	frame_pool.zone[0].owner[0] = head_byte(CAIRN_PAGES, ORDER_MASK - 1);
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
		cmocka_unit_test(frame_check_names_damaged_runs),
		cmocka_unit_test(frame_check_names_a_block_past_the_end),
		cmocka_unit_test(frame_check_names_damaged_free_blocks),
		cmocka_unit_test(frame_check_names_damaged_spares),
		cmocka_unit_test(frame_check_names_a_damaged_shape),
		cmocka_unit_test(frame_check_names_a_damaged_summary),
		cmocka_unit_test(frame_check_names_a_misplaced_map),
		cmocka_unit_test(frame_check_names_zones_that_overlap),
		cmocka_unit_test(frame_info_believes_no_order_that_cannot_be),
		cmocka_unit_test(frame_looks_safely_at_garbage),
	};

	return cmocka_run_group_tests_name("frame_check", tests, NULL, NULL);
}
