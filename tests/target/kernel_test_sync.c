/* SPDX-License-Identifier: MIT */
/* Tests of semaphores, message queues, and allocation that waits. */
#include "kernel_test.h"
#include "main.h"

static struct semaphore semaphore;
static struct message_queue queue;

/* ---- semaphores ---- */

static void a_semaphore_counts_up_to_its_limit(void)
{
	EXPECT(semaphore_init(&semaphore, 1, 2) == KERNEL_OK);
	EXPECT(semaphore_give(&semaphore) == KERNEL_OK);
	EXPECT(semaphore_give(&semaphore) == KERNEL_EINVAL);
	EXPECT(semaphore_take(&semaphore, NO_WAIT) == KERNEL_OK);
	EXPECT(semaphore_take(&semaphore, 3) == KERNEL_OK);
	EXPECT(semaphore_take(&semaphore, NO_WAIT) == KERNEL_ETIMEDOUT);
}

static void bad_semaphores_are_refused(void)
{
	static struct semaphore never;

	EXPECT(semaphore_init(NULL, 0, 1) == KERNEL_EINVAL);
	EXPECT(semaphore_init(&semaphore, 0, 0) == KERNEL_EINVAL);
	EXPECT(semaphore_init(&semaphore, 3, 2) == KERNEL_EINVAL);
	EXPECT(semaphore_take(NULL, NO_WAIT) == KERNEL_EINVAL && semaphore_give(NULL) == KERNEL_EINVAL);
	EXPECT(semaphore_take(&never, NO_WAIT) == KERNEL_EINVAL && semaphore_give(&never) == KERNEL_EINVAL);
}

static void a_take_times_out_at_its_tick(void)
{
	uint32_t began;

	EXPECT(semaphore_init(&semaphore, 0, 1) == KERNEL_OK);
	task_sleep(1);
	began = ticks_now();
	EXPECT(semaphore_take(&semaphore, 7) == KERNEL_ETIMEDOUT);
	EXPECT(ticks_now() - began == 7);
	EXPECT(semaphore_give(&semaphore) == KERNEL_OK);
	EXPECT(semaphore_take(&semaphore, 7) == KERNEL_OK);
	EXPECT(ticks_now() - began == 7);
}

static void take_and_mark(void *arg)
{
	enum kernel_status status = semaphore_take(&semaphore, WAIT_FOREVER);

	trace_mark((char)(uintptr_t)arg);
	task_exit((int)status);
}

static void takers_are_served_by_priority_then_in_order(void)
{
	static const struct {
		unsigned priority;
		char name;
	} takers[] = {{HIGH, 'a'}, {HIGH, 'b'}, {TOP, 'c'}, {LOW, 'd'}};
	task_id ids[4];

	EXPECT(semaphore_init(&semaphore, 0, 4) == KERNEL_OK);
	for (size_t i = 0; i < 4; i++)
		ids[i] = start("taker", takers[i].priority, take_and_mark, (void *)(uintptr_t)takers[i].name);
	let_others_run();
	for (size_t i = 0; i < 4; i++)
		EXPECT(semaphore_give(&semaphore) == KERNEL_OK);
	for (size_t i = 0; i < 4; i++)
		expect_exit(ids[i], KERNEL_OK);
	EXPECT(trace_is("cabd"));
	EXPECT(semaphore_take(&semaphore, NO_WAIT) == KERNEL_ETIMEDOUT);
}

static void a_destroyed_semaphore_lets_its_waiters_go(void)
{
	task_id ids[3];

	EXPECT(semaphore_init(&semaphore, 0, 4) == KERNEL_OK);
	for (size_t i = 0; i < 3; i++)
		ids[i] = start("taker", HIGH, take_and_mark, (void *)'t');
	semaphore_destroy(&semaphore);
	semaphore_destroy(NULL);
	for (size_t i = 0; i < 3; i++)
		expect_exit(ids[i], KERNEL_EDELETED);
	EXPECT(semaphore_take(&semaphore, WAIT_FOREVER) == KERNEL_EINVAL);
}

/* ---- message queues ---- */

struct message {
	uint32_t number;
	char text[9];
};

