/* SPDX-License-Identifier: MIT */
/* Runs the cases one by one: sets the stage, lets a victim do its deed, compares what was noticed with what is
 * claimed, and prints a cell. A claim that does not hold fails the run. */
#include "overflow_matrix.h"

#include "console.h"
#include "main.h"

static const char *const claim_names[NCLAIMS] = {
	[FITS] = "fits",      [MISSED] = "missed",  [AT_MOVE] = "sp",
	[AT_STORE] = "store", [LATE] = "late",      [AT_STACKING] = "stacking",
	[AT_LOCK] = "lock",   [AT_ENTRY] = "entry", [STRAY] = "stray",
};
static const char *const place_names[] = {
	[PLACE_NONE] = "none",
	[PLACE_UNKNOWN] = "unknown",
	[PLACE_CALLERS] = "callers",
	[PLACE_EXACT] = "exact",
};
static const char *const guard_names[ARCH_NGUARDS] = {
	[ARCH_GUARD_LATE] = "late",   [ARCH_GUARD_WINDOW] = "window",     [ARCH_GUARD_STRIP] = "strip",
	[ARCH_GUARD_LIMIT] = "limit", [ARCH_GUARD_UNMAPPED] = "unmapped",
};

#define NTIMES 1000

static struct arch_guard_geometry geometry;
static unsigned npassed, nfailed;

void matrix_require(bool holds, const char *what)
{
	if (!holds)
		panic("the matrix cannot go on: not %s", what);
}

/* ---- what is printed ---- */

static void count(bool passed, const char *name, const char *wrong)
{
	if (passed)
		console_print("ok %s\n", name);
	else
		console_print("FAILED %s: %s\n", name, wrong);
	npassed += passed;
	nfailed += !passed;
}

static const char *yes(bool is_so)
{
	return is_so ? "yes" : "no";
}

void matrix_print(const struct cell *cell)
{
	console_print(
		"CELL board=%s guard=%s case=%s detected=%s named=%s told=%s past=%zu%s pc=%s outside=%zu "
		"memory=%s others=%s\n",
		MATRIX_BOARD, guard_names[geometry.kind], cell->name, claim_names[cell->when],
		yes(cell->named),
		cell->overflow ? "overflow"
		: cell->place  ? "stray-write"
			       : "nothing",
		cell->over_nbytes, cell->over_exact ? "" : "+", place_names[cell->place],
		cell->outside_nbytes, cell->memory_back ? "back" : "lost",
		cell->others_ran ? "ran" : "stopped");
	count(!cell->wrong, cell->name, cell->wrong);
}

/* ---- what was noticed ---- */

static enum claim when_noticed(const struct deed *deed, size_t outside_nbytes, bool noticed)
{
	const struct fault_record *fault = &seen.fault[0];

	if (!noticed)
		return outside_nbytes ? MISSED : FITS;
	if (!fault->overflow)
		return STRAY;
	if (fault->cause == ARCH_FAULT_HEADROOM)
		return AT_LOCK;
	if (outside_nbytes)
		return LATE;
	if (fault->cause == ARCH_FAULT_DATA)
		return AT_STORE;
	if (fault->cause == ARCH_FAULT_STACKING)
		return AT_STACKING;
	if (deed->progress < DEED_MOVED)
		return AT_MOVE;
	return fault->cause == ARCH_FAULT_LIMIT ? AT_STACKING : AT_ENTRY;
}

static bool in_code(uintptr_t pc, const void *from, const void *to)
{
	return pc - (uintptr_t)from < (uintptr_t)to - (uintptr_t)from;
}

/* A deed in C is known by its beginning. */
static bool is_where(uintptr_t pc, void (*act)(struct deed *deed))
{
	const uintptr_t thumb = 1, long_enough = 256;
	uintptr_t begins = (uintptr_t)act & ~thumb;

	return in_code(pc, deeds_start, deeds_end) || pc - begins < long_enough;
}

/* The caller of the deed, or what called itself in it. */
static enum place place_told(const struct fault_record *fault, const struct deed *deed)
{
	for (unsigned i = 0; i < fault->ncallers; i++)
		if (fault->callers[i] == deed->return_to ||
		    in_code(fault->callers[i], deeds_start, deeds_end))
			return PLACE_CALLERS;
	return fault->pc_known ? PLACE_EXACT : PLACE_UNKNOWN;
}

static bool names(const struct fault_record *fault, unsigned n)
{
	return fault->id == victims[n] && !fault->kernels &&
	       memcmp(fault->task, victim_stacks[n].name, TASK_NAME_NBYTES / 2) == 0;
}

/* ---- what is claimed ---- */

