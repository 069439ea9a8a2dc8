/* SPDX-License-Identifier: MIT */
/* A wheel of slots: a timeout is listed under its tick modulo the slots, in a ring with a sentinel. At a tick
 * the due slot is moved aside whole, then taken apart entry by entry, each under a lock of its own: entries
 * of later rounds go back into the slot, the others expire. A timeout can be stopped wherever it is. */
#include "timer.h"

#include "lock.h"
#include "task_private.h"

/* A power of two. Fewer are longer to look through at each tick. */
#ifndef WHEEL_SLOTS
#define WHEEL_SLOTS 64u
#endif
_Static_assert((WHEEL_SLOTS & (WHEEL_SLOTS - 1)) == 0, "a slot is found by a mask");

static struct timeout wheel[WHEEL_SLOTS];
static struct timeout due;
static volatile uint32_t now;

static struct timeout *slot_of(uint32_t tick)
{
	return &wheel[tick & (WHEEL_SLOTS - 1)];
}

static void ring_init(struct timeout *ring)
{
	ring->next = ring;
	ring->previous = ring;
}

static void ring_add(struct timeout *ring, struct timeout *timeout)
{
	timeout->next = ring;
	timeout->previous = ring->previous;
	ring->previous->next = timeout;
	ring->previous = timeout;
}

static void ring_move(struct timeout *from, struct timeout *to)
{
	ring_init(to);
	if (from->next == from)
		return;
	*to = *from;
	to->next->previous = to;
	to->previous->next = to;
	ring_init(from);
}

void timer_init(void)
{
	for (uint32_t i = 0; i < WHEEL_SLOTS; i++)
		ring_init(&wheel[i]);
	ring_init(&due);
}

uint32_t ticks_now(void)
{
	return now;
}

void timeout_start(struct timeout *timeout, uint32_t ticks)
{
	timeout->expires = now + ticks;
	ring_add(slot_of(timeout->expires), timeout);
}

void timeout_stop(struct timeout *timeout)
{
	if (!timeout->next)
		return;
	timeout->next->previous = timeout->previous;
	timeout->previous->next = timeout->next;
	timeout->next = NULL;
}

static bool expire_one(void)
{
	arch_key key = kernel_lock();
	struct timeout *timeout = due.next;
	bool any = timeout != &due;

	if (any && timeout->expires == now) {
		wait_end(task_of_timeout(timeout), KERNEL_ETIMEDOUT);
	} else if (any) {
		timeout_stop(timeout);
		ring_add(slot_of(timeout->expires), timeout);
	}
	kernel_unlock(key);
	return any;
}

void timer_tick(void)
{
	arch_key key = kernel_lock();

	now = now + 1;
	ring_move(slot_of(now), &due);
	kernel_unlock(key);
	while (expire_one())
		;
}
