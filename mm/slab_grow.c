/* SPDX-License-Identifier: MIT */
/* Slabs come and go: growing in halves, giving back, the reserve. */
#include "slab_next.h"

/* ---- slabs come and go ---- */

static void set_links(const struct cairn_cache *cache, const struct cairn_slab *slab, uint16_t id)
{
	uint16_t *link = cairn_slab_link(cache->slabs, slab->base);
	for (size_t i = 0; i < (size_t)1 << cache->order; i++)
		link[i] = id;
}

static void map_init(const struct cairn_cache *cache, struct cairn_slab *slab)
{
	uint32_t *word = &slab->map[1];
	slab->map[0] = cairn_low_bits(cache->nwords);
	for (unsigned i = 0; i < cache->nwords; i++) {
		word[i] = cairn_low_bits(cairn_word_nobjects(cache, i * CAIRN_SLAB_WORD_BITS));
		if (cairn_cache_has_limbo(cache))
			word[cache->nwords + i] = 0;
	}
}

struct cairn_slab *cairn_slab_grow_begin(struct cairn_cache *cache)
{
	if (!cairn_is_cache(cache))
		return NULL;
	struct cairn_slabs *s = cache->slabs;
	cairn_pfn pfn = cairn_frame_alloc(s->frames, cache->order, CAIRN_SLAB, cache->zones);
	if (pfn == CAIRN_NOFRAME)
		return NULL;
	struct cairn_slab *slab = cairn_record_take(&s->records, cache->nslots);
	if (slab == NULL) {
		(void)cairn_frame_free(s->frames, pfn, CAIRN_SLAB);
		return NULL;
	}
	slab->cache = cache;
	slab->base = cairn_pfn_to_addr(pfn);
	slab->nfree = 0; /* for as long as it grows, whatever the bitmap says */
	map_init(cache, slab);
	set_links(cache, slab, slab->id);
	cache->ngrowing++;
	s->nframes += (size_t)1 << cache->order;
	return slab;
}

void cairn_slab_construct(struct cairn_slab *slab)
{
	if (slab == NULL)
		return;
	const struct cairn_cache *cache = slab->cache;
	if (cairn_cache_has_limbo(cache))
		memset((void *)slab->base, CAIRN_POISON_FREE, cache->used_nbytes);
	if (cache->construct == NULL)
		return;
	for (uint32_t offset = 0; offset < cache->used_nbytes; offset += cache->stride_nbytes)
		cache->construct((void *)(slab->base + offset));
}

static void join(struct cairn_cache *cache)
{
	cache->ngrowing--;
	cache->nslabs++;
	cache->capacity += cache->nobjects;
}

void cairn_slab_grow_end(struct cairn_slab *slab)
{
	if (slab == NULL)
		return;
	struct cairn_cache *cache = slab->cache;
	join(cache);
	slab->nfree = (uint16_t)cache->nobjects;
	cairn_list_insert(cache, slab, CAIRN_SLAB_EMPTY);
	cache->nempty++;
	cairn_window_settle(cache);
}

/* Where nothing else is free, the slab is taken from at once and never counts as empty. */
void *cairn_slab_grow_take(struct cairn_slab *slab)
{
	struct cairn_cache *cache = slab->cache;
	if (!cairn_list_is_empty(cache, CAIRN_SLAB_PARTIAL) || cairn_pocket_is_full(cache) ||
	    (cache->nempty | cache->window_free | cache->unwindowed) != 0) {
		cairn_slab_grow_end(slab);
		return cairn_slab_take(cache);
	}
	join(cache);
	if (cache->ntaken == cache->high_water)
		cache->high_water++;
	cairn_window_over(cache, slab);
	cache->window_free &= cache->window_free - 1;
	return (void *)slab->base;
}

bool cairn_slab_grow(struct cairn_cache *cache)
{
	struct cairn_slab *slab = cairn_slab_grow_begin(cache);
	if (slab == NULL)
		return false;
	cairn_slab_construct(slab);
	cairn_slab_grow_end(slab);
	return true;
}

size_t cairn_slab_release(struct cairn_cache *cache, struct cairn_slab *slab)
{
	struct cairn_slabs *s = cache->slabs;
	size_t nframes = (size_t)1 << cache->order;
	cache->nslabs--;
	cache->nempty--;
	cache->capacity -= cache->nobjects;
	s->nframes -= nframes;
	set_links(cache, slab, 0);
	(void)cairn_frame_free(s->frames, cairn_addr_to_pfn(slab->base), CAIRN_SLAB);
	cairn_record_give(&s->records, slab);
	return nframes;
}

size_t cairn_slab_shrink_one(struct cairn_cache *cache)
{
	if (!cairn_is_cache(cache))
		return 0;
	cairn_window_close(cache);
	struct cairn_slab *slab = cairn_list_first(cache, CAIRN_SLAB_EMPTY);
	size_t nframes = 0;
	if (cairn_cache_has_surplus(cache)) {
		cairn_list_remove(slab);
		nframes = cairn_slab_release(cache, slab);
	}
	cairn_window_settle(cache);
	return nframes;
}

size_t cairn_slab_shrink_turn(struct cairn_slabs *s)
{
	return cairn_slab_shrink_one(cairn_slab_turn(s));
}

size_t cairn_slab_shrink_any(struct cairn_slabs *s)
{
	size_t nframes = 0;
	for (size_t nleft = cairn_slab_ncaches(s); nleft > 0 && nframes == 0; nleft--)
		nframes = cairn_slab_shrink_turn(s);
	return nframes;
}

/* ---- the reserve ---- */

enum cairn_err cairn_slab_reserve_set(struct cairn_cache *cache, size_t nobjects)
{
	if (!cairn_is_cache(cache))
		return CAIRN_EDESTROYED;
	cache->nreserved = nobjects;
	cairn_window_settle(cache);
	return CAIRN_OK;
}

bool cairn_slab_short(const struct cairn_cache *cache)
{
	return cairn_is_cache(cache) && cache->capacity - cairn_cache_nused(cache) < cache->nreserved;
}

enum cairn_err cairn_slab_reserve(struct cairn_cache *cache, size_t nobjects)
{
	size_t ngrown = 0;
	size_t nreserved_before = cairn_is_cache(cache) ? cache->nreserved : 0;
	enum cairn_err err = cairn_slab_reserve_set(cache, nobjects);
	while (err == CAIRN_OK && cairn_slab_short(cache)) {
		if (cairn_slab_grow(cache)) {
			ngrown++;
			continue;
		}
		err = CAIRN_ENOMEM;
		cache->nreserved = nreserved_before;
		cairn_window_settle(cache);
		while (ngrown-- > 0)
			cairn_slab_shrink_one(cache);
	}
	return err;
}
