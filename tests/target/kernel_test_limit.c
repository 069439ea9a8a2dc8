/* SPDX-License-Identifier: MIT */
/* Tests of stacks with limit registers (ARMv8-M): whatever moves the stack pointer below the limit is stopped
 * before, and the report tells where it was and how far it would have gone, when it can; what goes past a limit
 * without the stack pointer meets closed memory; and lengths are given to the granule. */
#include "limit.h"

#include "fault.h"
#include "kernel_test.h"
#include "main.h"

#define BASIC_FRAME_NBYTES 32u
#define GRANULE_NBYTES     32u

static uintptr_t own_limit(void)
{
	return task_stack(task_self())->base;
}

/* ---- instructions ---- */

#define MOVE(name) limit_##name, limit_##name##_at

/* The stack pointer is `height` above the limit: the fault's own frame has room, and just so at 32. */
static const struct move {
	void (*move)(uintptr_t sp, size_t nbytes);
	const uint16_t *at;
	size_t operand, nbytes, height;
} moves[] = {
	{MOVE(push_narrow), 0, 36, 32},       {MOVE(push_wide), 0, 56, 48},
	{MOVE(push_wide), 0, 56, 32},         {MOVE(sub_narrow), 0, 508, 32},
	{MOVE(sub_narrow), 0, 508, 500},      {MOVE(sub_expanded), 0, 4096, 96},
	{MOVE(sub_plain), 0, 4092, 104},      {MOVE(sub_register), 100000, 100000, 32},
	{MOVE(sub_register), 40, 40, 36},     {MOVE(sub_shifted), 500, 2000, 40},
	{MOVE(add_register), 1234, 1234, 40}, {MOVE(move), 7777, 7777, 36},
	{MOVE(store_and_step), 0, 252, 40},   {MOVE(store_pair), 0, 1016, 32},
};
#define NMOVES (sizeof(moves) / sizeof(moves[0]))

static void move_down(void *arg)
{
	const struct move *move = &moves[(uintptr_t)arg];

	move->move(own_limit() + move->height, move->operand);
}

static void an_instruction_is_stopped_and_told_where_it_would_have_gone(void)
{
	for (size_t i = 0; i < NMOVES; i++) {
		const struct move *move = &moves[i];
		const struct fault_record *fault = fault_last();

		expect_overflow(move_down, i);
		EXPECT(fault->cause == ARCH_FAULT_LIMIT);
		EXPECT(fault->pc_known && fault->pc == (uintptr_t)move->at);
		EXPECT(fault->sp == fault->limit + move->height);
		EXPECT(fault->over_exact &&
		       fault->over_nbytes == ((move->nbytes - move->height + 3) & ~(size_t)3));
	}
}

/* ---- exceptions ---- */

static void wait_above(void *arg)
{
	limit_wait(own_limit() + (uintptr_t)arg, 0);
}

static void call_above(void *arg)
{
	limit_call(own_limit() + (uintptr_t)arg, 0);
}

/* No room for the frame, of an interrupt or a call: nothing is stored, and nothing is claimed. */
static void an_exception_without_room_is_stopped(void)
{
	static const size_t heights[] = {0, 4, 8, 16, 28};

	for (size_t i = 0; i < sizeof(heights) / sizeof(heights[0]); i++) {
		void (*const overflows[])(void *arg) = {wait_above, call_above};

		for (size_t how = 0; how < 2; how++) {
			expect_overflow(overflows[how], heights[i]);
			EXPECT(fault_last()->cause == ARCH_FAULT_LIMIT);
			EXPECT(!fault_last()->pc_known && !fault_last()->over_exact);
			EXPECT(fault_last()->sp == fault_last()->limit);
			EXPECT(fault_last()->over_nbytes <= BASIC_FRAME_NBYTES);
		}
	}
}

