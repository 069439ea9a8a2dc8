/* SPDX-License-Identifier: MIT */
/* Giving blocks back: judge, then release.
 *
 * A small block goes into the cache, if there is room in its class: only its own header is looked at. Any
 * other is merged at once with what is free around it, and only after all of that has been found sound.
 * Locking: none here; cairn.c serialises. */
#include "heap_site.h"

/* ---- judging a pointer ---- */

/* Why a header that opens is not what it has to be. A word of 0, of which memory is full, opens wherever the low
 * bits of the place are 0: it tells nothing. */
static enum cairn_err judge_dead(const struct cairn_heap_block *block, size_t low, bool live)
{
	if (block->header == 0)
		return CAIRN_ECORRUPT;
	return (low & BLOCK_NOT_LIVE) != 0 || !live ? CAIRN_EDOUBLE : CAIRN_ECORRUPT;
}

/* A sound header of a live block, or of a RETIRED one. */
static enum cairn_err judge_header(const struct cairn_heap *h, struct heap_site *site, bool live)
{
	size_t low;

	if ((uintptr_t)block_payload(site->block) % CAIRN_HEAP_ALIGN != 0 ||
	    (uintptr_t)site->block < (uintptr_t)chunk_first(&site->chunk))
		return CAIRN_EMISALIGNED;
	if (CAIRN_HEAP_MAP && !cairn_heap_map_has(&site->chunk, site->block))
		return cairn_heap_map_judge(h, &site->chunk, site->block);
	low = block_low(h, site->block);
	if (low == 0)
		return CAIRN_ECORRUPT;
	site->nbytes = low_nbytes(low);
	if (low_state(low) != (live ? live_state(site->nbytes) : BLOCK_RETIRED))
		return judge_dead(site->block, low, live);
	return chunk_fits(&site->chunk, site->block, site->nbytes) ? CAIRN_OK : CAIRN_ECORRUPT;
}

/* The block at p; of the chunks other than the main one, too. */
static CAIRN_SLOW enum cairn_err find_anywhere(const struct cairn_heap *h, const void *p, bool live,
					       struct heap_site *site)
{
	enum cairn_err err = h ? cairn_heap_chunk_find(h, (uintptr_t)p, &site->chunk) : CAIRN_EINVAL;

	if (err != CAIRN_OK)
		return err;
	site->block = block_of(p);
	return judge_header(h, site, live);
}

/* A live block of the main chunk. */
static CAIRN_INLINE bool find_in_main(const struct cairn_heap *h, const void *p, struct heap_site *site)
{
	uintptr_t place = (uintptr_t)p - h->main_first;
	size_t low;

	if (CAIRN_HEAP_MAP || cairn_rotate_right(place, CAIRN_HEAP_ALIGN_LOG2) >= h->main_nplaces)
		return false;
	site->chunk = h->main;
	site->block = block_of(p);
	low = header_low(h, site->block, site->block->header);
	site->nbytes = low_nbytes(low);
	return low_is_live(low) && chunk_fits(&site->chunk, site->block, site->nbytes);
}

static CAIRN_INLINE enum cairn_err find_live(const struct cairn_heap *h, const void *p,
					     struct heap_site *site)
{
	return h && find_in_main(h, p, site) ? CAIRN_OK : find_anywhere(h, p, true, site);
}

/* ---- what lies around ---- */

/* Neither live nor free: a cached block, one between the halves of a free, or the end. */
static CAIRN_SLOW bool is_set_aside(const struct cairn_heap *h, const struct cairn_heap_span *chunk,
				    const struct cairn_heap_block *block)
{
	size_t low = block_low(h, block);

	if (block == chunk_end(chunk))
		return low == BLOCK_RETIRED;
	return (low_state(low) == BLOCK_RETIRED || low_state(low) == BLOCK_CACHED) &&
	       chunk_fits(chunk, block, low_nbytes(low));
}

