/* SPDX-License-Identifier: MIT */
/* Tests of stack overflows. The victim stands between neighbours that wait with a pattern on their stacks,
 * while another task runs on. Every byte of stack memory that nobody may have written since is compared: all
 * other stacks, and where stacks are pieces of an arena, its free pieces and guard too.
 * Most neighbours come before the victim, so that below it there are stacks for a large frame to fall into. */
#include "fault.h"
#include "kernel_test.h"
#include "main.h"
#include "recurse.h"

#define NEIGHBOURS_MAX 16
#define NABOVE_MAX     2 /* of them */
#define PATTERN_NWORDS (TEST_STACK_NBYTES >= 1024 ? 100 : 16)

static struct semaphore never;
static task_id neighbours[NEIGHBOURS_MAX], victim, runner;
static size_t nneighbours;
static volatile uint32_t nrounds;
static volatile bool stop;

/* ---- the neighbours ---- */

static void wait_with_a_pattern(void *arg)
{
	volatile uint32_t pattern[PATTERN_NWORDS];

	for (uint32_t i = 0; i < PATTERN_NWORDS; i++)
		pattern[i] = i * 2654435761u + (uint32_t)(uintptr_t)arg;
	EXPECT(semaphore_take(&never, WAIT_FOREVER) == KERNEL_EDELETED);
	for (uint32_t i = 0; i < PATTERN_NWORDS; i++)
		EXPECT(pattern[i] == i * 2654435761u + (uint32_t)(uintptr_t)arg);
}

static void run_on(void *arg)
{
	(void)arg;
	while (!stop) {
		nrounds++;
		task_sleep(1);
	}
}

/* ---- what must stay as it is ---- */

struct span {
	uintptr_t base;
	size_t nbytes;
};

static uint32_t sum_of(uint32_t sum, uintptr_t base, size_t nbytes)
{
	for (const uint32_t *word = (const uint32_t *)base; nbytes > 0; word++, nbytes -= sizeof(*word))
		sum = (sum ^ *word) * 0x01000193u;
	return sum;
}

/* Stacks that change lawfully: the victim's, and of tasks that run meanwhile. */
static bool may_change(const struct cairn_explanation *is)
{
	const char *const running[] = {"idle", "reaper", "application", "runner", "victim"};

	if (is->what != CAIRN_IS_STACK || !is->name)
		return false;
	for (size_t i = 0; i < sizeof(running) / sizeof(running[0]); i++) {
		for (size_t at = 0; running[i][at] == is->name[at]; at++) {
			if (is->name[at] == '\0')
				return true;
		}
	}
	return false;
}

/* Without the victim's stack, even after it is free. */
static uint32_t sum_of_piece(uint32_t sum, uintptr_t base, uintptr_t end,
			     const struct cairn_stack *victim_stack)
{
	for (uintptr_t at = base; at < end; at += sizeof(uint32_t)) {
		if (at - victim_stack->base >= victim_stack->nbytes)
			sum = sum_of(sum, at, sizeof(uint32_t));
	}
	return sum;
}

/* A whole arena, piece by piece. */
static uint32_t sum_of_arena(struct span arena, size_t granule_nbytes, const struct cairn_stack *victim_stack)
{
	uintptr_t at = arena.base, arena_end = arena.base + arena.nbytes, end;
	uint32_t sum = 0;

	for (; at < arena_end; at = end) {
		struct cairn_explanation is;

		cairn_explain((const void *)at, &is);
		end = is.base + is.nbytes;
		if (end <= at || end > arena_end)
			end = at + granule_nbytes;
		if (!may_change(&is))
			sum = sum_of_piece(sum, at, end, victim_stack);
	}
	return sum;
}

static uint32_t sum_of_the_untouchable(const struct cairn_stack *victim_stack)
{
	struct arch_guard_geometry geometry;
	uint32_t sum = 0;

	arch_guard_geometry(&geometry);
	if (geometry.arena_nbytes) {
		struct span arena = {victim_stack->base & ~(geometry.arena_nbytes - 1),
				     geometry.arena_nbytes};

		return sum_of_arena(arena, geometry.granule_nbytes, victim_stack);
	}
	for (size_t i = 0; i < nneighbours; i++)
		sum = sum_of(sum, task_stack(neighbours[i])->base, task_stack(neighbours[i])->nbytes);
	return sum;
}

/* ---- the victims ---- */

static uintptr_t limit(void)
{
	return task_stack(task_self())->base;
}

static void recurse_deeply(void *arg)
{
	(void)arg;
	recurse(0);
	trace_mark('!');
}

