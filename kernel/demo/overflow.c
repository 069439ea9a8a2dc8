/* SPDX-License-Identifier: MIT */
/* Part 4: three ways to leave a stack at its lower end. Each time a task is created between two others
 * that wait, overflows its stack while a recorded program is replayed beside it, and is killed alone: the
 * kernel prints its line, and here everything that the line says is compared with what was done, and the
 * stacks of the two others with what they held before. */
#include "arch.h"
#include "cairn.h"
#include "console.h"
#include "demo.h"
#include "fault.h"
#include "sync.h"

#define VICTIM_STACK_NBYTES TASK_STACK_NBYTES
#define WAITING_PRIORITY    (TASK_PRIORITIES - 1u) /* all three run at once, and then wait */

/* How far below the limit the large frames reach, where as much is closed: a guard of 256 B would be passed
 * over. */
#define JUMP_NBYTES 800u
/* A frame of recursion and an exception frame, with room. */
#define STEP_MAX_NBYTES 256u

/* ---- the overflows ---- */

/* Static, for the stack of whoever wrote it is gone when it is read. */
static struct {
	struct semaphore ready, go, never;
	volatile uintptr_t far_end; /* of the large frame, noted before it is made */
} stage;

static size_t room_left(void)
{
	return arch_sp() - task_stack(task_self())->base;
}

/* What an exception stacks is to end in closed memory, too. */
static size_t jump_nbytes(void)
{
	struct arch_guard_geometry geometry;
	size_t closed;

	arch_guard_geometry(&geometry);
	closed = geometry.arena_nbytes ? task_stack(task_self())->base & (geometry.arena_nbytes - 1)
				       : geometry.closed_nbytes;
	return closed < JUMP_NBYTES + STEP_MAX_NBYTES ? closed - STEP_MAX_NBYTES : JUMP_NBYTES;
}

/* Uses its frame before and after the call, so that no compiler makes a loop of it. */
static __attribute__((noinline)) uint32_t recurse(uint32_t depth)
{
	volatile uint32_t frame[8];

	frame[0] = depth;
	if (depth == UINT32_MAX)
		return 0;
	return recurse(depth + 1) + frame[0];
}

static void overflow_by_recursion(void)
{
	(void)recurse(0);
}

/* Of the frame that the caller makes next. No compiler may put that before this. */
static inline __attribute__((always_inline)) size_t far_end_noted(size_t nbytes)
{
	stage.far_end = arch_sp() - nbytes;
	__asm__ volatile("" : "+r"(nbytes) : : "memory");
	return nbytes;
}

/* Its only store into the large frame is at the far end. */
static __attribute__((noinline)) void store_far_end(size_t nbytes)
{
	volatile unsigned char frame[far_end_noted(nbytes)], *far_end = frame;

	*far_end = 1;
}

static void overflow_by_frame(void)
{
	store_far_end(room_left() + jump_nbytes());
}

/* Stores nothing into the large frame: what is stored below the limit would be the registers of the
 * interrupted task. */
static __attribute__((noinline)) void wait_far_down(size_t nbytes)
{
	volatile unsigned char frame[far_end_noted(nbytes)];
	uint32_t tick = ticks_now();

	__asm__ volatile("" : : "r"(frame));
	while (ticks_now() == tick)
		;
}

static void overflow_by_interrupt(void)
{
	wait_far_down(room_left() + jump_nbytes());
}

static const struct overflow {
	const char *task, *title;
	void (*happen)(void);
	bool jumps; /* leaves the stack by a large frame, and says how far */
} overflows[] = {
	{"recursive", "deep recursion", overflow_by_recursion, false},
	{"large-frame", "one large frame, stored to at its far end", overflow_by_frame, true},
	{"interrupted", "one large frame, and then an interrupt", overflow_by_interrupt, true},
};

/* ---- the tasks ---- */

static void victim_entry(void *arg)
{
	const struct overflow *overflow = arg;

	(void)semaphore_give(&stage.ready);
	(void)semaphore_take(&stage.go, WAIT_FOREVER);
	overflow->happen();
	task_exit(0);
}

static void neighbour_entry(void *arg)
{
	(void)arg;
	(void)semaphore_give(&stage.ready);
	(void)semaphore_take(&stage.never, WAIT_FOREVER);
	task_exit(0);
}

/* Returns once it waits; 0: there is no memory for it. */
static task_id create_waiting(const char *name, void (*entry)(void *arg), const void *arg)
{
	struct task_spec spec = {.name = name,
				 .entry = entry,
				 .arg = (void *)(uintptr_t)arg,
				 .priority = WAITING_PRIORITY,
				 .stack_nbytes = VICTIM_STACK_NBYTES};
	task_id id;

	if (task_create(&spec, &id) != KERNEL_OK)
		return 0;
	EXPECT(semaphore_take(&stage.ready, WAIT_FOREVER) == KERNEL_OK, "a task is ready");
	task_sleep(1);
	return id;
}

static void kill_waiting(task_id id)
{
	if (id == 0)
		return;
	EXPECT(task_kill(id) == KERNEL_OK, "a task is killed");
	EXPECT(task_join(id, NULL, WAIT_FOREVER) == KERNEL_EKILLED, "a task that was killed is joined");
}

