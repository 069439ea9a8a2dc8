/* SPDX-License-Identifier: MIT */
/* Allocation that waits for memory to come back. Each free event wakes everyone who waited when it
 * happened, one a lock, and they try again. New waiters go to the other of two queues, so that one who
 * tried in vain is not woken again by the same event. Events overlap: one who is woken may free at once,
 * and handlers free. The queues change places only when the one that is due is empty, and once an event:
 * so however events overlap, each wakes what was there when it began, and nobody is woken more often than
 * there are changes. nfreed counts events: who tried before the last one does not wait, but tries again. */
#include "lock.h"
#include "task_private.h"

static struct {
	struct wait_queue waiters[2];
	unsigned filling; /* the queue that new waiters go to */
	uint32_t nfreed;
} memory;

/* Pinned: the count of those who watch and the note of it belong together. */
static void watch(bool on)
{
	task_pin();
	cairn_watch_frees(on);
	current_task()->watches_frees = on;
	task_unpin();
}

static void *try_until(size_t nbytes, uint32_t ticks)
{
	uint32_t began = ticks_now();
	void *p;

	for (;;) {
		uint32_t seen = memory.nfreed;
		uint32_t passed;
		arch_key key;

		p = cairn_alloc(nbytes);
		passed = ticks_now() - began;
		if (p || (ticks != WAIT_FOREVER && passed >= ticks))
			return p;
		key = kernel_lock();
		if (seen == memory.nfreed)
			wait_in(&memory.waiters[memory.filling],
				ticks == WAIT_FOREVER ? ticks : ticks - passed, key);
		else
			kernel_unlock(key);
	}
}

void *alloc_wait(size_t nbytes, uint32_t ticks)
{
	bool makes_sense = nbytes > 0 && nbytes <= CAIRN_HEAP_MAX_NBYTES;
	void *p = makes_sense ? cairn_alloc(nbytes) : NULL;

	if (p || !makes_sense || ticks == NO_WAIT || !wait_allowed())
		return p;
	watch(true);
	p = try_until(nbytes, ticks);
	watch(false);
	return p;
}

/* The queue that is due is looked up each time: another event may have changed it. */
static bool wake_due(void)
{
	arch_key key = kernel_lock();
	struct task *task = wait_queue_first(&memory.waiters[memory.filling ^ 1]);

	if (task)
		wait_end(task, KERNEL_OK);
	kernel_unlock(key);
	return task != NULL;
}

/* Those who wait become those that are due. false: an event that overlaps has made some due. */
static bool change_queues(void)
{
	arch_key key = kernel_lock();
	bool changed = !wait_queue_first(&memory.waiters[memory.filling ^ 1]);

	if (changed)
		memory.filling ^= 1;
	kernel_unlock(key);
	return changed;
}

static void count_event(void)
{
	arch_key key = kernel_lock();

	memory.nfreed++;
	kernel_unlock(key);
}

void alloc_wait_freed(void)
{
	/* Pinned: who is killed half-way would leave the rest waiting. */
	task_pin();
	count_event();
	do {
		while (wake_due())
			;
	} while (!change_queues());
	while (wake_due())
		;
	task_unpin();
}

void alloc_wait_abandon(struct task *task)
{
	if (task->watches_frees)
		cairn_watch_frees(false);
	task->watches_frees = false;
}
