/* SPDX-License-Identifier: MIT */
/* Task stacks: pieces of closed space.
 *
 * Space is what the port closes: arenas of RAM (window), or a range of addresses (mapped). Either is one
 * zone of a private buddy allocator whose "frames" are granules, so a stack is a run: its tail is free at
 * once, and its start is aligned to the power of two at or above its length, which is what an MPU region
 * asks for. I1: a run of space that belongs to a stack is entered in the cell where it starts, and in no
 * other. I2: runs are aligned to at least a cell, so no two start in the same one. I3: nframes counts all
 * frames owned as STACK: whole arenas, or those that are mapped. Locking: none here; cairn.c serialises. */
#include "stack_private.h"

#define PAINT_MARGIN_NBYTES 96 /* what painting itself may need below its own locals */

static size_t pow2_at_or_above(size_t n)
{
	return (size_t)1 << cairn_log2_ceil(n);
}

static size_t larger(size_t a, size_t b)
{
	return a > b ? a : b;
}

/* Bytes of space that a stack of nbytes takes: mapped, the closed part too. */
static size_t run_nbytes(const struct cairn_stacks *s, size_t nbytes)
{
	return cairn_stacks_mapped(s) ? nbytes + s->geometry.closed_nbytes : nbytes;
}

static bool geometry_ok(const struct cairn_guard_geometry *g)
{
	if (!cairn_is_pow2(g->granule_nbytes) || g->granule_nbytes < 8)
		return false;
	if (!cairn_is_pow2(g->min_nbytes) || g->min_nbytes < g->granule_nbytes)
		return false;
	if (g->parts != 0 && !cairn_is_pow2(g->parts))
		return false;
	size_t part_of_granule = g->granule_nbytes - 1;
	if ((g->closed_nbytes & part_of_granule) != 0)
		return false;
	if (g->arena_nbytes != 0)
		return cairn_is_pow2(g->arena_nbytes) && g->arena_nbytes >= CAIRN_FRAME_NBYTES &&
		       g->min_nbytes <= g->arena_nbytes && g->closed_nbytes < g->arena_nbytes;
	size_t end;
	return g->granule_nbytes == CAIRN_FRAME_NBYTES && g->space_nbytes != 0 &&
	       ((g->space_base | g->space_nbytes) & part_of_granule) == 0 &&
	       g->closed_nbytes < g->space_nbytes && cairn_add(g->space_base, g->space_nbytes - 1, &end);
}

/* ---- arenas: space and the records of what is in it ---- */

static size_t granules_in(const struct cairn_stacks *s, size_t nbytes)
{
	return nbytes >> s->granule_shift;
}

static size_t space_meta_nbytes(const struct cairn_stacks *s, uintptr_t base, size_t nbytes)
{
	return cairn_frame_meta_nbytes(base >> s->granule_shift, granules_in(s, nbytes));
}

static size_t cells_in(const struct cairn_stacks *s, uintptr_t base, size_t nbytes)
{
	return ((base + (nbytes - 1)) >> s->cell_shift) - (base >> s->cell_shift) + 1;
}

static size_t meta_frames_for(const struct cairn_stacks *s, uintptr_t base, size_t nbytes)
{
	size_t need = space_meta_nbytes(s, base, nbytes);
	if (need == 0)
		return 0;
	need += cells_in(s, base, nbytes) * sizeof(struct cairn_stack *);
	return (need + CAIRN_FRAME_NBYTES - 1) >> CAIRN_FRAME_SHIFT;
}

static bool take_meta(struct cairn_stacks *s, struct cairn_arena *arena)
{
	size_t nframes = meta_frames_for(s, arena->base, arena->nbytes);
	arena->meta_pfn = cairn_frame_alloc_run(s->frames, nframes, CAIRN_META, CAIRN_ANY_ZONE);
	if (arena->meta_pfn == CAIRN_NOFRAME)
		return false;
	s->meta_nframes += nframes;
	return true;
}

