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
 *     become a second one). So a slab that gets empty has the window moved to it when nothing is free there,
 *     and goes back when something is; then another is empty only where slabs were made ahead of need.
 * I8: lookup and whole, by which slab_next.h goes, say what holds for the cache now: lookup.nframes is 0 where
 *     a free takes more than its record, whole is set where a window may take a slab of one word.
 * Locking: none here; cairn.c serialises. */
#include "slab_next.h"

unsigned cairn_count_bits(uint32_t word)
{
	word -= word >> 1 & 0x55555555u;
	word = (word & 0x33333333u) + (word >> 2 & 0x33333333u);
	return ((word + (word >> 4)) & 0x0f0f0f0fu) * 0x01010101u >> 24;
}

bool cairn_window_allowed(const struct cairn_cache *cache)
{
	return cache->flags == 0 && !cache->slabs->watched && (cache->nempty == 0 || cache->nreserved != 0);
}

/* `bits` of the word of `index`, `count` of them, are free by the record again. true: so are all of the slab. */
static inline bool give_back(struct cairn_cache *cache, struct cairn_slab *slab, unsigned index,
			     uint32_t bits, unsigned count)
{
	*cairn_free_word(slab, index) |= bits;
	slab->map[0] |= cairn_bit_of(index / CAIRN_SLAB_WORD_BITS);
	if (slab->nfree == 0)
		cairn_list_insert(cache, slab, CAIRN_SLAB_PARTIAL);
	unsigned nfree = slab->nfree + count;
	slab->nfree = (uint16_t)nfree;
	cache->ntaken -= count;
	return nfree == cache->nobjects;
}

/* A live object is free: by the record; or in a window over its word, if nothing else is free, neither there
 * nor in the window that was. */
CAIRN_SLOW void cairn_slab_commit(struct cairn_cache *cache, struct cairn_slab *slab, unsigned index)
{
	if ((*cairn_free_word(slab, index) | cache->window_free | cache->unwindowed) == 0) {
		unsigned first = index & ~(CAIRN_SLAB_WORD_BITS - 1);
		cairn_window_place(cache, slab, first, cairn_word_nobjects(cache, first));
		cache->window_free = cairn_bit_of(index);
	} else if (give_back(cache, slab, index, cairn_bit_of(index), 1)) {
		cairn_slab_put_last(cache, slab);
	}
}

/* The same for what was free in the window, or in the pocket. */
static void give_all_back(struct cairn_cache *cache, struct cairn_slab *slab, unsigned index, uint32_t bits)
{
	if (bits == 0 || !give_back(cache, slab, index, bits, cairn_count_bits(bits)))
		return;
	cairn_list_remove(slab);
	cairn_list_insert(cache, slab, CAIRN_SLAB_EMPTY);
	cache->nempty++;
}

void cairn_window_over(struct cairn_cache *cache, struct cairn_slab *slab)
{
	size_t most = cache->high_water - cache->ntaken;
	unsigned nobjects = cairn_word_nobjects(cache, 0);
	unsigned count = nobjects < most ? nobjects : (unsigned)most;
	uint32_t bits = cairn_low_bits(count);
	slab->map[1] &= ~bits;
	if (count == nobjects)
		slab->map[0] &= ~(uint32_t)1;
	slab->nfree = (uint16_t)(cache->nobjects - count);
	if (slab->nfree != 0)
		cairn_list_insert(cache, slab, CAIRN_SLAB_PARTIAL);
	cache->ntaken += count;
	cairn_window_place(cache, slab, 0, count);
	cache->window_free = bits;
}

static void empty_pocket(struct cairn_cache *cache)
{
	uintptr_t addr = (uintptr_t)cache->pocket;
	struct cairn_slab *slab = cairn_slab_at(cache->slabs, addr);
	unsigned index = (unsigned)cairn_index_of(cache, addr - slab->base);
	cache->pocket = NULL;
	give_all_back(cache, slab, index, cairn_bit_of(index));
}

void cairn_window_close(struct cairn_cache *cache)
{
	struct cairn_slab *slab = cache->window_slab;
	uint32_t bits = cache->window_free;
	cache->window_free = 0;
	cache->window_nobjects = 0;
	cache->window_slab = NULL;
	give_all_back(cache, slab, cache->window_first, bits);
	if (cairn_pocket_is_full(cache))
		empty_pocket(cache);
}

void cairn_window_init(struct cairn_cache *cache)
{
	const struct cairn_link_zone *zone = cairn_first_zone(cache);
	cache->lookup.base = zone->base;
	cache->lookup.link = zone->link;
	cache->lookup.directory = cache->slabs->records.directory;
	cairn_window_settle(cache);
}

void cairn_window_settle(struct cairn_cache *cache)
{
	bool plain = cache->flags == 0 && !cache->slabs->watched;
	cache->lookup.nframes = plain ? cairn_first_zone(cache)->nframes : 0;
	cache->unwindowed = !cairn_window_allowed(cache);
	cache->whole = cache->unwindowed == 0 && cache->nwords == 1;
	if (cache->unwindowed != 0 && (cache->window_nobjects != 0 || cairn_pocket_is_full(cache)))
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
