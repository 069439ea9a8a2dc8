/* SPDX-License-Identifier: MIT */
/* mm/port.h for images without a kernel: nobody else runs, and no call is refused. */
#include "arch.h"
#include "console.h"
#include "../../mm/port.h"

void cairn_port_report(const struct cairn_report *report)
{
	panic("%s(%p): %s", report->operation, (void *)report->addr, cairn_err_name(report->err));
}

void cairn_port_freed(void)
{
}

void cairn_port_pin(bool on)
{
	(void)on;
}

const void *cairn_port_owner(void)
{
	return NULL;
}

size_t cairn_port_key(void)
{
	return arch_entropy();
}

/* ---- stacks, guarded as in a kernel ---- */

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
	return arch_stack_map(stack->base, stack->nbytes, physical_of(stack), stack->guard) ? CAIRN_OK
											    : CAIRN_ENOMEM;
}

void cairn_port_stack_unmap(struct cairn_stack *stack)
{
	arch_stack_unmap(stack->base, stack->nbytes, physical_of(stack));
}
