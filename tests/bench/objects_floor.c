/* SPDX-License-Identifier: MIT */
/* The floor: a list of free objects and a lock, and nothing that could go wrong is looked at. No allocator
 * that locks can do with less. */
#include "objects.h"
#include "../../mm/port.h" /* the lock */

struct object {
	struct object *next;
};

static struct pool {
	struct object *first;
} pool;

static void *floor_alloc(struct pool *p)
{
	cairn_key key = cairn_port_lock();
	struct object *object = p->first;

	if (object)
		p->first = object->next;
	cairn_port_unlock(key);
	return object;
}

static void floor_free(struct pool *p, struct object *object)
{
	cairn_key key = cairn_port_lock();

	object->next = p->first;
	p->first = object;
	cairn_port_unlock(key);
}

static void *init(uintptr_t base, size_t nbytes)
{
	bench_forget();
	for (uintptr_t at = base + nbytes; at > base; at -= BENCH_OBJECT_NBYTES)
		floor_free(&pool, (struct object *)(at - BENCH_OBJECT_NBYTES));
	return &pool;
}

const struct bench_objects bench_objects = {
	.init = init,
	.alloc = (bench_function)floor_alloc,
	.free = (bench_function)floor_free,
};
