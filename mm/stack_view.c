/* SPDX-License-Identifier: MIT */
/* Looking at task stacks without changing them: what lies where, totals, invariants. */
#include "stack_private.h"

static void whole_arena(const struct cairn_arena *arena, enum cairn_stack_part part,
			struct cairn_stack_where *where)
{
	*where = (struct cairn_stack_where){.part = part, .base = arena->base, .nbytes = arena->nbytes};
}

/* Below a stack, in it, or in what its last unit has left. */
static void where_in_run(const struct cairn_stack *stack, uintptr_t addr, struct cairn_stack_where *where)
{
	uintptr_t run_end = where->base + where->nbytes, end = stack->base + stack->nbytes;

	if (addr < stack->base) {
		where->part = CAIRN_STACK_PART_GUARD;
		where->stack = stack;
		where->nbytes = stack->base - where->base;
	} else if (addr - stack->base < stack->nbytes) {
		where->part = CAIRN_STACK_PART_LIVE;
		where->stack = stack;
		where->base = stack->base;
		where->nbytes = stack->nbytes;
	} else {
		where->base = end;
		where->nbytes = run_end - end;
	}
}

/* The stack that a block is part of, or NULL. Packed, the block does not tell where its run starts, so the cells
 * are searched, downwards. */
static const struct cairn_stack *stack_with(const struct cairn_stacks *s, const struct cairn_arena *arena,
					    const struct cairn_stack_where *block)
{
	size_t n = (block->base >> s->cell_shift) - arena->first_cell;

	while (s->packed && n != 0 && (arena->cell[n] == NULL || arena->cell[n]->space > block->base))
		n--;
	const struct cairn_stack *stack = arena->cell[n];
	if (s->packed && stack != NULL && block->base - stack->base >= stack->nbytes)
		return NULL;
	return stack;
}

static void where_in(const struct cairn_stacks *s, const struct cairn_arena *arena, uintptr_t addr,
		     struct cairn_stack_where *where)
{
	struct cairn_frame_info run;
	whole_arena(arena, CAIRN_STACK_PART_FREE, where);
	if (arena->ncells == 0 || !cairn_frame_info(&arena->space, addr >> s->unit_shift, &run))
		return;
	if (run.owner == CAIRN_RESERVED) {
		where->part = CAIRN_STACK_PART_GUARD;
		where->nbytes = s->geometry.closed_nbytes;
		return;
	}
	where->base = run.head << s->unit_shift;
	where->nbytes = run.nframes << s->unit_shift;
	if (run.owner != CAIRN_STACK)
		return;
	const struct cairn_stack *stack = stack_with(s, arena, where);
	if (stack != NULL)
		where_in_run(stack, addr, where);
}

/* Frames of a mapped stack, by their physical address: known by no table, so the cells are searched. */
static bool where_in_frames(const struct cairn_stacks *s, uintptr_t addr, struct cairn_stack_where *where)
{
	struct cairn_frame_info run;
	const struct cairn_arena *arena = &s->arena[0];
	if (!cairn_frame_info(s->frames, cairn_addr_to_pfn(addr), &run) || run.owner != CAIRN_STACK)
		return false;
	for (size_t n = 0; n < arena->ncells; n++) {
		const struct cairn_stack *stack = arena->cell[n];
		if (stack == NULL || stack->pfn != run.head)
			continue;
		*where = (struct cairn_stack_where){.part = CAIRN_STACK_PART_LIVE,
						    .stack = stack,
						    .base = cairn_pfn_to_addr(run.head),
						    .nbytes = stack->nbytes};
		return true;
	}
	return false;
}

bool cairn_stack_where(const struct cairn_stacks *s, uintptr_t addr, struct cairn_stack_where *where)
{
	if (s == NULL || s->frames == NULL || where == NULL)
		return false;
	for (int n = 0; n < CAIRN_STACK_ARENAS; n++) {
		const struct cairn_arena *arena = &s->arena[n];
		if (!cairn_arena_holds(arena, addr))
			continue;
		where_in(s, arena, addr, where);
		return true;
	}
	return cairn_stacks_mapped(s) && where_in_frames(s, addr, where);
}

/* Whole arenas, begun ones too; mapped: what the stacks have. */
static size_t nframes_owned(const struct cairn_stacks *s)
{
	size_t nframes = 0;
	if (cairn_stacks_mapped(s))
		return s->nbytes >> CAIRN_FRAME_SHIFT;
	for (int n = 0; n < CAIRN_STACK_ARENAS; n++)
		nframes += s->arena[n].nbytes >> CAIRN_FRAME_SHIFT;
	return nframes;
}

