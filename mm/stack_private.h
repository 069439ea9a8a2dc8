/* SPDX-License-Identifier: MIT */
/* What stack.c and stack_view.c share: which geometry it is, and where a stack is entered. */
#ifndef CAIRN_STACK_PRIVATE_H
#define CAIRN_STACK_PRIVATE_H

#include "stack.h"

static inline bool cairn_stacks_mapped(const struct cairn_stacks *s)
{
	return s->geometry.arena_nbytes == 0;
}

/* The cell for a run of space that starts at addr, which the arena holds. */
static inline struct cairn_stack **cairn_stack_cell(const struct cairn_stacks *s,
						    const struct cairn_arena *arena, uintptr_t addr)
{
	return &arena->cell[(addr >> s->cell_shift) - (arena->base >> s->cell_shift)];
}

static inline bool cairn_arena_holds(const struct cairn_arena *arena, uintptr_t addr)
{
	return addr - arena->base < arena->nbytes;
}

#endif
