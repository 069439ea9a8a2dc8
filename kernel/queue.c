/* SPDX-License-Identifier: MIT */
/* Message queues: slots in storage, which go round from the free list to a copier, to the list of
 * messages, to another copier, and back.
 * I1: every slot is in the free list, in the message list (count of them), or taken (ntaken of them) by a
 *     task or handler that copies.
 * I2: messages or free slots are listed only while no task waits for one: they are handed to the waiter at
 *     once.
 * I3: what a task has taken is in task->transit, so that the reaper can give it back. Copying is done
 * outside the lock. A queue without storage is not a queue, or is being destroyed: its waiters are woken
 * one by one, and slots come back in between, but are given to nobody any more. Who destroys it is pinned
 * until the storage is free, so that a kill neither strands waiters nor loses the storage. */
#include "lock.h"
#include "task_private.h"

#define NO_SLOT UINT16_MAX
_Static_assert(QUEUE_MAX_CAPACITY <= NO_SLOT, "slot numbers are 16 bits wide");

/* ---- lists of slots; locked ---- */

static void push_message(struct message_queue *q, uint16_t slot)
{
	q->link[slot] = NO_SLOT;
	if (q->first == NO_SLOT)
		q->first = slot;
	else
		q->link[q->last] = slot;
	q->last = slot;
	q->count++;
}

static void push_message_first(struct message_queue *q, uint16_t slot)
{
	q->link[slot] = q->first;
	if (q->first == NO_SLOT)
		q->last = slot;
	q->first = slot;
	q->count++;
}

/* The oldest message, or NO_SLOT. */
static uint16_t pop_message(struct message_queue *q)
{
	uint16_t slot = q->first;

	if (slot != NO_SLOT) {
		q->first = q->link[slot];
		q->count--;
	}
	return slot;
}

static void push_free(struct message_queue *q, uint16_t slot)
{
	q->link[slot] = q->free;
	q->free = slot;
}

static uint16_t pop_free(struct message_queue *q)
{
	uint16_t slot = q->free;

	if (slot != NO_SLOT)
		q->free = q->link[slot];
	return slot;
}

/* ---- taking and giving slots; locked ---- */

static void taken_by(struct task *task, struct message_queue *q, uint16_t slot, bool receiving)
{
	q->ntaken++;
	if (task)
		task->transit = (struct transit){.queue = q, .slot = slot, .receiving = receiving};
}

/* A slot comes back from who copied. The last one lets queue_destroy go on. */
static void untake(struct message_queue *q)
{
	q->ntaken--;
	if (q->ntaken == 0 && q->destroyer)
		wait_end(q->destroyer, KERNEL_OK);
}

/* A slot that is to be filled: to the most urgent sender, or the free list. */
static void give_to_senders(struct message_queue *q, uint16_t slot)
{
	struct task *sender = wait_queue_first(&q->senders);

	untake(q);
	if (!q->storage)
		return;
	if (sender) {
		taken_by(sender, q, slot, false);
		wait_end(sender, KERNEL_OK);
	} else {
		push_free(q, slot);
	}
}

/* A slot that holds a message: to the most urgent receiver; true. Or false: to be listed. */
static bool give_to_receiver(struct message_queue *q, uint16_t slot)
{
	struct task *receiver = wait_queue_first(&q->receivers);

	untake(q);
	if (!q->storage)
		return true;
	if (!receiver)
		return false;
	taken_by(receiver, q, slot, true);
	wait_end(receiver, KERNEL_OK);
	return true;
}

/* Take a slot to copy to or from: from the list, or by waiting. */
static enum kernel_status take_slot(struct message_queue *q, bool receiving, uint32_t ticks, uint16_t *slot)
{
	struct task *self = task_running();
	bool may_wait = wait_allowed();
	enum kernel_status status = KERNEL_OK;
	arch_key key = kernel_lock();

	*slot = NO_SLOT;
	if (!q->storage || (ticks != NO_WAIT && !may_wait))
		status = KERNEL_EINVAL;
	else
		*slot = receiving ? pop_message(q) : pop_free(q);
	if (*slot != NO_SLOT) {
		taken_by(self, q, *slot, receiving);
	} else if (status == KERNEL_OK && ticks != NO_WAIT) {
		status = wait_in(receiving ? &q->receivers : &q->senders, ticks, key);
		*slot = self->transit.slot;
		return status;
	} else if (status == KERNEL_OK) {
		status = KERNEL_ETIMEDOUT;
	}
	kernel_unlock(key);
	return status;
}

