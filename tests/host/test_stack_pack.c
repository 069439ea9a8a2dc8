/* SPDX-License-Identifier: MIT */
/* Packed stacks: of any multiple of the granule, side by side. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "stack_fixture.h"

#define GRANULE_NBYTES ((size_t)32)
/* Half a KiB and a granule: of these, aligned, a KiB would hold but one. */
#define AWKWARD_NBYTES ((size_t)544)
#define NFIT           ((STACK_ARENA_NBYTES - GRANULE_NBYTES) / AWKWARD_NBYTES)
#define NMANY          40

static struct cairn_stack many[NMANY];

static void lengths_lose_less_than_a_granule(void **state)
{
	(void)state;
	for (size_t nbytes = 256; nbytes <= STACK_ARENA_NBYTES / 2; nbytes++) {
		size_t got = cairn_stack_round(&stacks, nbytes);
		assert_true(got >= nbytes && got - nbytes < GRANULE_NBYTES);
	}
	assert_int_equal(cairn_stack_round(&stacks, 1), 256);
}

static size_t fill_one_arena(void)
{
	size_t n = 0;

	memset(many, 0, sizeof(many));
	assert_true(stack_add_arena());
	while (n < NMANY && cairn_stack_take(&stacks, &many[n], AWKWARD_NBYTES, "task", NULL) == CAIRN_OK)
		cairn_stack_ready(&stacks, &many[n++]);
	return n;
}

static void give_all(size_t n)
{
	while (n > 0)
		stack_give(&many[--n]);
	cairn_stack_trim(&stacks);
}

static void stacks_stand_side_by_side(void **state)
{
	(void)state;
	size_t nstacks = fill_one_arena();

	assert_int_equal(nstacks, NFIT);
	for (size_t n = 1; n < nstacks; n++)
		assert_int_equal(many[n].base, many[n - 1].base + AWKWARD_NBYTES);
	give_all(nstacks);
}

static void free_space_is_told_to_the_granule(void **state)
{
	(void)state;
	struct cairn_stacks_info before, after;

	assert_true(stack_add_arena());
	cairn_stack_info(&stacks, &before);
	memset(many, 0, sizeof(many));
	assert_int_equal(stack_take(&many[0], 1001), CAIRN_OK);
	assert_int_equal(stack_take(&many[1], 259), CAIRN_OK);
	cairn_stack_info(&stacks, &after);
	assert_int_equal(before.free_nbytes - after.free_nbytes, 1024 + 288);
	give_all(2);
	cairn_stack_info(&stacks, &after);
	assert_int_equal(before.free_nbytes, after.free_nbytes);
}

static void a_gap_is_filled_again(void **state)
{
	(void)state;
	size_t nstacks = fill_one_arena();
	uintptr_t base = many[5].base;

	stack_give(&many[5]);
	cairn_stack_trim(&stacks);
	assert_int_equal(cairn_stack_take(&stacks, &many[5], 300, "task", NULL), CAIRN_OK);
	cairn_stack_ready(&stacks, &many[5]);
	assert_int_equal(many[5].base, base);
	give_all(nstacks);
}

static void what_fits_nowhere_takes_nothing(void **state)
{
	(void)state;
	struct cairn_stack large = {0};
	size_t nstacks = fill_one_arena();
	struct cairn_stacks_info before, after;

	stack_give(&many[5]);
	cairn_stack_trim(&stacks);
	cairn_stack_info(&stacks, &before);
	assert_int_equal(cairn_stack_take(&stacks, &large, AWKWARD_NBYTES + 1, "t", NULL), CAIRN_ENOMEM);
	cairn_stack_info(&stacks, &after);
	assert_memory_equal(&before, &after, sizeof(before));
	assert_null(cairn_stack_check(&stacks));
	many[5] = many[--nstacks];
	memset(&many[5], 0, sizeof(many[5]));
	assert_int_equal(cairn_stack_take(&stacks, &many[5], AWKWARD_NBYTES, "t", NULL), CAIRN_OK);
	cairn_stack_ready(&stacks, &many[5]);
	give_all(nstacks + 1);
}

static const struct cairn_stack *stack_at(size_t nstacks, uintptr_t addr)
{
	for (size_t n = 0; n < nstacks; n++)
		if (many[n].state == CAIRN_STACK_LIVE && addr - many[n].base < many[n].nbytes)
			return &many[n];
	return NULL;
}

static void every_address_is_explained(void **state)
{
	(void)state;
	size_t nstacks = fill_one_arena();
	uintptr_t arena = stacks.arena[0].base;

	stack_give(&many[3]);
	stack_give(&many[7]);
	for (uintptr_t addr = arena; addr - arena < STACK_ARENA_NBYTES; addr += GRANULE_NBYTES / 2) {
		const struct cairn_stack *stack = stack_at(nstacks, addr);
		struct cairn_stack_where where;

		assert_true(cairn_stack_where(&stacks, addr, &where));
		assert_ptr_equal(where.stack, stack);
		if (addr - arena < GRANULE_NBYTES)
			assert_int_equal(where.part, CAIRN_STACK_PART_GUARD);
		else
			assert_int_equal(where.part, stack ? CAIRN_STACK_PART_LIVE : CAIRN_STACK_PART_FREE);
		if (stack != NULL)
			assert_true(where.base == stack->base && where.nbytes == stack->nbytes);
	}
	for (size_t n = 0; n < nstacks; n++)
		if (many[n].state == CAIRN_STACK_LIVE)
			stack_give(&many[n]);
}

/* A block of a stack's run given back behind its back. */
static void check_sees_a_lost_block(void **state)
{
	(void)state;
	struct cairn_frames *space = &stacks.arena[0].space;
	size_t nstacks = fill_one_arena();
	cairn_pfn last = (many[5].base + many[5].nbytes) / GRANULE_NBYTES - 1;
	struct cairn_frame_info block;

	assert_true(cairn_frame_info(space, last, &block));
	assert_int_equal(cairn_frame_free(space, block.head, CAIRN_STACK), CAIRN_OK);
	assert_string_equal(cairn_stack_check(&stacks), "block.owner == CAIRN_STACK");
	for (cairn_pfn at = block.head; at < block.head + block.nframes; at++)
		assert_int_equal(cairn_frame_alloc_at(space, at, 0, CAIRN_STACK), CAIRN_OK);
	assert_null(cairn_stack_check(&stacks));
	give_all(nstacks);
}

int test_stack_pack_run(void)
{
	static const struct CMUnitTest tests[] = {
		IN_PACKED(lengths_lose_less_than_a_granule),  IN_PACKED(stacks_stand_side_by_side),
		IN_PACKED(free_space_is_told_to_the_granule), IN_PACKED(a_gap_is_filled_again),
		IN_PACKED(what_fits_nowhere_takes_nothing),   IN_PACKED(every_address_is_explained),
		IN_PACKED(check_sees_a_lost_block),
	};

	return cmocka_run_group_tests_name("stack_pack", tests, NULL, NULL);
}
