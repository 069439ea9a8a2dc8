/* SPDX-License-Identifier: MIT */
/* Taking and freeing objects. The contract is in slab.h; slabs come and go in slab_grow.c, caches are made in
 * slab_cache.c, records in slab_record.c.
 *
 * I1: a slab is on the list of its cache that its nfree says, and the link of each of its frames holds the
 *     id of its record.
 * I2: a bit of the bitmap is set iff the object is free, and nfree counts them (0 while the slab grows); the
 *     summary has a bit for each word that is not 0.
 * I3: capacity = ntaken + objects free by the records, of the slabs that do not grow.
 * I4: without a reserve, one slab at most is empty after a free.
 * What the window adds is told in slab_window.c.
 * Locking: none here; cairn.c serialises. */
#include "slab_next.h"

/* ---- taking ---- */

/* An empty slab becomes the one to take from. */
static CAIRN_SLOW void open_empty(struct cairn_cache *cache)
{
	struct cairn_slab *slab = cairn_list_first(cache, CAIRN_SLAB_EMPTY);
	cairn_list_remove(slab);
	cairn_list_insert(cache, slab, CAIRN_SLAB_PARTIAL);
	cache->nempty--;
	cairn_window_settle(cache);
}

/* The window has nothing: the next one is over the lowest word of a slab that has a free object, and takes
 * all that are free there; or the lowest alone, where all would pass the mark. As nothing was free in the old
 * window, ntaken is what was in use, and the mark is exact. */
void *cairn_slab_take_slow(struct cairn_cache *cache)
{
	if (CAIRN_CHECK >= 1 && !cairn_is_cache(cache))
		return NULL;
	if (cairn_list_is_empty(cache, CAIRN_SLAB_PARTIAL)) {
		if (cache->nempty == 0)
			return NULL;
		open_empty(cache);
	}
	struct cairn_slab *slab = cairn_list_first(cache, CAIRN_SLAB_PARTIAL);
	unsigned first = (unsigned)__builtin_ctz(slab->map[0]) * CAIRN_SLAB_WORD_BITS;
	uint32_t *word = cairn_free_word(slab, first), bits = *word;
	unsigned index = (unsigned)__builtin_ctz(bits), nobjects = cairn_word_nobjects(cache, first);
	uint32_t other_words = slab->map[0] & (slab->map[0] - 1);
	unsigned count = other_words == 0 && !CAIRN_SMALL ? slab->nfree : cairn_count_bits(bits);
	if (cache->unwindowed || cache->ntaken + count > cache->high_water) {
		bits = cairn_bit_of(index);
		nobjects = index + 1;
		count = 1;
	}
	*word ^= bits;
	if (*word == 0)
		slab->map[0] = other_words;
	slab->nfree = (uint16_t)(slab->nfree - count);
	if (slab->nfree == 0)
		cairn_list_remove(slab);
	cache->ntaken += count;
	if (cache->ntaken > cache->high_water)
		cache->high_water = cache->ntaken;
	if (!cache->unwindowed) {
		cairn_window_place(cache, slab, first, nobjects);
		cache->window_free = bits & (bits - 1);
	}
	return (void *)(slab->base + (first + index) * cache->stride_nbytes);
}

void *cairn_slab_take(struct cairn_cache *cache)
{
	void *object;
	return cairn_slab_take_fast(cache, &object) ? object : cairn_slab_take_slow(cache);
}

/* ---- freeing ---- */

/* The slab whose live object of `cache` starts at addr, or NULL; *index: the object's number. */
static inline struct cairn_slab *find_live(const struct cairn_cache *cache, uintptr_t addr, unsigned *index)
{
	struct cairn_slab *slab = cairn_slab_at(cache->slabs, addr);
	if (slab == NULL || slab->cache != cache)
		return NULL;
	size_t number = cairn_index_of(cache, addr - slab->base);
	*index = (unsigned)number;
	if (number >= cache->nobjects || (CAIRN_CHECK >= 1 && !cairn_is_live(cache, slab, *index)))
		return NULL;
	return slab;
}

