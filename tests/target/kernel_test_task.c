/* SPDX-License-Identifier: MIT */
/* Tests of making and ending tasks: exit codes, ids, arguments, and that all memory comes back. */
#include "kernel_test.h"
#include "main.h"
#include "task_private.h"

static void exit_with(void *arg)
{
	task_exit((int)(uintptr_t)arg);
}

static void nothing(void *arg)
{
	(void)arg;
}

static void sleep_then_exit(void *arg)
{
	task_sleep(3);
	task_exit((int)(uintptr_t)arg);
}

static void join_tells_the_exit_code(void)
{
	expect_exit(start("ended", HIGH, exit_with, (void *)7), 7);
	expect_exit(start("running", LOW, exit_with, (void *)8), 8);
	expect_exit(start("sleeping", HIGH, sleep_then_exit, (void *)9), 9);
	expect_exit(start("returning", HIGH, nothing, NULL), 0);
}

static void join_times_out(void)
{
	task_id id = start("sleeping", HIGH, sleep_then_exit, (void *)1);

	EXPECT(task_join(id, NULL, NO_WAIT) == KERNEL_ETIMEDOUT);
	EXPECT(task_join(id, NULL, 1) == KERNEL_ETIMEDOUT);
	expect_exit(id, 1);
}

static task_id target;

static void join_target(void *arg)
{
	(void)arg;
	task_exit((int)task_join(target, NULL, WAIT_FOREVER));
}

static void join_refuses_what_makes_no_sense(void)
{
	struct task_spec spec = {.name = "detached",
				 .entry = sleep_then_exit,
				 .priority = HIGH,
				 .stack_nbytes = TEST_STACK_NBYTES};
	task_id joiner;

	EXPECT(task_join(task_self(), NULL, WAIT_FOREVER) == KERNEL_EDEADLK);
	EXPECT(task_join(0, NULL, WAIT_FOREVER) == KERNEL_ESRCH);
	EXPECT(task_join(~(task_id)0, NULL, WAIT_FOREVER) == KERNEL_ESRCH);
	target = start("target", HIGH, sleep_then_exit, (void *)0);
	joiner = start("joiner", HIGH, join_target, NULL);
	EXPECT(task_join(target, NULL, WAIT_FOREVER) == KERNEL_EINVAL);
	expect_exit(joiner, KERNEL_OK);
	EXPECT(task_join(target, NULL, WAIT_FOREVER) == KERNEL_ESRCH);
	spec.detached = true;
	EXPECT(task_create(&spec, &target) == KERNEL_OK);
	EXPECT(task_join(target, NULL, WAIT_FOREVER) == KERNEL_EINVAL);
	task_sleep(5);
	EXPECT(task_join(target, NULL, WAIT_FOREVER) == KERNEL_ESRCH);
}

static void an_id_is_stale_for_good(void)
{
	task_id first = start("first", HIGH, nothing, NULL);

	EXPECT(memcmp(task_name(first), "first", sizeof("first")) == 0);
	EXPECT(task_stack(first) == NULL);
	expect_exit(first, 0);
	for (int i = 0; i < 100; i++) {
		task_id other = start("other", LOW, nothing, NULL);

		EXPECT(other != first);
		EXPECT(task_priority(other) == LOW && task_stack(other) != NULL);
		EXPECT(task_priority(first) == 0 && task_stack(first) == NULL && task_name(first)[0] == '?');
		EXPECT(task_kill(first) == KERNEL_ESRCH);
		EXPECT(task_join(first, NULL, NO_WAIT) == KERNEL_ESRCH);
		expect_exit(other, 0);
	}
}

static void bad_arguments_make_no_task(void)
{
	const struct task_spec good = {
		.name = "good", .entry = nothing, .priority = LOW, .stack_nbytes = TEST_STACK_NBYTES};
	struct task_spec spec = good;
	task_id id = 1234;

	EXPECT(task_create(NULL, &id) == KERNEL_EINVAL);
	EXPECT(task_create(&good, NULL) == KERNEL_EINVAL);
	spec.name = NULL;
	EXPECT(task_create(&spec, &id) == KERNEL_EINVAL);
	spec = good;
	spec.entry = NULL;
	EXPECT(task_create(&spec, &id) == KERNEL_EINVAL);
	spec = good;
	spec.priority = 0;
	EXPECT(task_create(&spec, &id) == KERNEL_EINVAL);
	spec.priority = TASK_PRIORITIES;
	EXPECT(task_create(&spec, &id) == KERNEL_EINVAL);
	spec = good;
	spec.stack_nbytes = 0;
	EXPECT(task_create(&spec, &id) == KERNEL_EINVAL);
	spec.stack_nbytes = SIZE_MAX;
	EXPECT(task_create(&spec, &id) == KERNEL_EINVAL);
	spec.stack_nbytes = SIZE_MAX / 2;
	EXPECT(task_create(&spec, &id) == KERNEL_EINVAL || task_create(&spec, &id) == KERNEL_ENOMEM);
	EXPECT(id == 1234);
}