static const char *claim_of_distance(const struct matrix_case *c, const struct cell *cell, size_t nbytes)
{
	size_t past = nbytes > (size_t)c->above ? nbytes - (size_t)c->above : 0;
	size_t over = cell->over_nbytes;

	switch (cell->when) {
	case AT_STORE: return over == past || c->act == deed_recurse ? NULL : "past == as far as it went";
	case AT_ENTRY: return over == past ? NULL : "past == as far as it went";
	case AT_MOVE: return over <= past ? NULL : "past <= as far as it went";
	case LATE:
	case AT_STACKING:
		return over > 0 && over >= past && over <= past + ARCH_FRAME_NBYTES
			       ? NULL
			       : "past == as far as it went, and a frame";
	default: return NULL;
	}
}

/* What a lost exception frame costs. It is not lost where the stack pointer stays where there is room for it. The
 * first instruction of a task has no caller. */
static enum place claimed_place(const struct matrix_case *c, enum claim claim)
{
	switch (claim) {
	case FITS:
	case MISSED: return PLACE_NONE;
	case STRAY: return PLACE_EXACT;
	case AT_LOCK: return PLACE_CALLERS;
	default: break;
	}
	if (geometry.kind == ARCH_GUARD_UNMAPPED || (claim == AT_MOVE && c->has_room))
		return PLACE_EXACT;
	return c->begins_with_it ? PLACE_UNKNOWN : PLACE_CALLERS;
}

static const char *wrong_claim(const struct matrix_case *c, const struct cell *cell, size_t nbytes)
{
	enum claim claim = c->claim[geometry.kind];
	bool noticed = claim != FITS && claim != MISSED;

	if (cell->when != claim)
		return claim_names[claim];
	if (cell->named != noticed)
		return "the right task is named";
	if (cell->overflow != (noticed && !c->stray))
		return "told apart from a stray write";
	if (cell->place != claimed_place(c, claim))
		return "the place is told as claimed";
	if ((cell->outside_nbytes != 0) != (claim == MISSED || claim == LATE))
		return "nothing outside the stack changes";
	if (!cell->memory_back)
		return "memory comes back";
	if (!cell->others_ran)
		return "the others run on";
	return claim_of_distance(c, cell, nbytes);
}

/* ---- one case ---- */

static bool memory_is_back(const struct cairn_totals *before)
{
	struct cairn_totals after;
	const char *broken;

	cairn_trim();
	cairn_totals(&after);
	scheduler_suspend();
	broken = cairn_check();
	scheduler_resume();
	return broken == NULL && memcmp(before, &after, sizeof(after)) == 0;
}

static size_t how_far(const struct matrix_case *c)
{
	size_t more = MATRIX_STACK_NBYTES / 4;

	return c->nbytes == WHOLE_STACK ? cairn_stack_rounded(MATRIX_STACK_NBYTES) + more : c->nbytes;
}

static void prepare_deed(const struct matrix_case *c, unsigned n, size_t nbytes)
{
	deeds[n].sp = victim_stacks[n].base + (size_t)c->above;
	deeds[n].nbytes = nbytes;
	if (c->act == deed_recurse)
		deeds[n].sp = victim_stacks[n].base - nbytes;
}

/* Both of two: the first is in the cell, the second just as it should be. */
static bool both_named(const struct matrix_case *c)
{
	if (!c->two)
		return seen.nfaults == 1 && names(&seen.fault[0], 0);
	return seen.nfaults == 2 && names(&seen.fault[0], 0) && names(&seen.fault[1], 1) &&
	       seen.fault[1].overflow && seen.fault[1].over_nbytes == seen.fault[0].over_nbytes;
}

static void measure(const struct matrix_case *c, struct cell *cell, bool killed)
{
	const struct deed *deed = c->begins_with_it ? &deed_of_first : &deeds[0];
	const struct fault_record *fault = &seen.fault[0];
	bool noticed = killed && seen.nfaults != 0;

	cell->when = when_noticed(deed, cell->outside_nbytes, noticed);
	if (!noticed)
		return;
	cell->named = both_named(c);
	cell->overflow = fault->overflow;
	cell->over_nbytes = cell->when == AT_LOCK ? 0 : fault->over_nbytes;
	cell->over_exact = fault->over_exact;
	cell->place = place_told(fault, deed);
	if (cell->place == PLACE_EXACT && !is_where(fault->pc, c->act))
		cell->wrong = "the place is where it happened";
}

static void run_case(const struct matrix_case *c)
{
	size_t nbytes = how_far(c);
	const struct stage_plan plan = {c->two ? 2 : 1, c->act, c->begins_with_it, nbytes};
	struct cell cell = {.name = c->name, .over_exact = true};
	struct cairn_totals before;
	const char *wrong;
	bool killed;

	cairn_trim();
	cairn_totals(&before);
	stage_set(&plan);
	for (unsigned n = 0; n < plan.nvictims; n++)
		prepare_deed(c, n, nbytes);
	matrix_require(stage_has_room(nbytes), "room below a victim");
	stage_scribble(nbytes);
	watch_begin();
	killed = stage_go() == KERNEL_EKILLED;
	cell.outside_nbytes = watch_changed();
	measure(c, &cell, killed);
	cell.others_ran = stage_others_ran();
	stage_clear();
	cell.memory_back = memory_is_back(&before);
	wrong = wrong_claim(c, &cell, nbytes);
	cell.wrong = cell.wrong ? cell.wrong : wrong;
	matrix_print(&cell);
}

