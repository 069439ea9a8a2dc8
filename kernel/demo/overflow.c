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

/* Where an overflow is found at the next exception, recursion stops here, and waits for one: what it destroys
 * would be all that lies below. */
#define LATE_NBYTES 64

/* ---- the overflows ---- */

/* Borrowed while this part lasts: the stack of whoever wrote it is gone when it is read. */
static struct stage {
	struct semaphore ready, go, never;
	volatile uintptr_t far_end; /* of the large frame, noted before it is made */
	uintptr_t limit;            /* of the victim's stack */
	size_t jump_nbytes;
	struct arch_guard_geometry guard;
} * stage;

static size_t room_left(void)
{
	return arch_sp() - stage->limit;
}

/* An arena begins at a multiple of a power of two. */
static size_t offset_in_arena(uintptr_t address)
{
	return address & (((size_t)1 << cairn_log2_ceil(stage->guard.arena_nbytes)) - 1);
}

/* What an exception stacks is to end in closed memory, too. */
static void measure_jump(void)
{
	size_t closed =
		stage->guard.arena_nbytes ? offset_in_arena(stage->limit) : stage->guard.closed_nbytes;

	stage->jump_nbytes = closed < JUMP_NBYTES + STEP_MAX_NBYTES ? closed - STEP_MAX_NBYTES : JUMP_NBYTES;
}

static bool found_late(void)
{
	return stage->guard.kind == ARCH_GUARD_LATE;
}

static void wait_for_tick(void)
{
	for (uint32_t tick = ticks_now(); ticks_now() == tick;)
		;
}

/* Uses its frame before and after the call, so that no compiler makes a loop of it. */
static __attribute__((noinline)) uint32_t recurse(uint32_t depth)
{
	volatile uint32_t frame[8];

	frame[0] = depth;
	if (depth == UINT32_MAX)
		return 0;
	if (found_late() && (intptr_t)room_left() < -LATE_NBYTES)
		wait_for_tick();
	return recurse(depth + 1) + frame[0];
}

static void overflow_by_recursion(void)
{
	(void)recurse(0);
}

/* Of the frame that the caller makes next. No compiler may put that before this. */
static inline __attribute__((always_inline)) size_t far_end_noted(size_t nbytes)
{
	stage->far_end = arch_sp() - nbytes;
	__asm__ volatile("" : "+r"(nbytes) : : "memory");
	return nbytes;
}

/* Its only store into the large frame is at the far end. */
static __attribute__((noinline)) void store_far_end(size_t nbytes)
{
	volatile unsigned char frame[far_end_noted(nbytes)], *far_end = frame;

	*far_end = 1;
	if (found_late())
		wait_for_tick();
}

static void overflow_by_frame(void)
{
	store_far_end(room_left() + stage->jump_nbytes);
}

/* Stores nothing into the large frame: what is stored below the limit would be the registers of the
 * interrupted task. */
static __attribute__((noinline)) void wait_far_down(size_t nbytes)
{
	volatile unsigned char frame[far_end_noted(nbytes)];

	__asm__ volatile("" : : "r"(frame));
	wait_for_tick();
}

static void overflow_by_interrupt(void)
{
	wait_far_down(room_left() + stage->jump_nbytes);
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

	(void)semaphore_give(&stage->ready);
	(void)semaphore_take(&stage->go, WAIT_FOREVER);
	stage->limit = task_stack(task_self())->base;
	measure_jump();
	overflow->happen();
	task_exit(0);
}

