/* SPDX-License-Identifier: MIT */
/* The facade of the object caches: a slab is constructed, and an object poisoned, between two locked steps.
 * Allocating and freeing are done in their fast halves; all else is left to by tail calls, so that these need
 * no stack. */
#include "slab_next.h"
#include "system.h"

static enum cairn_err set_up(struct cairn_cache *cache, const struct cairn_cache_spec *spec)
{
	cairn_key key = cairn_enter();
	enum cairn_err err = cairn_slab_setup(&cairn_system.slabs, cache, spec);
	cairn_leave(key);
	return err;
}

static void *begin_links(void)
{
	void *links;
	do {
		cairn_key key = cairn_enter();
		links = cairn_slab_links_begin(&cairn_system.slabs);
		cairn_leave(key);
	} while (links == NULL && cairn_merge_frames(CAIRN_ORDERS));
	return links;
}

static bool make_links(void)
{
	cairn_port_pin(true);
	void *links = begin_links();
	if (links == NULL && cairn_trim() != 0)
		links = begin_links();
	cairn_slab_links_clear(&cairn_system.slabs, links);
	cairn_key key = cairn_enter();
	cairn_slab_links_end(&cairn_system.slabs, links);
	cairn_leave(key);
	cairn_port_pin(false);
	return links != NULL;
}

/* Links may go with the last cache of another task, before they are used here. */
enum cairn_err cairn_cache_create(struct cairn_cache *cache, const struct cairn_cache_spec *spec)
{
	if (!cairn_system.ready)
		return CAIRN_EINVAL;
	enum cairn_err err = set_up(cache, spec);
	while (err == CAIRN_ENOMEM && make_links())
		err = set_up(cache, spec);
	return err;
}

size_t cairn_cache_shrink(struct cairn_cache *cache)
{
	size_t nframes = 0;
	for (size_t slab_nframes = 1; slab_nframes != 0; nframes += slab_nframes) {
		cairn_key key = cairn_enter();
		slab_nframes = cairn_slab_shrink_one(cache);
		cairn_leave(key);
	}
	return nframes;
}

/* The reserve is given up only if nothing is live. */
static enum cairn_err begin_destroy(struct cairn_cache *cache, struct cairn_cache_info *info)
{
	if (!cairn_slab_info(cache, info))
		return CAIRN_EDESTROYED;
	return info->nlive != 0 ? CAIRN_EBUSY : cairn_slab_reserve_set(cache, 0);
}

enum cairn_err cairn_cache_destroy(struct cairn_cache *cache)
{
	struct cairn_cache_info info = {0};
	const void *blamed = cache;
	cairn_key key = cairn_enter();
	enum cairn_err err = begin_destroy(cache, &info);
	cairn_leave(key);
	if (err == CAIRN_OK) {
		cairn_cache_shrink(cache);
		key = cairn_enter();
		err = cairn_slab_destroy(cache);
		cairn_leave(key);
	} else if (err == CAIRN_EBUSY) {
		blamed = cairn_slab_next_live(cache, NULL);
	}
	return cairn_freed(err, "cairn_cache_destroy", blamed, info.name, CAIRN_CALLER());
}

static struct cairn_slab *begin_slab(struct cairn_cache *cache)
{
	struct cairn_slab *slab;
	do {
		cairn_key key = cairn_enter();
		slab = cairn_slab_grow_begin(cache);
		cairn_leave(key);
	} while (slab == NULL && cairn_merge_frames(cache->order));
	return slab;
}

/* One more slab; with `take`, an object of it before anyone else can have them all. */
static bool grow(struct cairn_cache *cache, void **take)
{
	cairn_port_pin(true);
	struct cairn_slab *slab = begin_slab(cache);
	if (slab == NULL && cairn_trim() != 0)
		slab = begin_slab(cache);
	if (slab != NULL) {
		cairn_slab_construct(slab);
		cairn_key key = cairn_enter();
		if (take != NULL)
			*take = cairn_slab_grow_take(slab);
		else
			cairn_slab_grow_end(slab);
		cairn_leave(key);
	}
	cairn_port_pin(false);
	return slab != NULL;
}

static void *take(struct cairn_cache *cache)
{
	cairn_key key = cairn_enter();
	void *object = cairn_slab_take(cache);
	cairn_leave(key);
	return object;
}

/* Whatever more there is to an allocation, unlocked: a slab, work on the object. */
static CAIRN_SLOW void *alloc_rest(struct cairn_cache *cache, void *object, const void *caller)
{
	for (;; object = take(cache)) {
		if (object == NULL && cairn_slab_name(cache) == NULL) {
			cairn_refuse(CAIRN_EDESTROYED, "cairn_cache_alloc", cache, NULL, caller);
			return NULL;
		}
		if (object == NULL && !grow(cache, &object))
			return NULL;
		enum cairn_err err = cairn_slab_arms(cache) ? cairn_slab_arm(cache, object) : CAIRN_OK;
		if (err == CAIRN_OK)
			return object;
		/* The object stays taken, so this ends. */
		cairn_refuse(err, "cairn_cache_alloc", object, cairn_slab_name(cache), caller);
	}
}

/* The lock is held. */
static CAIRN_SLOW void *alloc_slow(struct cairn_cache *cache, cairn_key key, const void *caller)
{
	void *object = cairn_slab_take_slow(cache);
	cairn_leave(key);
	if (CAIRN_RARE(object == NULL) || cairn_slab_arms(cache))
		return alloc_rest(cache, object, caller);
	return object;
}

/* The lock is held. Here one way leads from the fast half, as with two it would need a stack. */
static CAIRN_SLOW void *alloc_next(struct cairn_cache *cache, cairn_key key, const void *caller)
{
	void *object;
	if ((CAIRN_CHECK >= 1 && !cairn_is_cache(cache)) || !cairn_slab_take_next(cache, &object))
		return alloc_slow(cache, key, caller);
	cairn_leave(key);
	return object;
}

