/* SPDX-License-Identifier: MIT */
/* Tests of task_kill: a task can be ended wherever it is, and nothing of it stays behind. */
#include "console.h"
#include "kernel_test.h"
#include "main.h"

static struct semaphore semaphore;
static struct mutex mutex;
static struct message_queue queue;
static task_id other;

/* ---- where a task can be; none of these returns ---- */

static void spin(void *arg)
{
	(void)arg;
	for (;;)
		trace_mark('s');
}

static void sleep_for_ever(void *arg)
{
	(void)arg;
	task_sleep(WAIT_FOREVER);
	trace_mark('!');
}

static void sleep_long(void *arg)
{
	(void)arg;
	task_sleep(1000000);
	trace_mark('!');
}

static void wait_for_semaphore(void *arg)
{
	(void)arg;
	semaphore_take(&semaphore, 1000000);
	trace_mark('!');
}

static void wait_for_mutex(void *arg)
{
	(void)arg;
	mutex_lock(&mutex, WAIT_FOREVER);
	trace_mark('!');
}

static void wait_to_send(void *arg)
{
	uint32_t message = 0;

	(void)arg;
	for (;;)
		queue_send(&queue, &message, WAIT_FOREVER);
}

static void wait_to_receive(void *arg)
{
	uint32_t message;

	(void)arg;
	queue_receive(&queue, &message, 1000000);
	trace_mark('!');
}

static void wait_for_end(void *arg)
{
	(void)arg;
	task_join(other, NULL, WAIT_FOREVER);
	trace_mark('!');
}

static void wait_for_memory(void *arg)
{
	(void)arg;
	EXPECT(semaphore_take(&semaphore, WAIT_FOREVER) == KERNEL_OK);
	EXPECT(alloc_wait(CAIRN_HEAP_MAX_NBYTES, WAIT_FOREVER) == NULL);
	trace_mark('!');
}

static void kill_one(unsigned priority, void (*entry)(void *arg))
{
	task_id id = start("victim", priority, entry, NULL);

	let_others_run();
	EXPECT(task_kill(id) == KERNEL_OK);
	EXPECT(task_stack(id) == NULL);
	EXPECT(task_kill(id) == KERNEL_ESRCH);
	expect_killed(id);
}

/* ---- tests ---- */

static void a_ready_task_is_killed(void)
{
	task_id id = start("victim", LOW, sleep_for_ever, NULL);

	EXPECT(task_kill(id) == KERNEL_OK);
	expect_killed(id);
	kill_one(LOW, spin);
}

static void a_sleeping_task_is_killed(void)
{
	kill_one(HIGH, sleep_for_ever);
	kill_one(HIGH, sleep_long);
	EXPECT(trace_is(""));
}

static void a_task_that_waits_for_a_semaphore_is_killed(void)
{
	EXPECT(semaphore_init(&semaphore, 0, 1) == KERNEL_OK);
	kill_one(HIGH, wait_for_semaphore);
	EXPECT(semaphore_give(&semaphore) == KERNEL_OK);
	EXPECT(semaphore_take(&semaphore, NO_WAIT) == KERNEL_OK);
	EXPECT(trace_is(""));
}

static void a_task_that_waits_for_a_mutex_is_killed(void)
{
	EXPECT(mutex_init(&mutex) == KERNEL_OK);
	EXPECT(mutex_lock(&mutex, NO_WAIT) == KERNEL_OK);
	kill_one(HIGH, wait_for_mutex);
	EXPECT(task_priority(task_self()) == APPLICATION_PRIORITY);
	EXPECT(mutex_unlock(&mutex) == KERNEL_OK);
	EXPECT(mutex_lock(&mutex, NO_WAIT) == KERNEL_OK);
	EXPECT(mutex_unlock(&mutex) == KERNEL_OK);
	EXPECT(trace_is(""));
}

