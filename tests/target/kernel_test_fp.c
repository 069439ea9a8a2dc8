/* SPDX-License-Identifier: MIT */
/* Tests of floating-point registers: every task has its own, whoever else uses them, in handlers too. */
#include "fault.h"
#include "fp.h"
#include "kernel_test.h"
#include "main.h"

/* FPSCR: the default, and the other ways to round. */
#define ROUND_NEAREST 0u
#define ROUND_UP      (1u << 22)
#define ROUND_DOWN    (2u << 22)

/* What an exception stacks, but for what aligns it. */
#define EXTENDED_NBYTES 104u

struct fp_counts fp_counts;

void fp_counts_reset(void)
{
	fp_counts.stop = false;
	fp_counts.nrounds = fp_counts.nbad = fp_counts.nhandled = 0;
}

/* ---- who uses registers ---- */

static uint32_t seed_of(const void *arg)
{
	return 0x3f800000u + (uint32_t)(uintptr_t)arg * 4096u;
}

/* By calls: a switch at each round. */
static void keep_over_yields(void *arg)
{
	uint32_t seed = seed_of(arg);

	for (int i = 0; i < 50; i++) {
		fp_fill(seed + (uint32_t)i);
		task_yield();
		fp_counts.nbad += fp_differing(seed + (uint32_t)i) != 0;
		fp_counts.nrounds++;
	}
}

/* By interrupts alone: nothing is called in between. */
static void keep_over_preemption(void *arg)
{
	uint32_t seed = seed_of(arg);

	fp_fill(seed);
	fp_set_rounding((uint32_t)(uintptr_t)arg % 2 ? ROUND_UP : ROUND_DOWN);
	while (!fp_counts.stop) {
		fp_counts.nbad += fp_differing(seed) != 0;
		fp_counts.nbad += fp_rounding() != ((uint32_t)(uintptr_t)arg % 2 ? ROUND_UP : ROUND_DOWN);
		fp_counts.nrounds++;
	}
}

void fp_use_none(void *arg)
{
	(void)arg;
	while (!fp_counts.stop) {
		fp_counts.nbad += fp_active();
		fp_counts.nrounds++;
	}
}

void fp_use_some_at_times(void *arg)
{
	uint32_t seed = seed_of(arg);

	for (; !fp_counts.stop; seed++) {
		fp_fill(seed);
		task_sleep(1);
		fp_counts.nbad += fp_differing(seed) != 0;
		fp_counts.nrounds++;
	}
}

void fp_use_some_in_handler(void)
{
	fp_clobber();
	fp_counts.nhandled++;
}

/* ---- tests of the switch ---- */

static void registers_survive_yields(void)
{
	task_id ids[4];

	fp_counts_reset();
	for (size_t i = 0; i < 4; i++)
		ids[i] = start("fp", SAME, keep_over_yields, (void *)(i + 1));
	for (size_t i = 0; i < 4; i++)
		expect_exit(ids[i], 0);
	EXPECT(fp_counts.nbad == 0 && fp_counts.nrounds == 4 * 50);
}

static void run_mix(uint32_t nticks)
{
	static void (*const entries[])(void *arg) = {keep_over_preemption, fp_use_none, keep_over_preemption,
						     fp_use_some_at_times};
	task_id ids[4];

	fp_counts_reset();
	for (size_t i = 0; i < 4; i++)
		ids[i] = start("mix", LOW, entries[i], (void *)(i + 1));
	task_sleep(nticks);
	fp_counts.stop = true;
	for (size_t i = 0; i < 4; i++)
		expect_exit(ids[i], 0);
	EXPECT(fp_counts.nbad == 0 && fp_counts.nrounds > 4 * nticks);
}

static void registers_survive_preemption_beside_tasks_without(void)
{
	run_mix(40);
}

static void registers_survive_handlers_that_use_them(void)
{
	scheduler_set_tick_hook(fp_use_some_in_handler);
	run_mix(40);
	scheduler_set_tick_hook(NULL);
	EXPECT(fp_counts.nhandled >= 40);
}

static void look_at_a_new_task(void *arg)
{
	fp_counts.nbad += fp_active();
	fp_counts.nbad += fp_rounding() != ROUND_NEAREST;
	EXPECT(fp_active());
	(void)arg;
}

static void a_new_task_has_none_of_another(void)
{
	fp_counts_reset();
	fp_fill(1);
	fp_set_rounding(ROUND_UP);
	for (int i = 0; i < 3; i++)
		expect_exit(start("new", HIGH, look_at_a_new_task, NULL), 0);
	EXPECT(fp_counts.nbad == 0);
	EXPECT(fp_differing(1) == 0 && fp_rounding() == ROUND_UP);
	fp_set_rounding(ROUND_NEAREST);
}

static void a_killed_task_leaves_nothing_behind(void)
{
	for (uint32_t i = 0; i < 8; i++) {
		task_id id;

		fp_counts_reset();
		id = start("fp", i % 2 ? HIGH : LOW, i % 2 ? fp_use_some_at_times : keep_over_preemption,
			   NULL);
		fp_fill(i);
		task_sleep(1 + i % 3);
		EXPECT(task_kill(id) == KERNEL_OK);
		expect_killed(id);
		EXPECT((FPCCR & FPCCR_LSPACT) == 0);
		EXPECT(fp_differing(i) == 0);
		EXPECT(fp_counts.nbad == 0);
	}
}

static void use_registers_with_the_least_stack(void *arg)
{
	EXPECT(arch_cpu.room_nbytes + CAIRN_LOCKED_STACK == task_stack(task_self())->nbytes);
	for (int i = 0; i < 10; i++) {
		void *block;

		fp_fill(seed_of(arg));
		block = cairn_alloc(64);
		task_yield();
		EXPECT(fp_differing(seed_of(arg)) == 0);
		EXPECT(cairn_free(block) == CAIRN_OK);
	}
}

static void the_smallest_stack_has_room_for_them(void)
{
	struct task_spec spec = {.name = "small",
				 .entry = use_registers_with_the_least_stack,
				 .priority = HIGH,
				 .stack_nbytes = TASK_MIN_STACK_NBYTES};
	uint32_t nfaults = fault_last()->count;
	task_id id;

	EXPECT(ARCH_FRAME_NBYTES >= EXTENDED_NBYTES);
	for (int i = 0; i < 3; i++) {
		EXPECT(task_create(&spec, &id) == KERNEL_OK);
		expect_exit(id, 0);
	}
	EXPECT(fault_last()->count == nfaults);
}

const struct kernel_test fp_tests[] = {
	KERNEL_TEST(registers_survive_yields),
	KERNEL_TEST(registers_survive_preemption_beside_tasks_without),
	KERNEL_TEST(registers_survive_handlers_that_use_them),
	KERNEL_TEST(a_new_task_has_none_of_another),
	KERNEL_TEST(a_killed_task_leaves_nothing_behind),
	KERNEL_TEST(the_smallest_stack_has_room_for_them),
	{NULL, NULL},
};
