/* SPDX-License-Identifier: MIT */
/* Tests of high-water marks, and of what they cost: each task paints its own stack when it begins, unlocked. */
#include "kernel_test.h"

#define LARGE_NBYTES (TEST_STACK_NBYTES * 4)
/* Stamps that may differ, for what is not the same about two calls. */
#define SAME_STAMPS 64
#define NTIMES      8

static volatile uintptr_t deepest;

static __attribute__((noinline)) void reach(size_t nbytes)
{
	volatile unsigned char *far = __builtin_alloca(nbytes);

	far[0] = 0;
	deepest = (uintptr_t)far;
}

/* Masked, so that no interrupt is stacked below it. arg: how far. */
static void reach_and_wait(void *arg)
{
	arch_key key = arch_irq_save();

	reach((size_t)(uintptr_t)arg);
	arch_irq_restore(key);
	task_sleep(WAIT_FOREVER);
}

static void marks_are_correct_to_8_bytes(void)
{
	const size_t most = TEST_STACK_NBYTES - CAIRN_LOCKED_STACK - 64;

	for (size_t nbytes = CAIRN_LOCKED_STACK; nbytes < most; nbytes += 4) {
		task_id id = start("diver", HIGH, reach_and_wait, (void *)nbytes);
		const struct cairn_stack *stack = task_stack(id);
		size_t used = stack->base + stack->nbytes - deepest;
		size_t told = cairn_stack_high_water(stack);

		EXPECT(told >= used && told - used < 8);
		EXPECT(task_kill(id) == KERNEL_OK);
		expect_killed(id);
	}
}

static void do_nothing(void *arg)
{
	(void)arg;
}

/* The longest that creating and ending a task with such a stack masks. */
static uint32_t longest_masked_with(size_t nbytes)
{
	const struct task_spec spec = {
		.name = "new", .entry = do_nothing, .priority = HIGH, .stack_nbytes = nbytes};
	uint32_t longest = UINT32_MAX;

	for (int i = 0; i < NTIMES; i++) {
		task_id id = 0;

		port_reset_longest_masked();
		EXPECT(task_create(&spec, &id) == KERNEL_OK);
		expect_exit(id, 0);
		if (port_longest_masked() < longest)
			longest = port_longest_masked();
	}
	return longest;
}

/* To paint the larger stack takes a store for each of its words. */
static void painting_is_not_locked(void)
{
	uint32_t small = longest_masked_with(TASK_MIN_STACK_NBYTES),
		 large = longest_masked_with(LARGE_NBYTES);

	EXPECT(small > 0);
	EXPECT(large <= small + SAME_STAMPS);
}

static void switch_back(void *arg)
{
	(void)arg;
	for (int i = 0; i < NTIMES; i++)
		task_yield();
}

/* The shortest round of two switches with a task on such a stack. */
static uint32_t round_with(size_t nbytes)
{
	const struct task_spec spec = {
		.name = "other", .entry = switch_back, .priority = SAME, .stack_nbytes = nbytes};
	uint32_t shortest = UINT32_MAX;
	task_id id = 0;

	EXPECT(task_create(&spec, &id) == KERNEL_OK);
	task_yield();
	for (int i = 1; i < NTIMES; i++) {
		uint32_t began = arch_stamp(), took;

		task_yield();
		took = arch_stamp() - began;
		if (took < shortest)
			shortest = took;
	}
	expect_exit(id, 0);
	return shortest;
}

static void painting_costs_no_switch_anything(void)
{
	uint32_t small = round_with(TASK_MIN_STACK_NBYTES), large = round_with(LARGE_NBYTES);

	EXPECT(small > 0);
	EXPECT(large <= small + SAME_STAMPS);
}

const struct kernel_test paint_tests[] = {
	KERNEL_TEST(marks_are_correct_to_8_bytes),
	KERNEL_TEST(painting_is_not_locked),
	KERNEL_TEST(painting_costs_no_switch_anything),
	{NULL, NULL},
};
