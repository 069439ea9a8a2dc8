/* SPDX-License-Identifier: MIT */
/* The second halves of taking and freeing, for the facade and slab.c, when the window has said NEXT: an
 * object of another slab is freed by its record, and the window moves to a slab of one word. They, too, say no
 * rather than do what is rare: slab.c does the whole. */
#ifndef CAIRN_SLAB_NEXT_H
#define CAIRN_SLAB_NEXT_H

#include "slab_private.h"

/* slab_window.c: a live object is free; slab.c: the last object of a slab is. */
void cairn_slab_commit(struct cairn_cache *cache, struct cairn_slab *slab, unsigned index);
void cairn_slab_put_last(struct cairn_cache *cache, struct cairn_slab *slab);

/* A slab with one word and free objects, the first of its list, goes to the window, with all that is free in it:
 * *object is one of them, and taken. */
static inline bool cairn_slab_take_next(struct cairn_cache *cache, void **object)
{
	if (CAIRN_RARE(cairn_list_is_empty(cache, CAIRN_SLAB_PARTIAL) || cache->whole == 0))
		return false;
	struct cairn_slab *slab = cairn_list_first(cache, CAIRN_SLAB_PARTIAL);
	size_t ntaken = cache->ntaken + slab->nfree;
	if (CAIRN_RARE(ntaken > cache->high_water))
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

/* true: `object` was live and not in the window, and is free; by its record, or in a window over its word. */
static inline bool cairn_slab_put_next(struct cairn_cache *cache, const void *object)
{
	const struct cairn_slab_lookup *lookup = &cache->lookup;
	cairn_pfn first = lookup->base;
	size_t nframes = lookup->nframes;
	cairn_keep_order();
	cairn_pfn nth = cairn_addr_to_pfn((uintptr_t)object) - first;
	if (CAIRN_RARE(nth >= nframes))
		return false;
	const uint16_t *link = lookup->link;
	const uintptr_t *directory = lookup->directory;
	cairn_keep_order();
	struct cairn_slab *slab = cairn_record_in(directory, link[nth]);
	const struct cairn_cache *owner = slab->cache;
	uintptr_t base = slab->base;
	cairn_keep_order();
	if (CAIRN_RARE(owner != cache))
		return false;
	size_t inverse = cache->inverse;
	uint32_t rotate = cache->rotate;
	cairn_keep_order();
	uint32_t nobjects = cache->nobjects;
	size_t ntaken = cache->ntaken;
	cairn_keep_order();
	size_t index = cairn_exact_quotient((uintptr_t)object - base, inverse, rotate);
	if (CAIRN_RARE(index >= nobjects))
		return false;
	uint32_t *word = cairn_free_word(slab, (unsigned)index);
	uint32_t bits = *word, bit = cairn_bit_of((unsigned)index);
	if (CAIRN_CHECK >= 1 && CAIRN_RARE((bits & bit) != 0))
		return false;
	if (bits == 0) {
		cairn_slab_commit(cache, slab, (unsigned)index);
		return true;
	}
	unsigned nfree = slab->nfree + 1u;
	*word = bits | bit;
	slab->nfree = (uint16_t)nfree;
	cache->ntaken = ntaken - 1;
	if (nfree == nobjects)
		cairn_slab_put_last(cache, slab);
	return true;
}

#endif
