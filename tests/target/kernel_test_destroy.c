/* SPDX-License-Identifier: MIT */
/* Tests of destroying semaphores and queues that are in use, and of being killed in the middle of it: all who
 * waited are let go, storage comes back, and what was destroyed is not touched again. */
#include "kernel_test.h"
#include "main.h"

static struct semaphore semaphore;
static struct message_queue queue;
static task_id other; /* who is killed by one who is woken */

/* If it does not end by itself it is helped, and the test has failed. */
static void expect_exit_soon(task_id id, int code)
{
	int got = ~code;

	if (EXPECT(task_join(id, &got, 50) == KERNEL_OK))
		EXPECT(got == code);
	else if (task_kill(id) == KERNEL_OK)
		expect_killed(id);
}

/* ---- semaphores ---- */

static void take_and_exit(void *arg)
{
	(void)arg;
	task_exit((int)semaphore_take(&semaphore, WAIT_FOREVER));
}

/* What was a semaphore may be anything once it was destroyed. */
static void a_unit_of_a_destroyed_semaphore_goes_nowhere(void)
{
	static struct semaphore scratch;
	task_id victims[2], lucky;

	EXPECT(semaphore_init(&semaphore, 0, 3) == KERNEL_OK);
	for (size_t i = 0; i < 2; i++)
		victims[i] = start("victim", LOW, take_and_exit, NULL);
	lucky = start("lucky", LOW, take_and_exit, NULL);
	let_others_run();
	for (size_t i = 0; i < 3; i++)
		EXPECT(semaphore_give(&semaphore) == KERNEL_OK);
	semaphore_destroy(&semaphore);
	memset(&semaphore, 0x5a, sizeof(semaphore));
	memset(&scratch, 0x5a, sizeof(scratch));
	for (size_t i = 0; i < 2; i++) {
		EXPECT(task_kill(victims[i]) == KERNEL_OK);
		expect_killed(victims[i]);
	}
	expect_exit(lucky, KERNEL_OK);
	EXPECT(memcmp(&semaphore, &scratch, sizeof(scratch)) == 0);
}

static void destroy_semaphore(void *arg)
{
	(void)arg;
	semaphore_destroy(&semaphore);
	trace_mark('!');
}

static void take_and_kill(void *arg)
{
	(void)arg;
	EXPECT(semaphore_take(&semaphore, WAIT_FOREVER) == KERNEL_EDELETED);
	EXPECT(task_kill(other) == KERNEL_OK);
}

static void who_destroys_a_semaphore_wakes_all_its_waiters(void)
{
	task_id killer, next;

	EXPECT(semaphore_init(&semaphore, 0, 1) == KERNEL_OK);
	killer = start("killer", TOP, take_and_kill, NULL);
	next = start("next", HIGH, take_and_exit, NULL);
	other = start("destroyer", LOW, destroy_semaphore, NULL);
	expect_killed(other);
	expect_exit(killer, 0);
	expect_exit_soon(next, KERNEL_EDELETED);
	EXPECT(trace_is(""));
}

/* ---- message queues ---- */

static void destroy_queue(void *arg)
{
	(void)arg;
	EXPECT(queue_destroy(&queue) == KERNEL_OK);
	trace_mark('d');
}

static void send_and_exit(void *arg)
{
	uint32_t message = 0;

	(void)arg;
	task_exit((int)queue_send(&queue, &message, WAIT_FOREVER));
}

static void send_and_kill(void *arg)
{
	uint32_t message = 0;

	(void)arg;
	EXPECT(queue_send(&queue, &message, WAIT_FOREVER) == KERNEL_EDELETED);
	EXPECT(task_kill(other) == KERNEL_OK);
}

static void who_destroys_a_queue_wakes_all_its_waiters(void)
{
	uint32_t message = 0;
	task_id killer, next;

	EXPECT(queue_init(&queue, sizeof(message), 1) == KERNEL_OK);
	EXPECT(queue_send(&queue, &message, NO_WAIT) == KERNEL_OK);
	killer = start("killer", TOP, send_and_kill, NULL);
	next = start("next", HIGH, send_and_exit, NULL);
	other = start("destroyer", LOW, destroy_queue, NULL);
	expect_killed(other);
	expect_exit(killer, 0);
	expect_exit_soon(next, KERNEL_EDELETED);
	EXPECT(trace_is(""));
}

static void receive_and_exit(void *arg)
{
	uint32_t message = 0;

	(void)arg;
	task_exit((int)queue_receive(&queue, &message, WAIT_FOREVER));
}

/* While it waits for one who copies; the storage must come back. */
static void who_destroys_a_queue_frees_its_storage(void)
{
	struct cairn_explanation is;
	uint32_t message = 0;
	task_id copier, destroyer;
	unsigned char *storage;

	EXPECT(queue_init(&queue, sizeof(message), 1) == KERNEL_OK);
	storage = queue.storage;
	copier = start("copier", LOW, receive_and_exit, NULL);
	let_others_run();
	EXPECT(queue_send(&queue, &message, NO_WAIT) == KERNEL_OK);
	destroyer = start("destroyer", HIGH, destroy_queue, NULL);
	EXPECT(task_kill(destroyer) == KERNEL_OK);
	expect_killed(destroyer);
	expect_exit(copier, KERNEL_OK);
	cairn_explain(storage, &is);
	EXPECT(is.what != CAIRN_IS_LIVE_BLOCK);
	EXPECT(trace_is(""));
}

/* The last slot comes back when one of two senders has been woken: the other is not who destroys the queue. */
static void a_slot_that_comes_back_late_is_given_to_nobody(void)
{
	task_id senders[2], destroyer;
	uint32_t message = 0;

	EXPECT(queue_init(&queue, sizeof(message), 1) == KERNEL_OK);
	other = start("copier", LOW, receive_and_exit, NULL);
	let_others_run();
	EXPECT(queue_send(&queue, &message, NO_WAIT) == KERNEL_OK);
	senders[0] = start("sender", TOP, send_and_kill, NULL);
	senders[1] = start("sender", HIGH, send_and_exit, NULL);
	destroyer = start("destroyer", SAME, destroy_queue, NULL);
	expect_exit_soon(destroyer, 0);
	expect_killed(other);
	expect_exit(senders[0], 0);
	expect_exit(senders[1], KERNEL_EDELETED);
	EXPECT(trace_is("d") && queue.ntaken == 0);
}

const struct kernel_test destroy_tests[] = {
	KERNEL_TEST(a_unit_of_a_destroyed_semaphore_goes_nowhere),
	KERNEL_TEST(who_destroys_a_semaphore_wakes_all_its_waiters),
	KERNEL_TEST(who_destroys_a_queue_wakes_all_its_waiters),
	KERNEL_TEST(who_destroys_a_queue_frees_its_storage),
	KERNEL_TEST(a_slot_that_comes_back_late_is_given_to_nobody),
	{NULL, NULL},
};