static void a_task_that_waits_for_a_queue_is_killed(void)
{
	uint32_t message = 5;

	EXPECT(queue_init(&queue, sizeof(message), 2) == KERNEL_OK);
	kill_one(HIGH, wait_to_receive);
	EXPECT(queue_send(&queue, &message, NO_WAIT) == KERNEL_OK);
	EXPECT(queue_count(&queue) == 1);
	kill_one(HIGH, wait_to_send);
	EXPECT(queue_count(&queue) == 2);
	EXPECT(queue_receive(&queue, &message, NO_WAIT) == KERNEL_OK && message == 5);
	EXPECT(queue_receive(&queue, &message, NO_WAIT) == KERNEL_OK && message == 0);
	EXPECT(queue_receive(&queue, &message, NO_WAIT) == KERNEL_ETIMEDOUT);
	EXPECT(queue_destroy(&queue) == KERNEL_OK);
	EXPECT(trace_is(""));
}

/* The victim was handed a message, or a slot for one, but never ran: nothing is lost. */
static void what_a_dead_task_was_handed_goes_to_the_next(void)
{
	uint32_t message = 5;
	task_id id;

	EXPECT(queue_init(&queue, sizeof(message), 1) == KERNEL_OK);
	id = start("receiver", LOW, wait_to_receive, NULL);
	let_others_run();
	EXPECT(queue_send(&queue, &message, NO_WAIT) == KERNEL_OK);
	EXPECT(task_kill(id) == KERNEL_OK);
	expect_killed(id);
	id = start("sender", LOW, wait_to_send, NULL);
	let_others_run();
	EXPECT(queue_receive(&queue, &message, NO_WAIT) == KERNEL_OK && message == 5);
	EXPECT(task_kill(id) == KERNEL_OK);
	expect_killed(id);
	message = 6;
	EXPECT(queue_send(&queue, &message, NO_WAIT) == KERNEL_OK);
	EXPECT(queue_receive(&queue, &message, NO_WAIT) == KERNEL_OK && message == 6);
	EXPECT(queue_destroy(&queue) == KERNEL_OK);
}

static void take_and_exit(void *arg)
{
	(void)arg;
	task_exit((int)semaphore_take(&semaphore, WAIT_FOREVER));
}

static void a_unit_that_a_dead_task_was_handed_goes_to_the_next(void)
{
	task_id victim, next;

	EXPECT(semaphore_init(&semaphore, 0, 1) == KERNEL_OK);
	victim = start("victim", LOW, wait_for_semaphore, NULL);
	let_others_run();
	EXPECT(semaphore_give(&semaphore) == KERNEL_OK);
	EXPECT(semaphore_take(&semaphore, NO_WAIT) == KERNEL_ETIMEDOUT);
	EXPECT(task_kill(victim) == KERNEL_OK);
	expect_killed(victim);
	EXPECT(semaphore_take(&semaphore, NO_WAIT) == KERNEL_OK);
	victim = start("victim", LOW, wait_for_semaphore, NULL);
	next = start("next", LOW, take_and_exit, NULL);
	let_others_run();
	EXPECT(semaphore_give(&semaphore) == KERNEL_OK);
	EXPECT(task_kill(victim) == KERNEL_OK);
	expect_killed(victim);
	expect_exit(next, KERNEL_OK);
	EXPECT(semaphore_take(&semaphore, NO_WAIT) == KERNEL_ETIMEDOUT);
	EXPECT(trace_is(""));
}

static void a_task_that_joins_is_killed(void)
{
	other = start("other", HIGH, sleep_for_ever, NULL);
	kill_one(HIGH, wait_for_end);
	EXPECT(task_kill(other) == KERNEL_OK);
	expect_killed(other);
	EXPECT(trace_is(""));
}

