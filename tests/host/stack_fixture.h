/* SPDX-License-Identifier: MIT */
/* What the tests of stacks share: an instance in each geometry, on frames of its own, in static memory. */
#ifndef STACK_FIXTURE_H
#define STACK_FIXTURE_H

#include "stack.h"
#include "support.h"

#define STACK_MEMORY_NBYTES ((size_t)256 << 10)
#define STACK_ARENA_NBYTES  ((size_t)16 << 10)
#define STACK_STRIP_NBYTES  ((size_t)128)
#define STACK_SPACE_BASE    ((uintptr_t)0x40000000)
#define STACK_SPACE_NBYTES  ((size_t)1 << 20)

extern struct cairn_frames stack_frames;
extern struct cairn_stacks stacks;
extern size_t stack_nfree_at_start; /* frames */
extern const struct cairn_guard_geometry stack_window, stack_strip, stack_packed, stack_mapped;

/* Setup of each test, in a geometry; teardown: every invariant holds. */
int stack_window_up(void **state);
int stack_strip_up(void **state);
int stack_packed_up(void **state);
int stack_mapped_up(void **state);
int stack_sound_down(void **state);
#define IN_WINDOW(test) cmocka_unit_test_setup_teardown(test, stack_window_up, stack_sound_down)
#define IN_STRIP(test)  cmocka_unit_test_setup_teardown(test, stack_strip_up, stack_sound_down)
#define IN_PACKED(test) cmocka_unit_test_setup_teardown(test, stack_packed_up, stack_sound_down)
#define IN_MAPPED(test) cmocka_unit_test_setup_teardown(test, stack_mapped_up, stack_sound_down)

/* Which geometry it is. */
bool stack_is_window(void);

/* One more arena, in use at once; false: there can be none. */
bool stack_add_arena(void);

/* A stack as the facade makes it, with spares let go of and arenas added where needed; and back. */
enum cairn_err stack_take(struct cairn_stack *stack, size_t nbytes);
void stack_give(struct cairn_stack *stack);

/* The files of this module's tests, one group each; the failures. test_stack_run runs the others too. */
int test_stack_geometry_run(void);
int test_stack_model_run(void);
int test_stack_check_run(void);
int test_stack_pack_run(void);

#endif
