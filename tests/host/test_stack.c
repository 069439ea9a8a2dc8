/* SPDX-License-Identifier: MIT */
/* Task stacks: both geometries, their rounding, every refusal, random use against a naive model, planted
 * damage. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "stack.h"
#include "support.h"

#define MEMORY_NBYTES ((size_t)256 << 10)
#define ARENA_NBYTES  ((size_t)16 << 10)
#define GUARD_NBYTES  ((size_t)1216)
#define SPACE_BASE    ((uintptr_t)0x40000000)
#define SPACE_NBYTES  ((size_t)1 << 20)
#define NMODEL        48

static unsigned char memory[MEMORY_NBYTES] __attribute__((aligned(1 << 16)));
static struct cairn_regions regions;
static struct cairn_frames frames;
static struct cairn_stacks stacks;
static size_t nfree_at_start;

static const struct cairn_guard_geometry window = {.granule_nbytes = 64,
						   .min_nbytes = 256,
						   .parts = 8,
						   .closed_nbytes = GUARD_NBYTES,
						   .arena_nbytes = ARENA_NBYTES};
static const struct cairn_guard_geometry mapped = {.granule_nbytes = CAIRN_FRAME_NBYTES,
						   .min_nbytes = CAIRN_FRAME_NBYTES,
						   .closed_nbytes = 4 * CAIRN_FRAME_NBYTES,
						   .space_base = SPACE_BASE,
						   .space_nbytes = SPACE_NBYTES};

static bool is_window(void)
{
	return stacks.geometry.arena_nbytes != 0;
}

static void frames_up(void)
{
	struct cairn_range ram = {(uintptr_t)memory, MEMORY_NBYTES, "ram", CAIRN_RANGE_RAM, 0};
	assert_int_equal(cairn_region_init(&regions, &ram, 1), CAIRN_OK);
	cairn_frame_init(&frames);
	assert_int_equal(cairn_frame_zones(&frames, &regions), CAIRN_OK);
	assert_int_equal(cairn_frame_open(&frames, &regions), CAIRN_OK);
	nfree_at_start = cairn_frame_count(&frames, CAIRN_FREE);
}

static int window_up(void **state)
{
	(void)state;
	frames_up();
	assert_int_equal(cairn_stack_init(&stacks, &frames, &window), CAIRN_OK);
	return 0;
}

static int mapped_up(void **state)
{
	(void)state;
	frames_up();
	assert_int_equal(cairn_stack_init(&stacks, &frames, &mapped), CAIRN_OK);
	return 0;
}

static int sound_down(void **state)
{
	(void)state;
	return cairn_stack_check(&stacks) == NULL && cairn_frame_check(&frames) == NULL ? 0 : 1;
}

static bool add_arena(void)
{
	struct cairn_arena *arena = cairn_stack_arena_begin(&stacks);
	if (arena == NULL)
		return false;
	assert_true(cairn_stack_arena_prepare(&stacks, arena));
	cairn_stack_arena_end(&stacks, arena);
	return true;
}

static enum cairn_err take(struct cairn_stack *stack, size_t nbytes)
{
	enum cairn_err err = cairn_stack_take(&stacks, stack, nbytes, "task", stack);
	while (err == CAIRN_ENOMEM && (cairn_stack_trim(&stacks) || add_arena()))
		err = cairn_stack_take(&stacks, stack, nbytes, "task", stack);
	if (err == CAIRN_OK)
		cairn_stack_ready(&stacks, stack);
	return err;
}

static void give(struct cairn_stack *stack)
{
	assert_int_equal(cairn_stack_retire(&stacks, stack), CAIRN_OK);
	cairn_stack_give(&stacks, stack);
}

/* ---- rounding ---- */

static void window_lengths_are_what_subregions_can_open(void **state)
{
	(void)state;
	for (size_t nbytes = 1; nbytes <= ARENA_NBYTES / 2; nbytes++) {
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
		0, SIZE_MAX, SIZE_MAX - 63, SIZE_MAX / 2, (SIZE_MAX / 2) + 1, MEMORY_NBYTES * 64};
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
	assert_int_equal(cairn_stack_round(&stacks, ARENA_NBYTES / 2), ARENA_NBYTES / 2);
	assert_int_equal(cairn_stack_round(&stacks, ARENA_NBYTES / 2 + 1), 0);
}

/* ---- geometries that make no sense ---- */

static void refused(struct cairn_guard_geometry bad)
{
	static struct cairn_stacks s;
	assert_int_equal(cairn_stack_init(&s, &frames, &bad), CAIRN_EINVAL);
}