static void a_long_name_is_cut(void)
{
	task_id id = start("a name of more than sixteen", LOW, nothing, NULL);

	EXPECT(memcmp(task_name(id), "a name of more ", TASK_NAME_NBYTES) == 0);
	expect_exit(id, 0);
}

static void too_many_tasks_are_refused(void)
{
	static task_id ids[TASK_MAX];
	struct task_spec spec = {
		.name = "many", .entry = nothing, .priority = LOW, .stack_nbytes = TASK_MIN_STACK_NBYTES};
	enum kernel_status status = KERNEL_OK;
	size_t ntasks = 0;

	while (ntasks < TASK_MAX && status == KERNEL_OK) {
		status = task_create(&spec, &ids[ntasks]);
		ntasks += status == KERNEL_OK;
	}
	EXPECT(status == KERNEL_ENOMEM && ntasks > 0);
	for (size_t i = 0; i < ntasks; i++)
		expect_exit(ids[i], 0);
}

#define LONGEST_STACK_NBYTES 4608u

/* Is there memory for two such stacks at once? */
static bool two_fit(size_t nbytes)
{
	struct task_spec spec = {.name = "probe", .entry = nothing, .priority = LOW, .stack_nbytes = nbytes};
	task_id first, second;
	bool fit;

	if (task_create(&spec, &first) != KERNEL_OK)
		return false;
	fit = task_create(&spec, &second) == KERNEL_OK;
	if (fit)
		expect_exit(second, 0);
	expect_exit(first, 0);
	return fit;
}

/* From the shortest up in powers of two. Of two, since a detached task may not be gone yet when the next is made. */
static size_t longest_stack(void)
{
	size_t nbytes = TASK_MIN_STACK_NBYTES;

	while (2 * nbytes <= LONGEST_STACK_NBYTES && two_fit(2 * nbytes))
		nbytes *= 2;
	return nbytes;
}

static void memory_comes_back_after_thousands_of_tasks(void)
{
	struct task_spec spec = {.name = "brief", .entry = nothing, .priority = HIGH};
	struct cairn_totals before, after;
	size_t ntasks = task_count();
	size_t most_nbytes = longest_stack();
	task_id id;

	settled_totals(&before);
	for (uint32_t i = 0; i < 3000; i++) {
		bool is_killed = i % 3 == 2;

		spec.stack_nbytes =
			TASK_MIN_STACK_NBYTES + test_random() % (most_nbytes - TASK_MIN_STACK_NBYTES + 1);
		spec.detached = i % 3 == 1;
		spec.priority = is_killed ? LOW : HIGH;
		EXPECT(task_create(&spec, &id) == KERNEL_OK);
		if (is_killed) {
			EXPECT(task_kill(id) == KERNEL_OK);
			expect_killed(id);
		} else if (!spec.detached) {
			expect_exit(id, 0);
		}
	}
	EXPECT(task_count() == ntasks);
	settled_totals(&after);
	EXPECT(totals_equal(&before, &after));
}

static void a_row_tells_of_each_task(void)
{
	task_id id = start("sleeper", HIGH, sleep_then_exit, NULL);
	struct task_row row;
	size_t nfound = 0;

	scheduler_suspend();
	for (size_t n = 0; task_row(n, &row); n++) {
		if (!row.used || row.name != task_name(id))
			continue;
		nfound++;
		EXPECT(memcmp(row.state, "sleeping", sizeof("sleeping")) == 0);
		EXPECT(row.priority == HIGH && row.base_priority == HIGH);
		EXPECT(row.stack_nbytes >= TEST_STACK_NBYTES && row.stack_high_water <= row.stack_nbytes);
		EXPECT(row.stack_high_water > 0);
	}
	scheduler_resume();
	EXPECT(nfound == 1);
	expect_exit(id, 0);
}

const struct kernel_test task_tests[] = {
	KERNEL_TEST(join_tells_the_exit_code),
	KERNEL_TEST(join_times_out),
	KERNEL_TEST(join_refuses_what_makes_no_sense),
	KERNEL_TEST(an_id_is_stale_for_good),
	KERNEL_TEST(bad_arguments_make_no_task),
	KERNEL_TEST(a_long_name_is_cut),
	KERNEL_TEST(too_many_tasks_are_refused),
	KERNEL_TEST(memory_comes_back_after_thousands_of_tasks),
	KERNEL_TEST(a_row_tells_of_each_task),
	{NULL, NULL},
};