/* Why find_live found nothing. Only here, where there is no hurry, is a number found by division. */
static enum cairn_err why_not_live(const struct cairn_cache *cache, uintptr_t addr)
{
	struct cairn_frame_info frame;
	const struct cairn_slabs *s = cache->slabs;
	const struct cairn_slab *slab = cairn_slab_at(s, addr);
	if (slab == NULL) {
		if (!cairn_frame_info(s->frames, cairn_addr_to_pfn(addr), &frame))
			return CAIRN_EFOREIGN;
		return frame.owner == CAIRN_FREE ? CAIRN_EDOUBLE : CAIRN_EWRONGKIND;
	}
	const struct cairn_cache *owner = slab->cache;
	uint32_t offset = (uint32_t)(addr - slab->base);
	uint32_t index = offset / owner->stride_nbytes;
	uint32_t into = offset % owner->stride_nbytes;
	if (offset >= owner->used_nbytes || into >= owner->object_nbytes)
		return CAIRN_EMISALIGNED;
	if (!cairn_is_live(owner, slab, index))
		return CAIRN_EDOUBLE;
	return into != 0 ? CAIRN_EINTERIOR : CAIRN_EWRONGCACHE;
}

static bool is_filled(const void *at, uint8_t value, size_t nbytes)
{
	const uint8_t *byte = at;
	for (size_t i = 0; i < nbytes; i++)
		if (byte[i] != value)
			return false;
	return true;
}

static void *red_zone_of(const struct cairn_cache *cache, uintptr_t object)
{
	return (void *)(object + cache->object_nbytes);
}

static bool red_zone_stands(const struct cairn_cache *cache, const void *object)
{
	return !cairn_cache_has_red_zone(cache) ||
	       is_filled(red_zone_of(cache, (uintptr_t)object), CAIRN_POISON_ZONE, CAIRN_RED_ZONE_NBYTES);
}

/* All checks of a free; CAIRN_OK: *slab and *index say what is freed. */
static enum cairn_err examine(const struct cairn_cache *cache, const void *object, struct cairn_slab **slab,
			      unsigned *index)
{
	if (CAIRN_CHECK >= 1 && !cairn_is_cache(cache))
		return CAIRN_EDESTROYED;
	uintptr_t addr = (uintptr_t)object;
	*slab = find_live(cache, addr, index);
	if (*slab == NULL)
		return why_not_live(cache, addr);
	return red_zone_stands(cache, object) ? CAIRN_OK : CAIRN_EOVERRUN;
}

enum cairn_err cairn_slab_free_check(const struct cairn_cache *cache, const void *object)
{
	struct cairn_slab *slab;
	unsigned index = 0;
	return examine(cache, object, &slab, &index);
}

/* The last object of a slab became free. If no others are at hand, it is taken from next; or else the slab goes
 * back. */
CAIRN_SLOW void cairn_slab_put_last(struct cairn_cache *cache, struct cairn_slab *slab)
{
	cairn_list_remove(slab);
	if ((cache->nempty | cache->window_free | cache->unwindowed) == 0) {
		cairn_window_over(cache, slab);
		return;
	}
	cache->nempty++;
	if ((cache->nempty > 1 || cache->window_free != 0) && cairn_cache_has_surplus(cache)) {
		cairn_slab_release(cache, slab);
		return;
	}
	cairn_list_insert(cache, slab, CAIRN_SLAB_EMPTY);
	cairn_window_settle(cache);
}