static void bad_geometries_are_refused(void **state)
{
	(void)state;
	struct cairn_guard_geometry g;
	assert_int_equal(cairn_stack_init(NULL, &frames, &window), CAIRN_EINVAL);
	assert_int_equal(cairn_stack_init(&stacks, NULL, &window), CAIRN_EINVAL);
	assert_int_equal(cairn_stack_init(&stacks, &frames, NULL), CAIRN_EINVAL);
	g = window, g.granule_nbytes = 0, refused(g);
	g = window, g.granule_nbytes = 4, refused(g);
	g = window, g.granule_nbytes = 96, refused(g);
	g = window, g.min_nbytes = 0, refused(g);
	g = window, g.min_nbytes = 32, refused(g);
	g = window, g.min_nbytes = 320, refused(g);
	g = window, g.parts = 6, refused(g);
	g = window, g.closed_nbytes = 100, refused(g);
	g = window, g.closed_nbytes = ARENA_NBYTES, refused(g);
	g = window, g.arena_nbytes = 3 * ARENA_NBYTES, refused(g);
	g = window, g.arena_nbytes = CAIRN_FRAME_NBYTES / 2, refused(g);
	g = mapped, g.granule_nbytes = 64, refused(g);
	g = mapped, g.space_nbytes = 0, refused(g);
	g = mapped, g.space_base = SPACE_BASE + 64, refused(g);
	g = mapped, g.space_nbytes = SPACE_NBYTES + 64, refused(g);
	g = mapped, g.space_base = (uintptr_t)0 - CAIRN_FRAME_NBYTES, refused(g);
	assert_int_equal(cairn_frame_count(&frames, CAIRN_FREE), nfree_at_start);
}

static void mapped_space_may_end_at_the_top_of_the_address_space(void **state)
{
	(void)state;
	static struct cairn_stacks s;
	struct cairn_stack stack = {0};
	struct cairn_guard_geometry g = mapped;
	g.space_base = (uintptr_t)0 - SPACE_NBYTES;
	assert_int_equal(cairn_stack_init(&s, &frames, &g), CAIRN_OK);
	assert_int_equal(cairn_stack_take(&s, &stack, 100, "t", NULL), CAIRN_OK);
	assert_true(stack.base >= g.space_base);
	assert_null(cairn_stack_check(&s));
	cairn_stack_give(&s, &stack);
}

/* ---- refusals ---- */

static void a_stack_is_given_back_once(void **state)
{
	(void)state;
	struct cairn_stack stack = {0}, never = {0};
	assert_int_equal(take(&stack, 700), CAIRN_OK);
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
	if (is_window())
		assert_true(add_arena());
	assert_int_equal(cairn_stack_take(&stacks, &stack, 700, "task", NULL), CAIRN_OK);
	assert_int_equal(cairn_stack_retire(&stacks, &stack), CAIRN_EBUSY);
	assert_int_equal(stack.state, CAIRN_STACK_TAKEN);
	cairn_stack_ready(&stacks, &stack);
	assert_int_equal(cairn_stack_retire(&stacks, &stack), CAIRN_OK);
	cairn_stack_ready(&stacks, &stack);
	assert_int_equal(stack.state, is_window() ? CAIRN_STACK_GIVEN : CAIRN_STACK_RETIRED);
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
	assert_int_equal(take(&stack, 700), CAIRN_OK);
	cairn_stack_paint(NULL, 0);
	assert_int_equal(cairn_stack_high_water(NULL), 0);
	cairn_stack_info(&stacks, NULL);
	cairn_stack_info(NULL, &info);
	assert_int_equal(info.nstacks, 0);
	assert_false(cairn_stack_where(NULL, stack.base, &where));
	assert_false(cairn_stack_where(&stacks, stack.base, NULL));
	give(&stack);
}

static void a_copied_or_forged_record_is_no_stack(void **state)
{
	(void)state;
	struct cairn_stack stack = {0}, copy;
	assert_int_equal(take(&stack, 700), CAIRN_OK);
	copy = stack;
	assert_int_equal(cairn_stack_retire(&stacks, &copy), CAIRN_EDESTROYED);
	copy.arena = 255;
	assert_int_equal(cairn_stack_retire(&stacks, &copy), CAIRN_EDESTROYED);
	copy = stack;
	copy.space = UINTPTR_MAX;
	assert_int_equal(cairn_stack_retire(&stacks, &copy), CAIRN_EDESTROYED);
	cairn_stack_give(&stacks, &copy);
	assert_null(cairn_stack_check(&stacks));
	give(&stack);
}

