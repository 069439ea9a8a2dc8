/* SPDX-License-Identifier: MIT */
/* Stacks with real guards, which only a host has: mprotect plays the MPU (window) and the MMU (mapped). A
 * forked child runs on such a stack, in memory that it shares with its parent, and overflows it in several
 * ways; it must die at a closed address that cairn_stack_where explains, and not one byte outside its stack
 * may have changed. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "stack.h"
#include "support.h"

#define PAGE_NBYTES  ((size_t)4096)
#define POOL_NBYTES  ((size_t)1 << 20)
#define SPACE_NBYTES ((size_t)1 << 20)
#define STACK_NBYTES (8 * PAGE_NBYTES)
#define GUARD_NBYTES (4 * PAGE_NBYTES)
#define FILL         0x6e

#define DIED_IN_CLOSED_SPACE 42
#define DIED_ELSEWHERE       43
#define SURVIVED             44

static unsigned char *pool, *space;
static int pool_fd;
static struct cairn_frames frames;
static struct cairn_stacks stacks;
static struct cairn_stack below, victim, above;
static unsigned char frames_meta[64 << 10] __attribute__((aligned(16)));

static bool is_window(void)
{
	return stacks.geometry.arena_nbytes != 0;
}

/* ---- the port's part, with mprotect and mmap ---- */

static void open_stack(const struct cairn_stack *stack)
{
	if (is_window()) {
		assert_int_equal(mprotect((void *)stack->base, stack->nbytes, PROT_READ | PROT_WRITE), 0);
		return;
	}
	uintptr_t physical = cairn_pfn_to_addr(stack->pfn);
	void *at = mmap((void *)stack->base, stack->nbytes, PROT_READ | PROT_WRITE, MAP_FIXED | MAP_SHARED,
			pool_fd, (off_t)(physical - (uintptr_t)pool));
	assert_ptr_equal(at, stack->base);
	assert_int_equal(mprotect((void *)physical, stack->nbytes, PROT_NONE), 0);
}

static void take(struct cairn_stack *stack)
{
	memset(stack, 0, sizeof(*stack));
	assert_int_equal(cairn_stack_take(&stacks, stack, STACK_NBYTES, "task", stack), CAIRN_OK);
	cairn_stack_ready(&stacks, stack);
	open_stack(stack);
	memset((void *)stack->base, FILL, stack->nbytes);
}

/* What a switch does: only the running task's stack stays open. */
static void close_all_but(const struct cairn_stack *running)
{
	if (!is_window())
		return;
	assert_int_equal(mprotect((void *)stacks.arena[0].base, stacks.arena[0].nbytes, PROT_READ), 0);
	open_stack(running);
}

