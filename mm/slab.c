/* SPDX-License-Identifier: MIT */
/* Taking and freeing objects. The contract is in slab.h; slabs come and go in slab_grow.c, caches are made in
 * slab_cache.c, records in slab_record.c.
 *
 * I1: a slab is on the list of its cache that its nfree says (or GROWING), and the link of each of its
 *     frames holds the id of its record.
 * I2: a bit of the bitmap is set iff the object is free, and nfree counts them; a summary, where there is
 *     one, has a bit for each word that is not 0.
 * I3: capacity = ntaken + objects free by the records, of the slabs that do not grow.
 * I4: without a reserve, one slab at most is empty after a free.
 * What the window adds is told in slab_window.c.
 * Locking: none here; cairn.c serialises. */
#include "slab_private.h"

/* ---- taking ---- */

/* An empty slab becomes the one to take from. NULL: there is none. */
static struct cairn_slab *open_empty(struct cairn_cache *cache)
{
	struct cairn_slab *slab = cache->list[CAIRN_SLAB_EMPTY];
	if (slab == NULL)
		return NULL;
	cairn_slab_relist(cache, slab, CAIRN_SLAB_EMPTY, CAIRN_SLAB_PARTIAL);
	cache->nempty--;
	return slab;
}

void cairn_slab_claim(struct cairn_cache *cache, struct cairn_slab *slab, unsigned index, uint32_t bits,
		      unsigned count)
{
	uint32_t *word = cairn_free_word(cache, slab, index);
	*word &= ~bits;
	if (cache->first_word != 0 && *word == 0)
		slab->map[0] &= ~cairn_bit_of(index / CAIRN_SLAB_WORD_BITS);
	slab->nfree = (uint16_t)(slab->nfree - count);
	cache->ntaken += count;
	if (slab->nfree == 0 && count != 0)
		cairn_slab_relist(cache, slab, CAIRN_SLAB_PARTIAL, CAIRN_SLAB_FULL);
}

static unsigned lowest_free(const struct cairn_cache *cache, const struct cairn_slab *slab)
{
	unsigned bit = (unsigned)__builtin_ctz(slab->map[0]);
	if (cache->first_word == 0)
		return bit;
	return bit * CAIRN_SLAB_WORD_BITS + (unsigned)__builtin_ctz(slab->map[1 + bit]);
}

/* The window has nothing: an object by the records, and a window that begins below it. As nothing was free
 * in the old window, ntaken is what was in use. */
void *cairn_slab_take_slow(struct cairn_cache *cache)
{
	if (CAIRN_CHECK >= 1 && !cairn_is_cache(cache))
		return NULL;
	struct cairn_slab *slab = cache->list[CAIRN_SLAB_PARTIAL];
	if (slab == NULL && (slab = open_empty(cache)) == NULL)
		return NULL;
	unsigned index = lowest_free(cache, slab);
	cairn_slab_claim(cache, slab, index, cairn_bit_of(index), 1);
	if (cache->ntaken > cache->high_water)
		cache->high_water = cache->ntaken;
	if (!cairn_window_open(cache, slab, index))
		cairn_window_open_narrow(cache, slab, index);
	return (void *)(slab->base + index * cache->stride_nbytes);
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

/* All checks of a free; CAIRN_OK: *slab and *index say what is freed. */
static inline enum cairn_err examine(const struct cairn_cache *cache, const void *object,
				     struct cairn_slab **slab, unsigned *index)
{
	if (CAIRN_CHECK >= 1 && !cairn_is_cache(cache))
		return CAIRN_EDESTROYED;
	uintptr_t addr = (uintptr_t)object;
	*slab = find_live(cache, addr, index);
	if (*slab == NULL)
		return why_not_live(cache, addr);
	if (cairn_cache_has_red_zone(cache) &&
	    !is_filled(red_zone_of(cache, addr), CAIRN_POISON_ZONE, CAIRN_RED_ZONE_NBYTES))
		return CAIRN_EOVERRUN;
	return CAIRN_OK;
}

enum cairn_err cairn_slab_free_check(const struct cairn_cache *cache, const void *object)
{
	struct cairn_slab *slab;
	unsigned index = 0;
	return examine(cache, object, &slab, &index);
}

void cairn_slab_return(struct cairn_cache *cache, struct cairn_slab *slab, unsigned index, uint32_t bits,
		       unsigned count)
{
	bool was_full = slab->nfree == 0;
	*cairn_free_word(cache, slab, index) |= bits;
	if (cache->first_word != 0)
		slab->map[0] |= cairn_bit_of(index / CAIRN_SLAB_WORD_BITS);
	slab->nfree = (uint16_t)(slab->nfree + count);
	cache->ntaken -= count;
	if (slab->nfree == cache->nobjects) {
		cairn_slab_relist(cache, slab, was_full ? CAIRN_SLAB_FULL : CAIRN_SLAB_PARTIAL,
				  CAIRN_SLAB_EMPTY);
		cache->nempty++;
	} else if (was_full) {
		cairn_slab_relist(cache, slab, CAIRN_SLAB_FULL, CAIRN_SLAB_PARTIAL);
	}
}

/* The object is free: in a window, where there is none that still has free objects, or by the record. An
 * empty slab goes back while other objects are at hand. */
static inline void commit(struct cairn_cache *cache, struct cairn_slab *slab, unsigned index)
{
	if (cache->window_free == 0 && cairn_window_open(cache, slab, index)) {
		cache->window_free |= cairn_bit_of(index);
		return;
	}
	cairn_slab_return(cache, slab, index, cairn_bit_of(index), 1);
	if (slab->nfree != cache->nobjects)
		return;
	if ((cache->nempty > 1 || cache->window_free != 0) && cairn_cache_has_surplus(cache))
		cairn_slab_release(cache, slab);
	else
		cairn_window_settle(cache);
}

enum cairn_err cairn_slab_put_slow(struct cairn_cache *cache, void *object)
{
	struct cairn_slab *slab;
	unsigned index = 0;
	if (object == NULL)
		return CAIRN_OK;
	enum cairn_err err = examine(cache, object, &slab, &index);
	if (err != CAIRN_OK)
		return err;
	cairn_slab_disarm(cache, object);
	commit(cache, slab, index);
	return CAIRN_OK;
}

enum cairn_err cairn_slab_put(struct cairn_cache *cache, void *object)
{
	return cairn_slab_put_fast(cache, object) ? CAIRN_OK : cairn_slab_put_slow(cache, object);
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
	commit(cache, slab, index);
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
