/* SPDX-License-Identifier: MIT */
/* What stack.c and stack_view.c share: space, and where a stack is entered. */
#ifndef CAIRN_STACK_PRIVATE_H
#define CAIRN_STACK_PRIVATE_H

#include "stack.h"

static inline size_t cairn_stacks_units(const struct cairn_stacks *s, size_t nbytes)
{
	return (nbytes + ((size_t)1 << s->unit_shift) - 1) >> s->unit_shift;
}

/* The cell for a run of space that starts at addr, which the arena holds. */
static inline struct cairn_stack **cairn_stack_cell(const struct cairn_stacks *s,
						    const struct cairn_arena *arena, uintptr_t addr)
{
	return &arena->cell[(addr >> s->cell_shift) - arena->first_cell];
}

/* stack_pack.c: a run of space at any unit, O(CAIRN_ORDERS) blocks; CAIRN_NOFRAME: there is none. And back. */
cairn_pfn cairn_stack_pack_take(struct cairn_arena *arena, size_t nunits);
void cairn_stack_pack_give(struct cairn_arena *arena, cairn_pfn run, size_t nunits);

static inline bool cairn_arena_holds(const struct cairn_arena *arena, uintptr_t addr)
{
	return addr - arena->base < arena->nbytes;
}

#endif
