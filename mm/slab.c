/* SPDX-License-Identifier: MIT */
/* Taking and freeing objects. The contract is in slab.h; slabs come and go in slab_grow.c, caches are made in
 * slab_cache.c, records in slab_record.c.
 *
 * I1: a slab is on the list of its cache that its nfree says (or GROWING), and the link of each of its
 *     frames holds the id of its record.
 * I2: a bit of the bitmap is set iff the object is free, and nfree counts them; a summary, where there is
 *     one, has a bit for each word that is not 0.
 * I3: capacity = nused + free objects, of the slabs that do not grow.
 * I4: a cache is on the surplus list of its instance iff cairn_cache_has_surplus.
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
	cairn_cache_settle(cache);
	return slab;
}

/* The lowest free object of a slab that has one is no longer free: its number. */
static inline unsigned claim_lowest(const struct cairn_cache *cache, struct cairn_slab *slab)
{
	unsigned bit = (unsigned)__builtin_ctz(slab->map[0]);
	if (cache->first_word == 0) {
		slab->map[0] &= slab->map[0] - 1;
		return bit;
	}
	uint32_t *word = &slab->map[1 + bit];
	unsigned index = bit * CAIRN_SLAB_WORD_BITS + (unsigned)__builtin_ctz(*word);
	*word &= *word - 1;
	if (*word == 0)
		slab->map[0] &= slab->map[0] - 1;
	return index;
}

void *cairn_slab_take(struct cairn_cache *cache)
{
	if (CAIRN_CHECK >= 1 && !cairn_is_cache(cache))
		return NULL;
	struct cairn_slab *slab = cache->list[CAIRN_SLAB_PARTIAL];
	if (slab == NULL && (slab = open_empty(cache)) == NULL)
		return NULL;
	unsigned index = claim_lowest(cache, slab);
	if (--slab->nfree == 0)
		cairn_slab_relist(cache, slab, CAIRN_SLAB_PARTIAL, CAIRN_SLAB_FULL);
	if (++cache->nused > cache->watch_above)
		cairn_cache_settle(cache);
	return (void *)(slab->base + index * cache->stride_nbytes);
}

/* ---- freeing ---- */

/* Does a live object of `cache`, whose slab this is, start at addr? Then *index is its number. */
static inline bool starts_live(const struct cairn_cache *cache, const struct cairn_slab *slab, uintptr_t addr,
			       unsigned *index)
{
	uintptr_t offset = addr - slab->base;
	if (offset >= cache->used_nbytes)
		return false;
	*index = cairn_index_of(cache, offset);
	if (CAIRN_CHECK == 0)
		return true;
	return *index * cache->stride_nbytes == offset && cairn_is_live(cache, slab, *index);
}

/* The slab whose live object of `cache` starts at addr, or NULL. The slab that is taken from comes first:
 * what was taken last is often freed first, and its address is at hand. */
static inline struct cairn_slab *find_live(const struct cairn_cache *cache, uintptr_t addr, unsigned *index)
{
	struct cairn_slab *slab = cache->list[CAIRN_SLAB_PARTIAL];
	if (slab != NULL && starts_live(cache, slab, addr, index))
		return slab;
	slab = cairn_slab_at(cache->slabs, addr);
	if (slab != NULL && slab->cache == cache && starts_live(cache, slab, addr, index))
		return slab;
	return NULL;
}

/* Why find_live found nothing. */
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
	size_t offset = addr - slab->base;
	unsigned index = cairn_index_of(owner, offset);
	size_t into = offset - (size_t)index * owner->stride_nbytes;
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

/* A slab got its first free object back, or its last, or nused reached watch_below. */
static void after_put(struct cairn_cache *cache, struct cairn_slab *slab)
{
	bool was_full = slab->nfree == 1;
	if (slab->nfree == cache->nobjects) {
		cairn_slab_relist(cache, slab, was_full ? CAIRN_SLAB_FULL : CAIRN_SLAB_PARTIAL,
				  CAIRN_SLAB_EMPTY);
		cache->nempty++;
		if (cache->nempty > 1 && cairn_cache_has_surplus(cache))
			cairn_slab_release(cache, slab);
	} else if (was_full) {
		cairn_slab_relist(cache, slab, CAIRN_SLAB_FULL, CAIRN_SLAB_PARTIAL);
	}
	cairn_cache_settle(cache);
}

/* The object is free. */
static inline void commit(struct cairn_cache *cache, struct cairn_slab *slab, unsigned index)
{
	*cairn_free_word(cache, slab, index) |= cairn_bit_of(index);
	if (cache->first_word != 0)
		slab->map[0] |= cairn_bit_of(index / CAIRN_SLAB_WORD_BITS);
	unsigned nfree = ++slab->nfree;
	cache->nused--;
	if (nfree == 1 || nfree == cache->nobjects || cache->nused == cache->watch_below)
		after_put(cache, slab);
}

enum cairn_err cairn_slab_put(struct cairn_cache *cache, void *object)
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
	unsigned index = cairn_index_of(cache, addr - slab->base);
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