/* Cells first, so that both parts are aligned; the shared guard of a window arena stays reserved. */
static void build_space(const struct cairn_stacks *s, struct cairn_arena *arena)
{
	size_t closed = cairn_stacks_mapped(s) ? 0 : s->geometry.closed_nbytes;
	size_t meta_nbytes = space_meta_nbytes(s, arena->base, arena->nbytes);
	cairn_pfn first = arena->base >> s->granule_shift;

	arena->ncells = cells_in(s, arena->base, arena->nbytes);
	arena->cell = (struct cairn_stack **)cairn_pfn_to_addr(arena->meta_pfn);
	memset(arena->cell, 0, arena->ncells * sizeof(struct cairn_stack *));
	cairn_frame_init(&arena->space);
	enum cairn_err err = cairn_frame_zone_add(&arena->space, first, granules_in(s, arena->nbytes), 0,
						  "stacks", arena->cell + arena->ncells, meta_nbytes, NULL);
	if (err == CAIRN_OK)
		err = cairn_frame_zone_open(&arena->space, first + granules_in(s, closed),
					    granules_in(s, arena->nbytes - closed), CAIRN_FREE);
	arena->ready = err == CAIRN_OK;
}

enum cairn_err cairn_stack_init(struct cairn_stacks *s, struct cairn_frames *f,
				const struct cairn_guard_geometry *g)
{
	if (s == NULL || f == NULL || g == NULL || !geometry_ok(g))
		return CAIRN_EINVAL;
	memset(s, 0, sizeof(*s));
	s->frames = f;
	s->geometry = *g;
	s->granule_shift = cairn_highest_bit(g->granule_nbytes);
	s->cell_shift = cairn_log2_ceil(run_nbytes(s, g->min_nbytes));
	if (!cairn_stacks_mapped(s)) {
		s->frames_order = cairn_highest_bit(g->arena_nbytes >> CAIRN_FRAME_SHIFT);
		return s->frames_order < CAIRN_ORDERS ? CAIRN_OK : CAIRN_EINVAL;
	}
	struct cairn_arena *arena = &s->arena[0];
	arena->base = g->space_base;
	arena->nbytes = g->space_nbytes;
	if (meta_frames_for(s, arena->base, arena->nbytes) == 0)
		return CAIRN_EINVAL;
	if (!take_meta(s, arena)) {
		arena->base = arena->nbytes = 0;
		return CAIRN_ENOMEM;
	}
	build_space(s, arena);
	arena->open = arena->ready;
	return arena->open ? CAIRN_OK : CAIRN_EINVAL;
}

int cairn_stack_arena_begin(struct cairn_stacks *s)
{
	if (s == NULL || s->frames == NULL || cairn_stacks_mapped(s))
		return -1;
	for (int n = 0; n < CAIRN_STACK_ARENAS; n++) {
		struct cairn_arena *arena = &s->arena[n];
		if (arena->nbytes != 0)
			continue;
		arena->pfn = cairn_frame_alloc(s->frames, s->frames_order, CAIRN_STACK, CAIRN_ANY_ZONE);
		if (arena->pfn == CAIRN_NOFRAME)
			return -1;
		arena->base = cairn_pfn_to_addr(arena->pfn);
		arena->nbytes = s->geometry.arena_nbytes;
		if (!take_meta(s, arena)) {
			cairn_frame_free(s->frames, arena->pfn, CAIRN_STACK);
			memset(arena, 0, sizeof(*arena));
			return -1;
		}
		s->nframes += (size_t)1 << s->frames_order;
		return n;
	}
	return -1;
}

/* The arena of that number, if it is between the halves of being made; or NULL. */
static struct cairn_arena *begun(struct cairn_stacks *s, int n)
{
	if (s == NULL || n < 0 || n >= CAIRN_STACK_ARENAS || s->arena[n].nbytes == 0 || s->arena[n].open)
		return NULL;
	return &s->arena[n];
}

void cairn_stack_arena_prepare(struct cairn_stacks *s, int n)
{
	struct cairn_arena *arena = begun(s, n);
	if (arena != NULL)
		build_space(s, arena);
}

