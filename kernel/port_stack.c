/* SPDX-License-Identifier: MIT */
/* mm/port.h on arch.h: how stacks are guarded. Needs nothing of the kernel. */
#include "arch.h"
#include "../mm/port.h"

static bool mapped; /* stacks are mapped, not windows */

void cairn_port_guard_geometry(struct cairn_guard_geometry *geometry)
{
	struct arch_guard_geometry board;

	arch_guard_geometry(&board);
	*geometry = (struct cairn_guard_geometry){
		.granule_nbytes = board.granule_nbytes,
		.min_nbytes = board.min_nbytes,
		.parts = board.parts,
		.closed_nbytes = board.closed_nbytes,
		.below_nbytes = board.below_nbytes,
		.arena_nbytes = board.arena_nbytes,
		.space_base = board.space_base,
		.space_nbytes = board.space_nbytes,
	};
	mapped = board.arena_nbytes == 0;
}

enum cairn_err cairn_port_arena_close(uintptr_t base, size_t nbytes)
{
	return arch_arena_close(base, nbytes) ? CAIRN_OK : CAIRN_ETOOMANY;
}

static uintptr_t physical_of(const struct cairn_stack *stack)
{
	return mapped ? cairn_pfn_to_addr(stack->pfn) : stack->base;
}

enum cairn_err cairn_port_stack_map(struct cairn_stack *stack)
{
	if (arch_stack_map(stack->base, stack->nbytes, physical_of(stack), stack->guard))
		return CAIRN_OK;
	return mapped ? CAIRN_ENOMEM : CAIRN_EINVAL;
}

void cairn_port_stack_unmap(struct cairn_stack *stack)
{
	arch_stack_unmap(stack->base, stack->nbytes, physical_of(stack));
}