static void neighbour_entry(void *arg)
{
	(void)arg;
	(void)semaphore_give(&stage->ready);
	(void)semaphore_take(&stage->never, WAIT_FOREVER);
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
	EXPECT(semaphore_take(&stage->ready, WAIT_FOREVER) == KERNEL_OK, "a task is ready");
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

/* A stack as it lies in memory, piece by piece (FNV-1a). Closed to this task means closed for writing only. */
#define PIECE_NBYTES 64u
#define NPIECES      64u
struct likeness {
	task_id id;
	uint16_t sum[NPIECES];
};

static uint16_t piece_sum(const uint32_t *word)
{
	uint32_t sum = 0x811c9dc5u;

	for (size_t n = PIECE_NBYTES / sizeof(*word); n != 0; n--)
		sum = (sum ^ *word++) * 0x01000193u;
	return (uint16_t)(sum ^ sum >> 16);
}

static const uint32_t *piece(const struct cairn_stack *stack, size_t n)
{
	return (const uint32_t *)(stack->base + n * PIECE_NBYTES);
}

static void take_likeness(struct likeness *likeness, task_id id)
{
	const struct cairn_stack *stack = task_stack(id);

	likeness->id = id;
	for (size_t n = 0; stack && n < stack->nbytes / PIECE_NBYTES; n++)
		likeness->sum[n] = piece_sum(piece(stack, n));
}

/* Bytes of the pieces that have changed. */
static size_t count_changed(const struct likeness *likeness)
{
	const struct cairn_stack *stack = task_stack(likeness->id);
	size_t nbytes = 0;

	for (size_t n = 0; stack && n < stack->nbytes / PIECE_NBYTES; n++)
		nbytes += likeness->sum[n] != piece_sum(piece(stack, n)) ? PIECE_NBYTES : 0;
	return nbytes;
}

/* ---- what is verified ---- */

static void expect_fault(const struct overflow *overflow, task_id id, const struct cairn_stack *was)
{
	const struct fault_record *fault = fault_last();
	const size_t least_nbytes = overflow->jumps ? was->base - stage->far_end : 1;

	EXPECT(fault->overflow, "the fault is a stack overflow");
	EXPECT(fault->id == id, "the fault names the task that overflowed");
	EXPECT(fault->limit == was->base, "the fault tells the stack's limit");
	EXPECT(fault->stack_nbytes == was->nbytes, "the fault tells the stack's size");
	EXPECT(fault->late == found_late(), "the fault tells whether it was found late");
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

	EXPECT(semaphore_give(&stage->go) == KERNEL_OK, "the task goes on");
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

/* The stack that is given back last is the next that is made: so who stands the wrong way round changes places. */
static void create_two(const struct overflow *overflow, task_id *below, task_id *victim)
{
	*below = create_waiting("below", neighbour_entry, NULL);
	*victim = create_waiting(overflow->task, victim_entry, overflow);
	EXPECT(*below != 0 && *victim != 0, "there is memory for two tasks");
	if (task_stack(*below)->base < task_stack(*victim)->base)
		return;
	kill_waiting(*victim);
	kill_waiting(*below);
	*victim = create_waiting(overflow->task, victim_entry, overflow);
	*below = create_waiting("below", neighbour_entry, NULL);
	EXPECT(*below != 0 && *victim != 0, "there is memory for two tasks");
}

/* Of two. */
static void show_neighbours(const struct likeness *was)
{
	size_t nchanged = count_changed(&was[0]) + count_changed(&was[1]);

	EXPECT(nchanged == 0 || found_late(), "neighbours' stacks are untouched");
	if (nchanged == 0)
		console_print(
			"   killed alone: neighbours' stacks unchanged; its stack and control block are back\n\n");
	else
		console_print("   killed late: %zu B of its neighbours' stacks changed; its own is back\n\n",
			      nchanged);
}

static void show_overflow(const struct overflow *overflow, bool replaying)
{
	const struct stacks before = count_stacks();
	const uint32_t nreplayed = program_beside.noperations;
	task_id below, victim, above;
	struct likeness *was = borrow(2 * sizeof(*was));

	create_two(overflow, &below, &victim);
	above = create_waiting("above", neighbour_entry, NULL);
	print_stage(overflow, victim, below, above);
	take_likeness(&was[0], below);
	take_likeness(&was[1], above);
	let_it_happen(overflow, victim);
	show_neighbours(was);
	give_back(was);
	kill_waiting(above);
	kill_waiting(below);
	expect_fewer(&before, 0);
	EXPECT(!replaying || program_beside.noperations != nreplayed, "the replay went on");
}

static void open_stage(void)
{
	stage = borrow(sizeof(*stage));
	arch_guard_geometry(&stage->guard);
	EXPECT(semaphore_init(&stage->ready, 0, 1) == KERNEL_OK, "a semaphore is created");
	EXPECT(semaphore_init(&stage->go, 0, 1) == KERNEL_OK, "a semaphore is created");
	EXPECT(semaphore_init(&stage->never, 0, 1) == KERNEL_OK, "a semaphore is created");
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
	if (found_late())
		console_print(
			"   Nothing closes memory here: an overflow is found late, and may destroy what is below it.\n\n");
	settled_totals(&before);
	/* Where overflows are found late, it could be the one that is hit. */
	replaying = !found_late() && actor_start(&program_beside);
	for (size_t i = 0; i < ARRAY_COUNT(overflows); i++)
		show_overflow(&overflows[i], replaying);
	if (replaying)
		end_replay();
	settled_totals(&after);
	EXPECT(totals_equal(&before, &after), "after the overflows the totals are as before");
	give_back(stage);
	expect_sound("after the overflows");
	console_print("   All memory came back: the totals are as before.\n");
}
