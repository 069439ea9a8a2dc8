/* SPDX-License-Identifier: MIT */
/* Task stacks: pieces of closed space.
 *
 * Space is what the port closes: arenas of RAM (window), or a range of addresses (mapped). Either is one zone
 * of a private buddy allocator whose "frames" are units of space: the smallest stack (window), or a granule.
 * So a stack is a run: the units of its tail are free at once, and its start is aligned to the power of two
 * at or above its length, which is what an MPU region asks for. What is shorter than a unit could be no
 * stack's. Where the CPU opens any piece, stacks begin at any granule, packed (stack_pack.c). I1: a run of
 * space that belongs to a stack is entered in the cell where it starts, and in no other. I2: runs are as long
 * as a cell, or longer, so no two start in the same one. I3: an arena has cells only while stacks may be taken
 * from it. Locking: none here; cairn_stack.c serialises. */
#include "stack_private.h"

#define PAINT_MARGIN_NBYTES 96 /* what painting itself may need below its own locals */

static bool geometry_ok(const struct cairn_guard_geometry *g)
{
	size_t part_of_granule = g->granule_nbytes - 1;
	size_t end;

	if (!cairn_is_pow2(g->granule_nbytes) || g->granule_nbytes < 8 || !cairn_is_pow2(g->min_nbytes) ||
	    g->min_nbytes < g->granule_nbytes || (g->parts & (g->parts - 1)) != 0 ||
	    ((g->closed_nbytes | g->below_nbytes) & part_of_granule) != 0)
		return false;
	if (g->arena_nbytes != 0)
		return g->arena_nbytes % CAIRN_FRAME_NBYTES == 0 && g->arena_nbytes % g->min_nbytes == 0 &&
		       g->arena_nbytes >> CAIRN_FRAME_SHIFT <= (size_t)1 << (CAIRN_ORDERS - 1) &&
		       g->min_nbytes <= g->arena_nbytes && g->closed_nbytes < g->arena_nbytes &&
		       g->below_nbytes <= g->arena_nbytes / 4;
	return g->granule_nbytes == CAIRN_FRAME_NBYTES && g->space_nbytes != 0 &&
	       ((g->space_base | g->space_nbytes) & part_of_granule) == 0 &&
	       g->closed_nbytes < g->space_nbytes && cairn_add(g->space_base, g->space_nbytes - 1, &end);
}

/* The longest stack: one block of space. A shared guard splits the largest, so half of it is. */
static size_t most_nbytes(const struct cairn_stacks *s)
{
	size_t closed = s->geometry.closed_nbytes, space = s->arena_nbytes;
	unsigned block_shift = s->unit_shift + CAIRN_ORDERS - 1;

	if (!cairn_stacks_mapped(s))
		space = (size_t)1 << cairn_highest_bit(space) >> (closed != 0);
	if (block_shift < CAIRN_WORD_BITS && space >> block_shift != 0)
		space = (size_t)1 << block_shift;
	return space - s->below_nbytes;
}

/* ---- arenas: space and the records of what is in it ---- */

/* How many cells an arena has, and frames of metadata: all arenas are alike, for theirs are aligned to a power of
 * two that is no less than their length. */
static bool plan_arenas(struct cairn_stacks *s, uintptr_t base)
{
	uintptr_t last = base + (s->arena_nbytes - 1);
	size_t nbytes = cairn_frame_meta_nbytes(base >> s->unit_shift, s->arena_nbytes >> s->unit_shift);

	s->ncells = (last >> s->cell_shift) - (base >> s->cell_shift) + 1;
	s->arena_meta_nframes =
		(nbytes + s->ncells * sizeof(struct cairn_stack *) + CAIRN_FRAME_NBYTES - 1) >>
		CAIRN_FRAME_SHIFT;
	return nbytes != 0;
}

/* Metadata for an arena at `base`: whether it could be had. */
static bool arena_set_up(struct cairn_stacks *s, struct cairn_arena *arena, uintptr_t base)
{
	arena->meta_pfn = cairn_frame_alloc_run(s->frames, s->arena_meta_nframes, CAIRN_META, CAIRN_ANY_ZONE);
	if (arena->meta_pfn == CAIRN_NOFRAME)
		return false;
	arena->base = base;
	arena->nbytes = s->arena_nbytes;
	return true;
}

/* Cells first, so that both parts are aligned; the shared guard of a window arena stays reserved. */
bool cairn_stack_arena_prepare(struct cairn_stacks *s, struct cairn_arena *arena)
{
	cairn_pfn first = arena->base >> s->unit_shift;
	size_t nunits = s->arena_nbytes >> s->unit_shift;
	size_t nclosed = cairn_stacks_mapped(s) ? 0 : cairn_stacks_units(s, s->geometry.closed_nbytes);
	size_t cells_nbytes = s->ncells * sizeof(struct cairn_stack *);

	arena->cell = (struct cairn_stack **)cairn_pfn_to_addr(arena->meta_pfn);
	arena->first_cell = arena->base >> s->cell_shift;
	arena->gap = first + nclosed;
	memset(arena->cell, 0, cells_nbytes);
	cairn_frame_init_ordered(&arena->space);
	return cairn_frame_zone_add(&arena->space, first, nunits, 0, "stacks", arena->cell + s->ncells,
				    (s->arena_meta_nframes << CAIRN_FRAME_SHIFT) - cells_nbytes,
				    NULL) == CAIRN_OK &&
	       cairn_frame_zone_open(&arena->space, first + nclosed, nunits - nclosed, CAIRN_FREE) ==
		       CAIRN_OK;
}

