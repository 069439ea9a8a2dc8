/* SPDX-License-Identifier: MIT */
/* Task stacks: making and ending them in both geometries, exhaustion, what lies where, the spare, the paint. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "stack_fixture.h"

/* ---- refusals ---- */

static void a_stack_is_given_back_once(void **state)
{
	(void)state;
	struct cairn_stack stack = {0}, never = {0};
	assert_int_equal(stack_take(&stack, 700), CAIRN_OK);
	assert_int_equal(cairn_stack_take(&stacks, &stack, 700, "again", NULL), CAIRN_EBUSY);
	assert_string_equal(stack.name, "task");
	assert_int_equal(cairn_stack_retire(&stacks, NULL), CAIRN_EINVAL);
	assert_int_equal(cairn_stack_retire(NULL, &stack), CAIRN_EINVAL);
	assert_int_equal(cairn_stack_retire(&stacks, &never), CAIRN_EDESTROYED);
	assert_int_equal(cairn_stack_retire(&stacks, &stack), CAIRN_OK);
	assert_int_equal(cairn_stack_retire(&stacks, &stack), CAIRN_EDOUBLE);
	cairn_stack_give(&stacks, &stack);
	assert_int_equal(cairn_stack_retire(&stacks, &stack), CAIRN_EDOUBLE);
	cairn_stack_give(&stacks, &stack);
	assert_null(cairn_stack_check(&stacks));
}

static void only_a_live_stack_is_retired(void **state)
{
	(void)state;
	struct cairn_stack stack = {0};
	if (stack_is_window())
		assert_true(stack_add_arena());
	assert_int_equal(cairn_stack_take(&stacks, &stack, 700, "task", NULL), CAIRN_OK);
	assert_int_equal(cairn_stack_retire(&stacks, &stack), CAIRN_EBUSY);
	assert_int_equal(stack.state, CAIRN_STACK_TAKEN);
	cairn_stack_ready(&stacks, &stack);
	assert_int_equal(cairn_stack_retire(&stacks, &stack), CAIRN_OK);
	cairn_stack_ready(&stacks, &stack);
	assert_int_equal(stack.state, stack_is_window() ? CAIRN_STACK_GIVEN : CAIRN_STACK_RETIRED);
	assert_int_equal(cairn_stack_retire(&stacks, &stack), CAIRN_EDOUBLE);
	cairn_stack_give(&stacks, &stack);
	assert_null(cairn_stack_check(&stacks));
}

static void null_is_refused_or_nothing(void **state)
{
	(void)state;
	struct cairn_stack stack = {0};
	struct cairn_stacks_info info;
	struct cairn_stack_where where;
	assert_int_equal(stack_take(&stack, 700), CAIRN_OK);
	cairn_stack_paint(NULL, 0);
	assert_int_equal(cairn_stack_high_water(NULL), 0);
	cairn_stack_info(&stacks, NULL);
	cairn_stack_info(NULL, &info);
	assert_int_equal(info.nstacks, 0);
	assert_false(cairn_stack_where(NULL, stack.base, &where));
	assert_false(cairn_stack_where(&stacks, stack.base, NULL));
	stack_give(&stack);
}

static void a_copied_or_forged_record_is_no_stack(void **state)
{
	(void)state;
	struct cairn_stack stack = {0}, copy;
	assert_int_equal(stack_take(&stack, 700), CAIRN_OK);
	copy = stack;
	assert_int_equal(cairn_stack_retire(&stacks, &copy), CAIRN_EDESTROYED);
	copy.arena = 255;
	assert_int_equal(cairn_stack_retire(&stacks, &copy), CAIRN_EDESTROYED);
	copy = stack;
	copy.space = UINTPTR_MAX;
	assert_int_equal(cairn_stack_retire(&stacks, &copy), CAIRN_EDESTROYED);
	cairn_stack_give(&stacks, &copy);
	assert_null(cairn_stack_check(&stacks));
	stack_give(&stack);
}

/* ---- exhaustion ---- */