void cairn_stack_info(const struct cairn_stacks *s, struct cairn_stacks_info *info)
{
	if (info == NULL)
		return;
	*info = (struct cairn_stacks_info){0};
	if (s == NULL)
		return;
	*info = (struct cairn_stacks_info){
		.nstacks = s->nstacks, .nbytes = s->nbytes, .nframes = nframes_owned(s)};
	if (s->spare.nbytes != 0)
		info->free_nbytes = cairn_stacks_units(s, s->spare.nbytes + s->below_nbytes) << s->unit_shift;
	for (const struct cairn_arena *arena = s->arena; arena < s->arena + CAIRN_STACK_ARENAS; arena++) {
		if (arena->nbytes != 0)
			info->meta_nframes += s->arena_meta_nframes;
		if (arena->ncells == 0)
			continue;
		info->narenas++;
		info->free_nbytes += cairn_frame_count(&arena->space, CAIRN_FREE) << s->unit_shift;
		info->closed_nbytes += cairn_stacks_mapped(s) ? 0 : s->geometry.closed_nbytes;
	}
}

/* ---- invariants ---- */

struct counted {
	size_t nstacks, nbytes;
};

/* Packed: one block after the other. */
static const char *blocks_sound(const struct cairn_arena *arena, cairn_pfn first, size_t nunits)
{
	while (nunits != 0) {
		struct cairn_frame_info block;

		CAIRN_HOLDS(cairn_frame_info(&arena->space, first, &block));
		CAIRN_HOLDS(block.owner == CAIRN_STACK);
		CAIRN_HOLDS(block.head == first && block.nframes <= nunits);
		first += block.nframes;
		nunits -= block.nframes;
	}
	return NULL;
}

static const char *stack_sound(const struct cairn_stacks *s, const struct cairn_arena *arena, size_t cell,
			       const struct cairn_stack *stack)
{
	struct cairn_frame_info run, frames;
	uintptr_t cell_base = (arena->first_cell + cell) << s->cell_shift;
	size_t below = s->below_nbytes;

	CAIRN_HOLDS(stack->space - cell_base < (uintptr_t)1 << s->cell_shift);
	CAIRN_HOLDS(stack->state == CAIRN_STACK_TAKEN || stack->state == CAIRN_STACK_LIVE ||
		    stack->state == CAIRN_STACK_RETIRED);
	CAIRN_HOLDS(stack->base == stack->space + below);
	if (s->packed)
		return blocks_sound(arena, stack->space >> s->unit_shift,
				    cairn_stacks_units(s, stack->nbytes + below));
	CAIRN_HOLDS(cairn_frame_info(&arena->space, stack->space >> s->unit_shift, &run));
	CAIRN_HOLDS(run.owner == CAIRN_STACK);
	CAIRN_HOLDS(run.head << s->unit_shift == stack->space);
	CAIRN_HOLDS(run.nframes == cairn_stacks_units(s, stack->nbytes + below));
	if (cairn_stacks_mapped(s)) {
		CAIRN_HOLDS(cairn_frame_info(s->frames, stack->pfn, &frames));
		CAIRN_HOLDS(frames.owner == CAIRN_STACK && frames.head == stack->pfn);
		CAIRN_HOLDS(frames.nframes == stack->nbytes >> CAIRN_FRAME_SHIFT);
	}
	return NULL;
}

static const char *arena_sound(const struct cairn_stacks *s, const struct cairn_arena *arena,
			       struct counted *counted)
{
	size_t nunits = 0;
	const char *broken = cairn_frame_check(&arena->space);
	for (size_t n = 0; broken == NULL && n < arena->ncells; n++) {
		const struct cairn_stack *stack = arena->cell[n];
		if (stack == NULL)
			continue;
		broken = stack_sound(s, arena, n, stack);
		counted->nstacks++;
		counted->nbytes += stack->nbytes;
		nunits += cairn_stacks_units(s, stack->nbytes + (stack->base - stack->space));
	}
	if (broken != NULL)
		return broken;
	if (s->spare.nbytes != 0 && arena == &s->arena[s->spare.arena])
		nunits += cairn_stacks_units(s, s->spare.nbytes + s->below_nbytes);
	CAIRN_HOLDS(cairn_frame_count(&arena->space, CAIRN_STACK) == nunits);
	return NULL;
}

const char *cairn_stack_check(const struct cairn_stacks *s)
{
	struct counted counted = {0};
	CAIRN_HOLDS(s != NULL && s->frames != NULL);
	for (int n = 0; n < CAIRN_STACK_ARENAS; n++) {
		const struct cairn_arena *arena = &s->arena[n];
		const char *broken = arena->ncells != 0 ? arena_sound(s, arena, &counted) : NULL;
		if (broken != NULL)
			return broken;
	}
	CAIRN_HOLDS(s->nstacks == counted.nstacks);
	CAIRN_HOLDS(s->nbytes == counted.nbytes);
	CAIRN_HOLDS(nframes_owned(s) == cairn_frame_count(s->frames, CAIRN_STACK));
	return NULL;
}