static void an_exception_with_just_enough_room_is_none(void)
{
	static const size_t heights[] = {BASIC_FRAME_NBYTES, BASIC_FRAME_NBYTES + 4, 100};
	uint32_t nfaults = fault_last()->count;

	for (size_t i = 0; i < sizeof(heights) / sizeof(heights[0]); i++) {
		task_id id = start("close", LOW, wait_above, (void *)heights[i]);

		task_sleep(3);
		EXPECT(task_kill(id) == KERNEL_OK);
		expect_killed(id);
	}
	EXPECT(fault_last()->count == nfaults);
}

/* What an earlier frame has left where the next finds no room is not taken for it. */
static void a_call_that_ends_at_the_limit_is_told_apart(void)
{
	for (int i = 0; i < 3; i++) {
		uint32_t nfaults = fault_last()->count;
		task_id id = start("caller", SAME, call_above, (void *)(size_t)BASIC_FRAME_NBYTES);

		expect_killed(id);
		EXPECT(fault_last()->count == nfaults + 1 && fault_last()->id == id);
		EXPECT(fault_last()->cause == ARCH_FAULT_UNDEFINED && !fault_last()->overflow);
		EXPECT(fault_last()->pc_known && fault_last()->pc == (uintptr_t)limit_call_at);
		expect_overflow(call_above, BASIC_FRAME_NBYTES - 8);
		EXPECT(!fault_last()->pc_known);
	}
}

/* ---- the registers ---- */

static uintptr_t task_limit_register(void)
{
	uintptr_t limit;

	__asm__ volatile("mrs %0, psplim" : "=r"(limit));
	return limit;
}

static volatile uint32_t nwrong, nrounds;
static volatile bool stop;

static void compare_limits(void *arg)
{
	(void)arg;
	while (!stop) {
		nwrong += task_limit_register() != own_limit();
		nrounds++;
		task_yield();
	}
}

static void compare_handler_limit(void)
{
	uintptr_t limit;

	__asm__ volatile("mrs %0, msplim" : "=r"(limit));
	nwrong += limit != arch_handler_stack_limit();
	nrounds++;
}

static void limits_follow_the_switch(void)
{
	task_id ids[3];

	stop = false;
	nwrong = nrounds = 0;
	scheduler_set_tick_hook(compare_handler_limit);
	for (size_t i = 0; i < 3; i++)
		ids[i] = start("limits", LOW, compare_limits, NULL);
	task_sleep(10);
	stop = true;
	for (size_t i = 0; i < 3; i++)
		expect_exit(ids[i], 0);
	expect_overflow(wait_above, 0);
	task_sleep(2);
	scheduler_set_tick_hook(NULL);
	EXPECT(nwrong == 0 && nrounds > 30);
	EXPECT(task_limit_register() == own_limit());
}

/* ---- stores that do not move the stack pointer ---- */

static void store_at(void *arg)
{
	*(volatile uint32_t *)arg = 0x5ca1ab1e;
	trace_mark('!');
}

static void expect_closed(task_id id, uintptr_t address)
{
	uint32_t before = *(const volatile uint32_t *)address;

	expect_killed(id);
	EXPECT(fault_last()->id == id && fault_last()->cause == ARCH_FAULT_DATA);
	EXPECT(fault_last()->addr_known && fault_last()->addr == address && fault_last()->pc_known);
	EXPECT(*(const volatile uint32_t *)address == before);
	EXPECT(trace_is(""));
}

/* One past the stack of the task that runs, on both sides; and both ends of the arena. */
static void the_arena_is_closed_but_for_the_running_stack(void)
{
	struct arch_guard_geometry geometry;
	uintptr_t arena, own = own_limit();

	arch_guard_geometry(&geometry);
	arena = own & ~(geometry.arena_nbytes - 1);
	const uintptr_t addresses[] = {arena, arena + geometry.granule_nbytes - 4, own, own + 1024,
				       arena + geometry.arena_nbytes - 4};

	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++)
		expect_closed(start("stray", SAME, store_at, (void *)addresses[i]), addresses[i]);
}

