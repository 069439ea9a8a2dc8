/* SPDX-License-Identifier: MIT */
/* Tests of overflows where nothing is closed: they are found at the next exception, named as late, told with what
 * they may have destroyed, and that is no more than what is told. The victim stands above a neighbour that waits,
 * whose stack shows what has changed. */
#include "fault.h"
#include "kernel_test.h"
#include "main.h"

static struct semaphore go, never;
static struct {
	void (*overflow)(size_t below);
	size_t below;
	uintptr_t limit;
} plan;

static void wait_for_tick(void)
{
	for (uint32_t tick = ticks_now(); ticks_now() == tick;)
		;
}

/* ---- the victims ---- */

/* What is written is the far end. */
static __attribute__((noinline)) void store_far_down(size_t below)
{
	volatile char *frame = __builtin_alloca(arch_sp() - plan.limit + below);

	frame[0] = 1;
	wait_for_tick();
}

static __attribute__((noinline)) void be_interrupted_far_down(size_t below)
{
	volatile char *frame = __builtin_alloca(arch_sp() - plan.limit + below);

	__asm__ volatile("" : : "r"(frame));
	wait_for_tick();
}

/* Found by the switch, before the next tick. */
static __attribute__((noinline)) void yield_far_down(size_t below)
{
	volatile char *frame = __builtin_alloca(arch_sp() - plan.limit + below);

	frame[0] = 1;
	arch_switch_request();
	__asm__ volatile("isb");
}

/* Found by the lock, which wants its headroom. */
static __attribute__((noinline)) void lock_far_down(size_t below)
{
	volatile char *frame = __builtin_alloca(arch_sp() - plan.limit + below);

	__asm__ volatile("" : : "r"(frame));
	task_yield();
}

static size_t wire; /* which of its words */

/* The stack pointer is back when the tick comes; the lowest word is not as it was. */
static void break_the_tripwire(size_t below)
{
	((volatile uint32_t *)plan.limit)[wire] = 1 + below;
	wait_for_tick();
}

static void be_the_victim(void *arg)
{
	(void)arg;
	EXPECT(semaphore_take(&go, WAIT_FOREVER) == KERNEL_OK);
	plan.overflow(plan.below);
	trace_mark('!');
}

static void wait_to_be_killed(void *arg)
{
	(void)arg;
	semaphore_take(&never, WAIT_FOREVER);
}

/* ---- what changes ---- */

#define NPIECES      16
#define PIECE_NBYTES (TEST_STACK_NBYTES / NPIECES)

static uint32_t sums[NPIECES];

static uint32_t sum_of(const struct cairn_stack *stack, size_t piece)
{
	const uint32_t *word = (const uint32_t *)(stack->base + piece * PIECE_NBYTES);
	uint32_t sum = 0;

	for (size_t n = PIECE_NBYTES / sizeof(*word); n > 0; n--)
		sum = (sum ^ *word++) * 0x01000193u;
	return sum;
}

static void note_pieces(const struct cairn_stack *stack)
{
	for (size_t i = 0; i < NPIECES; i++)
		sums[i] = sum_of(stack, i);
}

/* The lowest that has changed, as an address; the end: none has. */
static uintptr_t lowest_change(const struct cairn_stack *stack)
{
	size_t i = 0;

	while (i < NPIECES && sums[i] == sum_of(stack, i))
		i++;
	return stack->base + i * PIECE_NBYTES;
}

/* ---- one overflow ---- */

static task_id neighbour, victim;

/* The stack that is given back last is the next that is made. */
static void start_both(void)
{
	neighbour = start("neighbour", HIGH, wait_to_be_killed, NULL);
	victim = start("victim", HIGH, be_the_victim, NULL);
	if (task_stack(neighbour)->base < task_stack(victim)->base)
		return;
	EXPECT(task_kill(victim) == KERNEL_OK && task_kill(neighbour) == KERNEL_OK);
	expect_killed(victim);
	expect_killed(neighbour);
	victim = start("victim", HIGH, be_the_victim, NULL);
	neighbour = start("neighbour", HIGH, wait_to_be_killed, NULL);
}

static void expect_record(uint32_t nfaults, size_t below)
{
	const struct fault_record *fault = fault_last();

	EXPECT(fault->count == nfaults + 1 && fault->overflow && fault->id == victim);
	EXPECT(fault->limit == plan.limit && fault->over_nbytes >= below);
	EXPECT(fault->pc_known);
}

static void overflow_late(void (*overflow)(size_t below), size_t below)
{
	uint32_t nfaults = fault_last()->count;

	EXPECT(semaphore_init(&go, 0, 1) == KERNEL_OK && semaphore_init(&never, 0, 1) == KERNEL_OK);
	start_both();
	plan.overflow = overflow;
	plan.below = below;
	plan.limit = task_stack(victim)->base;
	EXPECT(task_stack(neighbour)->base + task_stack(neighbour)->nbytes == plan.limit);
	note_pieces(task_stack(neighbour));
	EXPECT(semaphore_give(&go) == KERNEL_OK);
	expect_killed(victim);
	expect_record(nfaults, below);
	EXPECT(trace_is(""));
}