/* Of a stack as it lies in memory (FNV-1a). Closed to this task means closed for writing only. */
static uint32_t stack_checksum(task_id id)
{
	const struct cairn_stack *stack = task_stack(id);
	const uint32_t *word;
	uint32_t sum = 0x811c9dc5u;

	if (stack == NULL)
		return sum;
	word = (const uint32_t *)stack->base;
	for (size_t n = stack->nbytes / sizeof(*word); n != 0; n--)
		sum = (sum ^ *word++) * 0x01000193u;
	return sum;
}

/* ---- what is verified ---- */

static void expect_fault(const struct overflow *overflow, task_id id, const struct cairn_stack *was)
{
	const struct fault_record *fault = fault_last();
	const size_t least_nbytes = overflow->jumps ? was->base - stage.far_end : 1;

	EXPECT(fault->overflow, "the fault is a stack overflow");
	EXPECT(fault->id == id, "the fault names the task that overflowed");
	EXPECT(fault->limit == was->base, "the fault tells the stack's limit");
	EXPECT(fault->stack_nbytes == was->nbytes, "the fault tells the stack's size");
	EXPECT(fault->high_water <= was->nbytes, "the high-water mark is within the stack");
	EXPECT(fault->over_nbytes >= least_nbytes && fault->over_nbytes <= least_nbytes + STEP_MAX_NBYTES,
	       "the fault tells how far below the limit");
}

struct stacks {
	size_t ntasks, nstacks;
};

static struct stacks count_stacks(void)
{
	struct cairn_stacks_info info;

	cairn_stack_stats(&info);
	return (struct stacks){.ntasks = task_count(), .nstacks = info.nstacks};
}

static void expect_fewer(const struct stacks *before, size_t nfewer)
{
	struct stacks now = count_stacks();

	EXPECT(now.ntasks + nfewer == before->ntasks, "the task's control block came back");
	EXPECT(now.nstacks + nfewer == before->nstacks, "the task's stack came back");
}

static void let_it_happen(const struct overflow *overflow, task_id victim)
{
	const struct cairn_stack was = *task_stack(victim);
	const struct stacks before = count_stacks();
	const uint32_t nfaults = fault_last()->count;

	EXPECT(semaphore_give(&stage.go) == KERNEL_OK, "the task goes on");
	EXPECT(task_join(victim, NULL, WAIT_FOREVER) == KERNEL_EKILLED, "an overflow kills the task");
	EXPECT(fault_last()->count == nfaults + 1, "an overflow is one fault");
	expect_fault(overflow, victim, &was);
	expect_fewer(&before, 1);
}

static void print_neighbour(task_id id)
{
	if (id != 0)
		console_print(", %s 0x%08zx", task_name(id), (size_t)task_stack(id)->base);
}

static void print_stage(const struct overflow *overflow, task_id victim, task_id below, task_id above)
{
	console_print("   %s\n", overflow->title);
	console_print("   stacks of %zu B: %s 0x%08zx", task_stack(victim)->nbytes, task_name(victim),
		      (size_t)task_stack(victim)->base);
	print_neighbour(below);
	print_neighbour(above);
	console_print("\n");
}

static void show_overflow(const struct overflow *overflow, bool replaying)
{
	const struct stacks before = count_stacks();
	const uint32_t nreplayed = program_beside.noperations;
	task_id below = create_waiting("below", neighbour_entry, NULL);
	task_id victim = create_waiting(overflow->task, victim_entry, overflow);
	task_id above = create_waiting("above", neighbour_entry, NULL);
	const uint32_t sum_below = stack_checksum(below), sum_above = stack_checksum(above);

	EXPECT(below != 0 && victim != 0, "there is memory for two tasks");
	print_stage(overflow, victim, below, above);
	let_it_happen(overflow, victim);
	EXPECT(stack_checksum(below) == sum_below, "the stack below is untouched");
	EXPECT(stack_checksum(above) == sum_above, "the stack above is untouched");
	kill_waiting(below);
	kill_waiting(above);
	expect_fewer(&before, 0);
	EXPECT(!replaying || program_beside.noperations != nreplayed, "the replay went on");
	console_print(
		"   killed alone: neighbours' stacks unchanged; its stack and control block are back\n\n");
}

static void open_stage(void)
{
	EXPECT(semaphore_init(&stage.ready, 0, 1) == KERNEL_OK, "a semaphore is created");
	EXPECT(semaphore_init(&stage.go, 0, 1) == KERNEL_OK, "a semaphore is created");
	EXPECT(semaphore_init(&stage.never, 0, 1) == KERNEL_OK, "a semaphore is created");
}

static void end_replay(void)
{
	actor_stop(&program_beside);
	EXPECT(actor_ended(&program_beside, WAIT_FOREVER), "the replay beside ends as it should");
	console_print("   %s beside them: %u operations, %u B verified, none changed\n", program_beside.name,
		      (unsigned)program_beside.noperations, (unsigned)program_beside.nverified);
}

void overflow_stacks(void)
{
	struct cairn_totals before, after;
	bool replaying;

	print_heading("4. Stack overflows: three ways to leave a stack, while a program is replayed beside");
	open_stage();
	settled_totals(&before);
	replaying = actor_start(&program_beside);
	for (size_t i = 0; i < ARRAY_COUNT(overflows); i++)
		show_overflow(&overflows[i], replaying);
	if (replaying)
		end_replay();
	settled_totals(&after);
	EXPECT(totals_equal(&before, &after), "after the overflows the totals are as before");
	expect_sound("after the overflows");
	console_print("   All memory came back: the totals are as before.\n");
}
