/* SPDX-License-Identifier: MIT */
/* Both geometries of stacks: what lengths are rounded to, and what no geometry can be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "stack_fixture.h"

/* ---- rounding ---- */

static void window_lengths_are_what_subregions_can_open(void **state)
{
	(void)state;
	for (size_t nbytes = 1; nbytes <= STACK_ARENA_NBYTES / 2; nbytes++) {
		size_t got = cairn_stack_round(&stacks, nbytes);
		size_t region = (size_t)1 << cairn_log2_ceil(got);
		size_t part = region / 8 > 64 ? region / 8 : 64;
		assert_true(got >= nbytes && got >= 256);
		assert_int_equal(got & (part - 1), 0);
		if (nbytes >= 256)
			assert_true(4 * (got - nbytes) < nbytes);
	}
}

static void lengths_that_make_no_sense_are_refused(void **state)
{
	(void)state;
	struct cairn_stack stack = {0};
	static const size_t absurd[] = {
		0, SIZE_MAX, SIZE_MAX - 63, SIZE_MAX / 2, (SIZE_MAX / 2) + 1, STACK_MEMORY_NBYTES * 64};
	for (size_t n = 0; n < sizeof(absurd) / sizeof(absurd[0]); n++) {
		assert_int_equal(cairn_stack_round(&stacks, absurd[n]), 0);
		assert_int_equal(cairn_stack_take(&stacks, &stack, absurd[n], "t", NULL), CAIRN_EINVAL);
	}
	assert_int_equal(cairn_stack_take(NULL, &stack, 512, "t", NULL), CAIRN_EINVAL);
	assert_int_equal(cairn_stack_take(&stacks, NULL, 512, "t", NULL), CAIRN_EINVAL);
	assert_int_equal(cairn_stack_round(NULL, 512), 0);
}

static void the_shared_guard_leaves_half_an_arena_at_most(void **state)
{
	(void)state;
	assert_int_equal(cairn_stack_round(&stacks, STACK_ARENA_NBYTES / 2), STACK_ARENA_NBYTES / 2);
	assert_int_equal(cairn_stack_round(&stacks, STACK_ARENA_NBYTES / 2 + 1), 0);
}

/* ---- geometries that make no sense ---- */

static void refused(struct cairn_guard_geometry bad)
{
	static struct cairn_stacks s;
	assert_int_equal(cairn_stack_init(&s, &stack_frames, &bad), CAIRN_EINVAL);
}

static void bad_geometries_are_refused(void **state)
{
	(void)state;
	struct cairn_guard_geometry g;
	assert_int_equal(cairn_stack_init(NULL, &stack_frames, &stack_window), CAIRN_EINVAL);
	assert_int_equal(cairn_stack_init(&stacks, NULL, &stack_window), CAIRN_EINVAL);
	assert_int_equal(cairn_stack_init(&stacks, &stack_frames, NULL), CAIRN_EINVAL);
	g = stack_window, g.granule_nbytes = 0, refused(g);
	g = stack_window, g.granule_nbytes = 4, refused(g);
	g = stack_window, g.granule_nbytes = 96, refused(g);
	g = stack_window, g.min_nbytes = 0, refused(g);
	g = stack_window, g.min_nbytes = 32, refused(g);
	g = stack_window, g.min_nbytes = 320, refused(g);
	g = stack_window, g.parts = 6, refused(g);
	g = stack_window, g.closed_nbytes = 100, refused(g);
	g = stack_window, g.closed_nbytes = STACK_ARENA_NBYTES, refused(g);
	g = stack_window, g.arena_nbytes = STACK_ARENA_NBYTES + 64, refused(g);
	g = stack_window, g.arena_nbytes = CAIRN_FRAME_NBYTES / 2, refused(g);
	g = stack_strip, g.below_nbytes = 100, refused(g);
	g = stack_strip, g.below_nbytes = STACK_ARENA_NBYTES / 2, refused(g);
	g = stack_mapped, g.granule_nbytes = 64, refused(g);
	g = stack_mapped, g.space_nbytes = 0, refused(g);
	g = stack_mapped, g.space_base = STACK_SPACE_BASE + 64, refused(g);
	g = stack_mapped, g.space_nbytes = STACK_SPACE_NBYTES + 64, refused(g);
	g = stack_mapped, g.space_base = (uintptr_t)0 - CAIRN_FRAME_NBYTES, refused(g);
	assert_int_equal(cairn_frame_count(&stack_frames, CAIRN_FREE), stack_nfree_at_start);
}

