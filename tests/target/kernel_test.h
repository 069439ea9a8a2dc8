/* SPDX-License-Identifier: MIT */
/* What the tests of the kernel share. A test is a function; what it expects and does not get is noted, the
 * first time, with its place. Whatever a test makes it takes away again: tasks, stacks and memory are counted
 * after each. */
#ifndef KERNEL_TEST_H
#define KERNEL_TEST_H

#include "main.h"
#include "sync.h"
#include "totals.h"

struct kernel_test {
	const char *name;
	void (*run)(void);
};
#define KERNEL_TEST(function)       \
	{                           \
#function, function \
	}

/* NULL-terminated lists, one a file. */
extern const struct kernel_test text_tests[], sched_tests[], task_tests[], kill_tests[], mutex_tests[],
	sync_tests[], destroy_tests[], fault_tests[], paint_tests[];

/* One of the two: of memory that is closed, or of overflows that are found late. */
extern const struct kernel_test *const guard_tests[];
extern const struct kernel_test closed_tests[], overflow_tests[], policy_tests[], late_tests[];

/* Only some boards have these: board_test.h. */
extern const struct kernel_test fp_tests[], fp_fault_tests[], fp_double_tests[], limit_tests[], mve_tests[];

#define EXPECT(cond) test_expect((cond), #cond, __FILE__, __LINE__)
bool test_expect(bool holds, const char *what, const char *file, int line);

/* Priorities relative to the test's own. */
#define LOW  (APPLICATION_PRIORITY - 1)
#define SAME APPLICATION_PRIORITY
#define HIGH (APPLICATION_PRIORITY + 1)
#define TOP  (TASK_PRIORITIES - 1)

#define TEST_STACK_NBYTES TASK_STACK_NBYTES

/* How many tasks a test can have at once beside itself, `most` at most: as memory and the board's TASK_MAX
 * allow. */
size_t tasks_at_once(size_t most);

/* A joinable task, and its end. */
task_id start(const char *name, unsigned priority, void (*entry)(void *arg), void *arg);
void expect_exit(task_id id, int code);
void expect_killed(task_id id);

/* A task overflows by overflow(below) and is killed, and nothing else is touched. Where it is overrun by an
 * interrupt, `below` is how far the stack pointer is below the limit. */
void expect_overflow(void (*overflow)(void *arg), size_t below);

/* A record of who did what when: one letter an event. */
void trace_reset(void);
void trace_mark(char event);
const char *trace(void);
bool trace_is(const char *expected);

/* Time enough for less urgent tasks to do something brief. */
void let_others_run(void);

/* Take memory until there is none, in blocks down to SCRAP_NBYTES; give some back, or all. */
#define HOARD_NBYTES (CAIRN_HEAP_MAX_NBYTES / 4)
#define SCRAP_NBYTES (HOARD_NBYTES / 64)
void hoard_everything(void);
void free_some_of_the_hoard(void);
void free_the_hoard(void);

/* Any numbers will do, as long as they repeat. */
uint32_t test_random(void);

/* Let a task fault beside one that runs on. What it died of is in fault_last(). */
void expect_fault(void (*entry)(void *arg), void *arg, enum arch_fault_cause cause);
void write_to(void *arg); /* a word */

#endif