void cairn_stack_arena_end(struct cairn_stacks *s, int n)
{
	struct cairn_arena *arena = begun(s, n);
	if (arena != NULL)
		arena->open = arena->ready;
}

void cairn_stack_arena_abandon(struct cairn_stacks *s, int n)
{
	struct cairn_arena *arena = begun(s, n);
	if (arena == NULL)
		return;
	s->meta_nframes -= meta_frames_for(s, arena->base, arena->nbytes);
	s->nframes -= (size_t)1 << s->frames_order;
	cairn_frame_free(s->frames, arena->meta_pfn, CAIRN_META);
	cairn_frame_free(s->frames, arena->pfn, CAIRN_STACK);
	memset(arena, 0, sizeof(*arena));
}

uintptr_t cairn_stack_arena_base(const struct cairn_stacks *s, int n)
{
	return s != NULL && n >= 0 && n < CAIRN_STACK_ARENAS ? s->arena[n].base : 0;
}

/* ---- stacks ---- */

/* The longest run that one block of space can be. A shared guard splits the arena, so half of it is the
 * largest block. */
static size_t largest_run(const struct cairn_stacks *s)
{
	unsigned block_shift = s->granule_shift + CAIRN_ORDERS - 1;
	size_t block = (size_t)1 << (block_shift < CAIRN_WORD_BITS ? block_shift : CAIRN_WORD_BITS - 1);
	size_t space = s->geometry.space_nbytes;
	if (!cairn_stacks_mapped(s))
		space = s->geometry.closed_nbytes ? s->geometry.arena_nbytes / 2 : s->geometry.arena_nbytes;
	return block < space ? block : space;
}

size_t cairn_stack_round(const struct cairn_stacks *s, size_t nbytes)
{
	if (s == NULL || s->frames == NULL || nbytes == 0 || nbytes > largest_run(s))
		return 0;
	const struct cairn_guard_geometry *g = &s->geometry;
	size_t unit = g->granule_nbytes;
	nbytes = larger(nbytes, g->min_nbytes);
	if (g->parts != 0)
		unit = larger(unit, pow2_at_or_above(nbytes) / g->parts);
	if (!cairn_round_up(nbytes, unit, &nbytes) || run_nbytes(s, nbytes) > largest_run(s))
		return 0;
	return nbytes;
}

/* Believes nothing in *stack that the cell it points at does not confirm. */
static bool is_entered(const struct cairn_stacks *s, const struct cairn_stack *stack)
{
	if (s == NULL || stack == NULL || stack->arena >= CAIRN_STACK_ARENAS)
		return false;
	const struct cairn_arena *arena = &s->arena[stack->arena];
	return arena->open && cairn_arena_holds(arena, stack->space) &&
	       *cairn_stack_cell(s, arena, stack->space) == stack;
}

static cairn_pfn take_space(struct cairn_stacks *s, size_t nbytes, uint8_t *arena)
{
	for (uint8_t n = 0; n < CAIRN_STACK_ARENAS; n++) {
		if (!s->arena[n].open)
			continue;
		cairn_pfn run = cairn_frame_alloc_run(&s->arena[n].space, granules_in(s, nbytes), CAIRN_STACK,
						      CAIRN_ANY_ZONE);
		if (run != CAIRN_NOFRAME) {
			*arena = n;
			return run;
		}
	}
	return CAIRN_NOFRAME;
}

