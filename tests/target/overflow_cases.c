/* SPDX-License-Identifier: MIT */
/* The cases, and what is claimed of each for each kind of guard. */
#include "overflow_matrix.h"

/* ---- deeds that need no exact place ---- */

/* A length known at run time only; its far end is `nbytes` below the limit. */
static void run_time_array(struct deed *deed)
{
	volatile unsigned char *array;

	deed->return_to = (uintptr_t)__builtin_return_address(0);
	deed->progress = DEED_PLACED;
	array = __builtin_alloca(arch_sp() - deed->sp + deed->nbytes);
	deed->progress = DEED_MOVED;
	array[0] = 1;
	deed->progress = DEED_STORED;
	for (uint32_t before = *deed->ticks; before == *deed->ticks;)
		;
	deed->progress = DEED_SURVIVED;
}

/* From its own stack on, byte by byte. */
static void fill_downwards(struct deed *deed)
{
	volatile unsigned char *at = (volatile unsigned char *)(deed->sp + deed->nbytes);

	deed->progress = DEED_PLACED;
	while ((uintptr_t)at > deed->sp - deed->nbytes)
		*--at = 1;
	deed->progress = DEED_SURVIVED;
}

static void store_to(struct deed *deed, uintptr_t address)
{
	deed->progress = DEED_PLACED;
	*(volatile uint32_t *)address = ~*(volatile uint32_t *)address;
	deed->progress = DEED_SURVIVED;
}

static void store_to_neighbour(struct deed *deed)
{
	store_to(deed, targets.neighbour);
}

static void store_to_free(struct deed *deed)
{
	store_to(deed, targets.free);
}

static void store_to_low_end(struct deed *deed)
{
	store_to(deed, targets.low_end);
}

static void store_to_high_end(struct deed *deed)
{
	store_to(deed, targets.high_end);
}

static struct semaphore some_semaphore;

static void call_the_kernel(void)
{
	(void)semaphore_give(&some_semaphore);
	__asm__ volatile("");
}

static void overflow_in_a_call(struct deed *deed)
{
	deed->call = call_the_kernel;
	(void)semaphore_init(&some_semaphore, 0, UINT32_MAX);
	deed_call(deed);
}

/* ---- the table ---- */

#define FAR_STORE CLAIMS(AT_STORE, MISSED, AT_MOVE, LATE, AT_STORE)
/* What an exception stores. */
#define NEAR_WAIT CLAIMS(AT_STACKING, AT_STACKING, AT_MOVE, LATE, AT_ENTRY)
#define FAR_WAIT  CLAIMS(AT_STACKING, MISSED, AT_MOVE, LATE, AT_ENTRY)
/* The stack pointer is within the stack, but the frame does not fit; A-profile cores store none. */
#define NO_ROOM CLAIMS(AT_STACKING, AT_STACKING, AT_STACKING, LATE, FITS)
#define ALL_FIT CLAIMS(FITS, FITS, FITS, FITS, FITS)
/* A store from a stack pointer that is where it should be. */
#define STRAY_BELOW CLAIMS(STRAY, STRAY, STRAY, MISSED, STRAY)
#define STRAY_AWAY  CLAIMS(STRAY, MISSED, STRAY, MISSED, STRAY)
/* Mapped stacks are apart, not closed. */
#define STRAY_TO_A_STACK CLAIMS(STRAY, MISSED, STRAY, MISSED, MISSED)

const struct matrix_case matrix_cases[] = {
	{.name = "push", .act = deed_push, .above = 8, .nbytes = 16, .claim = NEAR_STORE},
	{.name = "sub-48-store", .act = deed_store, .nbytes = 48, .claim = NEAR_STORE},
	{.name = "sub-320-store", .act = deed_store, .nbytes = 320, .claim = FAR_STORE},
	{.name = "sub-1024-store", .act = deed_store, .nbytes = 1024, .claim = FAR_STORE},
	{.name = "sub-4096-store", .act = deed_store, .nbytes = 4096, .claim = FAR_STORE},
	{.name = "sub-all-store", .act = deed_store, .nbytes = WHOLE_STACK, .claim = FAR_STORE},
	{.name = "sub-48-interrupt", .act = deed_wait, .nbytes = 48, .claim = NEAR_WAIT},
	{.name = "sub-320-interrupt", .act = deed_wait, .nbytes = 320, .claim = FAR_WAIT},
	{.name = "sub-1024-interrupt", .act = deed_wait, .nbytes = 1024, .claim = FAR_WAIT},
	{.name = "sub-4096-interrupt", .act = deed_wait, .nbytes = 4096, .claim = FAR_WAIT},
	{.name = "sub-all-interrupt", .act = deed_wait, .nbytes = WHOLE_STACK, .claim = FAR_WAIT},
	{.name = "fp-sub-48-interrupt",
	 .act = deed_fp_wait,
	 .nbytes = 48,
	 .needs_fp = true,
	 .claim = NEAR_WAIT},
	{.name = "fp-sub-320-interrupt",
	 .act = deed_fp_wait,
	 .nbytes = 320,
	 .needs_fp = true,
	 .claim = FAR_WAIT},
	{.name = "fp-interrupt-at-100",
	 .act = deed_fp_wait,
	 .above = 100,
	 .needs_fp = true,
	 .claim = NO_ROOM},
	{.name = "interrupt-at-0", .act = deed_wait, .above = 0, .claim = NO_ROOM},
	{.name = "interrupt-at-8", .act = deed_wait, .above = 8, .claim = NO_ROOM},
	{.name = "interrupt-at-16", .act = deed_wait, .above = 16, .claim = NO_ROOM},
	{.name = "interrupt-at-31", .act = deed_wait, .above = 31, .claim = NO_ROOM},
	{.name = "interrupt-at-100", .act = deed_wait, .above = 100, .claim = ALL_FIT},
	{.name = "recursion", .act = deed_recurse, .nbytes = 64, .claim = NEAR_STORE},
	{.name = "run-time-array",
	 .act = run_time_array,
	 .has_room = true,
	 .nbytes = 200,
	 .claim = NEAR_STORE},
	{.name = "first-instruction",
	 .nbytes = 200,
	 .begins_with_it = true,
	 .has_room = true,
	 .claim = NEAR_STORE},
	{.name = "system-call",
	 .act = overflow_in_a_call,
	 .above = 232,
	 .claim = CLAIMS(AT_LOCK, AT_LOCK, AT_LOCK, AT_LOCK, AT_LOCK)},
	{.name = "two-in-turn", .act = deed_store, .nbytes = 48, .two = true, .claim = NEAR_STORE},
	{.name = "fill-downwards", .act = fill_downwards, .nbytes = 64, .stray = true, .claim = STRAY_BELOW},
	{.name = "stray-to-neighbour", .act = store_to_neighbour, .stray = true, .claim = STRAY_TO_A_STACK},
	{.name = "stray-to-free-stack", .act = store_to_free, .stray = true, .claim = STRAY_AWAY},
	{.name = "stray-to-low-end", .act = store_to_low_end, .stray = true, .claim = STRAY_AWAY},
	{.name = "stray-to-high-end", .act = store_to_high_end, .stray = true, .claim = STRAY_AWAY},
};
const size_t matrix_ncases = sizeof(matrix_cases) / sizeof(matrix_cases[0]);