static void store_past_own_stack(void *arg)
{
	const struct cairn_stack *stack = task_stack(task_self());

	store_at((void *)(arg ? stack->base + stack->nbytes : stack->base - sizeof(uint32_t)));
}

static void a_stack_is_closed_on_both_sides(void)
{
	for (size_t above = 0; above < 2; above++) {
		task_id id = start("stray", LOW, store_past_own_stack, (void *)above);
		const struct cairn_stack *stack = task_stack(id);

		expect_closed(id, above ? stack->base + stack->nbytes : stack->base - sizeof(uint32_t));
	}
}

/* Whose end is the arena's: there is nothing to close above it, and what lies behind the arena is open. */
static void use_all_of_the_topmost_stack(void *arg)
{
	const struct cairn_stack *stack = task_stack(task_self());
	volatile uint32_t *behind = (volatile uint32_t *)(stack->base + stack->nbytes);
	arch_key key = arch_irq_save();
	uint32_t what_is_there = *behind;

	*behind = what_is_there;
	arch_irq_restore(key);
	*(volatile uint32_t *)stack->base = 1;
	trace_mark('+');
	store_at((void *)(stack->base - (uintptr_t)arg));
}

static void the_topmost_stack_has_nothing_closed_above(void)
{
	struct arch_guard_geometry geometry;
	struct task_spec spec = {.name = "topmost",
				 .entry = use_all_of_the_topmost_stack,
				 .arg = (void *)sizeof(uint32_t),
				 .priority = LOW};
	task_id id;

	arch_guard_geometry(&geometry);
	spec.stack_nbytes = geometry.arena_nbytes / 2;
	EXPECT(task_create(&spec, &id) == KERNEL_OK);
	EXPECT(((task_stack(id)->base + spec.stack_nbytes) & (geometry.arena_nbytes - 1)) == 0);
	expect_killed(id);
	EXPECT(fault_last()->id == id && fault_last()->cause == ARCH_FAULT_DATA);
	EXPECT(fault_last()->addr == fault_last()->limit - sizeof(uint32_t));
	EXPECT(trace_is("+"));
}

/* ---- lengths ---- */

static void fill_own_stack(void *arg)
{
	const struct cairn_stack *stack = task_stack(task_self());

	for (uintptr_t at = stack->base; at < arch_sp() - CAIRN_LOCKED_STACK; at += sizeof(uint32_t))
		*(volatile uint32_t *)at = (uint32_t)(uintptr_t)arg;
}

static void a_stack_is_as_long_as_it_was_asked_for(void)
{
	uint32_t nfaults = fault_last()->count;

	for (size_t nbytes = TASK_MIN_STACK_NBYTES; nbytes < 3000; nbytes += 1 + test_random() % 64) {
		struct task_spec spec = {
			.name = "any", .entry = fill_own_stack, .priority = LOW, .stack_nbytes = nbytes};
		task_id id;

		EXPECT(task_create(&spec, &id) == KERNEL_OK);
		EXPECT(task_stack(id)->nbytes >= nbytes && task_stack(id)->nbytes - nbytes < GRANULE_NBYTES);
		expect_exit(id, 0);
	}
	EXPECT(fault_last()->count == nfaults);
}

const struct kernel_test limit_tests[] = {
	KERNEL_TEST(an_instruction_is_stopped_and_told_where_it_would_have_gone),
	KERNEL_TEST(an_exception_without_room_is_stopped),
	KERNEL_TEST(an_exception_with_just_enough_room_is_none),
	KERNEL_TEST(a_call_that_ends_at_the_limit_is_told_apart),
	KERNEL_TEST(limits_follow_the_switch),
	KERNEL_TEST(the_arena_is_closed_but_for_the_running_stack),
	KERNEL_TEST(a_stack_is_closed_on_both_sides),
	KERNEL_TEST(the_topmost_stack_has_nothing_closed_above),
	KERNEL_TEST(a_stack_is_as_long_as_it_was_asked_for),
	{NULL, NULL},
};
