/* SPDX-License-Identifier: MIT */
/* What the six parts of the demonstration share. Each part prints its section, and returns only if all
 * that it checked held. */
#ifndef DEMO_H
#define DEMO_H

#include "main.h"
#include "totals.h"

/* ---- the parts ---- */

void show_memory_map(void);
void run_load(void);
void exhaust_memory(void);
void overflow_stacks(void);
void misuse_memory(void);
void close_the_books(void);

/* ---- checks: whatever is not as expected ends the run with one line and exit status 1 ---- */

#define EXPECT(cond, what)                                       \
	do {                                                     \
		if (!(cond))                                     \
			demo_failed((what), __FILE__, __LINE__); \
	} while (0)
void demo_failed(const char *what, const char *file, int line) __attribute__((noreturn));

/* cairn_check over everything, with the scheduler held. */
void expect_sound(const char *when);

void print_heading(const char *title);

/* Memory for what a part notes while it lasts, all 0: page frames, so that the heap stays as it is. */
void *borrow(size_t nbytes);
void give_back(void *memory);

/* ---- figures ---- */

#define ARRAY_COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define KIB                1024u

/* "free", "pages" ... */
extern const char *const owner_names[CAIRN_NOWNERS];

/* The largest number of columns that a described address takes, and its end. */
#define DESCRIPTION_NBYTES 64
/* What lies at addr, as cairn_explain says it: "16 into live heap block (104 B)". */
void describe(const void *addr, char text[DESCRIPTION_NBYTES]);

/* Any numbers will do, as long as they repeat: xorshift32. *state != 0. */
uint32_t next_random(uint32_t *state);

/* ---- stamps: a pattern that fills a payload, told from all others by its seed ---- */

void stamp(void *payload, size_t nbytes, uint32_t seed);
bool is_stamped(const void *payload, size_t nbytes, uint32_t seed);

/* ---- actors: tasks of the load ---- */

#define ACTOR_STACK_NBYTES TASK_STACK_NBYTES

/* A task and what it can say of itself once it has ended. Static, so that it outlives the task. */
struct actor {
	const char *name;
	void (*work)(struct actor *self);
	const void *subject; /* of a recorded program: its trace */
	unsigned priority;

	volatile bool may_stop;
	volatile uint32_t noperations, nverified;
	const char *verified_what;       /* what nverified counts */
	size_t live_nbytes, peak_nbytes; /* payload */
	size_t stack_nbytes, stack_high_water;
	task_id id;
};
/* false: there is no memory for it. */
bool actor_start(struct actor *actor);
/* Ask it to come to an end. It does so in its own time. */
void actor_stop(struct actor *actor);
/* true: it has ended, as it should, within `ticks`. */
bool actor_ended(struct actor *actor, uint32_t ticks);
void actor_count(struct actor *actor, size_t nbytes_more, size_t nbytes_less);

/* Sleep for rest_ticks once the tick is no longer *last_tick, in which the work began. So each actor gets a
 * share of the CPU, however many instructions there are to a tick. */
void breathe(uint32_t *last_tick, uint32_t rest_ticks);
#define REPLAY_REST_TICKS 1u
#define ACTOR_REST_TICKS  24u

/* May the actor hold so much more, with a view to the memory that there is for all? */
bool actor_may_take(const struct actor *actor, size_t nbytes);

/* Actors that belong together, started in this order. Where memory is short those behind the first nleast stay
 * at home. What they work on is made before the first starts, and looked at or taken down after the last ended;
 * NULL: nothing. */
struct crew {
	void (*open)(void);
	void (*close)(void);
	struct actor
		*server; /* starts before the others and ends after them, by itself; NULL: there is none */
	struct actor *actors;
	size_t nactors, nleast;
	size_t nstarted;
};
extern struct crew programs, objects, messages, ledgers, spawners;

/* What goes on while others overflow; what there is to say about the programs. */
extern struct actor program_beside;
extern const char *const programs_note;

#endif
