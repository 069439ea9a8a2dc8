/* SPDX-License-Identifier: MIT */
/* Tests of mutexes: who gets them, and at which priority their owners run. */
#include "kernel_test.h"
#include "main.h"

#define CHAIN (MUTEX_CHAIN + 2)

static struct mutex m[CHAIN];
static struct semaphore release;

static void mutexes_init(void)
{
	for (size_t i = 0; i < CHAIN; i++)
		EXPECT(mutex_init(&m[i]) == KERNEL_OK);
	EXPECT(semaphore_init(&release, 0, CHAIN) == KERNEL_OK);
}

static void lock_free(struct mutex *mutex)
{
	EXPECT(mutex_lock(mutex, NO_WAIT) == KERNEL_OK);
}

static void unlock(struct mutex *mutex)
{
	EXPECT(mutex_unlock(mutex) == KERNEL_OK);
}

static unsigned my_priority(void)
{
	return task_priority(task_self());
}

/* Lock, mark, unlock; the exit code is what locking said. */
static void pass_through(void *arg)
{
	enum kernel_status status = mutex_lock(arg, WAIT_FOREVER);

	trace_mark((char)('0' + my_priority()));
	unlock(arg);
	task_exit((int)status);
}

static void try_for_5_ticks(void *arg)
{
	task_exit((int)mutex_lock(arg, 5));
}

static void arguments_and_owners_are_checked(void)
{
	task_id id;

	mutexes_init();
	EXPECT(mutex_init(NULL) == KERNEL_EINVAL && mutex_lock(NULL, NO_WAIT) == KERNEL_EINVAL);
	EXPECT(mutex_unlock(NULL) == KERNEL_EINVAL && mutex_unlock(&m[0]) == KERNEL_EPERM);
	lock_free(&m[0]);
	EXPECT(mutex_lock(&m[0], NO_WAIT) == KERNEL_EDEADLK &&
	       mutex_lock(&m[0], WAIT_FOREVER) == KERNEL_EDEADLK);
	id = start("timid", HIGH, try_for_5_ticks, &m[0]);
	expect_exit(id, KERNEL_ETIMEDOUT);
	unlock(&m[0]);
	EXPECT(mutex_unlock(&m[0]) == KERNEL_EPERM);
}

static void waiters_get_it_by_priority_then_in_order(void)
{
	task_id ids[4];

	mutexes_init();
	lock_free(&m[0]);
	ids[0] = start("a", HIGH, pass_through, &m[0]);
	ids[1] = start("b", HIGH + 1, pass_through, &m[0]);
	ids[2] = start("c", HIGH + 1, pass_through, &m[0]);
	ids[3] = start("d", TOP, pass_through, &m[0]);
	unlock(&m[0]);
	for (size_t i = 0; i < 4; i++)
		expect_exit(ids[i], KERNEL_OK);
	EXPECT(trace_is((char[]){'0' + TOP, '0' + HIGH + 1, '0' + HIGH + 1, '0' + HIGH, '\0'}));
}

static void the_owner_inherits_and_gives_back(void)
{
	task_id high, top;

	mutexes_init();
	lock_free(&m[0]);
	lock_free(&m[1]);
	high = start("high", HIGH, pass_through, &m[0]);
	EXPECT(my_priority() == HIGH);
	top = start("top", TOP, pass_through, &m[1]);
	EXPECT(my_priority() == TOP);
	unlock(&m[1]);
	EXPECT(my_priority() == HIGH);
	unlock(&m[0]);
	EXPECT(my_priority() == APPLICATION_PRIORITY);
	expect_exit(high, KERNEL_OK);
	expect_exit(top, KERNEL_OK);
}

static void hold_then_mark(void *arg)
{
	lock_free(arg);
	EXPECT(semaphore_take(&release, WAIT_FOREVER) == KERNEL_OK);
	trace_mark('o');
	unlock(arg);
}

static void mark_middle(void *arg)
{
	(void)arg;
	trace_mark('m');
}

/* Without inheritance the task in the middle would keep the owner, and so the task at the top, waiting. */
static void a_task_in_the_middle_does_not_keep_the_top_waiting(void)
{
	task_id owner, middle, top;

	mutexes_init();
	owner = start("owner", LOW, hold_then_mark, &m[0]);
	let_others_run();
	top = start("top", TOP, pass_through, &m[0]);
	EXPECT(task_priority(owner) == TOP);
	middle = start("middle", SAME, mark_middle, NULL);
	EXPECT(semaphore_give(&release) == KERNEL_OK);
	expect_exit(middle, 0);
	expect_exit(owner, 0);
	expect_exit(top, KERNEL_OK);
	EXPECT(trace_is((char[]){'o', '0' + TOP, 'm', '\0'}));
}

static void inheritance_ends_with_a_timeout(void)
{
	task_id id;

	mutexes_init();
	lock_free(&m[0]);
	id = start("timid", TOP, try_for_5_ticks, &m[0]);
	EXPECT(my_priority() == TOP);
	expect_exit(id, KERNEL_ETIMEDOUT);
	EXPECT(my_priority() == APPLICATION_PRIORITY);
	unlock(&m[0]);
}

/* ---- chains: link i holds m[i] and waits for m[i - 1]; the test holds m[0] ---- */

static void be_a_link(void *arg)
{
	size_t i = (size_t)(uintptr_t)arg;

	lock_free(&m[i]);
	EXPECT(mutex_lock(&m[i - 1], WAIT_FOREVER) == KERNEL_OK);
	unlock(&m[i - 1]);
	unlock(&m[i]);
}

