/* SPDX-License-Identifier: MIT */
/* The facade of the task stacks: the port closes arenas and maps stacks between two locked steps. */
#include "system.h"

/* A further arena, closed by the port before a stack can be taken from it. */
static bool add_arena(void)
{
	cairn_key key = cairn_enter();
	int arena = cairn_stack_arena_begin(&cairn_system.stacks);
	cairn_leave(key);
	if (arena < 0)
		return false;
	cairn_stack_arena_prepare(&cairn_system.stacks, arena);
	bool closed = cairn_port_arena_close(cairn_stack_arena_base(&cairn_system.stacks, arena),
					     cairn_system.stacks.geometry.arena_nbytes) == CAIRN_OK;
	key = cairn_enter();
	if (closed)
		cairn_stack_arena_end(&cairn_system.stacks, arena);
	else
		cairn_stack_arena_abandon(&cairn_system.stacks, arena);
	cairn_leave(key);
	if (!closed)
		cairn_tell_watchers();
	return closed;
}

static enum cairn_err take_stack(struct cairn_stack *stack, size_t nbytes, const char *name,
				 const void *owner)
{
	cairn_key key = cairn_enter();
	enum cairn_err err = cairn_stack_take(&cairn_system.stacks, stack, nbytes, name, owner);
	cairn_leave(key);
	return err;
}

static void give_stack(struct cairn_stack *stack)
{
	cairn_key key = cairn_enter();
	cairn_stack_give(&cairn_system.stacks, stack);
	cairn_leave(key);
}

static enum cairn_err map_stack(struct cairn_stack *stack)
{
	enum cairn_err err = cairn_port_stack_map(stack);
	if (err != CAIRN_OK) {
		give_stack(stack);
		cairn_tell_watchers();
		return err;
	}
	cairn_key key = cairn_enter();
	cairn_stack_ready(&cairn_system.stacks, stack);
	cairn_leave(key);
	return CAIRN_OK;
}

static enum cairn_err take_or_grow(struct cairn_stack *stack, size_t nbytes, const char *name,
				   const void *owner)
{
	enum cairn_err err = take_stack(stack, nbytes, name, owner);
	if (err == CAIRN_ENOMEM && add_arena())
		err = take_stack(stack, nbytes, name, owner);
	return err;
}

enum cairn_err cairn_stack_create(struct cairn_stack *stack, size_t nbytes, const char *name,
				  const void *owner)
{
	if (!cairn_system.ready)
		return CAIRN_ENOMEM;
	cairn_port_pin(true);
	enum cairn_err err = take_or_grow(stack, nbytes, name, owner);
	if (err == CAIRN_ENOMEM && cairn_trim() != 0)
		err = take_or_grow(stack, nbytes, name, owner);
	if (err == CAIRN_OK)
		err = map_stack(stack);
	cairn_port_pin(false);
	return err;
}

enum cairn_err cairn_stack_destroy(struct cairn_stack *stack)
{
	cairn_port_pin(true);
	cairn_key key = cairn_enter();
	enum cairn_err err = cairn_stack_retire(&cairn_system.stacks, stack);
	cairn_leave(key);
	if (err == CAIRN_OK) {
		cairn_port_stack_unmap(stack);
		give_stack(stack);
	}
	cairn_port_pin(false);
	return cairn_freed(err, "cairn_stack_destroy", stack, NULL, CAIRN_CALLER());
}

size_t cairn_stack_rounded(size_t nbytes)
{
	return cairn_stack_round(&cairn_system.stacks, nbytes);
}

void cairn_stack_stats(struct cairn_stacks_info *info)
{
	if (info == NULL)
		return;
	cairn_key key = cairn_enter();
	cairn_stack_info(&cairn_system.stacks, info);
	cairn_leave(key);
}