enum cairn_err cairn_slab_put_slow(struct cairn_cache *cache, void *object)
{
	struct cairn_slab *slab = NULL;
	unsigned index = 0;
	if (CAIRN_CHECK == 0 &&
	    (cairn_slab_put_window(cache, object) == CAIRN_FAST_DONE || cairn_slab_put_next(cache, object)))
		return CAIRN_OK;
	if (CAIRN_CHECK == 0 || cairn_is_cache(cache))
		slab = find_live(cache, (uintptr_t)object, &index);
	if (CAIRN_RARE(slab == NULL) || !red_zone_stands(cache, object))
		return object == NULL ? CAIRN_OK : cairn_slab_free_check(cache, object);
	cairn_slab_disarm(cache, object);
	cairn_slab_commit(cache, slab, index);
	return CAIRN_OK;
}

enum cairn_err cairn_slab_put(struct cairn_cache *cache, void *object)
{
	enum cairn_fast fast = cairn_slab_put_fast(cache, object);
	if (fast == CAIRN_FAST_DONE ||
	    (!CAIRN_SMALL && fast == CAIRN_FAST_NEXT && cairn_slab_put_next(cache, object)))
		return CAIRN_OK;
	return cairn_slab_put_slow(cache, object);
}

enum cairn_err cairn_slab_free(struct cairn_cache *cache, void *object)
{
	return cairn_slab_put(cache, object);
}

/* ---- work on objects, and frees in halves ---- */

enum cairn_err cairn_slab_arm(struct cairn_cache *cache, void *object)
{
	if (cache == NULL)
		return CAIRN_EDESTROYED;
	if (cache->flags == 0 || object == NULL)
		return CAIRN_OK;
	if (cairn_cache_has_limbo(cache) && !is_filled(object, CAIRN_POISON_FREE, cache->object_nbytes))
		return CAIRN_EUSEAFTER;
	if ((cache->flags & CAIRN_CACHE_ZERO) != 0)
		memset(object, 0, cache->object_nbytes);
	if (cairn_cache_has_red_zone(cache))
		memset(red_zone_of(cache, (uintptr_t)object), CAIRN_POISON_ZONE, CAIRN_RED_ZONE_NBYTES);
	return CAIRN_OK;
}

void cairn_slab_disarm(struct cairn_cache *cache, void *object)
{
	if (cache != NULL && object != NULL && cairn_cache_has_limbo(cache))
		memset(object, CAIRN_POISON_FREE, cache->object_nbytes);
}

bool cairn_slab_frees_in_halves(const struct cairn_cache *cache)
{
	return cairn_is_cache(cache) && cairn_cache_has_limbo(cache);
}

enum cairn_err cairn_slab_free_begin(struct cairn_cache *cache, void *object)
{
	struct cairn_slab *slab;
	unsigned index = 0;
	enum cairn_err err = examine(cache, object, &slab, &index);
	if (err == CAIRN_OK && cairn_cache_has_limbo(cache)) {
		*cairn_limbo_word(cache, slab, index) |= cairn_bit_of(index);
		cache->nlimbo++;
	}
	return err;
}

void cairn_slab_free_end(struct cairn_cache *cache, void *object)
{
	if (!cairn_is_cache(cache))
		return;
	uintptr_t addr = (uintptr_t)object;
	struct cairn_slab *slab = cairn_slab_at(cache->slabs, addr);
	if (slab == NULL || slab->cache != cache)
		return;
	unsigned index = (unsigned)cairn_index_of(cache, addr - slab->base);
	if (cairn_cache_has_limbo(cache)) {
		*cairn_limbo_word(cache, slab, index) &= ~cairn_bit_of(index);
		cache->nlimbo--;
	}
	cairn_slab_commit(cache, slab, index);
}

void *cairn_slab_alloc(struct cairn_cache *cache)
{
	for (;;) {
		void *object = cairn_slab_take(cache);
		if (object == NULL && (!cairn_is_cache(cache) || !cairn_slab_grow(cache)))
			return NULL;
		/* An object that is refused stays taken, so this ends. */
		if (object != NULL && cairn_slab_arm(cache, object) == CAIRN_OK)
			return object;
	}
}
