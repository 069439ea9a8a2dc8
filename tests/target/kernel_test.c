/* SPDX-License-Identifier: MIT */
/* Tests of the kernel on the target: one line a test, a last line, and an exit status. */
#include "kernel_test.h"

#include "board_test.h"
#include "console.h"
#include "main.h"
#include "task_private.h"

static struct {
	const char *what; /* the first that did not hold; NULL: none so far */
	const char *file;
	int line;
} failure;

bool test_expect(bool holds, const char *what, const char *file, int line)
{
	if (!holds && !failure.what) {
		failure.what = what;
		failure.file = file;
		failure.line = line;
	}
	return holds;
}

/* ---- what tests share ---- */

task_id start(const char *name, unsigned priority, void (*entry)(void *arg), void *arg)
{
	struct task_spec spec = {.name = name,
				 .entry = entry,
				 .arg = arg,
				 .priority = priority,
				 .stack_nbytes = TEST_STACK_NBYTES};
	task_id id = 0;

	EXPECT(task_create(&spec, &id) == KERNEL_OK);
	return id;
}

void expect_exit(task_id id, int code)
{
	int got = ~code;

	EXPECT(task_join(id, &got, WAIT_FOREVER) == KERNEL_OK);
	EXPECT(got == code);
}

void expect_killed(task_id id)
{
	EXPECT(task_join(id, NULL, WAIT_FOREVER) == KERNEL_EKILLED);
}

static char events[64];
static volatile size_t nevents;

void trace_reset(void)
{
	memset(events, 0, sizeof(events));
	nevents = 0;
}

void trace_mark(char event)
{
	if (nevents < sizeof(events) - 1)
		events[nevents++] = event;
}

const char *trace(void)
{
	return events;
}

bool trace_is(const char *expected)
{
	for (size_t i = 0; i < sizeof(events); i++) {
		if (events[i] != expected[i])
			return false;
		if (expected[i] == '\0')
			return true;
	}
	return false;
}

void let_others_run(void)
{
	task_sleep(2);
}

/* A list through the blocks themselves. */
struct hoarded {
	struct hoarded *next;
};
static struct hoarded *hoard;

void hoard_everything(void)
{
	for (size_t nbytes = HOARD_NBYTES; nbytes >= SCRAP_NBYTES; nbytes /= 2) {
		struct hoarded *p;

		while ((p = cairn_alloc(nbytes)) != NULL) {
			p->next = hoard;
			hoard = p;
		}
	}
}

static void free_hoarded(void)
{
	struct hoarded *p = hoard;

	hoard = p->next;
	EXPECT(cairn_free(p) == CAIRN_OK);
}

void free_some_of_the_hoard(void)
{
	EXPECT(hoard);
	for (int i = 0; i < 4 && hoard; i++)
		free_hoarded();
}

void free_the_hoard(void)
{
	while (hoard)
		free_hoarded();
}

static void nothing(void *arg)
{
	(void)arg;
}

size_t tasks_at_once(size_t most)
{
	static task_id ids[TASK_MAX];
	struct task_spec spec = {
		.name = "probe", .entry = nothing, .priority = LOW, .stack_nbytes = TEST_STACK_NBYTES};
	size_t ntasks = 0;

	while (ntasks < most && task_create(&spec, &ids[ntasks]) == KERNEL_OK)
		ntasks++;
	for (size_t i = 0; i < ntasks; i++)
		expect_exit(ids[i], 0);
	return ntasks;
}

uint32_t test_random(void)
{
	static uint32_t state = 2463534242u;

	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state;
}

/* ---- running them ---- */

static unsigned npassed, nfailed;

static void run(const struct kernel_test *test)
{
	struct cairn_totals before, after;
	size_t ntasks = task_count();
	const char *broken;

	failure.what = NULL;
	settled_totals(&before);
	trace_reset();
	/* Each begins just after a tick: what takes less than the next is not interrupted by a turn of others. */
	task_sleep(1);
	test->run();
	EXPECT(task_count() == ntasks);
	settled_totals(&after);
	EXPECT(totals_equal(&before, &after));
	scheduler_suspend();
	broken = cairn_check();
	scheduler_resume();
	test_expect(broken == NULL, broken, "cairn_check", 0);
	if (failure.what)
		console_print("FAILED %s: %s (%s:%d) %s\n", test->name, failure.what, failure.file,
			      failure.line, trace());
	else
		console_print("ok %s\n", test->name);
	npassed += !failure.what;
	nfailed += failure.what != NULL;
}

static void run_lists(const struct kernel_test *const *lists)
{
	for (; *lists; lists++)
		for (const struct kernel_test *test = *lists; test->name; test++)
			run(test);
}

void application(void *arg)
{
	static const struct kernel_test *const lists[] = {
		text_tests, sched_tests,   task_tests,  kill_tests,  mutex_tests,
		sync_tests, destroy_tests, fault_tests, paint_tests, NULL};

	(void)arg;
	console_print("tests of the kernel on %s, %s\n", arch_board_name(), arch_cpu_name());
	run_lists(lists);
	run_lists(guard_tests);
	run_lists(board_tests);
	console_print("%u passed, %u failed\n", npassed, nfailed);
	arch_exit(nfailed ? 1 : 0);
}
