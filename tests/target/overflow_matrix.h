/* SPDX-License-Identifier: MIT */
/* The overflow matrix: each way to leave a stack, done on the board, and each thing that is said of it
 * verified. One line a cell, of which tests/stack_safety.py makes docs/stack-safety.md. */
#ifndef OVERFLOW_MATRIX_H
#define OVERFLOW_MATRIX_H

#include "fault.h"
#include "overflow_deeds.h"
#include "sync.h"

/* Of the victims and of those around them. */
#ifndef MATRIX_STACK_NBYTES
#define MATRIX_STACK_NBYTES 1024
#endif

/* ---- what is claimed ---- */

/* When something is noticed, and what then is true. */
enum claim {
	FITS = 0,    /* no overflow: the task runs on, and nothing changes */
	MISSED,      /* nothing is noticed, and memory of others is overwritten */
	AT_MOVE,     /* the stack pointer is not let past the limit */
	AT_STORE,    /* the store is refused */
	AT_STACKING, /* the CPU cannot store the exception frame */
	AT_ENTRY,    /* found when the next exception is taken, which has stored nothing */
	LATE,        /* found then, but memory of others is overwritten */
	AT_LOCK,     /* found before the kernel's lock is taken: no byte is past the limit yet */
	STRAY,       /* the store is refused, and is told as a stray write */
	NCLAIMS
};

/* What is said of the place. */
enum place { PLACE_NONE = 0, PLACE_UNKNOWN, PLACE_CALLERS, PLACE_EXACT };

struct matrix_case {
	const char *name;
	void (*act)(struct deed *deed);
	int above;           /* the limit: where the stack pointer begins */
	size_t nbytes;       /* how far it goes down then; WHOLE_STACK: more than all of it */
	bool needs_fp;       /* a floating-point context */
	bool begins_with_it; /* the first instruction of a task does it */
	bool has_room;       /* the stack pointer goes down from well above the limit */
	bool two;            /* two tasks do it, one after the other */
	bool stray;          /* the stack pointer stays where it should be */
	enum claim claim[ARCH_NGUARDS];
};
#define WHOLE_STACK ((size_t)-1)

#define CLAIMS(window, strip, limit, late, unmapped)                                                  \
	{                                                                                             \
		[ARCH_GUARD_WINDOW] = window, [ARCH_GUARD_STRIP] = strip, [ARCH_GUARD_LIMIT] = limit, \
		[ARCH_GUARD_LATE] = late, [ARCH_GUARD_UNMAPPED] = unmapped                            \
	}

/* What is stored within reach of a strip. */
#define NEAR_STORE CLAIMS(AT_STORE, AT_STORE, AT_MOVE, LATE, AT_STORE)

extern const struct matrix_case matrix_cases[];
extern const size_t matrix_ncases;

/* ---- what was measured ---- */

struct cell {
	const char *name;
	enum claim when;
	bool named, overflow;
	size_t over_nbytes; /* as reported */
	bool over_exact;    /* else it is at least that */
	enum place place;
	size_t outside_nbytes; /* changed outside the stack */
	bool memory_back, others_ran;
	const char *wrong; /* the first claim that does not hold; NULL: all do */
};

void matrix_print(const struct cell *cell);

/* A condition of the test itself: else it ends with status 1. */
void matrix_require(bool holds, const char *what);

/* ---- the stage: overflow_stage.c ---- */

#define NEIGHBOURS_MAX 16
#define VICTIMS_MAX    2

/* Once: the hooks. */
void stage_init(void);

/* Neighbours below and above, who wait; one beside that runs on; between them victims, who begin when the test
 * waits for their ends. Each does act(deed) with a deed of its own, or, begins_with_it, nothing but what deed_first
 * does. Either goes `nbytes` below the limit. */
struct stage_plan {
	unsigned nvictims;
	void (*act)(struct deed *deed);
	bool begins_with_it;
	size_t nbytes;
};
void stage_set(const struct stage_plan *plan);
void stage_clear(void);
/* Another victim in the place of the first, which has ended. */
void stage_again(void);

unsigned stage_nvictims(void);
extern task_id victims[VICTIMS_MAX];
extern struct cairn_stack victim_stacks[VICTIMS_MAX]; /* as they were */
extern struct deed deeds[VICTIMS_MAX];

/* Let all victims go, just after a tick, so that the next is far, and wait for their ends; how the first ended. */
enum kernel_status stage_go(void);

/* Has the task beside run since this was last asked? */
bool stage_others_ran(void);

/* Is all of the `nbytes` below the first victim's limit neighbours' and free? */
bool stage_has_room(size_t nbytes);

/* Where that is open to anyone's stores, make it something that no deed stores. */
void stage_scribble(size_t nbytes);

size_t stage_nneighbours(void);
const struct cairn_stack *stage_neighbour(size_t n);

/* Where stray writes go: set when the stage is. */
struct targets {
	uintptr_t neighbour, free, low_end, high_end;
};
extern struct targets targets;

/* Ticks so far, by the tick hook. */
extern volatile uint32_t matrix_ticks;

/* The faults since they were last forgotten, as the fault hook saw them; the first SEEN_MAX are kept. */
#define SEEN_MAX 2
struct seen {
	unsigned nfaults;
	struct fault_record fault[SEEN_MAX];
};
extern struct seen seen;

/* A fault of the kernel's own: the last case ends so. */
void matrix_see_kernels(const struct fault_record *fault);

/* ---- memory around: overflow_watch.c ---- */

/* All memory that nobody may write meanwhile: the victim's arena, free space included, but for its own stack and
 * those of tasks that run; or, where stacks are mapped, the neighbours' stacks. changed: bytes that are not as
 * they were, word by word. */
void watch_init(void);
void watch_begin(void);
size_t watch_changed(void);

/* ---- many: overflow_cycles.c ---- */

/* Random cycles of create, run, overflow, kill; whether no frame was lost. */
bool matrix_cycles(void);

#endif