/* ---- exhaustion ---- */

static void exhaustion_is_an_answer_and_everything_comes_back(void **state)
{
	(void)state;
	static struct cairn_stack many[1024];
	struct cairn_stacks_info before = {0}, after;
	for (int round = 0; round < 2; round++) {
		size_t n = 0;
		while (n < 1024 && take(&many[n], 256) == CAIRN_OK)
			n++;
		assert_in_range(n, 4, 1023);
		struct cairn_stack untouched = many[n];
		assert_int_equal(take(&many[n], 256), CAIRN_ENOMEM);
		assert_memory_equal(&many[n], &untouched, sizeof(untouched));
		assert_null(cairn_stack_check(&stacks));
		while (n-- > 0)
			give(&many[n]);
		cairn_stack_info(&stacks, &after);
		assert_int_equal(after.nstacks, 0);
		if (round == 1) {
			assert_int_equal(before.free_nbytes, after.free_nbytes);
			assert_int_equal(before.nframes, after.nframes);
		}
		before = after;
	}
	if (!is_window())
		assert_int_equal(cairn_frame_count(&frames, CAIRN_FREE) + after.meta_nframes, nfree_at_start);
}

static void an_arena_that_cannot_be_closed_goes_back(void **state)
{
	(void)state;
	struct cairn_arena *arena = cairn_stack_arena_begin(&stacks);
	assert_ptr_equal(arena, &stacks.arena[0]);
	assert_int_equal(arena->base & (ARENA_NBYTES - 1), 0);
	assert_null(cairn_stack_check(&stacks));
	assert_true(cairn_stack_arena_prepare(&stacks, arena));
	assert_null(cairn_stack_check(&stacks));
	cairn_stack_arena_abandon(&stacks, arena);
	assert_int_equal(cairn_frame_count(&frames, CAIRN_FREE), nfree_at_start);
	assert_null(cairn_stack_check(&stacks));
}

static void arenas_are_limited(void **state)
{
	(void)state;
	for (int n = 0; n < CAIRN_STACK_ARENAS; n++)
		assert_true(add_arena());
	assert_false(add_arena());
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
	assert_int_equal(take(&stack, 1000), CAIRN_OK);

	assert_true(cairn_stack_where(&stacks, stack.base, &where));
	assert_int_equal(where.part, CAIRN_STACK_PART_LIVE);
	assert_ptr_equal(where.stack, &stack);
	assert_int_equal(where.base, stack.base);
	assert_int_equal(where.nbytes, stack.nbytes);
	assert_true(cairn_stack_where(&stacks, stack.base + stack.nbytes - 1, &where));
	assert_ptr_equal(where.stack, &stack);

	uintptr_t guard = is_window() ? stacks.arena[0].base : stack.base - 1;
	assert_true(cairn_stack_where(&stacks, guard, &where));
	assert_int_equal(where.part, CAIRN_STACK_PART_GUARD);
	assert_int_equal(where.nbytes, stacks.geometry.closed_nbytes);
	assert_ptr_equal(where.stack, is_window() ? NULL : &stack);

	uintptr_t last = stacks.arena[0].base + stacks.arena[0].nbytes - 1;
	assert_true(cairn_stack_where(&stacks, last, &where));
	assert_int_equal(where.part, CAIRN_STACK_PART_FREE);
	assert_null(where.stack);
	assert_false(cairn_stack_where(&stacks, last + 1, &where));
	assert_false(cairn_stack_where(NULL, last, &where));
	if (!is_window()) {
		assert_true(cairn_stack_where(&stacks, cairn_pfn_to_addr(stack.pfn) + 5, &where));
		assert_ptr_equal(where.stack, &stack);
	}
	give(&stack);
}

static void neighbours_in_an_arena_touch(void **state)
{
	(void)state;
	struct cairn_stack five_eighths = {0}, rest = {0};
	assert_int_equal(take(&five_eighths, 640), CAIRN_OK);
	assert_int_equal(five_eighths.nbytes, 640);
	assert_int_equal(five_eighths.base & 1023, 0);
	/* The tail of the 1 KiB block is free at once: 384 B, of which 256 B are aligned. */
	assert_int_equal(take(&rest, 256), CAIRN_OK);
	assert_int_equal(cairn_frame_count(&stacks.arena[0].space, CAIRN_STACK), (768 + 256) / 256);
	give(&rest);
	give(&five_eighths);
}

