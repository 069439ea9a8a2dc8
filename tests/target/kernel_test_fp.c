/* SPDX-License-Identifier: MIT */
/* Tests of floating-point registers: every task has its own, whoever else uses them, in handlers too; and what
 * the hardware puts off (lazy stacking) neither outlives its task nor is charged to another. */
#include "fault.h"
#include "fp.h"
#include "kernel_test.h"
#include "main.h"

#define FPCCR        (*(volatile uint32_t *)0xe000ef34u)
#define FPCAR        (*(volatile uint32_t *)0xe000ef38u)
#define FPCCR_LSPACT (1u << 0)

/* FPSCR: the default, and the other ways to round. */
#define ROUND_NEAREST 0u
#define ROUND_UP      (1u << 22)
#define ROUND_DOWN    (2u << 22)

/* What an exception stacks with floating-point registers, but for what aligns it; the part that is put off. */
#define EXTENDED_NBYTES 104u
#define BASIC_NBYTES    32u

static volatile bool stop;
static volatile uint32_t nrounds, nbad, nhandled;

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
		nbad += fp_differing(seed + (uint32_t)i) != 0;
		nrounds++;
	}
}

/* By interrupts alone: nothing is called in between. */
static void keep_over_preemption(void *arg)
{
	uint32_t seed = seed_of(arg);

	fp_fill(seed);
	fp_set_rounding((uint32_t)(uintptr_t)arg % 2 ? ROUND_UP : ROUND_DOWN);
	while (!stop) {
		nbad += fp_differing(seed) != 0;
		nbad += fp_rounding() != ((uint32_t)(uintptr_t)arg % 2 ? ROUND_UP : ROUND_DOWN);
		nrounds++;
	}
}

static void use_none(void *arg)
{
	(void)arg;
	while (!stop) {
		nbad += fp_active();
		nrounds++;
	}
}

static void use_some_at_times(void *arg)
{
	uint32_t seed = seed_of(arg);

	for (; !stop; seed++) {
		fp_fill(seed);
		task_sleep(1);
		nbad += fp_differing(seed) != 0;
		nrounds++;
	}
}

static void use_some_in_handler(void)
{
	fp_clobber();
	nhandled++;
}

/* ---- tests of the switch ---- */

static void begin(void)
{
	stop = false;
	nrounds = nbad = nhandled = 0;
}

static void registers_survive_yields(void)
{
	task_id ids[4];

	begin();
	for (size_t i = 0; i < 4; i++)
		ids[i] = start("fp", SAME, keep_over_yields, (void *)(i + 1));
	for (size_t i = 0; i < 4; i++)
		expect_exit(ids[i], 0);
	EXPECT(nbad == 0 && nrounds == 4 * 50);
}

static void run_mix(uint32_t nticks)
{
	static void (*const entries[])(void *arg) = {keep_over_preemption, use_none, keep_over_preemption,
						     use_some_at_times};
	task_id ids[4];

	begin();
	for (size_t i = 0; i < 4; i++)
		ids[i] = start("mix", LOW, entries[i], (void *)(i + 1));
	task_sleep(nticks);
	stop = true;
	for (size_t i = 0; i < 4; i++)
		expect_exit(ids[i], 0);
	EXPECT(nbad == 0 && nrounds > 4 * nticks);
}

static void registers_survive_preemption_beside_tasks_without(void)
{
	run_mix(40);
}

static void registers_survive_handlers_that_use_them(void)
{
	scheduler_set_tick_hook(use_some_in_handler);
	run_mix(40);
	scheduler_set_tick_hook(NULL);
	EXPECT(nhandled >= 40);
}

static void look_at_a_new_task(void *arg)
{
	nbad += fp_active();
	nbad += fp_rounding() != ROUND_NEAREST;
	EXPECT(fp_active());
	(void)arg;
}

static void a_new_task_has_none_of_another(void)
{
	begin();
	fp_fill(1);
	fp_set_rounding(ROUND_UP);
	for (int i = 0; i < 3; i++)
		expect_exit(start("new", HIGH, look_at_a_new_task, NULL), 0);
	EXPECT(nbad == 0);
	EXPECT(fp_differing(1) == 0 && fp_rounding() == ROUND_UP);
	fp_set_rounding(ROUND_NEAREST);
}

/* ---- ends of tasks that use them ---- */

static void a_killed_task_leaves_nothing_behind(void)
{
	for (uint32_t i = 0; i < 8; i++) {
		task_id id;

		begin();
		id = start("fp", i % 2 ? HIGH : LOW, i % 2 ? use_some_at_times : keep_over_preemption, NULL);
		fp_fill(i);
		task_sleep(1 + i % 3);
		EXPECT(task_kill(id) == KERNEL_OK);
		expect_killed(id);
		EXPECT((FPCCR & FPCCR_LSPACT) == 0);
		EXPECT(fp_differing(i) == 0);
		EXPECT(nbad == 0);
	}
}

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

	begin();
	beside = start("beside", HIGH, use_some_at_times, NULL);
	fp_fill(0x1234);
	for (int i = 0; i < 3; i++)
		expect_late_from_above();
	expect_none_pending();
	stop = true;
	expect_exit(beside, 0);
	EXPECT(nbad == 0 && nrounds > 0);
}

static void what_a_handler_stores_late_is_charged_to_the_task_below_it(void)
{
	begin();
	fp_fill(0x1234);
	scheduler_set_tick_hook(use_some_in_handler);
	for (int i = 0; i < 3; i++) {
		uint32_t before = nhandled;

		expect_late_from_above();
		EXPECT(nhandled > before);
	}
	scheduler_set_tick_hook(NULL);
	expect_none_pending();
}

/* As if registers of the owner of the stack had been left to be stored when it was switched away from, and now
 * a task uses its first. */
static void store_late(void *arg)
{
	const struct cairn_stack *stack = arg;
	arch_key key = arch_irq_save();

	nbad += fp_active();
	FPCAR = (uint32_t)(stack->base + stack->nbytes / 2);
	FPCCR |= FPCCR_LSPACT;
	arch_irq_restore(key);
	fp_fill(0x4321);
	nbad += fp_differing(0x4321) != 0;
	nrounds++;
}

static void what_another_task_stores_late_is_charged_to_its_owner(void)
{
	begin();
	for (uint32_t i = 1; i <= 3; i++) {
		uint32_t nfaults = fault_last()->count;
		task_id id = start("owner", HIGH, wait_for_ever, NULL);
		task_id other = start("other", LOW, store_late, (void *)(uintptr_t)task_stack(id));

		expect_killed(id);
		expect_late(id, nfaults);
		expect_exit(other, 0);
		EXPECT(nbad == 0 && nrounds == i);
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
	KERNEL_TEST(an_overflow_with_registers_still_to_be_stored),
	KERNEL_TEST(the_extended_frame_has_to_fit),
	KERNEL_TEST(what_a_switch_stores_late_is_charged_to_the_task_that_it_leaves),
	KERNEL_TEST(what_a_handler_stores_late_is_charged_to_the_task_below_it),
	KERNEL_TEST(what_another_task_stores_late_is_charged_to_its_owner),
	KERNEL_TEST(the_smallest_stack_has_room_for_them),
	{NULL, NULL},
};