/* What lies behind: a block of a length that can be, one in the index if it is free, or the end. */
static CAIRN_INLINE bool behind_is_sound(const struct cairn_heap *h, struct heap_site *site)
{
	const struct cairn_heap_block *behind = block_at(site->block, site->nbytes);
	size_t low = header_low(h, behind, behind->header), nbytes = low_nbytes(low);

	site->behind_nbytes = 0;
	if (behind == h->rest) {
		site->behind_nbytes = h->rest_nbytes;
		return true;
	}
	if (low_state(low) == BLOCK_FREE) {
		site->behind_nbytes = nbytes;
		return chunk_fits(&site->chunk, behind, nbytes) && index_holds(h, behind, nbytes);
	}
	if (low_is_live(low) && chunk_fits(&site->chunk, behind, nbytes))
		return true;
	return is_set_aside(h, &site->chunk, behind);
}

static CAIRN_INLINE bool before_is_sound(const struct cairn_heap *h, struct heap_site *site)
{
	const struct cairn_heap_block *before;

	site->before_nbytes = unused_nbytes_before(h, &site->chunk, site->block);
	before = block_at(site->block, -site->before_nbytes);
	return site->before_nbytes == 0 || before == h->rest || index_holds(h, before, site->before_nbytes);
}

static CAIRN_INLINE bool surroundings_are_sound(const struct cairn_heap *h, struct heap_site *site)
{
	return behind_is_sound(h, site) && before_is_sound(h, site);
}

enum cairn_err cairn_heap_look_around(const struct cairn_heap *h, struct heap_site *site)
{
	return surroundings_are_sound(h, site) ? CAIRN_OK : CAIRN_ECORRUPT;
}

enum cairn_err cairn_heap_judge(const struct cairn_heap *h, const void *p, bool live, struct heap_site *site)
{
	enum cairn_err err = find_anywhere(h, p, live, site);

	if (err == CAIRN_OK)
		err = cairn_heap_look_around(h, site);
	if (err == CAIRN_OK && live && !block_end_is_sound(site->block, site->nbytes))
		return CAIRN_EOVERRUN;
	return err;
}

/* It will be cached, and nothing around it matters. */
static inline bool is_for_cache(const struct cairn_heap *h, const struct heap_site *site)
{
	size_t class = site->nbytes / CAIRN_HEAP_ALIGN;

	return class < h->ncached && (intptr_t)(h->class[class].seal - CACHE_ONE) >= 0;
}

enum cairn_err cairn_heap_free_check(const struct cairn_heap *h, const void *p)
{
	struct heap_site site;
	enum cairn_err err = find_anywhere(h, p, true, &site);

	if (err == CAIRN_OK && !is_for_cache(h, &site))
		err = cairn_heap_look_around(h, &site);
	return err == CAIRN_OK && !block_end_is_sound(site.block, site.nbytes) ? CAIRN_EOVERRUN : err;
}

size_t cairn_heap_usable(const struct cairn_heap *h, const void *p)
{
	size_t low;

	if (cairn_heap_free_check(h, p) != CAIRN_OK)
		return 0;
	low = header_low(h, block_of(p), block_of(p)->header);
	return block_usable(block_of(p), low_nbytes(low));
}

/* ---- merging ---- */

/* Take a free block or the rest out, to be part of another; true: it was the rest. */
static CAIRN_INLINE bool swallow(struct cairn_heap *h, struct cairn_heap_block *block)
{
	if (block == h->rest) {
		h->rest = NULL;
		h->rest_nbytes = 0;
		return true;
	}
	index_remove(h, block);
	block_bury(h, block);
	return false;
}

bool cairn_heap_swallow(struct cairn_heap *h, struct cairn_heap_block *block)
{
	return swallow(h, block);
}

/* There may be frames to give back of a block at the end of a chunk. */
static bool is_surplus(const struct cairn_heap *h, const struct cairn_heap_span *chunk,
		       const struct cairn_heap_block *block, size_t nbytes)
{
	if (chunk->base == h->main.base)
		return nbytes > CHUNK_USUAL_NFRAMES << CAIRN_FRAME_SHIFT;
	return block == chunk_first(chunk);
}