static void what_a_last_unit_has_left_is_free(void **state)
{
	(void)state;
	struct cairn_stack stack = {0};
	struct cairn_stack_where where;
	assert_int_equal(take(&stack, 640), CAIRN_OK);
	assert_true(cairn_stack_where(&stacks, stack.base + 640, &where));
	assert_int_equal(where.part, CAIRN_STACK_PART_FREE);
	assert_null(where.stack);
	assert_int_equal(where.base, stack.base + 640);
	assert_int_equal(where.nbytes, 768 - 640);
	give(&stack);
}

/* ---- the spare ---- */

static void the_run_given_back_last_is_the_next_of_its_length(void **state)
{
	(void)state;
	struct cairn_stack first = {0}, second = {0}, third = {0};
	struct cairn_stacks_info before, after;
	struct cairn_stack_where where;
	assert_int_equal(take(&first, 1000), CAIRN_OK);
	assert_int_equal(take(&second, 1000), CAIRN_OK);
	first.guard[0] = 1234;
	first.guard[1] = 5678;
	give(&second);
	cairn_stack_info(&stacks, &before);
	give(&first);
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
	assert_int_equal(take(&third, 1024), CAIRN_OK);
	assert_true(third.base != second.base);
	assert_int_equal(cairn_stack_retire(&stacks, &first), CAIRN_EDOUBLE);
	give(&second);
	give(&third);
}

static void a_spare_is_let_go_of_where_it_is_in_the_way(void **state)
{
	(void)state;
	struct cairn_stack quarter = {0}, split = {0}, half = {0};
	assert_int_equal(take(&quarter, ARENA_NBYTES / 4), CAIRN_OK);
	assert_int_equal(take(&split, ARENA_NBYTES / 4), CAIRN_OK);
	give(&split);
	assert_int_equal(cairn_stack_take(&stacks, &half, ARENA_NBYTES / 2, "t", NULL), CAIRN_ENOMEM);
	assert_true(cairn_stack_trim(&stacks));
	assert_false(cairn_stack_trim(&stacks));
	assert_int_equal(take(&half, ARENA_NBYTES / 2), CAIRN_OK);
	assert_int_equal(half.base, split.base);
	give(&half);
	give(&quarter);
	assert_null(cairn_stack_check(&stacks));
	assert_int_equal(stacks.spare.nbytes, ARENA_NBYTES / 4);
}

