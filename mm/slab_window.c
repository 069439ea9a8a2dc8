/* SPDX-License-Identifier: MIT */
/* The window of a cache: up to 32 objects, of one word of one slab's bitmap, that are taken and freed
 * without a look at the slab's record (slab_fast.h). The record calls the free objects of the window taken,
 * and so does cache->ntaken, so that all counts stand still while objects come and go in it.
 *
 * I5: a window begins with its word and is nobjects long; no object inside is free by the record, so the
 *     window alone says which are.
 * I6: ntaken <= high_water: even the last object of the window can be taken without a new mark. Where the
 *     rest of a word would pass the mark, the window ends with the object last taken, to get longer with each.
 * I7: there is no window where a free must not pass unseen: when a cache works on its objects (flags), when
 *     someone watches frees, and when another slab is empty without a reserve (the window's slab could
 *     become a second one).
 * Locking: none here; cairn.c serialises. */
#include "slab_private.h"

unsigned cairn_count_bits(uint32_t word)
{
	word -= word >> 1 & 0x55555555u;
	word = (word & 0x33333333u) + (word >> 2 & 0x33333333u);
	return ((word + (word >> 4)) & 0x0f0f0f0fu) * 0x01010101u >> 24;
}

static void place(struct cairn_cache *cache, struct cairn_slab *slab, unsigned first, unsigned nobjects)
{
	cache->window_base = slab->base + first * cache->stride_nbytes;
	cache->window_nobjects = nobjects;
	cache->window_slab = slab;
	cache->window_first = first;
}

bool cairn_window_open(struct cairn_cache *cache, struct cairn_slab *slab, unsigned index)
{
	if (!cairn_cache_may_have_window(cache))
		return false;
	unsigned first = index & ~(CAIRN_SLAB_WORD_BITS - 1);
	uint32_t *word = cairn_free_word(cache, slab, index);
	unsigned count = cairn_count_bits(*word);
	if (cache->ntaken + count > cache->high_water)
		return false;
	unsigned nobjects = cache->nobjects - first;
	place(cache, slab, first, nobjects < CAIRN_SLAB_WORD_BITS ? nobjects : CAIRN_SLAB_WORD_BITS);
	cache->window_free = *word;
	cairn_slab_claim(cache, slab, index, *word, count);
	return true;
}

void cairn_window_open_narrow(struct cairn_cache *cache, struct cairn_slab *slab, unsigned index)
{
	unsigned first = index & ~(CAIRN_SLAB_WORD_BITS - 1);
	if (cairn_cache_may_have_window(cache))
		place(cache, slab, first, index - first + 1);
}

void cairn_window_close(struct cairn_cache *cache)
{
	struct cairn_slab *slab = cache->window_slab;
	uint32_t bits = cache->window_free;
	cache->window_free = 0;
	cache->window_nobjects = 0;
	cache->window_slab = NULL;
	if (bits != 0)
		cairn_slab_return(cache, slab, cache->window_first, bits, cairn_count_bits(bits));
}

void cairn_window_settle(struct cairn_cache *cache)
{
	if (!cairn_cache_may_have_window(cache))
		cairn_window_close(cache);
}

void cairn_slab_watch(struct cairn_slabs *s, bool on)
{
	s->watched = on;
}

void cairn_slab_watch_turn(struct cairn_slabs *s)
{
	struct cairn_cache *cache = cairn_slab_turn(s);
	if (cache != NULL)
		cairn_window_settle(cache);
}