static CAIRN_INLINE void release(struct cairn_heap *h, const struct heap_site *site)
{
	struct cairn_heap_block *block = site->block;
	size_t nbytes = site->nbytes + site->behind_nbytes + site->before_nbytes;
	bool with_rest = false;

	if (site->behind_nbytes != 0) {
		with_rest = swallow(h, block_at(block, site->nbytes));
		chunk_unmark(h, block_at(block, site->nbytes));
	}
	if (site->before_nbytes != 0) {
		block_bury(h, block);
		chunk_unmark(h, block);
		block = block_at(block, -site->before_nbytes);
		with_rest |= swallow(h, block);
	} else if (with_rest) {
		block_bury(h, block);
	}
	if (block_at(block, nbytes) == chunk_end(&site->chunk) && is_surplus(h, &site->chunk, block, nbytes))
		h->surplus = block;
	if (with_rest) {
		h->rest = block;
		h->rest_nbytes = nbytes;
	} else {
		index_shelve(h, block, nbytes);
	}
}

void cairn_heap_release(struct cairn_heap *h, const struct heap_site *site)
{
	release(h, site);
}

static CAIRN_INLINE void free_site(struct cairn_heap *h, const struct heap_site *site)
{
	h->taken_nblocks--;
	heap_count_given(h, site->nbytes);
	release(h, site);
	if (h->tight && h->taken_nbytes < h->roomy_nbytes)
		cairn_heap_relax(h);
}

void cairn_heap_free_site(struct cairn_heap *h, const struct heap_site *site)
{
	free_site(h, site);
}

/* ---- free ---- */

/* A request of nbytes can have given the block. */
static bool size_fits(const struct heap_site *site, size_t asked_nbytes)
{
	size_t nbytes;

	if (!block_nbytes_for(asked_nbytes, &nbytes))
		return false;
	if (CAIRN_CHECK >= 2)
		return block_usable(site->block, site->nbytes) == asked_nbytes;
	return site->nbytes - nbytes < BLOCK_MIN_NBYTES;
}

enum cairn_err cairn_heap_free_begin(struct cairn_heap *h, void *p)
{
	struct heap_site site;
	enum cairn_err err = cairn_heap_judge(h, p, true, &site);

	if (err == CAIRN_OK)
		block_seal(h, site.block, site.nbytes | BLOCK_RETIRED);
	return err;
}

void cairn_heap_disarm(struct cairn_heap *h, void *p)
{
	size_t low = h && p ? header_low(h, block_of(p), block_of(p)->header) : 0;

	if (CAIRN_CHECK >= 2 && low != 0)
		memset(p, CAIRN_POISON_FREE, low_nbytes(low) - BLOCK_HEADER_NBYTES);
}

void cairn_heap_free_end(struct cairn_heap *h, void *p)
{
	struct heap_site site;

	if (cairn_heap_judge(h, p, false, &site) == CAIRN_OK && site.block != h->rest)
		cairn_heap_free_site(h, &site);
}

enum cairn_err cairn_heap_put(struct cairn_heap *h, void *p, size_t asked_nbytes)
{
	struct heap_site site;
	enum cairn_err err = find_live(h, p, &site);
	bool cached;

	if (err != CAIRN_OK)
		return err;
	cached = is_for_cache(h, &site);
	if (!cached && !surroundings_are_sound(h, &site))
		return CAIRN_ECORRUPT;
	if (!block_end_is_sound(site.block, site.nbytes))
		return CAIRN_EOVERRUN;
	if (asked_nbytes != 0 && !size_fits(&site, asked_nbytes))
		return CAIRN_ESIZE;
	if (cached && cache_put(h, (uintptr_t)p, site.nbytes))
		return CAIRN_OK;
	cairn_heap_disarm(h, p);
	free_site(h, &site);
	return CAIRN_OK;
}
