/* SPDX-License-Identifier: MIT */
/* The stage of the overflow matrix. Who stands around is more urgent than the test, so runs and waits at once;
 * a victim is less urgent, so begins when the test waits for its end. Most neighbours come first, so that below
 * the victim there are stacks to fall into; they are killed where they wait: what an overflow may have made of
 * their stacks is never used. */
#include "overflow_matrix.h"

#include "main.h"

#define HIGH (APPLICATION_PRIORITY + 1)
#define LOW  (APPLICATION_PRIORITY - 1)

/* Neither an address nor anything that a deed stores. */
#define SCRIBBLE 0x6b6b6b6bu

volatile uint32_t matrix_ticks;
struct seen seen;
struct targets targets;
task_id victims[VICTIMS_MAX];
struct cairn_stack victim_stacks[VICTIMS_MAX];
struct deed deeds[VICTIMS_MAX], deed_of_first, deed_of_handler;

static struct {
	task_id neighbour[NEIGHBOURS_MAX], beside;
	size_t nneighbours;
	unsigned nvictims;
	void (*act)(struct deed *deed);
	volatile uint32_t nrounds;
	uint32_t nrounds_before;
	volatile bool stop;
} stage;

static void count_ticks(void)
{
	matrix_ticks++;
}

static enum fault_policy see(const struct fault_record *fault)
{
	if (fault->kernels)
		matrix_see_kernels(fault);
	if (seen.nfaults < SEEN_MAX)
		seen.fault[seen.nfaults] = *fault;
	seen.nfaults++;
	return fault->id == victims[0] || fault->id == victims[1] ? FAULT_KILL : FAULT_STOP;
}

void stage_init(void)
{
	scheduler_set_tick_hook(count_ticks);
	fault_set_hook(see);
}

/* ---- who stands around ---- */

static void wait_for_ever(void *arg)
{
	(void)arg;
	task_sleep(WAIT_FOREVER);
}

static void run_on(void *arg)
{
	(void)arg;
	while (!stage.stop) {
		stage.nrounds++;
		task_sleep(1);
	}
}

static task_id make(const char *name, unsigned priority, void (*entry)(void *arg), void *arg)
{
	const struct task_spec spec = {.name = name,
				       .entry = entry,
				       .arg = arg,
				       .priority = priority,
				       .stack_nbytes = MATRIX_STACK_NBYTES};
	task_id id = 0;

	matrix_require(task_create(&spec, &id) == KERNEL_OK, "a task is created");
	return id;
}

static void end(task_id id)
{
	matrix_require(task_kill(id) == KERNEL_OK && task_join(id, NULL, WAIT_FOREVER) == KERNEL_EKILLED,
		       "a task is killed");
}

/* Is there space for one more neighbour, besides those who have to come yet? */
static bool one_more_fits(void)
{
	size_t nbytes = cairn_stack_rounded(MATRIX_STACK_NBYTES);
	const size_t nothers = VICTIMS_MAX + 2;
	struct cairn_stacks_info info;

	cairn_stack_stats(&info);
	return stage.nneighbours < NEIGHBOURS_MAX - 1 && info.free_nbytes > nothers * nbytes;
}

static void add_neighbour(void)
{
	stage.neighbour[stage.nneighbours++] = make("neighbour", HIGH, wait_for_ever, NULL);
}

size_t stage_nneighbours(void)
{
	return stage.nneighbours;
}

const struct cairn_stack *stage_neighbour(size_t n)
{
	return task_stack(stage.neighbour[n]);
}

/* ---- what is below ---- */

static bool harmless(uintptr_t address)
{
	struct cairn_explanation is;

	cairn_explain((const void *)address, &is);
	for (size_t i = 0; i < stage.nneighbours; i++)
		if (is.owner == (const void *)stage.neighbour[i])
			return true;
	return is.what == CAIRN_IS_FREE_STACK || is.owner == (const void *)victims[0];
}

bool stage_has_room(size_t nbytes)
{
	size_t far = nbytes + ARCH_FRAME_NBYTES;
	uintptr_t limit = victim_stacks[0].base;
	struct arch_guard_geometry geometry;

	arch_guard_geometry(&geometry);
	if (!geometry.arena_nbytes)
		return far <= geometry.closed_nbytes;
	if ((limit & (geometry.arena_nbytes - 1)) < far)
		return false;
	if (geometry.kind == ARCH_GUARD_WINDOW || geometry.kind == ARCH_GUARD_LIMIT)
		return true;
	for (size_t at = 0; at < far; at += geometry.granule_nbytes)
		if (!harmless(limit - 1 - at))
			return false;
	return harmless(limit - far);
}

