/* SPDX-License-Identifier: MIT */
/* What victims do to their stacks, in assembly: so a deed goes exactly as far as it says, with every compiler.
 * A deed notes how far it got; whatever is not stopped waits for an interrupt down there, and then returns. */
#ifndef OVERFLOW_DEEDS_H
#define OVERFLOW_DEEDS_H

/* struct deed */
#define DEED_SP        0
#define DEED_NBYTES    4
#define DEED_TICKS     8
#define DEED_PROGRESS  12
#define DEED_RETURN_TO 16
#define DEED_SAVED_SP  20
#define DEED_CALL      24

/* progress */
#define DEED_PLACED   1
#define DEED_MOVED    2
#define DEED_STORED   3
#define DEED_SURVIVED 4

#ifndef __ASSEMBLER__
#include <stddef.h>
#include <stdint.h>

struct deed {
	uintptr_t sp;                   /* where the stack pointer is put; recursion: where it ends */
	uintptr_t nbytes;               /* how far it then goes down */
	const volatile uint32_t *ticks; /* changes with each interrupt */
	volatile uint32_t progress;
	uintptr_t return_to; /* what a scan of the stack should find */
	uintptr_t saved_sp;
	void (*call)(void);
};
_Static_assert(offsetof(struct deed, nbytes) == DEED_NBYTES && offsetof(struct deed, ticks) == DEED_TICKS &&
		       offsetof(struct deed, progress) == DEED_PROGRESS &&
		       offsetof(struct deed, return_to) == DEED_RETURN_TO &&
		       offsetof(struct deed, saved_sp) == DEED_SAVED_SP &&
		       offsetof(struct deed, call) == DEED_CALL,
	       "known to overflow_deeds.S");

void deed_push(struct deed *deed);    /* four registers */
void deed_store(struct deed *deed);   /* moves the stack pointer, and stores where it is */
void deed_wait(struct deed *deed);    /* moves it, and stores nothing */
void deed_fp_wait(struct deed *deed); /* the same, with a floating-point context that is live */
void deed_recurse(struct deed *deed); /* 8 B a call */
void deed_call(struct deed *deed);    /* calls deed->call */

/* The entry of a task, whose first instruction puts the stack pointer at sp. Its deed is deed_of_first. */
void deed_first(void *sp);
extern struct deed deed_of_first;

/* For a handler: as deed_recurse, but for nobody waits. Its deed is deed_of_handler. */
void deed_in_handler(void);
extern struct deed deed_of_handler;

/* All of the code above. */
extern const char deeds_start[], deeds_end[];
#endif

#endif
