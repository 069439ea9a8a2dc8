/* SPDX-License-Identifier: MIT */
/* Part 2: two producers of different priority and one consumer between them, over a queue that is too
 * short for them; each message has a number that its producer counts, so that the consumer sees one that
 * is lost, doubled or out of order. Then a ledger under a mutex: balances that are moved about, and always
 * have the same sum. */
#include "cairn.h"
#include "demo.h"
#include "sync.h"

#define QUEUE_CAPACITY 6u
#define NPRODUCERS     2u

struct message {
	const struct actor *from;
	uint32_t sequence;
	bool last;
	uint32_t body[5];
};

static struct message_queue queue;

/* ---- messages ---- */

static void messages_open(void)
{
	EXPECT(queue_init(&queue, sizeof(struct message), QUEUE_CAPACITY) == KERNEL_OK, "a queue is created");
}

static void messages_close(void)
{
	EXPECT(queue_count(&queue) == 0, "no message is left in the queue");
	queue_destroy(&queue);
}

static void send(struct actor *self, bool last)
{
	struct message message = {.from = self, .sequence = self->noperations, .last = last};

	stamp(message.body, sizeof(message.body), message.sequence);
	EXPECT(queue_send(&queue, &message, WAIT_FOREVER) == KERNEL_OK, "a message is sent");
	self->noperations++;
	self->nverified++;
}

static void produce_messages(struct actor *self)
{
	uint32_t last_tick = ticks_now();

	self->verified_what = "sent";
	while (!self->may_stop) {
		send(self, false);
		breathe(&last_tick, ACTOR_REST_TICKS);
	}
	send(self, true);
}

/* Where this producer's next number is kept: an entry of its own, taken at its first message. */
static uint32_t *expected_of(const struct actor *from, const struct actor *known[NPRODUCERS],
			     uint32_t expected[NPRODUCERS])
{
	for (unsigned i = 0; i < NPRODUCERS; i++) {
		if (known[i] == NULL)
			known[i] = from;
		if (known[i] == from)
			return &expected[i];
	}
	EXPECT(false, "a message comes from a producer");
	return NULL;
}

static void consume_messages(struct actor *self)
{
	const struct actor *known[NPRODUCERS] = {NULL};
	uint32_t expected[NPRODUCERS] = {0};
	struct message message;
	unsigned nended = 0;

	self->verified_what = "received, all in order";
	do {
		uint32_t *next;

		EXPECT(queue_receive(&queue, &message, WAIT_FOREVER) == KERNEL_OK, "a message is received");
		next = expected_of(message.from, known, expected);
		EXPECT(message.sequence == *next, "messages of a producer arrive in order");
		EXPECT(is_stamped(message.body, sizeof(message.body), message.sequence),
		       "a message arrives as it was sent");
		++*next;
		self->noperations++;
		self->nverified++;
		nended += message.last;
	} while (nended == 0 || nended < messages.nstarted);
}

/* The consumer ends when all producers have: each sends its last message after the last has started. */
static struct actor consumer = {.name = "consumer", .priority = 6, .work = consume_messages};
static struct actor producers[] = {
	{.name = "producer-1", .priority = 7, .work = produce_messages},
	{.name = "producer-2", .priority = 3, .work = produce_messages},
};
_Static_assert(ARRAY_COUNT(producers) == NPRODUCERS, "the consumer knows so many");

struct crew messages = {.open = messages_open,
			.close = messages_close,
			.server = &consumer,
			.actors = producers,
			.nactors = ARRAY_COUNT(producers),
			.nleast = 1};

/* ---- the ledger ---- */

#define NACCOUNTS    16u
#define START_AMOUNT 1000u
#define NMOVES       8u  /* in one go */
#define SLOW_ONE_IN  32u /* while the mutex is held */

static struct {
	struct mutex mutex;
	uint32_t *balance;
} ledger;

static void ledger_open(void)
{
	EXPECT(mutex_init(&ledger.mutex) == KERNEL_OK, "a mutex is created");
	ledger.balance = cairn_calloc(NACCOUNTS, sizeof(*ledger.balance));
	EXPECT(ledger.balance != NULL, "there is memory for the ledger");
	for (size_t i = 0; i < NACCOUNTS; i++)
		ledger.balance[i] = START_AMOUNT;
}

static bool balanced(void)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < NACCOUNTS; i++)
		sum += ledger.balance[i];
	return sum == NACCOUNTS * START_AMOUNT;
}

static void ledger_close(void)
{
	EXPECT(balanced(), "the ledger balances at the end");
	EXPECT(cairn_free(ledger.balance) == CAIRN_OK, "the ledger is freed");
}

static void move(uint32_t random)
{
	uint32_t *from = &ledger.balance[random % NACCOUNTS],
		 *to = &ledger.balance[random / NACCOUNTS % NACCOUNTS];
	uint32_t amount = *from / 2;

	*from -= amount;
	*to += amount;
}

/* Sleeps with one half of a move done, so that the others really have to wait for the mutex. */
static void move_slowly(uint32_t random)
{
	uint32_t amount = ledger.balance[random % NACCOUNTS] / 2;

	ledger.balance[random % NACCOUNTS] -= amount;
	task_sleep(1);
	ledger.balance[random / NACCOUNTS % NACCOUNTS] += amount;
}

static void move_balances(struct actor *self)
{
	uint32_t random = 1 + self->priority, last_tick = ticks_now();

	self->verified_what = "times balanced";
	while (!self->may_stop) {
		EXPECT(mutex_lock(&ledger.mutex, WAIT_FOREVER) == KERNEL_OK, "a mutex is locked");
		EXPECT(balanced(), "the ledger balances whenever its mutex is free");
		for (unsigned i = 0; i < NMOVES; i++)
			move(next_random(&random));
		if (next_random(&random) % SLOW_ONE_IN == 0)
			move_slowly(random);
		EXPECT(mutex_unlock(&ledger.mutex) == KERNEL_OK, "a mutex is unlocked");
		self->noperations += NMOVES;
		self->nverified++;
		breathe(&last_tick, ACTOR_REST_TICKS);
	}
}

static struct actor clerks[] = {
	{.name = "ledger-1", .priority = 5, .work = move_balances},
	{.name = "ledger-2", .priority = 2, .work = move_balances},
};

struct crew ledgers = {.open = ledger_open,
		       .close = ledger_close,
		       .actors = clerks,
		       .nactors = ARRAY_COUNT(clerks),
		       .nleast = 1};