static void bad_queues_are_refused(void)
{
	static struct message_queue never;
	uint32_t message = 1;

	EXPECT(queue_init(NULL, 4, 4) == KERNEL_EINVAL);
	EXPECT(queue_init(&queue, 0, 4) == KERNEL_EINVAL && queue_init(&queue, 4, 0) == KERNEL_EINVAL);
	EXPECT(queue_init(&queue, 4, QUEUE_MAX_CAPACITY + 1) == KERNEL_EINVAL);
	EXPECT(queue_init(&queue, SIZE_MAX / 2, 4) == KERNEL_EINVAL);
	EXPECT(queue_init(&queue, SIZE_MAX - 1, 1) == KERNEL_EINVAL);
	EXPECT(queue_init(&queue, SIZE_MAX / 4, 1) == KERNEL_ENOMEM);
	EXPECT(queue_send(NULL, &message, NO_WAIT) == KERNEL_EINVAL);
	EXPECT(queue_send(&never, &message, NO_WAIT) == KERNEL_EINVAL);
	EXPECT(queue_receive(&never, &message, WAIT_FOREVER) == KERNEL_EINVAL);
	EXPECT(queue_destroy(&never) == KERNEL_EINVAL && queue_destroy(NULL) == KERNEL_EINVAL);
	EXPECT(queue_init(&queue, sizeof(message), 1) == KERNEL_OK);
	EXPECT(queue_send(&queue, NULL, NO_WAIT) == KERNEL_EINVAL);
	EXPECT(queue_receive(&queue, NULL, NO_WAIT) == KERNEL_EINVAL);
	EXPECT(queue_destroy(&queue) == KERNEL_OK);
}

static void messages_arrive_in_order_and_whole(void)
{
	struct message message = {0, "abcdefgh"}, got;

	EXPECT(queue_init(&queue, sizeof(message), 3) == KERNEL_OK);
	for (uint32_t round = 0; round < 10; round++) {
		for (message.number = 0; message.number < 3; message.number++)
			EXPECT(queue_send(&queue, &message, NO_WAIT) == KERNEL_OK);
		EXPECT(queue_send(&queue, &message, NO_WAIT) == KERNEL_ETIMEDOUT);
		EXPECT(queue_send(&queue, &message, 2) == KERNEL_ETIMEDOUT);
		EXPECT(queue_count(&queue) == 3);
		for (uint32_t number = 0; number < 3; number++) {
			memset(&got, 0, sizeof(got));
			EXPECT(queue_receive(&queue, &got, WAIT_FOREVER) == KERNEL_OK);
			EXPECT(got.number == number && memcmp(got.text, message.text, sizeof(got.text)) == 0);
		}
		EXPECT(queue_receive(&queue, &got, NO_WAIT) == KERNEL_ETIMEDOUT);
		EXPECT(queue_receive(&queue, &got, 2) == KERNEL_ETIMEDOUT);
		EXPECT(queue_count(&queue) == 0);
	}
	EXPECT(queue_destroy(&queue) == KERNEL_OK);
}

static void receive_and_mark(void *arg)
{
	char message = '?';
	enum kernel_status status = queue_receive(&queue, &message, WAIT_FOREVER);

	trace_mark((char)(uintptr_t)arg);
	trace_mark(message);
	task_exit((int)status);
}

static void receivers_are_served_by_priority(void)
{
	task_id high, top;
	char message = '1';

	EXPECT(queue_init(&queue, sizeof(message), 2) == KERNEL_OK);
	high = start("high", HIGH, receive_and_mark, (void *)'h');
	top = start("top", TOP, receive_and_mark, (void *)'t');
	EXPECT(queue_send(&queue, &message, NO_WAIT) == KERNEL_OK);
	message = '2';
	EXPECT(queue_send(&queue, &message, NO_WAIT) == KERNEL_OK);
	expect_exit(high, KERNEL_OK);
	expect_exit(top, KERNEL_OK);
	EXPECT(trace_is("t1h2"));
	EXPECT(queue_destroy(&queue) == KERNEL_OK);
}

static void send_and_mark(void *arg)
{
	char message = (char)(uintptr_t)arg;
	enum kernel_status status = queue_send(&queue, &message, WAIT_FOREVER);

	trace_mark(message);
	task_exit((int)status);
}

static void senders_are_served_by_priority(void)
{
	task_id high, top;
	char message = '0';

	EXPECT(queue_init(&queue, sizeof(message), 1) == KERNEL_OK);
	EXPECT(queue_send(&queue, &message, NO_WAIT) == KERNEL_OK);
	high = start("high", HIGH, send_and_mark, (void *)'h');
	top = start("top", TOP, send_and_mark, (void *)'t');
	EXPECT(queue_receive(&queue, &message, NO_WAIT) == KERNEL_OK && message == '0');
	EXPECT(queue_receive(&queue, &message, NO_WAIT) == KERNEL_OK && message == 't');
	EXPECT(queue_receive(&queue, &message, NO_WAIT) == KERNEL_OK && message == 'h');
	expect_exit(high, KERNEL_OK);
	expect_exit(top, KERNEL_OK);
	EXPECT(trace_is("th"));
	EXPECT(queue_destroy(&queue) == KERNEL_OK);
}