void *cairn_cache_alloc(struct cairn_cache *cache)
{
	void *object;
	cairn_key key = cairn_enter();
	if (!cairn_slab_take_fast(cache, &object)) {
		/* By way of memory: or else the return address would be saved in any case. */
		const void *volatile caller = CAIRN_CALLER();
		return alloc_next(cache, key, caller);
	}
	cairn_leave(key);
	return object;
}

static enum cairn_err free_in_halves(struct cairn_cache *cache, void *object)
{
	cairn_port_pin(true);
	cairn_key key = cairn_enter();
	enum cairn_err err = cairn_slab_free_begin(cache, object);
	cairn_leave(key);
	if (err == CAIRN_OK) {
		cairn_slab_disarm(cache, object);
		key = cairn_enter();
		cairn_slab_free_end(cache, object);
		cairn_leave(key);
	}
	cairn_port_pin(false);
	return err;
}

/* The lock is held. */
static CAIRN_SLOW enum cairn_err free_slow(struct cairn_cache *cache, void *object, cairn_key key,
					   const void *caller)
{
	enum cairn_err err;
	if (CAIRN_CHECK >= 2 && object != NULL && cairn_slab_frees_in_halves(cache)) {
		cairn_leave(key);
		err = free_in_halves(cache, object);
	} else {
		err = cairn_slab_put_slow(cache, object);
		cairn_leave(key);
	}
	if (CAIRN_RARE(err != CAIRN_OK))
		return cairn_refuse(err, "cairn_cache_free", object, cairn_slab_name(cache), caller);
	cairn_tell_watchers();
	return CAIRN_OK;
}

/* The lock is held. */
static CAIRN_SLOW enum cairn_err free_next(struct cairn_cache *cache, void *object, cairn_key key,
					   const void *caller)
{
	if (CAIRN_SMALL || !cairn_slab_put_next(cache, object))
		return free_slow(cache, object, key, caller);
	cairn_leave(key);
	return CAIRN_OK;
}

/* While someone watches frees, all are slow ones. (Two calls of free_slow, for the compiler makes one tail of
 * two calls alike, and what it puts by for that costs the fast half two instructions.) */
enum cairn_err cairn_cache_free(struct cairn_cache *cache, void *object)
{
	cairn_key key = cairn_enter();
	enum cairn_fast fast = cairn_slab_put_fast(cache, object);
	if (fast == CAIRN_FAST_NEXT)
		return free_next(cache, object, key, CAIRN_CALLER());
	if (fast == CAIRN_FAST_NO_CACHE)
		return free_slow(NULL, object, key, CAIRN_CALLER());
	if (fast == CAIRN_FAST_NO)
		return free_slow(cache, object, key, CAIRN_CALLER());
	cairn_leave(key);
	return CAIRN_OK;
}

/* The reserve is set before there are objects for it, so that nobody trims what is made meanwhile. */
static enum cairn_err begin_reserve(struct cairn_cache *cache, size_t nobjects,
				    struct cairn_cache_info *before)
{
	size_t most;
	if (!cairn_slab_info(cache, before))
		return CAIRN_EDESTROYED;
	if (cache->reserving)
		return CAIRN_EBUSY;
	if (!cairn_mul(cairn_frame_nframes(&cairn_system.frames), before->objects_per_slab, &most) ||
	    nobjects > most)
		return CAIRN_ENOMEM;
	enum cairn_err err = cairn_slab_reserve_set(cache, nobjects);
	cache->reserving = err == CAIRN_OK;
	return err;
}

/* false: there is more to make. */
static bool end_reserve(struct cairn_cache *cache)
{
	cairn_key key = cairn_enter();
	cache->reserving = cairn_slab_short(cache);
	bool done = !cache->reserving;
	cairn_leave(key);
	return done;
}

/* Back to the reserve that there was, less the slabs that were made for nothing. */
static void give_up_reserve(struct cairn_cache *cache, size_t nbefore, size_t nslabs)
{
	cairn_key key = cairn_enter();
	enum cairn_err err = cairn_slab_reserve_set(cache, nbefore);
	cache->reserving = false;
	cairn_leave(key);
	while (err == CAIRN_OK && nslabs-- > 0) {
		key = cairn_enter();
		cairn_slab_shrink_one(cache);
		cairn_leave(key);
	}
}

enum cairn_err cairn_cache_reserve(struct cairn_cache *cache, size_t nobjects)
{
	struct cairn_cache_info before;
	size_t nslabs = 0;
	cairn_port_pin(true);
	cairn_key key = cairn_enter();
	enum cairn_err err = begin_reserve(cache, nobjects, &before);
	cairn_leave(key);
	while (err == CAIRN_OK && !end_reserve(cache)) {
		if (grow(cache, NULL)) {
			nslabs++;
		} else {
			give_up_reserve(cache, before.nreserved, nslabs);
			err = CAIRN_ENOMEM;
		}
	}
	cairn_port_pin(false);
	cairn_tell_watchers();
	return err;
}

struct cairn_cache *cairn_next_cache(const struct cairn_cache *cache)
{
	cairn_key key = cairn_enter();
	struct cairn_cache *next =
		cache == NULL ? cairn_slab_first_cache(&cairn_system.slabs) : cairn_slab_next_cache(cache);
	cairn_leave(key);
	return next;
}

bool cairn_cache_stats(const struct cairn_cache *cache, struct cairn_cache_info *info)
{
	cairn_key key = cairn_enter();
	bool there = cairn_slab_info(cache, info);
	cairn_leave(key);
	return there;
}