/* The stack pointer goes `below` bytes under the limit; only the far end is stored to. */
static void store_far_down(void *arg)
{
	size_t below = (size_t)(uintptr_t)arg;
	volatile char *frame = __builtin_alloca(arch_sp() - limit() + below);

	frame[0] = 1;
	trace_mark('!');
}

/* Nothing is stored: what follows is up to the interrupt. */
static void be_interrupted_far_down(void *arg)
{
	size_t below = (size_t)(uintptr_t)arg;
	volatile char *frame = __builtin_alloca(arch_sp() - limit() + below);

	__asm__ volatile("" : : "r"(frame));
	for (uint32_t began = ticks_now(); ticks_now() - began < 2;)
		;
	trace_mark('!');
}

/* One exception behind the fault of its own stacking. */
static void call_far_down(void *arg)
{
	size_t below = (size_t)(uintptr_t)arg;
	volatile char *frame = __builtin_alloca(arch_sp() - limit() + below);

	__asm__ volatile("svc #0" : : "r"(frame) : "memory");
	trace_mark('!');
}

/* The block that a victim dies with, for it is not given back by itself. */
static void *volatile block;

static __attribute__((noinline)) uint32_t allocate_ever_deeper(uint32_t depth)
{
	volatile uint32_t frame[4];

	frame[0] = depth;
	block = cairn_alloc(16 + depth % 64);
	EXPECT(cairn_free(block) == CAIRN_OK);
	block = NULL;
	if (depth == UINT32_MAX)
		return 0;
	return allocate_ever_deeper(depth + 1) + frame[0];
}

static void overflow_in_the_allocator(void *arg)
{
	(void)arg;
	allocate_ever_deeper(0);
	trace_mark('!');
}

static __attribute__((noinline)) uint32_t wait_ever_deeper(uint32_t depth)
{
	volatile uint32_t frame[4];

	frame[0] = depth;
	semaphore_take(&never, NO_WAIT);
	task_yield();
	if (depth == UINT32_MAX)
		return 0;
	return wait_ever_deeper(depth + 1) + frame[0];
}

static void overflow_in_the_kernel(void *arg)
{
	(void)arg;
	wait_ever_deeper(0);
	trace_mark('!');
}

/* ---- one overflow ---- */

static void wait_for_go(void *arg)
{
	EXPECT(semaphore_take(arg, WAIT_FOREVER) == KERNEL_OK);
}

static struct {
	void (*overflow)(void *arg);
	void *arg;
	struct semaphore go;
} plan;

static void be_the_victim(void *arg)
{
	(void)arg;
	wait_for_go(&plan.go);
	plan.overflow(plan.arg);
}

static void start_all(void)
{
	size_t nabove;

	EXPECT(semaphore_init(&never, 0, 1) == KERNEL_OK);
	EXPECT(semaphore_init(&plan.go, 0, 1) == KERNEL_OK);
	stop = false;
	nneighbours = tasks_at_once(NEIGHBOURS_MAX + 2) - 2;
	nabove = nneighbours / 2 < NABOVE_MAX ? nneighbours / 2 : NABOVE_MAX;
	for (size_t i = 0; i <= nneighbours; i++) {
		if (i == nneighbours - nabove)
			victim = start("victim", HIGH, be_the_victim, NULL);
		if (i < nneighbours)
			neighbours[i] = start("neighbour", HIGH, wait_with_a_pattern, (void *)i);
	}
	runner = start("runner", HIGH, run_on, NULL);
}

static void end_all(void)
{
	stop = true;
	semaphore_destroy(&never);
	expect_exit(runner, 0);
	for (size_t i = 0; i < nneighbours; i++)
		expect_exit(neighbours[i], 0);
}

/* Closed memory below a stack: the rest of its arena, or what is unmapped. */
static size_t closed_below(const struct cairn_stack *stack, const struct arch_guard_geometry *geometry)
{
	return geometry->arena_nbytes ? stack->base & (geometry->arena_nbytes - 1) : geometry->closed_nbytes;
}

static void expect_closed_below(const struct cairn_stack *stack, size_t below)
{
	struct arch_guard_geometry geometry;

	arch_guard_geometry(&geometry);
	EXPECT(closed_below(stack, &geometry) > below + sizeof(uintptr_t[16]));
}

static void expect_record(const struct cairn_stack *stack, uint32_t nfaults)
{
	const struct fault_record *fault = fault_last();

	EXPECT(fault->count == nfaults + 1);
	EXPECT(fault->overflow);
	EXPECT(fault->id == victim && memcmp(fault->task, "victim", sizeof("victim")) == 0);
	EXPECT(fault->limit == stack->base && fault->stack_nbytes == stack->nbytes);
	EXPECT(fault->over_nbytes > 0);
	EXPECT(fault->high_water > 0 && fault->high_water <= stack->nbytes);
}