static void a_destroyed_queue_lets_its_waiters_go(void)
{
	task_id receivers[2], sender;
	char message = 0;

	EXPECT(queue_init(&queue, sizeof(message), 1) == KERNEL_OK);
	for (size_t i = 0; i < 2; i++)
		receivers[i] = start("receiver", HIGH, receive_and_mark, (void *)'r');
	EXPECT(queue_destroy(&queue) == KERNEL_OK);
	for (size_t i = 0; i < 2; i++)
		expect_exit(receivers[i], KERNEL_EDELETED);
	EXPECT(queue_init(&queue, sizeof(message), 1) == KERNEL_OK);
	EXPECT(queue_send(&queue, &message, NO_WAIT) == KERNEL_OK);
	sender = start("sender", HIGH, send_and_mark, (void *)'s');
	EXPECT(queue_destroy(&queue) == KERNEL_OK);
	expect_exit(sender, KERNEL_EDELETED);
	EXPECT(queue_send(&queue, &message, NO_WAIT) == KERNEL_EINVAL);
}

/* Receivers that were handed a slot but have not copied yet hold up the end of the storage, not the message.
 */
static void a_queue_is_destroyed_once_nobody_copies(void)
{
	char message = 'm';
	task_id id;

	EXPECT(queue_init(&queue, sizeof(message), 1) == KERNEL_OK);
	id = start("receiver", LOW, receive_and_mark, (void *)'r');
	let_others_run();
	EXPECT(queue_send(&queue, &message, NO_WAIT) == KERNEL_OK);
	trace_mark('d');
	EXPECT(queue_destroy(&queue) == KERNEL_OK);
	expect_exit(id, KERNEL_OK);
	EXPECT(trace_is("drm"));
}

static uint32_t handler_sends;

static void send_from_handler(void)
{
	if (queue_send(&queue, &handler_sends, NO_WAIT) == KERNEL_OK)
		handler_sends++;
}

static void a_handler_sends_messages(void)
{
	uint32_t got = 0;

	handler_sends = 0;
	EXPECT(queue_init(&queue, sizeof(got), 4) == KERNEL_OK);
	scheduler_set_tick_hook(send_from_handler);
	for (uint32_t i = 0; i < 10; i++) {
		EXPECT(queue_receive(&queue, &got, 5) == KERNEL_OK);
		EXPECT(got == i);
	}
	scheduler_set_tick_hook(NULL);
	EXPECT(queue_destroy(&queue) == KERNEL_OK);
}

#define NSENDERS  3
#define NMESSAGES 300

static void send_numbers(void *arg)
{
	uint32_t message = (uint32_t)(uintptr_t)arg << 16;

	for (uint32_t i = 0; i < NMESSAGES; i++, message++)
		EXPECT(queue_send(&queue, &message, WAIT_FOREVER) == KERNEL_OK);
}

static void nothing_is_lost_between_many_senders_and_one_receiver(void)
{
	uint32_t next[NSENDERS] = {0}, message = 0;
	task_id ids[NSENDERS];

	EXPECT(queue_init(&queue, sizeof(message), 2) == KERNEL_OK);
	for (size_t i = 0; i < NSENDERS; i++)
		ids[i] = start("sender", (unsigned)(LOW + i), send_numbers, (void *)i);
	for (uint32_t i = 0; i < NSENDERS * NMESSAGES; i++) {
		EXPECT(queue_receive(&queue, &message, WAIT_FOREVER) == KERNEL_OK);
		if (EXPECT(message >> 16 < NSENDERS))
			EXPECT((message & 0xffff) == next[message >> 16]++);
	}
	for (size_t i = 0; i < NSENDERS; i++)
		expect_exit(ids[i], 0);
	EXPECT(queue_destroy(&queue) == KERNEL_OK);
}

/* ---- allocation that waits ---- */

static void allocation_that_waits_times_out(void)
{
	uint32_t began;

	hoard_everything();
	task_sleep(1);
	began = ticks_now();
	EXPECT(alloc_wait(HOARD_NBYTES, NO_WAIT) == NULL && ticks_now() == began);
	EXPECT(alloc_wait(HOARD_NBYTES, 6) == NULL);
	EXPECT(ticks_now() - began == 6);
	EXPECT(alloc_wait(0, WAIT_FOREVER) == NULL && alloc_wait(SIZE_MAX, WAIT_FOREVER) == NULL);
	free_the_hoard();
}

/* Made before memory is hoarded, for they need some themselves; let go behind it. */
static void wait_for_the_hoard(void)
{
	EXPECT(semaphore_take(&semaphore, WAIT_FOREVER) == KERNEL_OK);
}

static void hoard_and_let_go(uint32_t ntasks)
{
	hoard_everything();
	for (; ntasks > 0; ntasks--)
		EXPECT(semaphore_give(&semaphore) == KERNEL_OK);
	let_others_run();
}