enum cairn_err cairn_stack_take(struct cairn_stacks *s, struct cairn_stack *stack, size_t nbytes,
				const char *name, const void *owner)
{
	nbytes = cairn_stack_round(s, nbytes);
	if (nbytes == 0 || stack == NULL)
		return CAIRN_EINVAL;
	if (is_entered(s, stack))
		return CAIRN_EBUSY;

	uint8_t arena;
	cairn_pfn pfn = 0;
	cairn_pfn run = take_space(s, run_nbytes(s, nbytes), &arena);
	if (run == CAIRN_NOFRAME)
		return CAIRN_ENOMEM;
	if (cairn_stacks_mapped(s)) {
		pfn = cairn_frame_alloc_run(s->frames, nbytes >> CAIRN_FRAME_SHIFT, CAIRN_STACK,
					    CAIRN_ANY_ZONE);
		if (pfn == CAIRN_NOFRAME) {
			cairn_frame_free(&s->arena[arena].space, run, CAIRN_STACK);
			return CAIRN_ENOMEM;
		}
		s->nframes += nbytes >> CAIRN_FRAME_SHIFT;
	}
	uintptr_t space = run << s->granule_shift;
	*stack = (struct cairn_stack){
		.base = space + (run_nbytes(s, nbytes) - nbytes),
		.nbytes = nbytes,
		.name = name,
		.owner = owner,
		.space = space,
		.pfn = pfn,
		.state = CAIRN_STACK_TAKEN,
		.arena = arena,
	};
	*cairn_stack_cell(s, &s->arena[arena], space) = stack;
	s->nstacks++;
	s->nbytes += nbytes;
	return CAIRN_OK;
}

void cairn_stack_ready(struct cairn_stacks *s, struct cairn_stack *stack)
{
	if (is_entered(s, stack) && stack->state == CAIRN_STACK_TAKEN)
		stack->state = CAIRN_STACK_LIVE;
}

enum cairn_err cairn_stack_retire(struct cairn_stacks *s, struct cairn_stack *stack)
{
	if (s == NULL || stack == NULL)
		return CAIRN_EINVAL;
	if (!is_entered(s, stack))
		return stack->state == CAIRN_STACK_GIVEN ? CAIRN_EDOUBLE : CAIRN_EDESTROYED;
	if (stack->state == CAIRN_STACK_RETIRED)
		return CAIRN_EDOUBLE;
	if (stack->state != CAIRN_STACK_LIVE)
		return CAIRN_EBUSY;
	stack->state = CAIRN_STACK_RETIRED;
	return CAIRN_OK;
}

void cairn_stack_give(struct cairn_stacks *s, struct cairn_stack *stack)
{
	if (!is_entered(s, stack))
		return;
	struct cairn_arena *arena = &s->arena[stack->arena];
	*cairn_stack_cell(s, arena, stack->space) = NULL;
	cairn_frame_free(&arena->space, stack->space >> s->granule_shift, CAIRN_STACK);
	if (cairn_stacks_mapped(s)) {
		cairn_frame_free(s->frames, stack->pfn, CAIRN_STACK);
		s->nframes -= stack->nbytes >> CAIRN_FRAME_SHIFT;
	}
	s->nstacks--;
	s->nbytes -= stack->nbytes;
	stack->state = CAIRN_STACK_GIVEN;
}

/* ---- paint ---- */

void cairn_stack_paint(const struct cairn_stack *stack, uintptr_t sp)
{
	volatile uint32_t here = 0;
	uintptr_t own = (uintptr_t)&here;
	if (stack == NULL)
		return;
	uintptr_t end = stack->base + stack->nbytes;

	if (own - stack->base < stack->nbytes)
		end = own - stack->base > PAINT_MARGIN_NBYTES ? own - PAINT_MARGIN_NBYTES : stack->base;
	if (sp < end)
		end = sp;
	/* volatile, so that no call of memset takes the stack that it would fill. */
	for (uintptr_t at = stack->base; at + sizeof(uint32_t) <= end; at += sizeof(uint32_t))
		*(volatile uint32_t *)at = CAIRN_STACK_PAINT;
}

size_t cairn_stack_high_water(const struct cairn_stack *stack)
{
	if (stack == NULL)
		return 0;
	const uint32_t *word = (const uint32_t *)stack->base;
	size_t nwords = stack->nbytes / sizeof(uint32_t);
	size_t unused = 0;
	while (unused < nwords && word[unused] == CAIRN_STACK_PAINT)
		unused++;
	return stack->nbytes - unused * sizeof(uint32_t);
}
