/* SPDX-License-Identifier: MIT */
/* Stacks in random use, against a naive model. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "stack_fixture.h"

#define NMODEL 48

static void model_agrees(struct cairn_stack *const *live, size_t nlive, const size_t *asked)
{
	size_t nbytes = 0;
	for (size_t a = 0; a < nlive; a++) {
		const struct cairn_stack *stack = live[a];
		size_t run = stack->nbytes + (stack->base - stack->space);
		assert_true(stack->nbytes >= asked[a]);
		if (!stacks.packed)
			assert_int_equal(stack->space & (((uintptr_t)1 << cairn_log2_ceil(run)) - 1), 0);
		nbytes += stack->nbytes;
		for (size_t b = 0; b < a; b++) {
			uintptr_t from = live[b]->space, end = live[b]->base + live[b]->nbytes;
			assert_true(stack->base + stack->nbytes <= from || stack->space >= end);
		}
	}
	struct cairn_stacks_info info;
	cairn_stack_info(&stacks, &info);
	assert_int_equal(info.nstacks, nlive);
	assert_int_equal(info.nbytes, nbytes);
}

static void random_use_agrees_with_a_model(void **state)
{
	(void)state;
	static struct cairn_stack pool[NMODEL];
	struct cairn_stack *live[NMODEL];
	size_t asked[NMODEL], nlive = 0;
	struct support_rng rng = {support_seed()};
	size_t most = stack_is_window() ? STACK_ARENA_NBYTES / 4 : 4 * CAIRN_FRAME_NBYTES;

	memset(pool, 0, sizeof(pool));
	for (int step = 0; step < SUPPORT_STEPS(4000); step++) {
		size_t n = support_random_below(&rng, NMODEL);
		struct cairn_stack *stack = &pool[n];
		if (stack->state == CAIRN_STACK_LIVE) {
			for (n = 0; live[n] != stack; n++)
				;
			stack_give(stack);
			live[n] = live[--nlive];
			asked[n] = asked[nlive];
		} else {
			size_t nbytes = 1 + support_random_below(&rng, (uint32_t)most);
			if (stack_take(stack, nbytes) == CAIRN_OK) {
				live[nlive] = stack;
				asked[nlive++] = nbytes;
			}
		}
		model_agrees(live, nlive, asked);
		if (step % 16 == 0)
			assert_null(cairn_stack_check(&stacks));
	}
	while (nlive > 0)
		stack_give(live[--nlive]);
	assert_null(cairn_stack_check(&stacks));
}

int test_stack_model_run(void)
{
	static const struct CMUnitTest tests[] = {
		IN_WINDOW(random_use_agrees_with_a_model),
		IN_STRIP(random_use_agrees_with_a_model),
		IN_PACKED(random_use_agrees_with_a_model),
		IN_MAPPED(random_use_agrees_with_a_model),
	};

	return cmocka_run_group_tests_name("stack_model", tests, NULL, NULL);
}