static void forget_transit(struct task *task)
{
	if (task)
		task->transit.queue = NULL;
}

static unsigned char *slot_address(const struct message_queue *q, uint16_t slot)
{
	return (unsigned char *)(q->link + q->capacity) + slot * q->message_nbytes;
}

/* ---- the interface ---- */

enum kernel_status queue_init(struct message_queue *q, size_t message_nbytes, size_t capacity)
{
	size_t nbytes;

	if (!q || message_nbytes == 0 || capacity == 0 || capacity > QUEUE_MAX_CAPACITY)
		return KERNEL_EINVAL;
	if (!cairn_add(message_nbytes, sizeof(uint16_t), &nbytes) || !cairn_mul(nbytes, capacity, &nbytes))
		return KERNEL_EINVAL;
	*q = (struct message_queue){.message_nbytes = message_nbytes, .capacity = capacity, .first = NO_SLOT};
	q->storage = cairn_alloc(nbytes);
	if (!q->storage)
		return KERNEL_ENOMEM;
	q->link = (uint16_t *)(void *)q->storage;
	for (size_t slot = 0; slot + 1 < capacity; slot++)
		q->link[slot] = (uint16_t)(slot + 1);
	q->link[capacity - 1] = NO_SLOT;
	return KERNEL_OK;
}

enum kernel_status queue_send(struct message_queue *q, const void *message, uint32_t ticks)
{
	enum kernel_status status;
	uint16_t slot;
	arch_key key;

	if (!q || !message)
		return KERNEL_EINVAL;
	status = take_slot(q, false, ticks, &slot);
	if (status != KERNEL_OK)
		return status;
	memcpy(slot_address(q, slot), message, q->message_nbytes);
	key = kernel_lock();
	forget_transit(task_running());
	if (!q->storage)
		status = KERNEL_EDELETED;
	if (!give_to_receiver(q, slot))
		push_message(q, slot);
	kernel_unlock(key);
	return status;
}

enum kernel_status queue_receive(struct message_queue *q, void *message, uint32_t ticks)
{
	enum kernel_status status;
	uint16_t slot;
	arch_key key;

	if (!q || !message)
		return KERNEL_EINVAL;
	status = take_slot(q, true, ticks, &slot);
	if (status != KERNEL_OK)
		return status;
	memcpy(message, slot_address(q, slot), q->message_nbytes);
	key = kernel_lock();
	forget_transit(task_running());
	give_to_senders(q, slot);
	kernel_unlock(key);
	return KERNEL_OK;
}

void queue_abandon(struct task *task)
{
	arch_key key = kernel_lock();
	struct message_queue *q = task->transit.queue;

	if (q && !task->transit.receiving)
		give_to_senders(q, task->transit.slot);
	else if (q && !give_to_receiver(q, task->transit.slot))
		push_message_first(q, task->transit.slot);
	forget_transit(task);
	kernel_unlock(key);
}

size_t queue_count(const struct message_queue *q)
{
	return q ? q->count : 0;
}

static void wait_until_nobody_copies(struct message_queue *q)
{
	arch_key key = kernel_lock();

	if (q->ntaken) {
		q->destroyer = current_task();
		wait_in(NULL, WAIT_FOREVER, key);
	} else {
		kernel_unlock(key);
	}
}

enum kernel_status queue_destroy(struct message_queue *q)
{
	unsigned char *storage;
	arch_key key;

	if (!q || !wait_allowed())
		return KERNEL_EINVAL;
	task_pin();
	key = kernel_lock();
	storage = q->storage;
	q->storage = NULL;
	q->count = 0;
	kernel_unlock(key);
	if (storage) {
		while (wait_wake_one(&q->senders, KERNEL_EDELETED) ||
		       wait_wake_one(&q->receivers, KERNEL_EDELETED))
			;
		wait_until_nobody_copies(q);
		cairn_free(storage);
	}
	task_unpin();
	return storage ? KERNEL_OK : KERNEL_EINVAL;
}
