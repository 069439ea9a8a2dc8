/* SPDX-License-Identifier: MIT */
/* Part 2: kernel objects. Caches of three sizes, whose constructor sets an object up once; whoever frees
 * an object leaves it as constructed, and whoever gets it finds it so. Tasks of different priority take
 * objects out and bring them back, in no order. */
#include "cairn.h"
#include "demo.h"

#define OBJECT_MAGIC 0x4f424a43u
#define NHELD        40u /* objects that a task holds at most */

/* The beginning of every object; the rest is stamped while it is in use. */
struct object {
	uint32_t magic;  /* as constructed */
	uint32_t nusers; /* constructed: 0 */
};

static void construct(void *memory)
{
	struct object *object = memory;

	object->magic = OBJECT_MAGIC;
	object->nusers = 0;
}

static const struct cairn_cache_spec specs[] = {
	{.name = "timer", .nbytes = 40, .construct = construct},
	{.name = "socket", .nbytes = 184, .construct = construct},
	{.name = "packet", .nbytes = 1200, .align = 32, .construct = construct},
};
#define NCACHES ARRAY_COUNT(specs)

static struct cairn_cache caches[NCACHES];
static uint32_t ncaches; /* whose objects fit in a slab of this board */

struct held {
	struct object *object; /* NULL: nothing is held */
	size_t cache;
};

static void objects_open(void)
{
	for (ncaches = 0; ncaches < NCACHES; ncaches++) {
		if (specs[ncaches].nbytes > CAIRN_FRAME_NBYTES << CAIRN_SLAB_MAX_ORDER)
			break;
		EXPECT(cairn_cache_create(&caches[ncaches], &specs[ncaches]) == CAIRN_OK,
		       "a cache is created");
	}
}

static size_t body_nbytes(const struct held *held)
{
	return specs[held->cache].nbytes - sizeof(struct object);
}

/* No two objects lie at one address. */
static uint32_t seed_of(const struct held *held)
{
	return (uint32_t)(uintptr_t)held->object;
}

static void take(struct actor *self, struct held *held, size_t cache)
{
	struct object *object = cairn_cache_alloc(&caches[cache]);

	EXPECT(object != NULL, "there is memory for an object");
	EXPECT(object->magic == OBJECT_MAGIC && object->nusers == 0, "an object arrives as constructed");
	*held = (struct held){.object = object, .cache = cache};
	object->nusers++;
	stamp(object + 1, body_nbytes(held), seed_of(held));
	actor_count(self, specs[cache].nbytes, 0);
}

static void bring_back(struct actor *self, struct held *held)
{
	struct object *object = held->object;

	EXPECT(object->magic == OBJECT_MAGIC && object->nusers == 1, "an object has one user");
	EXPECT(is_stamped(object + 1, body_nbytes(held), seed_of(held)), "an object is as it was left");
	object->nusers--;
	EXPECT(cairn_cache_free(&caches[held->cache], object) == CAIRN_OK, "an object is freed");
	actor_count(self, 0, specs[held->cache].nbytes);
	self->nverified++;
	held->object = NULL;
}

static void step(struct actor *self, struct held *all, uint32_t random)
{
	struct held *held = &all[(random >> 8) % NHELD];

	if (held->object != NULL)
		bring_back(self, held);
	else if (actor_may_take(self, specs[random % ncaches].nbytes))
		take(self, held, random % ncaches);
	else
		return;
	self->noperations++;
}

static void churn_objects(struct actor *self)
{
	uint32_t random = 1 + self->priority, last_tick = ticks_now();
	struct held *all = cairn_calloc(NHELD, sizeof(*all));

	self->verified_what = "objects, none changed";
	EXPECT(all != NULL, "there is memory for the list of objects");
	while (!self->may_stop) {
		step(self, all, next_random(&random));
		breathe(&last_tick, ACTOR_REST_TICKS);
	}
	for (size_t i = 0; i < NHELD; i++)
		if (all[i].object != NULL)
			bring_back(self, &all[i]);
	EXPECT(cairn_free(all) == CAIRN_OK, "the list of objects is freed");
}

static struct actor actors[] = {
	{.name = "objects-1", .priority = 6, .work = churn_objects},
	{.name = "objects-2", .priority = 3, .work = churn_objects},
};

struct crew objects = {.open = objects_open, .actors = actors, .nactors = ARRAY_COUNT(actors), .nleast = 1};
