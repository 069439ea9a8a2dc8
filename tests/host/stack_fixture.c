/* SPDX-License-Identifier: MIT */
/* See stack_fixture.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "stack_fixture.h"

#define GUARD_NBYTES ((size_t)1216)

static unsigned char memory[STACK_MEMORY_NBYTES] __attribute__((aligned(1 << 16)));
static struct cairn_regions regions;
struct cairn_frames stack_frames;
struct cairn_stacks stacks;
size_t stack_nfree_at_start;

const struct cairn_guard_geometry stack_window = {.granule_nbytes = 64,
						  .min_nbytes = 256,
						  .parts = 8,
						  .closed_nbytes = GUARD_NBYTES,
						  .arena_nbytes = STACK_ARENA_NBYTES};
const struct cairn_guard_geometry stack_strip = {.granule_nbytes = 32,
						 .min_nbytes = 256,
						 .below_nbytes = STACK_STRIP_NBYTES,
						 .arena_nbytes = STACK_ARENA_NBYTES};
const struct cairn_guard_geometry stack_packed = {
	.granule_nbytes = 32, .min_nbytes = 256, .closed_nbytes = 32, .arena_nbytes = STACK_ARENA_NBYTES};
const struct cairn_guard_geometry stack_mapped = {.granule_nbytes = CAIRN_FRAME_NBYTES,
						  .min_nbytes = CAIRN_FRAME_NBYTES,
						  .closed_nbytes = 4 * CAIRN_FRAME_NBYTES,
						  .space_base = STACK_SPACE_BASE,
						  .space_nbytes = STACK_SPACE_NBYTES};

bool stack_is_window(void)
{
	return stacks.geometry.arena_nbytes != 0;
}

static void frames_up(void)
{
	struct cairn_range ram = {(uintptr_t)memory, STACK_MEMORY_NBYTES, "ram", CAIRN_RANGE_RAM, 0};
	assert_int_equal(cairn_region_init(&regions, &ram, 1), CAIRN_OK);
	cairn_frame_init(&stack_frames);
	assert_int_equal(cairn_frame_zones(&stack_frames, &regions), CAIRN_OK);
	assert_int_equal(cairn_frame_open(&stack_frames, &regions), CAIRN_OK);
	stack_nfree_at_start = cairn_frame_count(&stack_frames, CAIRN_FREE);
}

int stack_window_up(void **state)
{
	(void)state;
	frames_up();
	assert_int_equal(cairn_stack_init(&stacks, &stack_frames, &stack_window), CAIRN_OK);
	return 0;
}

int stack_strip_up(void **state)
{
	(void)state;
	frames_up();
	assert_int_equal(cairn_stack_init(&stacks, &stack_frames, &stack_strip), CAIRN_OK);
	return 0;
}

int stack_packed_up(void **state)
{
	(void)state;
	frames_up();
	assert_int_equal(cairn_stack_init(&stacks, &stack_frames, &stack_packed), CAIRN_OK);
	return 0;
}

int stack_mapped_up(void **state)
{
	(void)state;
	frames_up();
	assert_int_equal(cairn_stack_init(&stacks, &stack_frames, &stack_mapped), CAIRN_OK);
	return 0;
}

int stack_sound_down(void **state)
{
	(void)state;
	return cairn_stack_check(&stacks) == NULL && cairn_frame_check(&stack_frames) == NULL ? 0 : 1;
}

bool stack_add_arena(void)
{
	struct cairn_arena *arena = cairn_stack_arena_begin(&stacks);
	if (arena == NULL)
		return false;
	assert_true(cairn_stack_arena_prepare(&stacks, arena));
	cairn_stack_arena_end(&stacks, arena);
	return true;
}

enum cairn_err stack_take(struct cairn_stack *stack, size_t nbytes)
{
	enum cairn_err err = cairn_stack_take(&stacks, stack, nbytes, "task", stack);
	while (err == CAIRN_ENOMEM && (cairn_stack_trim(&stacks) || stack_add_arena()))
		err = cairn_stack_take(&stacks, stack, nbytes, "task", stack);
	if (err == CAIRN_OK)
		cairn_stack_ready(&stacks, stack);
	return err;
}

void stack_give(struct cairn_stack *stack)
{
	assert_int_equal(cairn_stack_retire(&stacks, stack), CAIRN_OK);
	cairn_stack_give(&stacks, stack);
}