static void exhaustion_is_an_answer_and_everything_comes_back(void **state)
{
	(void)state;
	static struct cairn_stack many[1024];
	struct cairn_stacks_info before = {0}, after;
	for (int round = 0; round < 2; round++) {
		size_t n = 0;
		while (n < 1024 && stack_take(&many[n], 256) == CAIRN_OK)
			n++;
		assert_in_range(n, 4, 1023);
		struct cairn_stack untouched = many[n];
		assert_int_equal(stack_take(&many[n], 256), CAIRN_ENOMEM);
		assert_memory_equal(&many[n], &untouched, sizeof(untouched));
		assert_null(cairn_stack_check(&stacks));
		while (n-- > 0)
			stack_give(&many[n]);
		cairn_stack_info(&stacks, &after);
		assert_int_equal(after.nstacks, 0);
		if (round == 1) {
			assert_int_equal(before.free_nbytes, after.free_nbytes);
			assert_int_equal(before.nframes, after.nframes);
		}
		before = after;
	}
	if (!stack_is_window())
		assert_int_equal(cairn_frame_count(&stack_frames, CAIRN_FREE) + after.meta_nframes,
				 stack_nfree_at_start);
}

static void an_arena_that_cannot_be_closed_goes_back(void **state)
{
	(void)state;
	struct cairn_arena *arena = cairn_stack_arena_begin(&stacks);
	assert_ptr_equal(arena, &stacks.arena[0]);
	assert_int_equal(arena->base & (STACK_ARENA_NBYTES - 1), 0);
	assert_null(cairn_stack_check(&stacks));
	assert_true(cairn_stack_arena_prepare(&stacks, arena));
	assert_null(cairn_stack_check(&stacks));
	cairn_stack_arena_abandon(&stacks, arena);
	assert_int_equal(cairn_frame_count(&stack_frames, CAIRN_FREE), stack_nfree_at_start);
	assert_null(cairn_stack_check(&stacks));
}

static void arenas_are_limited(void **state)
{
	(void)state;
	for (int n = 0; n < CAIRN_STACK_ARENAS; n++)
		assert_true(stack_add_arena());
	assert_false(stack_add_arena());
}

static void mapped_stacks_need_no_arena(void **state)
{
	(void)state;
	assert_null(cairn_stack_arena_begin(&stacks));
}

/* ---- what lies where ---- */

static void every_address_of_a_stack_is_explained(void **state)
{
	(void)state;
	struct cairn_stack stack = {0};
	struct cairn_stack_where where;
	assert_int_equal(stack_take(&stack, 1000), CAIRN_OK);

	assert_true(cairn_stack_where(&stacks, stack.base, &where));
	assert_int_equal(where.part, CAIRN_STACK_PART_LIVE);
	assert_ptr_equal(where.stack, &stack);
	assert_int_equal(where.base, stack.base);
	assert_int_equal(where.nbytes, stack.nbytes);
	assert_true(cairn_stack_where(&stacks, stack.base + stack.nbytes - 1, &where));
	assert_ptr_equal(where.stack, &stack);

	uintptr_t guard = stack_is_window() ? stacks.arena[0].base : stack.base - 1;
	assert_true(cairn_stack_where(&stacks, guard, &where));
	assert_int_equal(where.part, CAIRN_STACK_PART_GUARD);
	assert_int_equal(where.nbytes, stacks.geometry.closed_nbytes);
	assert_ptr_equal(where.stack, stack_is_window() ? NULL : &stack);

	uintptr_t last = stacks.arena[0].base + stacks.arena[0].nbytes - 1;
	assert_true(cairn_stack_where(&stacks, last, &where));
	assert_int_equal(where.part, CAIRN_STACK_PART_FREE);
	assert_null(where.stack);
	assert_false(cairn_stack_where(&stacks, last + 1, &where));
	assert_false(cairn_stack_where(NULL, last, &where));
	if (!stack_is_window()) {
		assert_true(cairn_stack_where(&stacks, cairn_pfn_to_addr(stack.pfn) + 5, &where));
		assert_ptr_equal(where.stack, &stack);
	}
	stack_give(&stack);
}