static void end_neighbour(void)
{
	EXPECT(task_kill(neighbour) == KERNEL_OK);
	expect_killed(neighbour);
}

static const size_t jumps[] = {8, 64, 256, 400, 800};
#define NJUMPS (sizeof(jumps) / sizeof(jumps[0]))

/* Nothing is changed below what is told, and something is within a frame of it. */
static void expect_late(void (*overflow)(size_t below), size_t below)
{
	uintptr_t told;

	overflow_late(overflow, below);
	told = plan.limit - fault_last()->damage_nbytes;
	EXPECT(fault_last()->late && fault_last()->cause == ARCH_FAULT_SP);
	EXPECT(fault_last()->damaged.what == CAIRN_IS_STACK &&
	       fault_last()->damaged.owner == (const void *)neighbour);
	EXPECT(lowest_change(task_stack(neighbour)) + PIECE_NBYTES > told);
	EXPECT(lowest_change(task_stack(neighbour)) <= plan.limit - below);
	end_neighbour();
}

static void a_large_frame_is_found_at_the_tick(void)
{
	for (size_t i = 0; i < NJUMPS; i++)
		expect_late(store_far_down, jumps[i]);
}

static void a_frame_that_is_not_written_to_is_found_too(void)
{
	for (size_t i = 0; i < NJUMPS; i++)
		expect_late(be_interrupted_far_down, jumps[i]);
}

static void a_large_frame_is_found_at_the_switch(void)
{
	for (size_t i = 0; i < NJUMPS; i++)
		expect_late(yield_far_down, jumps[i]);
}

/* In time: nothing is destroyed yet but by the frame of the trap. */
static void the_lock_finds_it_before_anything_is_held(void)
{
	for (size_t i = 0; i < NJUMPS; i++) {
		overflow_late(lock_far_down, jumps[i]);
		EXPECT(fault_last()->cause == ARCH_FAULT_HEADROOM);
		end_neighbour();
	}
}

static void a_broken_tripwire_is_found(void)
{
	const size_t nwords = 2;

	for (wire = 0; wire < nwords; wire++) {
		overflow_late(break_the_tripwire, 0);
		EXPECT(fault_last()->cause == ARCH_FAULT_TRIPWIRE);
		EXPECT(fault_last()->late && fault_last()->damage_nbytes == 0);
		EXPECT(lowest_change(task_stack(neighbour)) == plan.limit);
		end_neighbour();
	}
}

/* Said in the documents: no exception comes while the frame is there, and it jumps over the tripwire. */
static __attribute__((noinline)) void store_and_return(size_t below)
{
	volatile char *frame = __builtin_alloca(arch_sp() - plan.limit + below);

	frame[0] = 1;
}

static void overflow_unseen(void *arg)
{
	(void)arg;
	EXPECT(semaphore_take(&go, WAIT_FOREVER) == KERNEL_OK);
	task_sleep(1);
	store_and_return(64);
}

static void what_comes_back_between_two_exceptions_stays_unseen(void)
{
	uint32_t nfaults = fault_last()->count;
	task_id below, above;

	EXPECT(semaphore_init(&go, 0, 1) == KERNEL_OK && semaphore_init(&never, 0, 1) == KERNEL_OK);
	start_both();
	below = neighbour;
	EXPECT(task_kill(victim) == KERNEL_OK);
	expect_killed(victim);
	above = start("unseen", HIGH, overflow_unseen, NULL);
	plan.limit = task_stack(above)->base;
	EXPECT(task_stack(below)->base + task_stack(below)->nbytes == plan.limit);
	note_pieces(task_stack(below));
	EXPECT(semaphore_give(&go) == KERNEL_OK);
	expect_exit(above, 0);
	EXPECT(fault_last()->count == nfaults);
	EXPECT(lowest_change(task_stack(below)) < plan.limit);
	end_neighbour();
}

static void overflows_by_the_dozen_leave_nothing_behind(void)
{
	for (size_t i = 0; i < 50; i++)
		expect_late(i % 2 ? store_far_down : yield_far_down, 8 + test_random() % 700);
}

const struct kernel_test late_tests[] = {
	KERNEL_TEST(a_large_frame_is_found_at_the_tick),
	KERNEL_TEST(a_frame_that_is_not_written_to_is_found_too),
	KERNEL_TEST(a_large_frame_is_found_at_the_switch),
	KERNEL_TEST(the_lock_finds_it_before_anything_is_held),
	KERNEL_TEST(a_broken_tripwire_is_found),
	KERNEL_TEST(what_comes_back_between_two_exceptions_stays_unseen),
	KERNEL_TEST(overflows_by_the_dozen_leave_nothing_behind),
	{NULL, NULL},
};

const struct kernel_test *const guard_tests[] = {late_tests, NULL};