static void a_task_that_waits_for_memory_is_killed(void)
{
	void *p;

	EXPECT(semaphore_init(&semaphore, 0, 1) == KERNEL_OK);
	other = start("victim", HIGH, wait_for_memory, NULL); /* before there is no memory for it */
	hoard_everything();
	EXPECT(semaphore_give(&semaphore) == KERNEL_OK);
	let_others_run();
	EXPECT(task_kill(other) == KERNEL_OK);
	expect_killed(other);
	free_the_hoard();
	p = cairn_alloc(100);
	EXPECT(p != NULL && cairn_free(p) == CAIRN_OK);
	EXPECT(trace_is(""));
}

static void hold_mutex(void *arg)
{
	EXPECT(mutex_lock(&mutex, NO_WAIT) == KERNEL_OK);
	if (arg)
		task_exit(0);
	task_sleep(WAIT_FOREVER);
}

static void lock_and_exit(void *arg)
{
	int status = (int)mutex_lock(&mutex, WAIT_FOREVER);

	(void)arg;
	EXPECT(mutex_unlock(&mutex) == KERNEL_OK);
	task_exit(status);
}

static void a_mutex_passes_on_when_its_owner_is_killed(void)
{
	task_id owner, heir, next;

	EXPECT(mutex_init(&mutex) == KERNEL_OK);
	owner = start("owner", HIGH, hold_mutex, NULL);
	next = start("next", HIGH, lock_and_exit, NULL);
	heir = start("heir", TOP, lock_and_exit, NULL);
	EXPECT(task_kill(owner) == KERNEL_OK);
	expect_killed(owner);
	expect_exit(heir, KERNEL_EOWNERDEAD);
	expect_exit(next, KERNEL_OK);
}

static void a_mutex_nobody_waits_for_tells_its_next_owner(void)
{
	task_id owner;

	EXPECT(mutex_init(&mutex) == KERNEL_OK);
	owner = start("owner", HIGH, hold_mutex, NULL);
	EXPECT(task_kill(owner) == KERNEL_OK);
	expect_killed(owner);
	EXPECT(mutex_lock(&mutex, NO_WAIT) == KERNEL_EOWNERDEAD);
	EXPECT(mutex_unlock(&mutex) == KERNEL_OK);
	EXPECT(mutex_lock(&mutex, NO_WAIT) == KERNEL_OK);
	EXPECT(mutex_unlock(&mutex) == KERNEL_OK);
	expect_exit(start("exits", HIGH, hold_mutex, &mutex), 0);
	EXPECT(mutex_lock(&mutex, NO_WAIT) == KERNEL_EOWNERDEAD);
	EXPECT(mutex_unlock(&mutex) == KERNEL_OK);
}

static void kill_self(void *arg)
{
	(void)arg;
	task_kill(task_self());
	trace_mark('!');
}

static void a_task_kills_itself(void)
{
	expect_killed(start("suicide", HIGH, kill_self, NULL));
	EXPECT(trace_is(""));
}

static void kill_other(void)
{
	if (other && task_kill(other) == KERNEL_OK)
		trace_mark('k');
	other = 0;
}

static void kill_other_once_it_has_run(void)
{
	if (trace()[0] != '\0')
		kill_other();
}

static void a_handler_kills_the_running_task(void)
{
	task_id id;

	other = 0;
	scheduler_set_tick_hook(kill_other_once_it_has_run);
	id = start("victim", LOW, spin, NULL);
	other = id;
	expect_killed(id);
	scheduler_set_tick_hook(NULL);
	EXPECT(trace()[0] == 's' && other == 0);
}

static void the_kernels_own_tasks_are_not_killed(void)
{
	unsigned nrefused = 0;

	for (task_id id = 1; id < 1024; id++)
		nrefused += id != task_self() && task_kill(id) == KERNEL_EINVAL;
	EXPECT(nrefused == 2);
}

/* ---- a kill at any moment ---- */

static void leave(void *arg)
{
	(void)arg;
}