void cairn_stack_arena_end(struct cairn_stacks *s, struct cairn_arena *arena)
{
	arena->ncells = s->ncells;
}

enum cairn_err cairn_stack_init(struct cairn_stacks *s, struct cairn_frames *f,
				const struct cairn_guard_geometry *g)
{
	bool mapped;
	uintptr_t base;

	if (s == NULL || f == NULL || g == NULL || !geometry_ok(g))
		return CAIRN_EINVAL;
	memset(s, 0, sizeof(*s));
	s->frames = f;
	s->geometry = *g;
	mapped = cairn_stacks_mapped(s);
	base = mapped ? g->space_base : 0;
	s->arena_nbytes = mapped ? g->space_nbytes : g->arena_nbytes;
	s->packed = !mapped && g->parts == 0 && g->below_nbytes == 0;
	s->unit_shift = cairn_highest_bit(mapped || s->packed ? g->granule_nbytes : g->min_nbytes);
	s->below_nbytes = mapped ? g->closed_nbytes : g->below_nbytes;
	s->cell_shift = cairn_log2_ceil(g->min_nbytes + s->below_nbytes);
	s->parts_shift = g->parts != 0 ? cairn_highest_bit(g->parts) : CAIRN_WORD_BITS - 1;
	s->most_nbytes = most_nbytes(s);
	if (!plan_arenas(s, base))
		return CAIRN_EINVAL;
	if (!mapped)
		return CAIRN_OK;
	if (!arena_set_up(s, s->arena, base))
		return CAIRN_ENOMEM;
	if (!cairn_stack_arena_prepare(s, s->arena))
		return CAIRN_EINVAL;
	cairn_stack_arena_end(s, s->arena);
	return CAIRN_OK;
}

struct cairn_arena *cairn_stack_arena_begin(struct cairn_stacks *s)
{
	struct cairn_arena *arena = s->arena;
	cairn_pfn pfn;

	if (cairn_stacks_mapped(s))
		return NULL;
	while (arena->nbytes != 0)
		if (++arena == s->arena + CAIRN_STACK_ARENAS)
			return NULL;
	pfn = cairn_frame_alloc_run(s->frames, s->arena_nbytes >> CAIRN_FRAME_SHIFT, CAIRN_STACK,
				    CAIRN_ANY_ZONE);
	if (pfn == CAIRN_NOFRAME)
		return NULL;
	if (arena_set_up(s, arena, cairn_pfn_to_addr(pfn)))
		return arena;
	cairn_frame_free(s->frames, pfn, CAIRN_STACK);
	return NULL;
}

void cairn_stack_arena_abandon(struct cairn_stacks *s, struct cairn_arena *arena)
{
	cairn_frame_free(s->frames, arena->meta_pfn, CAIRN_META);
	cairn_frame_free(s->frames, cairn_addr_to_pfn(arena->base), CAIRN_STACK);
	arena->nbytes = 0;
}

/* ---- stacks ---- */

size_t cairn_stack_round(const struct cairn_stacks *s, size_t nbytes)
{
	size_t unit;

	if (s == NULL || nbytes - 1 >= s->most_nbytes)
		return 0;
	if (nbytes < s->geometry.min_nbytes)
		nbytes = s->geometry.min_nbytes;
	unit = (size_t)1 << cairn_log2_ceil(nbytes) >> s->parts_shift;
	if (unit < s->geometry.granule_nbytes)
		unit = s->geometry.granule_nbytes;
	return (nbytes + unit - 1) & -unit;
}

/* The cell that *stack is entered in, or NULL. Believes nothing in *stack that the cell does not confirm. */
static struct cairn_stack **entry_of(const struct cairn_stacks *s, const struct cairn_stack *stack)
{
	const struct cairn_arena *arena;
	size_t n;

	if (stack->arena >= CAIRN_STACK_ARENAS)
		return NULL;
	arena = &s->arena[stack->arena];
	n = (stack->space >> s->cell_shift) - arena->first_cell;
	return n < arena->ncells && arena->cell[n] == stack ? &arena->cell[n] : NULL;
}

static void release_run(struct cairn_stacks *s, const struct cairn_stack *stack)
{
	struct cairn_arena *arena = &s->arena[stack->arena];
	cairn_pfn run = stack->space >> s->unit_shift;

	if (s->packed)
		cairn_stack_pack_give(arena, run, cairn_stacks_units(s, stack->nbytes + s->below_nbytes));
	else
		cairn_frame_free(&arena->space, run, CAIRN_STACK);
}