static void mapped_stacks_leave_no_spare(void **state)
{
	(void)state;
	struct cairn_stack stack = {0};
	assert_int_equal(take(&stack, 1000), CAIRN_OK);
	give(&stack);
	assert_false(cairn_stack_trim(&stacks));
	assert_int_equal(cairn_frame_count(&frames, CAIRN_STACK), 0);
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

/* ---- random use ---- */

static void model_agrees(struct cairn_stack *const *live, size_t nlive, const size_t *asked)
{
	size_t nbytes = 0;
	for (size_t a = 0; a < nlive; a++) {
		const struct cairn_stack *stack = live[a];
		size_t run = stack->nbytes + (stack->base - stack->space);
		assert_true(stack->nbytes >= asked[a]);
		assert_int_equal(stack->space & (((uintptr_t)1 << cairn_log2_ceil(run)) - 1), 0);
		nbytes += stack->nbytes;
		for (size_t b = 0; b < a; b++) {
			uintptr_t from = live[b]->space, end = live[b]->base + live[b]->nbytes;
			assert_true(stack->base + stack->nbytes <= from || stack->space >= end);
		}
	}
	struct cairn_stacks_info info;
	cairn_stack_info(&stacks, &info);
	assert_int_equal(info.nstacks, nlive);
	assert_int_equal(info.nbytes, nbytes);
}

static void random_use_agrees_with_a_model(void **state)
{
	(void)state;
	static struct cairn_stack pool[NMODEL];
	struct cairn_stack *live[NMODEL];
	size_t asked[NMODEL], nlive = 0;
	struct support_rng rng = {support_seed()};
	size_t most = is_window() ? ARENA_NBYTES / 4 : 4 * CAIRN_FRAME_NBYTES;

	memset(pool, 0, sizeof(pool));
	for (int step = 0; step < SUPPORT_STEPS(4000); step++) {
		size_t n = support_random_below(&rng, NMODEL);
		struct cairn_stack *stack = &pool[n];
		if (stack->state == CAIRN_STACK_LIVE) {
			for (n = 0; live[n] != stack; n++)
				;
			give(stack);
			live[n] = live[--nlive];
			asked[n] = asked[nlive];
		} else {
			size_t nbytes = 1 + support_random_below(&rng, (uint32_t)most);
			if (take(stack, nbytes) == CAIRN_OK) {
				live[nlive] = stack;
				asked[nlive++] = nbytes;
			}
		}
		model_agrees(live, nlive, asked);
		if (step % 16 == 0)
			assert_null(cairn_stack_check(&stacks));
	}
	while (nlive > 0)
		give(live[--nlive]);
	assert_null(cairn_stack_check(&stacks));
}

/* ---- planted damage ---- */

static void names(const char *text)
{
	const char *broken = cairn_stack_check(&stacks);
	assert_non_null(broken);
	assert_string_equal(broken, text);
}

static void check_names_planted_damage(void **state)
{
	(void)state;
	struct cairn_stack stack = {0}, kept;
	assert_int_equal(take(&stack, 1000), CAIRN_OK);
	kept = stack;
	assert_null(cairn_stack_check(&stacks));

	stack.state = CAIRN_STACK_NONE;
	names("stack->state == CAIRN_STACK_TAKEN || stack->state == CAIRN_STACK_LIVE || "
	      "stack->state == CAIRN_STACK_RETIRED");
	stack = kept;
	stack.base += 64;
	names("stack->base == stack->space + below");
	stack = kept;
	stack.space += (uintptr_t)1 << 30;
	names("stack->space - cell_base < (uintptr_t)1 << s->cell_shift");
	stack = kept;
	stack.nbytes -= (size_t)1 << stacks.unit_shift;
	names("run.nframes == cairn_stacks_units(s, stack->nbytes + below)");
	stack = kept;
	stacks.nstacks++;
	names("s->nstacks == counted.nstacks");
	stacks.nstacks--;
	stacks.nbytes++;
	names("s->nbytes == counted.nbytes");
	stacks.nbytes--;
	stacks.spare.nbytes += 256;
	if (is_window())
		names("cairn_frame_count(&arena->space, CAIRN_STACK) == nunits");
	stacks.spare.nbytes -= 256;
	if (!is_window()) {
		stack.pfn++;
		assert_non_null(cairn_stack_check(&stacks));
		stack = kept;
	}
	assert_null(cairn_stack_check(&stacks));
	assert_non_null(cairn_stack_check(NULL));

	/* A record that nobody entered: its space is lost. */
	size_t cell = (stack.space >> stacks.cell_shift) - (stacks.arena[0].base >> stacks.cell_shift);
	stacks.arena[0].cell[cell] = NULL;
	names("cairn_frame_count(&arena->space, CAIRN_STACK) == nunits");
	stacks.arena[0].cell[cell] = &stack;
	give(&stack);
}

#define IN_WINDOW(test) cmocka_unit_test_setup_teardown(test, window_up, sound_down)
#define IN_MAPPED(test) cmocka_unit_test_setup_teardown(test, mapped_up, sound_down)

int test_stack_run(void)
{
	static const struct CMUnitTest tests[] = {
		IN_WINDOW(window_lengths_are_what_subregions_can_open),
		IN_WINDOW(lengths_that_make_no_sense_are_refused),
		IN_MAPPED(lengths_that_make_no_sense_are_refused),
		IN_WINDOW(the_shared_guard_leaves_half_an_arena_at_most),
		IN_WINDOW(bad_geometries_are_refused),
		IN_WINDOW(mapped_space_may_end_at_the_top_of_the_address_space),
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
		IN_MAPPED(every_address_of_a_stack_is_explained),
		IN_WINDOW(neighbours_in_an_arena_touch),
		IN_WINDOW(what_a_last_unit_has_left_is_free),
		IN_WINDOW(the_run_given_back_last_is_the_next_of_its_length),
		IN_WINDOW(a_spare_is_let_go_of_where_it_is_in_the_way),
		IN_MAPPED(mapped_stacks_leave_no_spare),
		cmocka_unit_test(the_high_water_mark_is_exact_to_a_word),
		cmocka_unit_test(painting_stops_at_the_stack_pointer),
		IN_WINDOW(random_use_agrees_with_a_model),
		IN_MAPPED(random_use_agrees_with_a_model),
		IN_WINDOW(check_names_planted_damage),
		IN_MAPPED(check_names_planted_damage),
	};
	return cmocka_run_group_tests_name("stack", tests, NULL, NULL);
}
