/* SPDX-License-Identifier: MIT */
/* Tests of what an MPU or MMU closes: all that is nobody's, code for writing, data for execution, stacks of
 * others. */
#include "board_test.h"
#include "fault.h"
#include "kernel_test.h"
#include "main.h"

static void expect_closed(uintptr_t address)
{
	expect_fault(write_to, (void *)address, ARCH_FAULT_DATA);
	EXPECT(fault_last()->addr_known && fault_last()->addr == address);
}

/* The table is the board's: tests/target/board_<board>.c. */
static void what_belongs_to_nobody_is_closed(void)
{
	EXPECT(nobodys_addresses[0] != NOBODYS_LAST);
	for (const uintptr_t *address = nobodys_addresses; *address != NOBODYS_LAST; address++)
		expect_closed(*address);
	EXPECT(trace_is(""));
}

/* Found by what the board reports, so that a machine of another size is tested as well. */
static void memory_is_closed_at_both_ends(void)
{
	static struct arch_range ranges[CAIRN_RANGES];
	const char *why = NULL;
	size_t nranges = arch_memory_map(ranges, CAIRN_RANGES, &why), nbanks = 0;

	for (size_t i = 0; i < nranges; i++) {
		if (ranges[i].kind != ARCH_RANGE_RAM)
			continue;
		expect_closed(ranges[i].base - sizeof(uint32_t));
		expect_closed(ranges[i].base + ranges[i].nbytes);
		nbanks++;
	}
	EXPECT(nbanks > 0);
	EXPECT(trace_is(""));
}

static void the_guard_of_the_handler_stack_is_closed(void)
{
	uintptr_t limit = arch_handler_stack_limit();

	expect_closed(limit - sizeof(uint32_t));
	expect_closed(limit - arch_handler_guard_nbytes());
	EXPECT(trace_is(""));
}

static void code_is_read_only(void)
{
	uintptr_t code = (uintptr_t)write_to & ~(uintptr_t)3;
	uint32_t before = *(const volatile uint32_t *)code;

	expect_fault(write_to, (void *)code, ARCH_FAULT_DATA);
	EXPECT(fault_last()->addr == code);
	EXPECT(*(const volatile uint32_t *)code == before);
}

static void jump_to(void *arg)
{
	void (*function)(void);

	memcpy(&function, &arg, sizeof(function));
	function();
}

static void data_is_not_executed(void)
{
	static uint32_t data[4];

	expect_fault(jump_to, (void *)((uintptr_t)data | ((uintptr_t)jump_to & 1)), ARCH_FAULT_FETCH);
}

static void wait_a_while(void *arg)
{
	(void)arg;
	task_sleep(20);
}

/* Only the window closes them; mapped stacks are apart, but not closed. */
static void the_stack_of_another_task_is_closed(void)
{
	task_id other = start("other", HIGH, wait_a_while, NULL);
	const struct cairn_stack *stack = task_stack(other);
	struct arch_guard_geometry geometry;

	arch_guard_geometry(&geometry);
	if (geometry.arena_nbytes) {
		const uint32_t *word = (const uint32_t *)(stack->base + 64);
		uint32_t before = *word;

		expect_fault(write_to, (void *)(uintptr_t)word, ARCH_FAULT_DATA);
		EXPECT(*word == before);
	} else {
		expect_fault(write_to, (void *)(stack->base - 64), ARCH_FAULT_DATA);
		EXPECT(fault_last()->is.what == CAIRN_IS_STACK_GUARD);
	}
	EXPECT(fault_last()->is.owner == (const void *)other);
	EXPECT(fault_last()->is.what == (geometry.arena_nbytes ? CAIRN_IS_STACK : CAIRN_IS_STACK_GUARD));
	expect_exit(other, 0);
}

const struct kernel_test closed_tests[] = {
	KERNEL_TEST(what_belongs_to_nobody_is_closed),
	KERNEL_TEST(memory_is_closed_at_both_ends),
	KERNEL_TEST(the_guard_of_the_handler_stack_is_closed),
	KERNEL_TEST(code_is_read_only),
	KERNEL_TEST(data_is_not_executed),
	KERNEL_TEST(the_stack_of_another_task_is_closed),
	{NULL, NULL},
};

const struct kernel_test *const guard_tests[] = {closed_tests, overflow_tests, policy_tests, NULL};