/* What is missing of a power of two stays with the frames. */
static void an_arena_need_not_be_a_power_of_two(void **state)
{
	(void)state;
	static struct cairn_stack stack[4];
	struct cairn_guard_geometry g = stack_window;
	size_t nfree, nbytes = 0;
	struct cairn_stacks_info info;
	g.arena_nbytes = STACK_ARENA_NBYTES / 4 * 3;
	g.closed_nbytes = 0;
	assert_int_equal(cairn_stack_init(&stacks, &stack_frames, &g), CAIRN_OK);
	assert_int_equal(cairn_stack_round(&stacks, STACK_ARENA_NBYTES / 2 + 1), 0);
	assert_true(stack_add_arena());
	cairn_stack_info(&stacks, &info);
	nfree = stack_nfree_at_start - cairn_frame_count(&stack_frames, CAIRN_FREE) - info.meta_nframes;
	assert_int_equal(nfree << CAIRN_FRAME_SHIFT, g.arena_nbytes);
	assert_int_equal(cairn_stack_take(&stacks, &stack[0], STACK_ARENA_NBYTES / 2, "half", NULL),
			 CAIRN_OK);
	for (size_t i = 1; i < 3; i++)
		assert_int_equal(cairn_stack_take(&stacks, &stack[i], STACK_ARENA_NBYTES / 8, "eighth", NULL),
				 CAIRN_OK);
	assert_int_equal(cairn_stack_take(&stacks, &stack[3], 256, "none", NULL), CAIRN_ENOMEM);
	for (size_t i = 0; i < 3; i++) {
		assert_true(stack[i].base - stack[0].base < g.arena_nbytes || stack[0].base > stack[i].base);
		nbytes += stack[i].nbytes;
		cairn_stack_give(&stacks, &stack[i]);
	}
	assert_int_equal(nbytes, g.arena_nbytes);
}

static void mapped_space_may_end_at_the_top_of_the_address_space(void **state)
{
	(void)state;
	static struct cairn_stacks s;
	struct cairn_stack stack = {0};
	struct cairn_guard_geometry g = stack_mapped;
	g.space_base = (uintptr_t)0 - STACK_SPACE_NBYTES;
	assert_int_equal(cairn_stack_init(&s, &stack_frames, &g), CAIRN_OK);
	assert_int_equal(cairn_stack_take(&s, &stack, 100, "t", NULL), CAIRN_OK);
	assert_true(stack.base >= g.space_base);
	assert_null(cairn_stack_check(&s));
	cairn_stack_give(&s, &stack);
}

int test_stack_geometry_run(void)
{
	static const struct CMUnitTest tests[] = {
		IN_WINDOW(window_lengths_are_what_subregions_can_open),
		IN_WINDOW(lengths_that_make_no_sense_are_refused),
		IN_MAPPED(lengths_that_make_no_sense_are_refused),
		IN_WINDOW(the_shared_guard_leaves_half_an_arena_at_most),
		IN_WINDOW(bad_geometries_are_refused),
		IN_WINDOW(an_arena_need_not_be_a_power_of_two),
		IN_WINDOW(mapped_space_may_end_at_the_top_of_the_address_space),
	};

	return cmocka_run_group_tests_name("stack_geometry", tests, NULL, NULL);
}