static void pool_up(void)
{
	pool_fd = memfd_create("frames", 0);
	assert_true(pool_fd >= 0);
	assert_int_equal(ftruncate(pool_fd, (off_t)POOL_NBYTES), 0);
	pool = mmap(NULL, POOL_NBYTES, PROT_READ | PROT_WRITE, MAP_SHARED, pool_fd, 0);
	assert_ptr_not_equal(pool, MAP_FAILED);
	space = mmap(NULL, SPACE_NBYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(space, MAP_FAILED);
	size_t nframes = POOL_NBYTES >> CAIRN_FRAME_SHIFT;
	cairn_pfn base = cairn_addr_to_pfn((uintptr_t)pool);
	cairn_frame_init(&frames);
	assert_int_equal(cairn_frame_zone_add(&frames, base, nframes, 0, "pool", frames_meta,
					      sizeof(frames_meta), NULL),
			 CAIRN_OK);
	assert_int_equal(cairn_frame_zone_open(&frames, base, nframes, CAIRN_FREE), CAIRN_OK);
}

static void stacks_up(const struct cairn_guard_geometry *geometry)
{
	assert_int_equal(cairn_stack_init(&stacks, &frames, geometry), CAIRN_OK);
	if (is_window()) {
		struct cairn_arena *arena = cairn_stack_arena_begin(&stacks);
		assert_non_null(arena);
		assert_true(cairn_stack_arena_prepare(&stacks, arena));
		cairn_stack_arena_end(&stacks, arena);
	}
	take(&below);
	take(&victim);
	take(&above);
	close_all_but(&victim);
}

static int window_up(void **state)
{
	(void)state;
	const struct cairn_guard_geometry window = {.granule_nbytes = PAGE_NBYTES,
						    .min_nbytes = PAGE_NBYTES,
						    .closed_nbytes = GUARD_NBYTES,
						    .arena_nbytes = 64 * PAGE_NBYTES};
	pool_up();
	stacks_up(&window);
	return 0;
}

static int mapped_up(void **state)
{
	(void)state;
	pool_up();
	const struct cairn_guard_geometry mapped = {.granule_nbytes = CAIRN_FRAME_NBYTES,
						    .min_nbytes = CAIRN_FRAME_NBYTES,
						    .closed_nbytes = GUARD_NBYTES,
						    .space_base = (uintptr_t)space,
						    .space_nbytes = SPACE_NBYTES};
	stacks_up(&mapped);
	return 0;
}

static int all_down(void **state)
{
	(void)state;
	bool sound = cairn_stack_check(&stacks) == NULL;
	munmap(pool, POOL_NBYTES);
	munmap(space, SPACE_NBYTES);
	close(pool_fd);
	return sound ? 0 : 1;
}

/* ---- the child ---- */

/* On a stack that the sanitizers do not know, they would only be in the way. */
#define NOT_INSTRUMENTED __attribute__((noinline, no_sanitize("address", "undefined")))

NOT_INSTRUMENTED static void on_fault(int signal_number, siginfo_t *info, void *context)
{
	struct cairn_stack_where where;
	uintptr_t addr = (uintptr_t)info->si_addr;
	(void)signal_number;
	(void)context;
	bool closed = cairn_stack_where(&stacks, addr, &where) &&
		      (addr < victim.base || addr >= victim.base + victim.nbytes);
	if (!is_window())
		closed = closed && where.part == CAIRN_STACK_PART_GUARD && where.stack == &victim;
	_exit(closed ? DIED_IN_CLOSED_SPACE : DIED_ELSEWHERE);
}

NOT_INSTRUMENTED static unsigned recurse(volatile unsigned char *above_me, unsigned depth)
{
	volatile unsigned char frame[200];
	frame[0] = (unsigned char)depth;
	if (depth == UINT32_MAX)
		return 0;
	return recurse(frame, depth + 1) + frame[0] + above_me[0];
}

NOT_INSTRUMENTED static void overflow_by_recursion(void)
{
	volatile unsigned char first = 0;
	recurse(&first, 0);
}

/* A frame that ends below the stack: its far end is written, nothing in between. */
NOT_INSTRUMENTED static void overflow_by_one_large_frame(void)
{
	volatile unsigned char *far_end = (volatile unsigned char *)(victim.base - PAGE_NBYTES - 100);
	*far_end = 1;
}

static void write_into_a_neighbour(void)
{
	*(volatile unsigned char *)(is_window() ? below.base + 64 : victim.base - 64) = 1;
}

static void stay_within(void)
{
	*(volatile unsigned char *)victim.base = 1;
}

static void (*child_runs)(void);

NOT_INSTRUMENTED static void child_entry(void)
{
	child_runs();
	_exit(SURVIVED);
}

static int run_on_the_stack(void (*what)(void))
{
	child_runs = what;
	pid_t child = fork();
	if (child == 0) {
		static unsigned char fault_stack[64 << 10];
		static ucontext_t context;
		stack_t alternate = {.ss_sp = fault_stack, .ss_size = sizeof(fault_stack)};
		struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
		sigaltstack(&alternate, NULL);
		sigaction(SIGSEGV, &action, NULL);
		sigaction(SIGBUS, &action, NULL);
		getcontext(&context);
		context.uc_stack.ss_sp = (void *)victim.base;
		context.uc_stack.ss_size = victim.nbytes;
		makecontext(&context, child_entry, 0);
		setcontext(&context);
		_exit(DIED_ELSEWHERE);
	}
	int status = 0;
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void is_untouched(const struct cairn_stack *stack)
{
	const unsigned char *bytes = (const unsigned char *)stack->base;
	for (size_t n = 0; n < stack->nbytes; n++)
		assert_int_equal(bytes[n], FILL);
}

static void dies_alone(void (*what)(void))
{
	assert_int_equal(run_on_the_stack(what), DIED_IN_CLOSED_SPACE);
	is_untouched(&below);
	is_untouched(&above);
}

static void recursion_ends_in_closed_space(void **state)
{
	(void)state;
	dies_alone(overflow_by_recursion);
}

static void a_large_frame_ends_in_closed_space(void **state)
{
	(void)state;
	dies_alone(overflow_by_one_large_frame);
}

static void a_neighbour_is_closed(void **state)
{
	(void)state;
	dies_alone(write_into_a_neighbour);
}

static void the_lowest_byte_may_be_used(void **state)
{
	(void)state;
	assert_int_equal(run_on_the_stack(stay_within), SURVIVED);
	is_untouched(&below);
	is_untouched(&above);
}

int test_guard_run(void)
{
#define WINDOW(test) cmocka_unit_test_setup_teardown(test, window_up, all_down)
#define MAPPED(test) cmocka_unit_test_setup_teardown(test, mapped_up, all_down)
	static const struct CMUnitTest window_tests[] = {
		WINDOW(recursion_ends_in_closed_space),
		WINDOW(a_large_frame_ends_in_closed_space),
		WINDOW(a_neighbour_is_closed),
		WINDOW(the_lowest_byte_may_be_used),
	};
	static const struct CMUnitTest mapped_tests[] = {
		MAPPED(recursion_ends_in_closed_space),
		MAPPED(a_large_frame_ends_in_closed_space),
		MAPPED(a_neighbour_is_closed),
		MAPPED(the_lowest_byte_may_be_used),
	};
	int nfailed = cmocka_run_group_tests_name("guard, window", window_tests, NULL, NULL);
	/* A host can map nothing smaller than its page. */
	if (CAIRN_FRAME_NBYTES >= PAGE_NBYTES)
		nfailed += cmocka_run_group_tests_name("guard, mapped", mapped_tests, NULL, NULL);
	return nfailed;
}
