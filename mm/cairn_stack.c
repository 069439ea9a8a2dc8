/* SPDX-License-Identifier: MIT */
/* The facade of the task stacks. A window stack is made, and given back, in one locked step: the port
 * computes two words. A mapped one, and an arena, take two such steps, between which the port works unlocked
 * and the task is pinned. */
#include "system.h"

static bool is_mapped(void)
{
	return cairn_stacks_mapped(&cairn_system.stacks);
}

enum arena_result { ARENA_ADDED, ARENA_NOT_FOUND, ARENA_NOT_CLOSED };

/* A further arena, closed by the port before a stack can be taken from it. */
static enum arena_result add_arena(void)
{
	cairn_key key = cairn_enter();
	struct cairn_arena *arena = cairn_stack_arena_begin(&cairn_system.stacks);
	cairn_leave(key);
	if (arena == NULL)
		return ARENA_NOT_FOUND;
	bool closed = cairn_stack_arena_prepare(&cairn_system.stacks, arena) &&
		      cairn_port_arena_close(arena->base, arena->nbytes) == CAIRN_OK;
	key = cairn_enter();
	if (closed)
		cairn_stack_arena_end(&cairn_system.stacks, arena);
	else
		cairn_stack_arena_abandon(&cairn_system.stacks, arena);
	cairn_leave(key);
	if (!closed)
		cairn_tell_watchers();
	return closed ? ARENA_ADDED : ARENA_NOT_CLOSED;
}

static bool drop_spare(void)
{
	cairn_key key = cairn_enter();
	bool dropped = cairn_stack_trim(&cairn_system.stacks);
	cairn_leave(key);
	return dropped;
}

/* Locked. Window: the words that open a new stack. */
static enum cairn_err take_locked(struct cairn_stack *stack, size_t nbytes, const char *name,
				  const void *owner)
{
	struct cairn_stacks *s = &cairn_system.stacks;
	enum cairn_err err = cairn_stack_take(s, stack, nbytes, name, owner);
	if (err != CAIRN_OK || stack->state != CAIRN_STACK_TAKEN || cairn_stacks_mapped(s))
		return err;
	err = cairn_port_stack_map(stack);
	if (err == CAIRN_OK)
		cairn_stack_ready(s, stack);
	else
		cairn_stack_give(s, stack);
	return err;
}

static enum cairn_err take_stack(struct cairn_stack *stack, size_t nbytes, const char *name,
				 const void *owner)
{
	cairn_key key = cairn_enter();
	enum cairn_err err = take_locked(stack, nbytes, name, owner);
	cairn_leave(key);
	return err;
}

/* The unlocked half of a mapped stack. */
static enum cairn_err map_stack(struct cairn_stack *stack)
{
	enum cairn_err err = cairn_port_stack_map(stack);
	cairn_key key = cairn_enter();
	if (err == CAIRN_OK)
		cairn_stack_ready(&cairn_system.stacks, stack);
	else
		cairn_stack_give(&cairn_system.stacks, stack);
	cairn_leave(key);
	if (err != CAIRN_OK)
		cairn_tell_watchers();
	return err;
}

/* There was no space for a stack; is there more now? An arena that the port did not close would be found again,
 * so nothing is merged or trimmed for another. */
static bool make_space(void)
{
	if (drop_spare())
		return true;
	switch (add_arena()) {
	case ARENA_ADDED: return true;
	case ARENA_NOT_CLOSED: return false;
	case ARENA_NOT_FOUND: break;
	}
	return cairn_merge_frames(CAIRN_ORDERS) || cairn_trim() != 0;
}

/* In halves; or, window, after there was no space. */
static __attribute__((noinline)) enum cairn_err create_pinned(struct cairn_stack *stack, size_t nbytes,
							      const char *name, const void *owner)
{
	enum cairn_err err;
	if (!cairn_system.ready)
		return CAIRN_ENOMEM;
	cairn_port_pin(true);
	do
		err = take_stack(stack, nbytes, name, owner);
	while (err == CAIRN_ENOMEM && make_space());
	if (err == CAIRN_OK && is_mapped())
		err = map_stack(stack);
	cairn_port_pin(false);
	return err;
}

enum cairn_err cairn_stack_create(struct cairn_stack *stack, size_t nbytes, const char *name,
				  const void *owner)
{
	enum cairn_err err = is_mapped() ? CAIRN_ENOMEM : take_stack(stack, nbytes, name, owner);
	return err == CAIRN_ENOMEM ? create_pinned(stack, nbytes, name, owner) : err;
}

static enum cairn_err retire_stack(struct cairn_stack *stack)
{
	cairn_key key = cairn_enter();
	enum cairn_err err = cairn_stack_retire(&cairn_system.stacks, stack);
	cairn_leave(key);
	return err;
}

static enum cairn_err destroy_pinned(struct cairn_stack *stack)
{
	cairn_port_pin(true);
	enum cairn_err err = retire_stack(stack);
	if (err == CAIRN_OK) {
		cairn_port_stack_unmap(stack);
		cairn_key key = cairn_enter();
		cairn_stack_give(&cairn_system.stacks, stack);
		cairn_leave(key);
	}
	cairn_port_pin(false);
	return err;
}

enum cairn_err cairn_stack_destroy(struct cairn_stack *stack)
{
	enum cairn_err err = is_mapped() ? destroy_pinned(stack) : retire_stack(stack);
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