/* A task that is created anew each time: the last in full, and all just as the first. */
static void run_a_thousand(void)
{
	const struct matrix_case c = {.act = deed_store, .nbytes = 48, .claim = NEAR_STORE};
	const struct stage_plan plan = {1, c.act, false, c.nbytes};
	struct cell cell = {.name = "thousand-times"};
	struct cairn_totals before;
	size_t over_nbytes = 0;
	unsigned nnamed = 0;

	cairn_trim();
	cairn_totals(&before);
	fault_set_lines(false);
	stage_set(&plan);
	watch_begin();
	for (unsigned i = 0; i < NTIMES; i++) {
		if (i > 0)
			stage_again();
		prepare_deed(&c, 0, c.nbytes);
		over_nbytes = seen.fault[0].over_nbytes;
		nnamed += stage_go() == KERNEL_EKILLED && both_named(&c) &&
			  (i == 0 || seen.fault[0].over_nbytes == over_nbytes);
	}
	fault_set_lines(true);
	cell.outside_nbytes = watch_changed();
	measure(&c, &cell, true);
	cell.named = nnamed == NTIMES;
	cell.others_ran = stage_others_ran();
	stage_clear();
	cell.memory_back = memory_is_back(&before);
	cell.wrong = cell.wrong ? cell.wrong : wrong_claim(&c, &cell, c.nbytes);
	matrix_print(&cell);
}

static void print_no_fp(const struct matrix_case *c)
{
	console_print("CELL board=%s guard=%s case=%s detected=no-fp\n", MATRIX_BOARD,
		      guard_names[geometry.kind], c->name);
}

/* ---- the handlers' stack, and the end ---- */

static void finish(void)
{
	console_print_now("%u passed, %u failed\n", npassed, nfailed);
	arch_exit(nfailed ? 1 : 0);
}

/* The strip below it, where there is one and it can be read. */
static uint32_t sum_of_handler_guard(void)
{
	const uint32_t *word = (const uint32_t *)(arch_handler_stack_limit() - arch_handler_guard_nbytes());
	uint32_t sum = 0;

	if (geometry.kind == ARCH_GUARD_UNMAPPED || geometry.kind == ARCH_GUARD_LIMIT)
		return 0;
	for (; (uintptr_t)word < arch_handler_stack_limit(); word++)
		sum = (sum ^ *word) * 0x01000193u;
	return sum;
}

static uint32_t handler_guard_sum;

void matrix_see_kernels(const struct fault_record *fault)
{
	struct cell cell = {.name = "handler-stack",
			    .when = fault->cause == ARCH_FAULT_STACKING ? AT_STACKING
				    : fault->cause == ARCH_FAULT_LIMIT  ? AT_MOVE
									: AT_STORE,
			    .named = fault->in_handler,
			    .overflow = fault->overflow,
			    .over_nbytes = fault->over_nbytes,
			    .over_exact = fault->over_exact,
			    .place = fault->pc_known ? PLACE_EXACT : PLACE_UNKNOWN,
			    .memory_back = cairn_check() == NULL};

	if (sum_of_handler_guard() != handler_guard_sum)
		cell.outside_nbytes = sizeof(uint32_t);
	if (!cell.named || !cell.overflow || cell.over_nbytes == 0 ||
	    cell.over_nbytes > ARCH_FRAME_NBYTES + sizeof(uintptr_t[2]))
		cell.wrong = "a handler's overflow is told as that";
	if (cell.outside_nbytes || !cell.memory_back)
		cell.wrong = "nothing outside the stack changes";
	matrix_print(&cell);
	finish();
}

static void overflow_the_handler_stack(void)
{
	handler_guard_sum = sum_of_handler_guard();
	deed_of_handler.sp = arch_handler_stack_limit() - arch_handler_guard_nbytes() / 2;
	scheduler_set_tick_hook(deed_in_handler);
	task_sleep(2);
	nfailed++;
	console_print("FAILED handler-stack: it was not noticed\n");
	finish();
}

void application(void *arg)
{
	(void)arg;
	arch_guard_geometry(&geometry);
	console_print("overflow matrix of %s, %s, guard: %s\n", MATRIX_BOARD, arch_cpu_name(),
		      guard_names[geometry.kind]);
	stage_init();
	watch_init();
	for (size_t i = 0; i < matrix_ncases; i++) {
		if (matrix_cases[i].needs_fp && !MATRIX_HAS_FP)
			print_no_fp(&matrix_cases[i]);
		else
			run_case(&matrix_cases[i]);
	}
	run_a_thousand();
	count(matrix_cycles(), "cycles", "a frame stays behind, or a fault names the wrong task");
	stage_init();
	overflow_the_handler_stack();
}