static void each_stack_of_an_arena_may_have_a_strip_below_it(void **state)
{
	(void)state;
	struct cairn_stack stack[3] = {{0}};
	struct cairn_stack_where where;
	for (int n = 0; n < 3; n++) {
		assert_int_equal(stack_take(&stack[n], 600), CAIRN_OK);
		assert_int_equal(stack[n].nbytes, 608);
		assert_int_equal(stack[n].base & (STACK_STRIP_NBYTES - 1), 0);
		for (uintptr_t below = 1; below <= STACK_STRIP_NBYTES; below++) {
			assert_true(cairn_stack_where(&stacks, stack[n].base - below, &where));
			assert_int_equal(where.part, CAIRN_STACK_PART_GUARD);
			assert_ptr_equal(where.stack, &stack[n]);
		}
		assert_int_equal(where.nbytes, STACK_STRIP_NBYTES);
	}
	assert_null(cairn_stack_check(&stacks));
	for (int n = 0; n < 3; n++)
		stack_give(&stack[n]);
}

static void neighbours_in_an_arena_touch(void **state)
{
	(void)state;
	struct cairn_stack five_eighths = {0}, rest = {0};
	assert_int_equal(stack_take(&five_eighths, 640), CAIRN_OK);
	assert_int_equal(five_eighths.nbytes, 640);
	assert_int_equal(five_eighths.base & 1023, 0);
	/* The tail of the 1 KiB block is free at once: 384 B, of which 256 B are aligned. */
	assert_int_equal(stack_take(&rest, 256), CAIRN_OK);
	assert_int_equal(cairn_frame_count(&stacks.arena[0].space, CAIRN_STACK), (768 + 256) / 256);
	stack_give(&rest);
	stack_give(&five_eighths);
}

static void what_a_last_unit_has_left_is_free(void **state)
{
	(void)state;
	struct cairn_stack stack = {0};
	struct cairn_stack_where where;
	assert_int_equal(stack_take(&stack, 640), CAIRN_OK);
	assert_true(cairn_stack_where(&stacks, stack.base + 640, &where));
	assert_int_equal(where.part, CAIRN_STACK_PART_FREE);
	assert_null(where.stack);
	assert_int_equal(where.base, stack.base + 640);
	assert_int_equal(where.nbytes, 768 - 640);
	stack_give(&stack);
}

/* ---- the spare ---- */

static void the_run_given_back_last_is_the_next_of_its_length(void **state)
{
	(void)state;
	struct cairn_stack first = {0}, second = {0}, third = {0};
	struct cairn_stacks_info before, after;
	struct cairn_stack_where where;
	assert_int_equal(stack_take(&first, 1000), CAIRN_OK);
	assert_int_equal(stack_take(&second, 1000), CAIRN_OK);
	first.guard[0] = 1234;
	first.guard[1] = 5678;
	stack_give(&second);
	cairn_stack_info(&stacks, &before);
	stack_give(&first);
	cairn_stack_info(&stacks, &after);
	assert_int_equal(after.free_nbytes, before.free_nbytes + 1024);
	assert_null(cairn_stack_check(&stacks));
	assert_true(cairn_stack_where(&stacks, first.base, &where));
	assert_int_equal(where.part, CAIRN_STACK_PART_FREE);
	assert_null(where.stack);

	assert_int_equal(cairn_stack_take(&stacks, &second, 1024, "other", &second), CAIRN_OK);
	assert_int_equal(second.base, first.base);
	assert_int_equal(second.guard[0], 1234);
	assert_int_equal(second.guard[1], 5678);
	assert_int_equal(second.state, CAIRN_STACK_LIVE);
	assert_int_equal(stack_take(&third, 1024), CAIRN_OK);
	assert_true(third.base != second.base);
	assert_int_equal(cairn_stack_retire(&stacks, &first), CAIRN_EDOUBLE);
	stack_give(&second);
	stack_give(&third);
}

static void a_spare_is_let_go_of_where_it_is_in_the_way(void **state)
{
	(void)state;
	struct cairn_stack quarter = {0}, split = {0}, half = {0};
	assert_int_equal(stack_take(&quarter, STACK_ARENA_NBYTES / 4), CAIRN_OK);
	assert_int_equal(stack_take(&split, STACK_ARENA_NBYTES / 4), CAIRN_OK);
	stack_give(&split);
	assert_int_equal(cairn_stack_take(&stacks, &half, STACK_ARENA_NBYTES / 2, "t", NULL), CAIRN_ENOMEM);
	assert_true(cairn_stack_trim(&stacks));
	assert_false(cairn_stack_trim(&stacks));
	assert_int_equal(stack_take(&half, STACK_ARENA_NBYTES / 2), CAIRN_OK);
	assert_int_equal(half.base, split.base);
	stack_give(&half);
	stack_give(&quarter);
	assert_null(cairn_stack_check(&stacks));
	assert_int_equal(stacks.spare.nbytes, STACK_ARENA_NBYTES / 4);
}