bool cairn_stack_trim(struct cairn_stacks *s)
{
	if (s->spare.nbytes == 0)
		return false;
	release_run(s, &s->spare);
	s->spare.nbytes = 0;
	return true;
}

/* A run in the first arena that has one. */
static cairn_pfn take_space(struct cairn_stacks *s, size_t nunits, uint8_t *arena)
{
	for (uint8_t n = 0; n < CAIRN_STACK_ARENAS; n++) {
		cairn_pfn run = CAIRN_NOFRAME;

		if (s->arena[n].ncells != 0)
			run = s->packed ? cairn_stack_pack_take(&s->arena[n], nunits)
					: cairn_frame_alloc_run(&s->arena[n].space, nunits, CAIRN_STACK,
								CAIRN_ANY_ZONE);
		*arena = n;
		if (run != CAIRN_NOFRAME)
			return run;
	}
	return CAIRN_NOFRAME;
}

/* A stack that nobody has had. false: there is no memory for it, and nothing was stored. */
static bool take_new(struct cairn_stacks *s, struct cairn_stack *stack, size_t nbytes)
{
	uint8_t arena;
	cairn_pfn pfn = 0, run = take_space(s, cairn_stacks_units(s, nbytes + s->below_nbytes), &arena);

	if (run == CAIRN_NOFRAME)
		return false;
	if (cairn_stacks_mapped(s)) {
		pfn = cairn_frame_alloc_run(s->frames, nbytes >> CAIRN_FRAME_SHIFT, CAIRN_STACK,
					    CAIRN_ANY_ZONE);
		if (pfn == CAIRN_NOFRAME) {
			cairn_frame_free(&s->arena[arena].space, run, CAIRN_STACK);
			return false;
		}
	}
	stack->space = run << s->unit_shift;
	stack->base = stack->space + s->below_nbytes;
	stack->nbytes = nbytes;
	stack->pfn = pfn;
	stack->arena = arena;
	stack->state = CAIRN_STACK_TAKEN;
	return true;
}

enum cairn_err cairn_stack_take(struct cairn_stacks *s, struct cairn_stack *stack, size_t nbytes,
				const char *name, const void *owner)
{
	struct cairn_arena *arena;

	if (s == NULL || stack == NULL)
		return CAIRN_EINVAL;
	if (nbytes != s->spare.nbytes)
		nbytes = cairn_stack_round(s, nbytes);
	if (nbytes == 0)
		return CAIRN_EINVAL;
	if (entry_of(s, stack) != NULL)
		return CAIRN_EBUSY;
	if (nbytes == s->spare.nbytes) {
		*stack = s->spare;
		s->spare.nbytes = 0;
	} else if (!take_new(s, stack, nbytes)) {
		return CAIRN_ENOMEM;
	}
	stack->name = name;
	stack->owner = owner;
	arena = &s->arena[stack->arena];
	arena->cell[(stack->space >> s->cell_shift) - arena->first_cell] = stack;
	s->nstacks++;
	s->nbytes += nbytes;
	return CAIRN_OK;
}

void cairn_stack_ready(struct cairn_stacks *s, struct cairn_stack *stack)
{
	if (stack->state == CAIRN_STACK_TAKEN && entry_of(s, stack) != NULL)
		stack->state = CAIRN_STACK_LIVE;
}

static void forget(struct cairn_stacks *s, struct cairn_stack *stack, struct cairn_stack **entry)
{
	*entry = NULL;
	s->nstacks--;
	s->nbytes -= stack->nbytes;
	stack->state = CAIRN_STACK_GIVEN;
}

enum cairn_err cairn_stack_retire(struct cairn_stacks *s, struct cairn_stack *stack)
{
	struct cairn_stack **entry;

	if (s == NULL || stack == NULL)
		return CAIRN_EINVAL;
	entry = entry_of(s, stack);
	if (entry == NULL)
		return stack->state == CAIRN_STACK_GIVEN ? CAIRN_EDOUBLE : CAIRN_EDESTROYED;
	if (stack->state != CAIRN_STACK_LIVE)
		return stack->state == CAIRN_STACK_RETIRED ? CAIRN_EDOUBLE : CAIRN_EBUSY;
	if (cairn_stacks_mapped(s)) {
		stack->state = CAIRN_STACK_RETIRED;
		return CAIRN_OK;
	}
	cairn_stack_trim(s);
	s->spare = *stack;
	forget(s, stack, entry);
	return CAIRN_OK;
}

void cairn_stack_give(struct cairn_stacks *s, struct cairn_stack *stack)
{
	struct cairn_stack **entry = entry_of(s, stack);

	if (entry == NULL)
		return;
	release_run(s, stack);
	if (cairn_stacks_mapped(s))
		cairn_frame_free(s->frames, stack->pfn, CAIRN_STACK);
	forget(s, stack, entry);
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