/* So that whatever is stored there changes it. */
void stage_scribble(size_t nbytes)
{
	uintptr_t limit = victim_stacks[0].base;
	struct arch_guard_geometry geometry;

	arch_guard_geometry(&geometry);
	if (geometry.kind != ARCH_GUARD_STRIP && geometry.kind != ARCH_GUARD_LATE)
		return;
	for (uintptr_t at = limit - cairn_round_down(nbytes + ARCH_FRAME_NBYTES, sizeof(uint32_t));
	     at < limit; at += sizeof(uint32_t))
		*(volatile uint32_t *)at = SCRIBBLE;
}

/* ---- victims ---- */

static void be_the_victim(void *arg)
{
	stage.act(&deeds[(uintptr_t)arg]);
	__asm__ volatile("");
}

static void add_victim(unsigned n, void (*entry)(void *arg), void *arg)
{
	static const char *const names[VICTIMS_MAX] = {"victim", "victim-2"};

	victims[n] = make(names[n], LOW, entry, arg);
	victim_stacks[n] = *task_stack(victims[n]);
	deeds[n] = (struct deed){.ticks = &matrix_ticks};
}

/* Neighbours come until a victim stands above enough of them. It stays where it then is, for a stack that is given
 * back is the next to be had. */
static void find_place(size_t nbytes)
{
	bool found;

	do {
		add_neighbour();
		add_victim(0, wait_for_ever, NULL);
		found = stage_has_room(nbytes);
		end(victims[0]);
	} while (!found && one_more_fits());
}

static void add_victims(const struct stage_plan *plan)
{
	uintptr_t base = victim_stacks[0].base;

	if (plan->begins_with_it) {
		deed_of_first =
			(struct deed){.ticks = &matrix_ticks,
				      .saved_sp = base + victim_stacks[0].nbytes - MATRIX_STACK_NBYTES / 4};
		add_victim(0, deed_first, (void *)(base - plan->nbytes));
	} else {
		for (unsigned n = 0; n < plan->nvictims; n++)
			add_victim(n, be_the_victim, (void *)(uintptr_t)n);
	}
	matrix_require(victim_stacks[0].base == base, "a stack comes back to the same place");
}

void stage_again(void)
{
	uintptr_t base = victim_stacks[0].base;

	add_victim(0, be_the_victim, (void *)0);
	matrix_require(victim_stacks[0].base == base, "a stack comes back to the same place");
	seen.nfaults = 0;
}

unsigned stage_nvictims(void)
{
	return stage.nvictims;
}

enum kernel_status stage_go(void)
{
	enum kernel_status status;

	for (uint32_t before = matrix_ticks; before == matrix_ticks;)
		arch_wait_for_interrupt();
	status = task_join(victims[0], NULL, WAIT_FOREVER);

	for (unsigned n = 1; n < stage.nvictims; n++)
		(void)task_join(victims[n], NULL, WAIT_FOREVER);
	return status;
}

/* ---- all of it ---- */

static void find_targets(void)
{
	struct arch_guard_geometry geometry;
	struct cairn_stack stack = {.state = CAIRN_STACK_NONE};

	arch_guard_geometry(&geometry);
	matrix_require(cairn_stack_create(&stack, MATRIX_STACK_NBYTES, "free", NULL) == CAIRN_OK,
		       "a stack is created");
	targets.free = stack.base + stack.nbytes / 2;
	matrix_require(cairn_stack_destroy(&stack) == CAIRN_OK, "a stack is destroyed");
	targets.neighbour = stage_neighbour(0)->base + stage_neighbour(0)->nbytes / 2;
	targets.low_end = geometry.arena_nbytes ? victim_stacks[0].base & ~(geometry.arena_nbytes - 1)
						: geometry.space_base;
	targets.high_end = targets.low_end - sizeof(uint32_t) +
			   (geometry.arena_nbytes ? geometry.arena_nbytes : geometry.space_nbytes);
}

void stage_set(const struct stage_plan *plan)
{
	stage.nneighbours = 0;
	stage.nvictims = plan->nvictims;
	stage.act = plan->act;
	stage.stop = false;
	find_place(plan->nbytes);
	add_victims(plan);
	add_neighbour();
	stage.beside = make("beside", HIGH, run_on, NULL);
	find_targets();
	seen.nfaults = 0;
	stage.nrounds_before = stage.nrounds;
}

void stage_clear(void)
{
	stage.stop = true;
	matrix_require(task_join(stage.beside, NULL, WAIT_FOREVER) == KERNEL_OK, "the task beside ends");
	for (size_t i = 0; i < stage.nneighbours; i++)
		end(stage.neighbour[i]);
}

bool stage_others_ran(void)
{
	uint32_t before = stage.nrounds_before;

	task_sleep(3);
	stage.nrounds_before = stage.nrounds;
	return stage.nrounds != before;
}
