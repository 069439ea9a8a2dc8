/* SPDX-License-Identifier: MIT */
/* Packed stacks: runs of space for a CPU that opens any piece of an arena, from any granule on.
 * The buddy allocator aligns a run to the power of two at or above its length, and here that would only leave gaps
 * behind: of stacks of 1056 B, half as many would fit. So a run is taken, block by block, where free space may
 * begin: behind the one that was taken last, or where the last was given back. Not all of it free there, it is
 * taken aligned, as one block less its tail. Either is given back block by block. */
#include "stack_private.h"

static unsigned smaller(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static void give_blocks(struct cairn_arena *arena, cairn_pfn first, size_t nunits)
{
	struct cairn_frame_info block;

	while (nunits != 0 && cairn_frame_info(&arena->space, first, &block) && block.head == first &&
	       block.nframes <= nunits && cairn_frame_free(&arena->space, first, CAIRN_STACK) == CAIRN_OK) {
		first += block.nframes;
		nunits -= block.nframes;
	}
}

/* Blocks as large as their place allows; false: not all of it is free, and nothing was taken. */
static bool take_blocks(struct cairn_arena *arena, cairn_pfn first, size_t nunits)
{
	cairn_pfn at = first, end = first + nunits;

	while (at != end) {
		unsigned order = smaller(cairn_lowest_bit(at), cairn_highest_bit(end - at));

		order = smaller(order, CAIRN_ORDERS - 1);
		if (cairn_frame_alloc_at(&arena->space, at, order, CAIRN_STACK) != CAIRN_OK) {
			give_blocks(arena, first, at - first);
			return false;
		}
		at += (cairn_pfn)1 << order;
	}
	return true;
}

cairn_pfn cairn_stack_pack_take(struct cairn_arena *arena, size_t nunits)
{
	cairn_pfn run = arena->gap;

	if (!take_blocks(arena, run, nunits))
		run = cairn_frame_alloc_run(&arena->space, nunits, CAIRN_STACK, CAIRN_ANY_ZONE);
	if (run != CAIRN_NOFRAME)
		arena->gap = run + nunits;
	return run;
}

void cairn_stack_pack_give(struct cairn_arena *arena, cairn_pfn run, size_t nunits)
{
	arena->gap = run;
	give_blocks(arena, run, nunits);
}