static void make_chain(task_id ids[], size_t nlinks)
{
	mutexes_init();
	lock_free(&m[0]);
	for (size_t i = 1; i <= nlinks; i++) {
		ids[i] = start("link", LOW, be_a_link, (void *)i);
		let_others_run();
	}
}

static void end_chain(task_id ids[], size_t nlinks)
{
	unlock(&m[0]);
	for (size_t i = 1; i <= nlinks; i++)
		expect_exit(ids[i], 0);
	EXPECT(my_priority() == APPLICATION_PRIORITY);
}

static void inheritance_runs_along_a_chain(void)
{
	const size_t nlinks = MUTEX_CHAIN > 4 ? 4 : MUTEX_CHAIN - 1;
	task_id ids[CHAIN], top;

	make_chain(ids, nlinks);
	EXPECT(my_priority() == APPLICATION_PRIORITY);
	top = start("top", TOP, try_for_5_ticks, &m[nlinks]);
	for (size_t i = 1; i <= nlinks; i++)
		EXPECT(task_priority(ids[i]) == TOP);
	EXPECT(my_priority() == TOP);
	expect_exit(top, KERNEL_ETIMEDOUT);
	for (size_t i = 1; i <= nlinks; i++)
		EXPECT(task_priority(ids[i]) == LOW);
	EXPECT(my_priority() == APPLICATION_PRIORITY);
	end_chain(ids, nlinks);
}

#define SHORT (MUTEX_CHAIN > 3 ? 3 : MUTEX_CHAIN - 1)

static void a_killed_waiter_takes_its_priority_along_the_chain(void)
{
	task_id ids[CHAIN], top;

	make_chain(ids, SHORT);
	top = start("top", TOP, pass_through, &m[SHORT]);
	EXPECT(my_priority() == TOP && task_priority(ids[SHORT]) == TOP);
	EXPECT(task_kill(top) == KERNEL_OK);
	EXPECT(my_priority() == APPLICATION_PRIORITY && task_priority(ids[SHORT]) == LOW);
	expect_killed(top);
	end_chain(ids, SHORT);
}

static void a_cycle_is_refused(void)
{
	task_id ids[CHAIN];

	make_chain(ids, SHORT);
	EXPECT(mutex_lock(&m[SHORT], WAIT_FOREVER) == KERNEL_EDEADLK);
	EXPECT(mutex_lock(&m[1], 10) == KERNEL_EDEADLK);
	end_chain(ids, SHORT);
}

static void a_chain_too_long_to_follow_is_refused(void)
{
	task_id ids[CHAIN];
	task_id id;

	make_chain(ids, MUTEX_CHAIN - 1);
	EXPECT(mutex_lock(&m[MUTEX_CHAIN - 1], WAIT_FOREVER) == KERNEL_EDEADLK);
	id = start("end", LOW, try_for_5_ticks, &m[MUTEX_CHAIN - 1]);
	expect_exit(id, KERNEL_ETIMEDOUT);
	end_chain(ids, MUTEX_CHAIN - 1);
	make_chain(ids, MUTEX_CHAIN);
	id = start("beyond", LOW, try_for_5_ticks, &m[MUTEX_CHAIN]);
	expect_exit(id, KERNEL_EDEADLK);
	end_chain(ids, MUTEX_CHAIN);
}

/* ---- many at once ---- */

#define CROWD 8

static struct {
	volatile bool stop;
	volatile int inside[4];
	volatile uint32_t nrounds;
} crowd;

static void lock_at_random(void *arg)
{
	(void)arg;
	while (!crowd.stop) {
		size_t i = test_random() % 4;
		enum kernel_status status = mutex_lock(&m[i], test_random() % 3);

		if (status != KERNEL_OK) {
			EXPECT(status == KERNEL_ETIMEDOUT);
			task_sleep(1);
			continue;
		}
		EXPECT(++crowd.inside[i] == 1);
		if (test_random() % 4 == 0)
			task_sleep(1);
		EXPECT(--crowd.inside[i] == 0);
		unlock(&m[i]);
		crowd.nrounds++;
		if (test_random() % 8 == 0)
			task_sleep(1);
	}
}

static void a_crowd_excludes_one_another_and_ends_at_base_priority(void)
{
	task_id ids[CROWD];
	size_t ntasks = tasks_at_once(CROWD);
	struct task_row row;

	mutexes_init();
	memset((void *)(uintptr_t)&crowd, 0, sizeof(crowd));
	for (size_t i = 0; i < ntasks; i++)
		ids[i] = start("crowd", (unsigned)(2 + i % 6), lock_at_random, NULL);
	task_sleep(200);
	crowd.stop = true;
	for (size_t i = 0; i < ntasks; i++)
		expect_exit(ids[i], 0);
	EXPECT(crowd.nrounds > 100);
	for (size_t n = 0; task_row(n, &row); n++)
		EXPECT(!row.used || row.priority == row.base_priority);
}

const struct kernel_test mutex_tests[] = {
	KERNEL_TEST(arguments_and_owners_are_checked),
	KERNEL_TEST(waiters_get_it_by_priority_then_in_order),
	KERNEL_TEST(the_owner_inherits_and_gives_back),
	KERNEL_TEST(a_task_in_the_middle_does_not_keep_the_top_waiting),
	KERNEL_TEST(inheritance_ends_with_a_timeout),
	KERNEL_TEST(inheritance_runs_along_a_chain),
	KERNEL_TEST(a_killed_waiter_takes_its_priority_along_the_chain),
	KERNEL_TEST(a_cycle_is_refused),
	KERNEL_TEST(a_chain_too_long_to_follow_is_refused),
	KERNEL_TEST(a_crowd_excludes_one_another_and_ends_at_base_priority),
	{NULL, NULL},
};
