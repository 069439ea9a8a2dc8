/* SPDX-License-Identifier: MIT */
/* What the six parts of the demonstration share. Each part prints its section, and returns only if all
 * that it checked held. */
#ifndef DEMO_H
#define DEMO_H

#include "task.h"
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

/* A task and what it can say of itself once it has ended. Static, so that it outlives the task. */
struct actor {
	const char *name;
	void (*work)(struct actor *self);
	const void *subject; /* what to work on */
	unsigned priority;

	volatile bool may_stop;
	volatile uint32_t noperations, nverified;
	const char *verified_what;       /* what nverified counts */
	size_t live_nbytes, peak_nbytes; /* payload */
	size_t stack_nbytes, stack_high_water;
	task_id id;
};
void actor_start(struct actor *actor);
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

/* The work. `subject` of a replay is its trace; the others have none. */
void replay_trace(struct actor *self);
void churn_objects(struct actor *self);
void produce_messages(struct actor *self);
void consume_messages(struct actor *self);
void move_balances(struct actor *self);
void spawn_tasks(struct actor *self);

/* Caches, queue and ledger that the actors work on: made before the first starts, looked at or taken down
 * after the last ended. */
void objects_open(void);
void messages_open(void);
void messages_close(void);
void ledger_open(void);
void ledger_close(void);

#endif
