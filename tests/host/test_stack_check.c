/* SPDX-License-Identifier: MIT */
/* Damage planted in stacks and their spaces, which the check names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "stack_fixture.h"

static void names(const char *text)
{
	const char *broken = cairn_stack_check(&stacks);
	assert_non_null(broken);
	assert_string_equal(broken, text);
}

static void check_names_planted_damage(void **state)
{
	(void)state;
	struct cairn_stack stack = {0}, kept;
	assert_int_equal(stack_take(&stack, 1000), CAIRN_OK);
	kept = stack;
	assert_null(cairn_stack_check(&stacks));

	stack.state = CAIRN_STACK_NONE;
	names("stack->state == CAIRN_STACK_TAKEN || stack->state == CAIRN_STACK_LIVE || "
	      "stack->state == CAIRN_STACK_RETIRED");
	stack = kept;
	stack.base += 64;
	names("stack->base == stack->space + below");
	stack = kept;
	stack.space += (uintptr_t)1 << 30;
	names("stack->space - cell_base < (uintptr_t)1 << s->cell_shift");
	stack = kept;
	stack.nbytes -= (size_t)1 << stacks.unit_shift;
	names("run.nframes == cairn_stacks_units(s, stack->nbytes + below)");
	stack = kept;
	stacks.nstacks++;
	names("s->nstacks == counted.nstacks");
	stacks.nstacks--;
	stacks.nbytes++;
	names("s->nbytes == counted.nbytes");
	stacks.nbytes--;
	stacks.spare.nbytes += 256;
	if (stack_is_window())
		names("cairn_frame_count(&arena->space, CAIRN_STACK) == nunits");
	stacks.spare.nbytes -= 256;
	if (!stack_is_window()) {
		stack.pfn++;
		assert_non_null(cairn_stack_check(&stacks));
		stack = kept;
	}
	assert_null(cairn_stack_check(&stacks));
	assert_non_null(cairn_stack_check(NULL));

	/* A record that nobody entered: its space is lost. */
	size_t cell = (stack.space >> stacks.cell_shift) - (stacks.arena[0].base >> stacks.cell_shift);
	stacks.arena[0].cell[cell] = NULL;
	names("cairn_frame_count(&arena->space, CAIRN_STACK) == nunits");
	stacks.arena[0].cell[cell] = &stack;
	stack_give(&stack);
}

int test_stack_check_run(void)
{
	static const struct CMUnitTest tests[] = {
		IN_WINDOW(check_names_planted_damage),
		IN_STRIP(check_names_planted_damage),
		IN_MAPPED(check_names_planted_damage),
	};

	return cmocka_run_group_tests_name("stack_check", tests, NULL, NULL);
}
