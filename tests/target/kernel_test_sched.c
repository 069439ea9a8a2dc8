/* SPDX-License-Identifier: MIT */
/* Tests of who runs when: switching, priorities, round-robin, preemption, sleep. */
#include "kernel_test.h"
#include "main.h"

static struct semaphore go;

/* Values that live in registers across switches. */
static void mix_across_yields(void *arg)
{
	uint32_t a = (uint32_t)(uintptr_t)arg, b = a * 3, c = a * 5, d = a * 7, e = a * 11, f = a * 13;

	for (uint32_t i = 0; i < 200; i++) {
		a += i;
		b ^= a;
		c += b;
		d ^= c;
		e += d;
		f ^= e;
		task_yield();
		__asm__ volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d), "+r"(e), "+r"(f));
	}
	task_exit((int)(f & 0x7fff));
}

static void switching_keeps_registers(void)
{
	int alone = 0, together[2] = {0, 0};
	task_id id = start("alone", HIGH, mix_across_yields, (void *)17);
	task_id pair[2];

	EXPECT(task_join(id, &alone, WAIT_FOREVER) == KERNEL_OK);
	pair[0] = start("first", SAME, mix_across_yields, (void *)17);
	pair[1] = start("second", SAME, mix_across_yields, (void *)99);
	EXPECT(task_join(pair[0], &together[0], WAIT_FOREVER) == KERNEL_OK);
	EXPECT(task_join(pair[1], &together[1], WAIT_FOREVER) == KERNEL_OK);
	EXPECT(alone != 0 && together[0] == alone && together[1] != alone);
}

static void mark(void *arg)
{
	trace_mark((char)(uintptr_t)arg);
}

static void a_higher_task_runs_at_once_a_lower_one_later(void)
{
	task_id low = start("low", LOW, mark, (void *)'l');
	task_id same = start("same", SAME, mark, (void *)'s');
	task_id high = start("high", HIGH, mark, (void *)'h');

	trace_mark('t');
	expect_exit(low, 0);
	expect_exit(same, 0);
	expect_exit(high, 0);
	EXPECT(trace_is("htsl"));
}

static void mark_thrice(void *arg)
{
	for (int i = 0; i < 3; i++) {
		trace_mark((char)(uintptr_t)arg);
		task_yield();
	}
}

static void equals_take_turns_when_they_yield(void)
{
	task_id a = start("a", LOW, mark_thrice, (void *)'a');
	task_id b = start("b", LOW, mark_thrice, (void *)'b');

	expect_exit(a, 0);
	expect_exit(b, 0);
	EXPECT(trace_is("ababab"));
}

static void wait_and_mark(void *arg)
{
	EXPECT(semaphore_take(&go, WAIT_FOREVER) == KERNEL_OK);
	trace_mark((char)(uintptr_t)arg);
}

static void a_woken_higher_task_preempts(void)
{
	task_id high, low;

	EXPECT(semaphore_init(&go, 0, 2) == KERNEL_OK);
	high = start("high", HIGH, wait_and_mark, (void *)'h');
	low = start("low", LOW, wait_and_mark, (void *)'l');
	let_others_run();
	trace_mark('1');
	EXPECT(semaphore_give(&go) == KERNEL_OK);
	trace_mark('2');
	EXPECT(semaphore_give(&go) == KERNEL_OK);
	trace_mark('3');
	expect_exit(high, 0);
	expect_exit(low, 0);
	EXPECT(trace_is("1h23l"));
}

static void a_masked_yield_lets_an_equal_run_when_unmasked(void)
{
	task_id same = start("same", SAME, mark, (void *)'s');
	arch_key key = arch_irq_save();

	task_yield();
	trace_mark('m');
	arch_irq_restore(key);
	trace_mark('u');
	expect_exit(same, 0);
	EXPECT(trace_is("msu"));
}

