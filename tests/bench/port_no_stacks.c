/* SPDX-License-Identifier: MIT */
/* mm/port.h where nobody makes stacks: nothing can close one. */
#include "../../mm/port.h"

/* That of some ARMv7-M; the arena is as large as it may be. */
void cairn_port_guard_geometry(struct cairn_guard_geometry *geometry)
{
	*geometry = (struct cairn_guard_geometry){
		.granule_nbytes = 64,
		.min_nbytes = 256,
		.parts = 8,
		.closed_nbytes = 1216,
		.arena_nbytes = CAIRN_FRAME_NBYTES << (CAIRN_ORDERS - 1),
	};
}

enum cairn_err cairn_port_arena_close(uintptr_t base, size_t nbytes)
{
	(void)base, (void)nbytes;
	return CAIRN_ETOOMANY;
}

enum cairn_err cairn_port_stack_map(struct cairn_stack *stack)
{
	(void)stack;
	return CAIRN_ENOMEM;
}

void cairn_port_stack_unmap(struct cairn_stack *stack)
{
	(void)stack;
}