static void mapped_stacks_leave_no_spare(void **state)
{
	(void)state;
	struct cairn_stack stack = {0};
	assert_int_equal(stack_take(&stack, 1000), CAIRN_OK);
	stack_give(&stack);
	assert_false(cairn_stack_trim(&stacks));
	assert_int_equal(cairn_frame_count(&stack_frames, CAIRN_STACK), 0);
}

/* ---- paint ---- */

static void the_high_water_mark_is_exact_to_a_word(void **state)
{
	(void)state;
	static uint32_t words[256];
	struct cairn_stack stack = {.base = (uintptr_t)words, .nbytes = sizeof(words)};
	for (size_t used = 0; used <= 256; used += 17) {
		cairn_stack_paint(&stack, stack.base + stack.nbytes);
		for (size_t n = 0; n < used; n++)
			words[255 - n] = (uint32_t)n;
		assert_int_equal(cairn_stack_high_water(&stack), used * sizeof(uint32_t));
	}
	words[0] = 1;
	assert_int_equal(cairn_stack_high_water(&stack), sizeof(words));
}

static void painting_stops_at_the_stack_pointer(void **state)
{
	(void)state;
	static uint32_t words[64];
	struct cairn_stack stack = {.base = (uintptr_t)words, .nbytes = sizeof(words)};
	memset(words, 0, sizeof(words));
	cairn_stack_paint(&stack, stack.base + 40);
	assert_int_equal(words[9], CAIRN_STACK_PAINT);
	assert_int_equal(words[10], 0);
	cairn_stack_paint(&stack, stack.base + 4 * sizeof(words));
	assert_int_equal(words[63], CAIRN_STACK_PAINT);
}

int test_stack_run(void)
{
	static const struct CMUnitTest tests[] = {
		IN_WINDOW(a_stack_is_given_back_once),
		IN_MAPPED(a_stack_is_given_back_once),
		IN_WINDOW(only_a_live_stack_is_retired),
		IN_MAPPED(only_a_live_stack_is_retired),
		IN_WINDOW(null_is_refused_or_nothing),
		IN_MAPPED(null_is_refused_or_nothing),
		IN_WINDOW(a_copied_or_forged_record_is_no_stack),
		IN_MAPPED(a_copied_or_forged_record_is_no_stack),
		IN_WINDOW(exhaustion_is_an_answer_and_everything_comes_back),
		IN_MAPPED(exhaustion_is_an_answer_and_everything_comes_back),
		IN_WINDOW(an_arena_that_cannot_be_closed_goes_back),
		IN_WINDOW(arenas_are_limited),
		IN_MAPPED(mapped_stacks_need_no_arena),
		IN_WINDOW(every_address_of_a_stack_is_explained),
		IN_STRIP(each_stack_of_an_arena_may_have_a_strip_below_it),
		IN_STRIP(exhaustion_is_an_answer_and_everything_comes_back),
		IN_MAPPED(every_address_of_a_stack_is_explained),
		IN_WINDOW(neighbours_in_an_arena_touch),
		IN_WINDOW(what_a_last_unit_has_left_is_free),
		IN_WINDOW(the_run_given_back_last_is_the_next_of_its_length),
		IN_WINDOW(a_spare_is_let_go_of_where_it_is_in_the_way),
		IN_MAPPED(mapped_stacks_leave_no_spare),
		cmocka_unit_test(the_high_water_mark_is_exact_to_a_word),
		cmocka_unit_test(painting_stops_at_the_stack_pointer),
	};
	return cmocka_run_group_tests_name("stack", tests, NULL, NULL) + test_stack_geometry_run() +
	       test_stack_model_run() + test_stack_check_run() + test_stack_pack_run();
}