void expect_overflow(void (*overflow)(void *arg), size_t below)
{
	uint32_t nfaults = fault_last()->count, nrounds_then, before;
	struct cairn_stack stack;

	plan.overflow = overflow;
	plan.arg = (void *)below;
	start_all();
	stack = *task_stack(victim);
	expect_closed_below(&stack, below);
	before = sum_of_the_untouchable(&stack);
	EXPECT(semaphore_give(&plan.go) == KERNEL_OK);
	expect_killed(victim);
	EXPECT(sum_of_the_untouchable(&stack) == before);
	expect_record(&stack, nfaults);
	nrounds_then = nrounds;
	task_sleep(3);
	EXPECT(nrounds > nrounds_then);
	EXPECT(trace_is(""));
	end_all();
}

static void deep_recursion(void)
{
	for (int i = 0; i < 5; i++) {
		expect_overflow(recurse_deeply, 0);
		EXPECT(fault_last()->high_water + 64 >= fault_last()->stack_nbytes);
		EXPECT(fault_last()->over_nbytes <= 128);
	}
}

/* The last are longer than what is closed below an arena, and shorter than what is closed below a mapped
 * stack. */
static const size_t jumps[] = {8, 64, 256, 320, 800, 1000, 2000, 5000, 11000};
#define NJUMPS     (sizeof(jumps) / sizeof(jumps[0]))
#define NJUMPS_MIN 4

/* What an exception stacks below, and a push. */
#define BEYOND_NBYTES 128

static void go_home(void *arg)
{
	(void)arg;
}

/* How many of the jumps end in closed memory, from where the victim will stand. Some have to end in the stack
 * of another, where stacks lie side by side. */
static size_t count_jumps(void)
{
	struct arch_guard_geometry geometry;
	struct cairn_explanation is;
	size_t njumps = 0, ninto_stacks = 0, closed_nbytes;
	uintptr_t base;

	arch_guard_geometry(&geometry);
	plan.overflow = go_home;
	start_all();
	base = task_stack(victim)->base;
	closed_nbytes = closed_below(task_stack(victim), &geometry);
	for (; njumps < NJUMPS && jumps[njumps] + BEYOND_NBYTES < closed_nbytes; njumps++) {
		cairn_explain((const void *)(base - jumps[njumps]), &is);
		ninto_stacks += is.what == CAIRN_IS_STACK;
	}
	EXPECT(njumps >= NJUMPS_MIN && (ninto_stacks > 0 || !geometry.arena_nbytes));
	EXPECT(semaphore_give(&plan.go) == KERNEL_OK);
	expect_exit(victim, 0);
	end_all();
	return njumps;
}

static void one_large_frame(void)
{
	size_t njumps = count_jumps();

	for (size_t i = 0; i < njumps; i++) {
		expect_overflow(store_far_down, jumps[i]);
		EXPECT(fault_last()->over_nbytes >= jumps[i] && fault_last()->over_nbytes <= jumps[i] + 64);
	}
}

static void an_overflow_while_an_interrupt_is_taken(void)
{
	size_t njumps = count_jumps();

	for (size_t i = 0; i < njumps; i++) {
		expect_overflow(be_interrupted_far_down, jumps[i]);
		EXPECT(fault_last()->over_nbytes >= jumps[i] && fault_last()->over_nbytes <= jumps[i] + 128);
	}
}

static void an_overflow_while_a_call_is_taken(void)
{
	size_t njumps = count_jumps();

	for (size_t i = 0; i < njumps; i++) {
		expect_overflow(call_far_down, jumps[i]);
		EXPECT(fault_last()->over_nbytes >= jumps[i] && fault_last()->over_nbytes <= jumps[i] + 128);
	}
}

static void an_overflow_in_the_allocator(void)
{
	for (int i = 0; i < 3; i++) {
		block = NULL;
		expect_overflow(overflow_in_the_allocator, 0);
		EXPECT(cairn_free(block) == CAIRN_OK);
		scheduler_suspend();
		EXPECT(cairn_check() == NULL);
		scheduler_resume();
	}
}

static void an_overflow_in_the_kernel(void)
{
	for (int i = 0; i < 3; i++)
		expect_overflow(overflow_in_the_kernel, 0);
}

const struct kernel_test overflow_tests[] = {
	KERNEL_TEST(deep_recursion),
	KERNEL_TEST(one_large_frame),
	KERNEL_TEST(an_overflow_while_an_interrupt_is_taken),
	KERNEL_TEST(an_overflow_while_a_call_is_taken),
	KERNEL_TEST(an_overflow_in_the_allocator),
	KERNEL_TEST(an_overflow_in_the_kernel),
	{NULL, NULL},
};
