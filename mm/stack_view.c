/* SPDX-License-Identifier: MIT */
/* Looking at task stacks without changing them: what lies where, totals, invariants. */
#include "stack_private.h"

static void whole_arena(const struct cairn_arena *arena, enum cairn_stack_part part,
			struct cairn_stack_where *where)
{
	*where = (struct cairn_stack_where){.part = part, .base = arena->base, .nbytes = arena->nbytes};
}

static void where_in(const struct cairn_stacks *s, const struct cairn_arena *arena, uintptr_t addr,
		     struct cairn_stack_where *where)
{
	struct cairn_frame_info run;
	whole_arena(arena, CAIRN_STACK_PART_FREE, where);
	if (!arena->open || !cairn_frame_info(&arena->space, addr >> s->granule_shift, &run))
		return;
	if (run.owner == CAIRN_RESERVED) {
		where->part = CAIRN_STACK_PART_GUARD;
		where->nbytes = s->geometry.closed_nbytes;
		return;
	}
	where->base = run.head << s->granule_shift;
	where->nbytes = run.nframes << s->granule_shift;
	if (run.owner != CAIRN_STACK)
		return;
	const struct cairn_stack *stack = *cairn_stack_cell(s, arena, where->base);
	if (stack == NULL)
		return;
	where->stack = stack;
	where->part = addr < stack->base ? CAIRN_STACK_PART_GUARD : CAIRN_STACK_PART_LIVE;
	if (where->part == CAIRN_STACK_PART_LIVE) {
		where->base = stack->base;
		where->nbytes = stack->nbytes;
	} else {
		where->nbytes = stack->base - where->base;
	}
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

void cairn_stack_info(const struct cairn_stacks *s, struct cairn_stacks_info *info)
{
	if (info == NULL)
		return;
	*info = (struct cairn_stacks_info){0};
	if (s == NULL)
		return;
	*info = (struct cairn_stacks_info){.nstacks = s->nstacks,
					   .nbytes = s->nbytes,
					   .nframes = s->nframes,
					   .meta_nframes = s->meta_nframes};
	for (int n = 0; n < CAIRN_STACK_ARENAS; n++) {
		const struct cairn_arena *arena = &s->arena[n];
		if (!arena->open)
			continue;
		info->narenas++;
		info->free_nbytes += cairn_frame_count(&arena->space, CAIRN_FREE) << s->granule_shift;
		info->closed_nbytes += cairn_stacks_mapped(s) ? 0 : s->geometry.closed_nbytes;
	}
}

/* ---- invariants ---- */

struct counted {
	size_t nstacks, nbytes;
};

static const char *stack_sound(const struct cairn_stacks *s, const struct cairn_arena *arena, size_t cell,
			       const struct cairn_stack *stack)
{
	struct cairn_frame_info run, frames;
	uintptr_t cell_base = ((arena->base >> s->cell_shift) + cell) << s->cell_shift;
	size_t closed = cairn_stacks_mapped(s) ? s->geometry.closed_nbytes : 0;

	CAIRN_HOLDS(stack->space - cell_base < (uintptr_t)1 << s->cell_shift);
	CAIRN_HOLDS(stack->state == CAIRN_STACK_TAKEN || stack->state == CAIRN_STACK_LIVE ||
		    stack->state == CAIRN_STACK_RETIRED);
	CAIRN_HOLDS(stack->base == stack->space + closed);
	CAIRN_HOLDS(cairn_frame_info(&arena->space, stack->space >> s->granule_shift, &run));
	CAIRN_HOLDS(run.owner == CAIRN_STACK);
	CAIRN_HOLDS(run.head << s->granule_shift == stack->space);
	CAIRN_HOLDS(run.nframes << s->granule_shift == stack->nbytes + closed);
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
	size_t space_nbytes = 0;
	const char *broken = cairn_frame_check(&arena->space);
	for (size_t n = 0; broken == NULL && n < arena->ncells; n++) {
		const struct cairn_stack *stack = arena->cell[n];
		if (stack == NULL)
			continue;
		broken = stack_sound(s, arena, n, stack);
		counted->nstacks++;
		counted->nbytes += stack->nbytes;
		space_nbytes += stack->nbytes + (stack->base - stack->space);
	}
	if (broken != NULL)
		return broken;
	CAIRN_HOLDS(cairn_frame_count(&arena->space, CAIRN_STACK) << s->granule_shift == space_nbytes);
	return NULL;
}

const char *cairn_stack_check(const struct cairn_stacks *s)
{
	struct counted counted = {0};
	size_t arenas_nframes = 0;
	CAIRN_HOLDS(s != NULL && s->frames != NULL);
	for (int n = 0; n < CAIRN_STACK_ARENAS; n++) {
		const struct cairn_arena *arena = &s->arena[n];
		if (arena->nbytes != 0 && !cairn_stacks_mapped(s))
			arenas_nframes += (size_t)1 << s->frames_order;
		const char *broken = arena->open ? arena_sound(s, arena, &counted) : NULL;
		if (broken != NULL)
			return broken;
	}
	if (cairn_stacks_mapped(s))
		arenas_nframes = counted.nbytes >> CAIRN_FRAME_SHIFT;
	CAIRN_HOLDS(s->nstacks == counted.nstacks);
	CAIRN_HOLDS(s->nbytes == counted.nbytes);
	CAIRN_HOLDS(s->nframes == arenas_nframes);
	CAIRN_HOLDS(s->nframes == cairn_frame_count(s->frames, CAIRN_STACK));
	return NULL;
}