/* Where the lock looks before it masks interrupts. */
static void room_is_own(void)
{
	const struct cairn_stack *stack = task_stack(task_self());

	EXPECT(arch_in_room());
	EXPECT(arch_cpu.room_limit == stack->base + CAIRN_LOCKED_STACK);
	EXPECT(arch_cpu.room_limit + arch_cpu.room_nbytes == stack->base + stack->nbytes);
}

static void look_at_room_twice(void *arg)
{
	(void)arg;
	room_is_own();
	task_yield();
	room_is_own();
}

static volatile bool handler_in_room;

static void look_at_room_in_handler(void)
{
	handler_in_room = arch_in_room();
	semaphore_give(&go);
}

static void each_task_has_its_room_and_handlers_have_none(void)
{
	task_id a = start("a", SAME, look_at_room_twice, NULL);
	task_id b = start("b", SAME, look_at_room_twice, NULL);

	room_is_own();
	expect_exit(a, 0);
	room_is_own();
	expect_exit(b, 0);
	EXPECT(semaphore_init(&go, 0, 1) == KERNEL_OK);
	handler_in_room = true;
	scheduler_set_tick_hook(look_at_room_in_handler);
	EXPECT(semaphore_take(&go, 5) == KERNEL_OK);
	scheduler_set_tick_hook(NULL);
	EXPECT(!handler_in_room);
	room_is_own();
}

static struct {
	volatile bool stop;
	volatile uint32_t nrounds[2];
	volatile uint32_t nturns; /* changes of who runs */
	volatile uint32_t runs;
} spin;

static void spin_and_count(void *arg)
{
	uint32_t self = (uint32_t)(uintptr_t)arg;

	while (!spin.stop) {
		spin.nrounds[self]++;
		if (spin.runs == self)
			continue;
		spin.nturns++;
		spin.runs = self;
	}
}

static void a_tick_gives_each_equal_its_turn(void)
{
	const uint32_t nticks = 10;
	task_id a, b;

	memset((void *)(uintptr_t)&spin, 0, sizeof(spin));
	a = start("a", LOW, spin_and_count, (void *)0);
	b = start("b", LOW, spin_and_count, (void *)1);
	task_sleep(nticks);
	spin.stop = true;
	expect_exit(a, 0);
	expect_exit(b, 0);
	EXPECT(spin.nturns >= nticks - 3 && spin.nturns <= nticks + 3);
	EXPECT(spin.nrounds[0] > spin.nrounds[1] / 2 && spin.nrounds[1] > spin.nrounds[0] / 2);
}

static void a_lower_task_does_not_run_while_a_higher_one_can(void)
{
	uint32_t began = ticks_now();
	task_id low = start("low", LOW, mark, (void *)'l');

	while (ticks_now() - began < 5)
		;
	EXPECT(trace_is(""));
	expect_exit(low, 0);
	EXPECT(trace_is("l"));
}

static void sleep_lasts_as_many_ticks_as_asked_for(void)
{
	static const uint32_t lengths[] = {1, 2, 3, 10, 63, 64, 65, 130};

	task_sleep(1);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		uint32_t began = ticks_now();

		task_sleep(lengths[i]);
		EXPECT(ticks_now() - began == lengths[i]);
	}
}

/* From the beginning of a tick, so that none comes between the look at it and the sleep. */
static void sleep_and_note(void *arg)
{
	uint32_t *ticks = arg;
	uint32_t began;

	task_sleep(1);
	began = ticks_now();
	task_sleep(*ticks);
	*ticks = ticks_now() - began;
}

/* 5, 69 and 133 share a slot of the timing wheel. */
static void sleepers_of_one_slot_wake_in_their_own_rounds(void)
{
	static uint32_t ticks[4];
	task_id ids[4];

	for (uint32_t i = 0; i < 4; i++)
		ticks[i] = 5 + i / 2 * 64 + (i == 3 ? 64 : 0);
	for (size_t i = 0; i < 4; i++)
		ids[i] = start("sleeper", HIGH, sleep_and_note, &ticks[i]);
	for (size_t i = 0; i < 4; i++)
		expect_exit(ids[i], 0);
	EXPECT(ticks[0] == 5 && ticks[1] == 5 && ticks[2] == 69 && ticks[3] == 133);
}

