/* SPDX-License-Identifier: MIT */
/* Tests of faults with floating-point registers in use: what the hardware puts off (lazy stacking) neither
 * outlives its task nor is charged to another. */
#include "fault.h"
#include "fp.h"
#include "kernel_test.h"
#include "main.h"

#define EXTENDED_NBYTES 104u

static void be_interrupted_far_down(void *arg)
{
	fp_wait_at(task_stack(task_self())->base - (size_t)(uintptr_t)arg, 1);
}

static void call_far_down(void *arg)
{
	volatile char *frame =
		__builtin_alloca(arch_sp() - task_stack(task_self())->base + (size_t)(uintptr_t)arg);

	fp_fill(7);
	__asm__ volatile("svc #0" : : "r"(frame) : "memory");
	trace_mark('!');
}

static __attribute__((noinline)) uint32_t recurse(uint32_t depth)
{
	volatile uint32_t frame[6];

	fp_fill(depth);
	frame[depth % 6] = depth;
	if (depth == UINT32_MAX)
		return 0;
	return recurse(depth + 1) + frame[depth % 6];
}

static void recurse_deeply(void *arg)
{
	(void)arg;
	recurse(0);
	trace_mark('!');
}

static volatile uintptr_t sp_at_fault;

static __attribute__((noinline)) void be_undefined(void *arg)
{
	if (arg)
		fp_fill(1);
	sp_at_fault = arch_sp();
	__builtin_trap();
}

static void a_fault_knows_the_stack_pointer_behind_either_frame(void)
{
	for (uintptr_t uses_fp = 0; uses_fp <= 1; uses_fp++) {
		task_id id = start("faulty", HIGH, be_undefined, (void *)uses_fp);

		expect_killed(id);
		EXPECT(fault_last()->id == id && fault_last()->cause == ARCH_FAULT_UNDEFINED);
		EXPECT(fault_last()->sp == sp_at_fault);
	}
}

static void expect_none_pending(void)
{
	EXPECT((FPCCR & FPCCR_LSPACT) == 0);
	EXPECT(fp_differing(0x1234) == 0);
	EXPECT(trace_is(""));
}

/* How far the frame reaches that an interrupt stacks with the stack pointer that far below the limit, or above.
 * Where the limit has a register, the stack pointer is stopped before, or no frame is stored: that tells less. */
static void expect_over(size_t least_nbytes, size_t most_nbytes, size_t sp_nbytes)
{
	const struct fault_record *fault = fault_last();

	if (fault->cause == ARCH_FAULT_LIMIT) {
		least_nbytes = sp_nbytes;
		most_nbytes = sp_nbytes ? sp_nbytes : most_nbytes;
		EXPECT(fault->over_exact == (sp_nbytes > 0) && fault->pc_known == (sp_nbytes > 0));
	}
	EXPECT(fault->over_nbytes >= least_nbytes && fault->over_nbytes <= most_nbytes);
}

/* In these the frame that could not be stacked has room for all registers, and those are still to be stored:
 * whoever uses one next would store them. */
static void an_overflow_with_registers_still_to_be_stored(void)
{
	static const size_t jumps[] = {0, 8, 24, 256, 320, 1000, 5000};

	fp_fill(0x1234);
	for (size_t i = 0; i < sizeof(jumps) / sizeof(jumps[0]); i++) {
		expect_overflow(be_interrupted_far_down, jumps[i]);
		expect_over(jumps[i] + EXTENDED_NBYTES, jumps[i] + ARCH_FRAME_NBYTES, jumps[i]);
		expect_none_pending();
		expect_overflow(call_far_down, jumps[i]);
		expect_none_pending();
	}
	expect_overflow(recurse_deeply, 0);
	expect_none_pending();
}

/* A stack pointer just above the limit: without registers the frame would fit, and only just does. */
static void be_interrupted_above(void *arg)
{
	fp_wait_at(task_stack(task_self())->base + (size_t)(uintptr_t)arg, 1);
}

static void the_extended_frame_has_to_fit(void)
{
	static const size_t heights[] = {8, 32, 40, 72, 96};
	task_id id;

	fp_fill(0x1234);
	for (size_t i = 0; i < sizeof(heights) / sizeof(heights[0]); i++) {
		expect_overflow(be_interrupted_above, heights[i]);
		expect_over(EXTENDED_NBYTES - heights[i], EXTENDED_NBYTES - heights[i], 0);
		expect_none_pending();
	}
	id = start("fits", LOW, be_interrupted_above, (void *)(size_t)EXTENDED_NBYTES);
	task_sleep(3);
	EXPECT(task_kill(id) == KERNEL_OK);
	expect_killed(id);
	expect_none_pending();
}

/* ---- registers that are stored late, into memory that is closed ---- */

static void wait_above_the_top(void *arg)
{
	const struct cairn_stack *stack = task_stack(task_self());

	fp_wait_at(stack->base + stack->nbytes + (size_t)(uintptr_t)arg, 1);
}

