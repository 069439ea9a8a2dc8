/* SPDX-License-Identifier: MIT */
/* Tests of double precision, on cores that have it: results are right to the last bit, however often the tasks
 * that compute them are preempted. */
#include "fp.h"
#include "kernel_test.h"
#include "main.h"

/* Media and VFP Feature Register 0: what precisions there are. */
#define MVFR0                   (*(volatile uint32_t *)0xe000ef40u)
#define MVFR0_SINGLE(mvfr0)     ((mvfr0) >> 4 & 0xfu)
#define MVFR0_DOUBLE(mvfr0)     ((mvfr0) >> 8 & 0xfu)
#define MVFR0_DOUBLE_AND_SINGLE 2u

/* As any machine with IEEE 754 arithmetic has it. */
#define NTERMS   20000u
#define HARMONIC 0x4024f62202468754u

static volatile uint64_t sums[3];

static void sum_up(void *arg)
{
	sums[(uintptr_t)arg] = fp_harmonic(NTERMS);
}

static void the_core_has_both_precisions(void)
{
	EXPECT(MVFR0_SINGLE(MVFR0) == MVFR0_DOUBLE_AND_SINGLE);
	EXPECT(MVFR0_DOUBLE(MVFR0) == MVFR0_DOUBLE_AND_SINGLE);
	EXPECT(fp_harmonic(10) == 0x40076e86e86e86e8u);
}

static void sums_survive_preemption(void)
{
	uint32_t began = ticks_now();
	task_id ids[3], other;

	fp_counts_reset();
	scheduler_set_tick_hook(fp_use_some_in_handler);
	other = start("other", HIGH, fp_use_some_at_times, NULL);
	for (size_t i = 0; i < 3; i++) {
		sums[i] = 0;
		ids[i] = start("sum", SAME, sum_up, (void *)i);
	}
	for (size_t i = 0; i < 3; i++) {
		expect_exit(ids[i], 0);
		EXPECT(sums[i] == HARMONIC);
	}
	EXPECT(ticks_now() - began > 6);
	scheduler_set_tick_hook(NULL);
	fp_counts.stop = true;
	expect_exit(other, 0);
	EXPECT(fp_counts.nbad == 0);
}

const struct kernel_test fp_double_tests[] = {
	KERNEL_TEST(the_core_has_both_precisions),
	KERNEL_TEST(sums_survive_preemption),
	{NULL, NULL},
};