static void a_suspended_scheduler_lets_nobody_else_run(void)
{
	uint32_t began;
	task_id high;

	EXPECT(semaphore_init(&go, 0, 1) == KERNEL_OK);
	scheduler_suspend();
	scheduler_suspend();
	high = start("high", HIGH, mark, (void *)'h');
	began = ticks_now();
	while (ticks_now() - began < 3)
		;
	task_yield();
	EXPECT(semaphore_take(&go, 5) == KERNEL_EINVAL);
	EXPECT(task_join(high, NULL, 5) == KERNEL_EINVAL);
	task_sleep(5);
	EXPECT(ticks_now() - began < 5);
	scheduler_resume();
	EXPECT(trace_is(""));
	scheduler_resume();
	EXPECT(trace_is("h"));
	expect_exit(high, 0);
}

static void a_switch_asked_for_before_suspending_waits_too(void)
{
	task_id high;
	arch_key key;

	EXPECT(semaphore_init(&go, 0, 1) == KERNEL_OK);
	high = start("high", HIGH, wait_and_mark, (void *)'h');
	key = arch_irq_save();
	EXPECT(semaphore_give(&go) == KERNEL_OK);
	scheduler_suspend();
	arch_irq_restore(key);
	trace_mark('s');
	scheduler_resume();
	trace_mark('r');
	expect_exit(high, 0);
	EXPECT(trace_is("shr"));
}

static struct {
	volatile uint32_t ncalls;
	volatile bool in_handler, waited, self_known;
} tick;

static void note_tick(void)
{
	tick.ncalls++;
	tick.in_handler = arch_in_handler();
	tick.self_known = task_self() != 0;
	tick.waited = semaphore_take(&go, 1) != KERNEL_EINVAL || task_join(1, NULL, 1) != KERNEL_EINVAL;
	semaphore_give(&go);
}

static void a_handler_wakes_tasks_and_may_not_wait(void)
{
	EXPECT(semaphore_init(&go, 0, 1) == KERNEL_OK);
	memset((void *)(uintptr_t)&tick, 0, sizeof(tick));
	scheduler_set_tick_hook(note_tick);
	EXPECT(semaphore_take(&go, 5) == KERNEL_OK);
	EXPECT(semaphore_take(&go, 5) == KERNEL_OK);
	scheduler_set_tick_hook(NULL);
	EXPECT(tick.ncalls == 2 && tick.in_handler && !tick.waited && !tick.self_known);
}

const struct kernel_test sched_tests[] = {
	KERNEL_TEST(switching_keeps_registers),
	KERNEL_TEST(a_higher_task_runs_at_once_a_lower_one_later),
	KERNEL_TEST(equals_take_turns_when_they_yield),
	KERNEL_TEST(a_woken_higher_task_preempts),
	KERNEL_TEST(a_masked_yield_lets_an_equal_run_when_unmasked),
	KERNEL_TEST(each_task_has_its_room_and_handlers_have_none),
	KERNEL_TEST(a_tick_gives_each_equal_its_turn),
	KERNEL_TEST(a_lower_task_does_not_run_while_a_higher_one_can),
	KERNEL_TEST(sleep_lasts_as_many_ticks_as_asked_for),
	KERNEL_TEST(sleepers_of_one_slot_wake_in_their_own_rounds),
	KERNEL_TEST(a_suspended_scheduler_lets_nobody_else_run),
	KERNEL_TEST(a_switch_asked_for_before_suspending_waits_too),
	KERNEL_TEST(a_handler_wakes_tasks_and_may_not_wait),
	{NULL, NULL},
};