static void wait_for_ever(void *arg)
{
	(void)arg;
	task_sleep(WAIT_FOREVER);
}

static void expect_late(task_id id, uint32_t nfaults)
{
	const struct fault_record *fault = fault_last();

	EXPECT(fault->count == nfaults + 1 && fault->id == id);
	EXPECT(fault->cause == ARCH_FAULT_LATE_STACKING && !fault->overflow);
	EXPECT((FPCCR & FPCCR_LSPACT) == 0);
}

/* The basic frame lies in the stack, the rest above it; what is there is another's, or closed. */
static void expect_late_from_above(void)
{
	uint32_t nfaults = fault_last()->count;
	task_id id = start("above", SAME, wait_above_the_top, (void *)16);

	expect_killed(id);
	expect_late(id, nfaults);
	EXPECT(fault_last()->pc_known);
	EXPECT(fault_last()->sp == fault_last()->limit + fault_last()->stack_nbytes + 16);
}

static void what_a_switch_stores_late_is_charged_to_the_task_that_it_leaves(void)
{
	task_id beside;

	fp_counts_reset();
	beside = start("beside", HIGH, fp_use_some_at_times, NULL);
	fp_fill(0x1234);
	for (int i = 0; i < 3; i++)
		expect_late_from_above();
	expect_none_pending();
	fp_counts.stop = true;
	expect_exit(beside, 0);
	EXPECT(fp_counts.nbad == 0 && fp_counts.nrounds > 0);
}

static void what_a_handler_stores_late_is_charged_to_the_task_below_it(void)
{
	fp_counts_reset();
	fp_fill(0x1234);
	scheduler_set_tick_hook(fp_use_some_in_handler);
	for (int i = 0; i < 3; i++) {
		uint32_t before = fp_counts.nhandled;

		expect_late_from_above();
		EXPECT(fp_counts.nhandled > before);
	}
	scheduler_set_tick_hook(NULL);
	expect_none_pending();
}

/* As if registers of the owner of the stack had been left to be stored when it was switched away from. */
static void leave_registers_to_be_stored(const struct cairn_stack *stack)
{
	arch_key key = arch_irq_save();

	fp_counts.nbad += fp_active();
	FPCAR = (uint32_t)(stack->base + stack->nbytes / 2);
	FPCCR |= FPCCR_LSPACT;
	arch_irq_restore(key);
}

static void store_late(void *arg)
{
	leave_registers_to_be_stored(arg);
	fp_fill(0x4321);
	fp_counts.nbad += fp_differing(0x4321) != 0;
	fp_counts.nrounds++;
}

static const struct cairn_stack *volatile left_for_handler;

static void store_late_in_handler(void)
{
	if (left_for_handler) {
		leave_registers_to_be_stored(left_for_handler);
		left_for_handler = NULL;
		fp_use_some_in_handler();
	}
}

static void what_another_task_stores_late_is_charged_to_its_owner(void)
{
	fp_counts_reset();
	for (uint32_t i = 1; i <= 3; i++) {
		uint32_t nfaults = fault_last()->count;
		task_id id = start("owner", HIGH, wait_for_ever, NULL);
		task_id other = start("other", LOW, store_late, (void *)(uintptr_t)task_stack(id));

		expect_killed(id);
		expect_late(id, nfaults);
		expect_exit(other, 0);
		EXPECT(fp_counts.nbad == 0 && fp_counts.nrounds == i);
	}
}

static void what_a_handler_stores_late_is_charged_to_its_owner(void)
{
	fp_counts_reset();
	scheduler_set_tick_hook(store_late_in_handler);
	for (uint32_t i = 1; i <= 3; i++) {
		uint32_t nfaults = fault_last()->count;
		task_id id = start("owner", HIGH, wait_for_ever, NULL);
		task_id running = start("running", LOW, fp_use_none, NULL);

		left_for_handler = task_stack(id);
		expect_killed(id);
		expect_late(id, nfaults);
		fp_counts.stop = true;
		expect_exit(running, 0);
		fp_counts.stop = false;
		EXPECT(fp_counts.nbad == 0 && fp_counts.nhandled == i);
	}
	scheduler_set_tick_hook(NULL);
}

const struct kernel_test fp_fault_tests[] = {
	KERNEL_TEST(a_fault_knows_the_stack_pointer_behind_either_frame),
	KERNEL_TEST(an_overflow_with_registers_still_to_be_stored),
	KERNEL_TEST(the_extended_frame_has_to_fit),
	KERNEL_TEST(what_a_switch_stores_late_is_charged_to_the_task_that_it_leaves),
	KERNEL_TEST(what_a_handler_stores_late_is_charged_to_the_task_below_it),
	KERNEL_TEST(what_another_task_stores_late_is_charged_to_its_owner),
	KERNEL_TEST(what_a_handler_stores_late_is_charged_to_its_owner),
	{NULL, NULL},
};
