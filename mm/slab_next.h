/* SPDX-License-Identifier: MIT */
/* The second halves of taking and freeing, for the facade and slab.c, when the window has said NEXT: an
 * object of another slab is freed by its record, and the window moves to a slab of one word. They, too, say no
 * rather than do what is rare: slab.c does the whole. */
#ifndef CAIRN_SLAB_NEXT_H
#define CAIRN_SLAB_NEXT_H

#include "slab_private.h"

/* slab.c: a free object is the first of its word, or the last of its slab. */
void cairn_slab_put_first(struct cairn_cache *cache, struct cairn_slab *slab, unsigned index);
void cairn_slab_put_last(struct cairn_cache *cache, struct cairn_slab *slab);

/* A slab with one word and free objects, the first of its list, goes to the window, with all that is free in it:
 * *object is one of them, and taken. */
static inline bool cairn_slab_take_next(struct cairn_cache *cache, void **object)
{
	struct cairn_slab *slab = cairn_list_first(cache, CAIRN_SLAB_PARTIAL);
	if (CAIRN_RARE(slab == NULL))
		return false;
	size_t ntaken = cache->ntaken + slab->nfree;
	if (CAIRN_RARE(ntaken > cache->word_most))
		return false;
	cache->ntaken = ntaken;
	cairn_list_remove(slab);
	uint32_t bits = slab->map[1];
	uintptr_t base = slab->base;
	slab->nfree = 0;
	slab->map[0] = 0;
	slab->map[1] = 0;
	cache->window_base = base;
	cache->window_nobjects = cache->nobjects;
	cache->window_first = 0;
	cache->window_slab = slab;
	cache->window_free = bits & (bits - 1);
	*object = (void *)(base + (unsigned)__builtin_ctz(bits) * cache->stride_nbytes);
	return true;
}

/* A live object is free: by the record; or in a window over its word (cairn_slab_put_first). */
static inline void cairn_slab_commit(struct cairn_cache *cache, struct cairn_slab *slab, unsigned index)
{
	uint32_t *word = cairn_free_word(slab, index);
	uint32_t bits = *word;
	if (bits == 0) {
		cairn_slab_put_first(cache, slab, index);
		return;
	}
	*word = bits | cairn_bit_of(index);
	cache->ntaken--;
	slab->nfree++;
	if (slab->nfree == cache->nobjects)
		cairn_slab_put_last(cache, slab);
}

/* true: `object` was live, in zone 0 and not in the window, and is free. */
static inline bool cairn_slab_put_next(struct cairn_cache *cache, const void *object)
{
	if (CAIRN_RARE(cache->attended))
		return false;
	const struct cairn_slabs *s = cache->slabs;
	cairn_pfn nth = cairn_addr_to_pfn((uintptr_t)object) - s->zone[0].base;
	if (CAIRN_RARE(nth >= s->zone[0].nframes))
		return false;
	unsigned id = s->zone[0].link[nth];
	if (CAIRN_RARE(id == 0))
		return false;
	struct cairn_slab *slab = cairn_record_of(&s->records, id);
	if (CAIRN_RARE(slab->cache != cache))
		return false;
	size_t index = cairn_index_of(cache, (uintptr_t)object - slab->base);
	if (CAIRN_RARE(index >= cache->nobjects))
		return false;
	if (CAIRN_CHECK >= 1 &&
	    CAIRN_RARE((*cairn_free_word(slab, (unsigned)index) & cairn_bit_of((unsigned)index)) != 0))
		return false;
	cairn_slab_commit(cache, slab, (unsigned)index);
	return true;
}

#endif