static void free_in_a_while(void *arg)
{
	(void)arg;
	wait_for_the_hoard();
	task_sleep(6);
	trace_mark('f');
	free_some_of_the_hoard();
}

static void allocation_that_waits_gets_what_comes_back(void)
{
	task_id id;
	void *p;

	EXPECT(semaphore_init(&semaphore, 0, 1) == KERNEL_OK);
	id = start("freer", HIGH, free_in_a_while, NULL);
	hoard_and_let_go(1);
	EXPECT(alloc_wait(SCRAP_NBYTES, NO_WAIT) == NULL);
	p = alloc_wait(SCRAP_NBYTES, 50);
	EXPECT(p != NULL);
	EXPECT(trace_is("f"));
	EXPECT(cairn_free(p) == CAIRN_OK);
	expect_exit(id, 0);
	free_the_hoard();
}

static void wait_for_a_block(void *arg)
{
	uint32_t began;
	bool in_time;
	void *p;

	wait_for_the_hoard();
	began = ticks_now();
	p = alloc_wait((size_t)(uintptr_t)arg, 200);
	in_time = ticks_now() - began < 100;
	if (p)
		EXPECT(cairn_free(p) == CAIRN_OK);
	task_exit(p != NULL && in_time);
}

/* The one that can never have enough must not keep the others, less urgent, from what they need. */
static void a_greedy_waiter_does_not_starve_the_others(void)
{
	task_id greedy, modest[2];

	EXPECT(semaphore_init(&semaphore, 0, 3) == KERNEL_OK);
	greedy = start("greedy", TOP, wait_for_a_block, (void *)CAIRN_HEAP_MAX_NBYTES);
	modest[0] = start("modest", HIGH, wait_for_a_block, (void *)(SCRAP_NBYTES));
	modest[1] = start("modest", SAME, wait_for_a_block, (void *)(SCRAP_NBYTES));
	let_others_run();
	hoard_and_let_go(3);
	free_some_of_the_hoard();
	expect_exit(modest[0], 1);
	expect_exit(modest[1], 1);
	expect_exit(greedy, 0);
	free_the_hoard();
}

static void take_free_and_stay(void *arg)
{
	void *p;

	(void)arg;
	wait_for_the_hoard();
	p = alloc_wait(SCRAP_NBYTES, 200);
	EXPECT(p != NULL && cairn_free(p) == CAIRN_OK);
	task_sleep(WAIT_FOREVER);
}

/* One of those who are woken frees at once: an event within an event. Each is woken for either, and no more. */
static void a_free_within_a_free_comes_to_an_end(void)
{
	task_id greedy, freer, modest;
	uint32_t began;

	EXPECT(semaphore_init(&semaphore, 0, 3) == KERNEL_OK);
	greedy = start("greedy", TOP, wait_for_a_block, (void *)CAIRN_HEAP_MAX_NBYTES);
	freer = start("freer", HIGH, take_free_and_stay, NULL);
	modest = start("modest", SAME, wait_for_a_block, (void *)(SCRAP_NBYTES));
	let_others_run();
	hoard_and_let_go(3);
	began = ticks_now();
	free_some_of_the_hoard();
	EXPECT(ticks_now() - began < 100);
	expect_exit(modest, 1);
	EXPECT(task_kill(freer) == KERNEL_OK);
	expect_killed(freer);
	expect_exit(greedy, 0);
	free_the_hoard();
}

const struct kernel_test sync_tests[] = {
	KERNEL_TEST(a_semaphore_counts_up_to_its_limit),
	KERNEL_TEST(bad_semaphores_are_refused),
	KERNEL_TEST(a_take_times_out_at_its_tick),
	KERNEL_TEST(takers_are_served_by_priority_then_in_order),
	KERNEL_TEST(a_destroyed_semaphore_lets_its_waiters_go),
	KERNEL_TEST(bad_queues_are_refused),
	KERNEL_TEST(messages_arrive_in_order_and_whole),
	KERNEL_TEST(receivers_are_served_by_priority),
	KERNEL_TEST(senders_are_served_by_priority),
	KERNEL_TEST(a_destroyed_queue_lets_its_waiters_go),
	KERNEL_TEST(a_queue_is_destroyed_once_nobody_copies),
	KERNEL_TEST(a_handler_sends_messages),
	KERNEL_TEST(nothing_is_lost_between_many_senders_and_one_receiver),
	KERNEL_TEST(allocation_that_waits_times_out),
	KERNEL_TEST(allocation_that_waits_gets_what_comes_back),
	KERNEL_TEST(a_greedy_waiter_does_not_starve_the_others),
	KERNEL_TEST(a_free_within_a_free_comes_to_an_end),
	{NULL, NULL},
};
