/* SPDX-License-Identifier: MIT */
/* Tests of what becomes of a task that faults. FAULT_STOP, and what a hook hears of the kernel's own faults, end the
 * machine: stop_policy.c, stop_hook.c. */
#include "fault.h"
#include "kernel_test.h"
#include "recurse.h"

/* Volatile, for a compiler would see that nothing can be there. */
static volatile uint32_t *volatile nobodys = (volatile uint32_t *)0x10;

#define EXIT_CODE 7

static struct mutex mutex;
static volatile unsigned nbegun;
static unsigned ntold;
static struct fault_record told;

static void fault(void)
{
	*nobodys = 1;
}

/* arg: how often it faults before it ends well. */
static void fault_at_first(void *arg)
{
	if (nbegun++ < (unsigned)(uintptr_t)arg)
		fault();
	task_exit(EXIT_CODE);
}

static void overflow_at_first(void *arg)
{
	if (nbegun++ < (unsigned)(uintptr_t)arg)
		(void)recurse(0);
	task_exit(EXIT_CODE);
}

static void expect_restarts(void (*entry)(void *arg), unsigned nfaults)
{
	uint32_t count = fault_last()->count;
	task_id id;

	nbegun = 0;
	fault_set_policy(FAULT_RESTART);
	id = start("phoenix", SAME, entry, (void *)(uintptr_t)nfaults);
	expect_exit(id, EXIT_CODE);
	fault_set_policy(FAULT_KILL);
	EXPECT(nbegun == nfaults + 1);
	EXPECT(fault_last()->count == count + nfaults);
	EXPECT(fault_last()->id == id && fault_last()->nrestarts == nfaults - 1);
}

static void a_task_may_begin_again(void)
{
	expect_restarts(fault_at_first, 1);
	expect_restarts(fault_at_first, 5);
	EXPECT(!fault_last()->overflow);
	expect_restarts(overflow_at_first, 5);
	EXPECT(fault_last()->overflow);
}

/* The stack is painted anew, and the marks of the instance before are gone. */
static void go_deep_then_not(void *arg)
{
	(void)arg;
	if (nbegun++ == 0)
		(void)recurse(0);
	task_sleep(WAIT_FOREVER);
}

static void what_begins_again_has_a_clean_stack(void)
{
	task_id id;

	nbegun = 0;
	fault_set_policy(FAULT_RESTART);
	id = start("phoenix", HIGH, go_deep_then_not, NULL);
	let_others_run();
	fault_set_policy(FAULT_KILL);
	EXPECT(nbegun == 2);
	EXPECT(cairn_stack_high_water(task_stack(id)) < task_stack(id)->nbytes);
	EXPECT(task_kill(id) == KERNEL_OK);
	expect_killed(id);
}

static void lock_and_fault(void *arg)
{
	if (nbegun++ == 0) {
		EXPECT(mutex_lock(&mutex, NO_WAIT) == KERNEL_OK);
		fault();
	}
	EXPECT(mutex_lock(&mutex, WAIT_FOREVER) == KERNEL_EOWNERDEAD);
	EXPECT(mutex_unlock(&mutex) == KERNEL_OK);
	EXPECT(task_priority(task_self()) == (unsigned)(uintptr_t)arg);
}

static void what_begins_again_holds_nothing(void)
{
	task_id id;

	nbegun = 0;
	EXPECT(mutex_init(&mutex) == KERNEL_OK);
	fault_set_policy(FAULT_RESTART);
	id = start("phoenix", LOW, lock_and_fault, (void *)(uintptr_t)LOW);
	expect_exit(id, 0);
	fault_set_policy(FAULT_KILL);
	EXPECT(nbegun == 2);
}

/* ---- the hook ---- */

static enum fault_policy restart_twice(const struct fault_record *record)
{
	ntold++;
	told = *record;
	return record->nrestarts < 2 ? FAULT_RESTART : FAULT_KILL;
}

static void a_hook_decides(void)
{
	task_id id;

	nbegun = ntold = 0;
	fault_set_hook(restart_twice);
	id = start("told", SAME, overflow_at_first, (void *)(uintptr_t)UINT32_MAX);
	expect_killed(id);
	EXPECT(nbegun == 3 && ntold == 3);
	EXPECT(told.id == id && told.overflow && !told.kernels && told.nrestarts == 2);
	EXPECT(told.count == fault_last()->count && told.over_nbytes > 0);
	EXPECT(told.pc_known || told.ncallers > 0);
	fault_set_hook(NULL);
	expect_killed(start("untold", SAME, fault_at_first, (void *)(uintptr_t)UINT32_MAX));
	EXPECT(ntold == 3);
}

/* The line is not printed, and nothing else changes. */
static void lines_may_be_left_out(void)
{
	uint32_t count = fault_last()->count;

	nbegun = 0;
	fault_set_lines(false);
	expect_killed(start("silent", SAME, fault_at_first, (void *)(uintptr_t)UINT32_MAX));
	fault_set_lines(true);
	EXPECT(fault_last()->count == count + 1);
}

/* It may be just about to begin again. */
static void what_begins_again_can_be_killed(void)
{
	fault_set_policy(FAULT_RESTART);
	fault_set_lines(false);
	for (int i = 0; i < 8; i++) {
		task_id id;

		nbegun = 0;
		id = start("phoenix", LOW, fault_at_first, (void *)(uintptr_t)UINT32_MAX);
		while (nbegun < 3)
			task_sleep(1);
		EXPECT(task_kill(id) == KERNEL_OK);
		expect_killed(id);
	}
	fault_set_lines(true);
	fault_set_policy(FAULT_KILL);
}

const struct kernel_test policy_tests[] = {
	KERNEL_TEST(a_task_may_begin_again),
	KERNEL_TEST(what_begins_again_has_a_clean_stack),
	KERNEL_TEST(what_begins_again_holds_nothing),
	KERNEL_TEST(a_hook_decides),
	KERNEL_TEST(lines_may_be_left_out),
	KERNEL_TEST(what_begins_again_can_be_killed),
	{NULL, NULL},
};