/* Whatever this is in the middle of can be undone: it owns no heap block at any time. */
static void make_and_pass(void *arg)
{
	const struct task_spec brief = {.name = "brief",
					.entry = leave,
					.priority = HIGH,
					.stack_nbytes = TEST_STACK_NBYTES,
					.detached = true};
	uint32_t message = 1;

	(void)arg;
	for (;;) {
		task_create(&brief, NULL);
		mutex_lock(&mutex, WAIT_FOREVER);
		queue_send(&queue, &message, NO_WAIT);
		queue_receive(&queue, &message, NO_WAIT);
		mutex_unlock(&mutex);
	}
}

static void drain(void)
{
	uint32_t message;

	while (queue_receive(&queue, &message, NO_WAIT) == KERNEL_OK)
		;
}

#define NKILLS 60

static void a_kill_may_strike_at_any_moment(void)
{
	uint32_t message = 0;

	EXPECT(mutex_init(&mutex) == KERNEL_OK);
	EXPECT(queue_init(&queue, sizeof(message), 3) == KERNEL_OK);
	for (int i = 0; i < NKILLS; i++) {
		task_id id = start("victim", LOW, make_and_pass, NULL);
		enum kernel_status status;

		other = id;
		scheduler_set_tick_hook(i % 2 ? kill_other : NULL);
		task_sleep(1 + test_random() % 2);
		for (uint32_t spins = test_random() % 2000; spins > 0; spins--)
			__asm__ volatile("");
		task_kill(id);
		expect_killed(id);
		status = mutex_lock(&mutex, NO_WAIT);
		EXPECT(status == KERNEL_OK || status == KERNEL_EOWNERDEAD);
		EXPECT(mutex_unlock(&mutex) == KERNEL_OK);
		drain();
		for (int slot = 0; slot < 3; slot++)
			EXPECT(queue_send(&queue, &message, NO_WAIT) == KERNEL_OK);
		EXPECT(queue_send(&queue, &message, NO_WAIT) == KERNEL_ETIMEDOUT);
		drain();
	}
	scheduler_set_tick_hook(NULL);
	EXPECT(queue_destroy(&queue) == KERNEL_OK);
}

static void print_nothing(void *arg)
{
	(void)arg;
	for (;;)
		console_print("%s", "");
}

static void a_task_is_killed_while_it_prints(void)
{
	unsigned nlost = console_nlost();

	for (int i = 0; i < NKILLS; i++) {
		task_id id = start("printer", LOW, print_nothing, NULL);

		task_sleep(1);
		EXPECT(task_kill(id) == KERNEL_OK);
		expect_killed(id);
	}
	EXPECT(console_nlost() == nlost);
}

const struct kernel_test kill_tests[] = {
	KERNEL_TEST(a_ready_task_is_killed),
	KERNEL_TEST(a_sleeping_task_is_killed),
	KERNEL_TEST(a_task_that_waits_for_a_semaphore_is_killed),
	KERNEL_TEST(a_task_that_waits_for_a_mutex_is_killed),
	KERNEL_TEST(a_task_that_waits_for_a_queue_is_killed),
	KERNEL_TEST(what_a_dead_task_was_handed_goes_to_the_next),
	KERNEL_TEST(a_unit_that_a_dead_task_was_handed_goes_to_the_next),
	KERNEL_TEST(a_task_that_joins_is_killed),
	KERNEL_TEST(a_task_that_waits_for_memory_is_killed),
	KERNEL_TEST(a_mutex_passes_on_when_its_owner_is_killed),
	KERNEL_TEST(a_mutex_nobody_waits_for_tells_its_next_owner),
	KERNEL_TEST(a_task_kills_itself),
	KERNEL_TEST(a_handler_kills_the_running_task),
	KERNEL_TEST(the_kernels_own_tasks_are_not_killed),
	KERNEL_TEST(a_kill_may_strike_at_any_moment),
	KERNEL_TEST(a_task_is_killed_while_it_prints),
	{NULL, NULL},
};
