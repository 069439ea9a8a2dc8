/* SPDX-License-Identifier: MIT */
/* Making room, and giving it back: growth by frames, emptying the cache, and which of the two comes first.
 *
 * As long as there are frames enough, the heap grows and lets freed blocks lie in the cache, for speed; without
 * frames, it merges a few of them at a time until what is asked for is there. Once it holds most of all the memory
 * there is for it (CAIRN_HEAP_TIGHT_SHARE) and most of that is live (CAIRN_HEAP_LIVE_SHARE), memory counts for more:
 * nothing is cached, and it stays so until most of the heap is free (CAIRN_HEAP_ROOMY_SHARE).
 * Locking: none here; cairn.c serialises, and takes its lock anew for each step. */
#include "heap_site.h"

static void open_cache(struct cairn_heap *h)
{
	bool open = CAIRN_HEAP_CACHE_NBLOCKS > 0 && CAIRN_CHECK <= 1 && !CAIRN_HEAP_MAP && !h->watched &&
		    !h->tight;

	h->ncached = open ? CAIRN_HEAP_NCLASSES : 0;
	if (open)
		h->nothing_cached = false;
}

void cairn_heap_watch(struct cairn_heap *h, bool watched)
{
	if (!h)
		return;
	h->watched = watched;
	open_cache(h);
}

static size_t cached_nbytes_in_all(const struct cairn_heap *h)
{
	size_t nbytes = 0;

	for (size_t class = CLASS_FIRST; class < CAIRN_HEAP_NCLASSES; class ++)
		nbytes += class_nblocks(h, class) * class * CAIRN_HEAP_ALIGN;
	return nbytes;
}

/* The heap needs more frames. */
static void judge_pressure(struct cairn_heap *h)
{
	size_t live_nbytes;

	if (h->tight || h->nframes < h->all_nframes / 16 * CAIRN_HEAP_TIGHT_SHARE)
		return;
	live_nbytes = h->taken_nbytes - cached_nbytes_in_all(h);
	h->tight = live_nbytes >= (h->all_nframes << CAIRN_FRAME_SHIFT) / 16 * CAIRN_HEAP_LIVE_SHARE;
	open_cache(h);
}

void cairn_heap_relax(struct cairn_heap *h)
{
	h->tight = false;
	open_cache(h);
}

/* ---- the cache ---- */

/* Blocks of a class that are flushed in a row: so many for each of this number that it has, and one. */
#define FLUSH_SHARE 64

/* The class to flush a block of; 0: all are empty. Each comes in turn, with more blocks if it has more, so that
 * what was freed at about one time goes back together: it often lies side by side. */
static size_t class_to_flush(struct cairn_heap *h)
{
	size_t class = h->flush_class, n = CAIRN_HEAP_NCLASSES - CLASS_FIRST;

	if (h->nothing_cached)
		return 0;
	if (h->flush_left == 0 || h->class[class].newest == 0) {
		do
			class = class > CLASS_FIRST ? class - 1 : CAIRN_HEAP_NCLASSES - 1;
		while (h->class[class].newest == 0 && --n != 0);
		h->flush_left = class_nblocks(h, class) / FLUSH_SHARE + 1;
	}
	h->flush_class = class;
	h->nothing_cached = n == 0 && h->ncached == 0;
	if (n == 0) {
		h->flush_left = 0;
		return 0;
	}
	h->flush_left--;
	return class;
}

/* The newest block of a class, out of the cache and merged. */
static void flush_class(struct cairn_heap *h, size_t class)
{
	struct heap_site site = {.nbytes = class * CAIRN_HEAP_ALIGN};
	struct cairn_heap_class *c = &h->class[class];
	void *p = cairn_heap_take_cached(h, c, site.nbytes);

	if (!p || cairn_heap_chunk_find(h, (uintptr_t)p, &site.chunk) != CAIRN_OK)
		return;
	site.block = block_of(p);
	if (cairn_heap_look_around(h, &site) != CAIRN_OK)
		site.before_nbytes = site.behind_nbytes = 0;
	cairn_heap_free_site(h, &site);
}

bool cairn_heap_flush(struct cairn_heap *h)
{
	size_t class = h->damaged == 0 ? class_to_flush(h) : 0;

	if (class != 0)
		flush_class(h, class);
	return class != 0;
}

/* ---- frames ---- */

/* What the frames have given is free from now on. A function of its own, so that its stack and that of taking
 * frames do not add up. */
static __attribute__((noinline)) void add(struct cairn_heap *h, struct cairn_heap_block *block)
{
	struct heap_site site = {.block = block};

	if (cairn_heap_chunk_find(h, (uintptr_t)block_payload(block), &site.chunk) != CAIRN_OK)
		return;
	site.nbytes = low_nbytes(header_low(h, block, block->header));
	if (cairn_heap_look_around(h, &site) != CAIRN_OK)
		site.before_nbytes = site.behind_nbytes = 0;
	cairn_heap_release(h, &site);
	h->surplus = NULL;
}

bool cairn_heap_grow(struct cairn_heap *h, size_t align, size_t asked_nbytes)
{
	size_t nbytes, padded = cairn_heap_padded_nbytes(align, asked_nbytes, &nbytes);
	struct cairn_heap_block *block;

	if (padded == 0 || h->damaged != 0)
		return false;
	judge_pressure(h);
	block = cairn_heap_chunk_grow(h, padded);
	if (block) {
		add(h, block);
		return true;
	}
	return false;
}

/* The block that frees have left at the end of a chunk, if it still is one, out of the index. */
static struct cairn_heap_block *take_surplus(struct cairn_heap *h, struct cairn_heap_span *chunk)
{
	struct cairn_heap_block *block = h->surplus;
	size_t nbytes;

	h->surplus = NULL;
	if (!block || cairn_heap_chunk_find(h, (uintptr_t)block_payload(block), chunk) != CAIRN_OK)
		return NULL;
	nbytes = chunk_room(chunk, block);
	if (block == h->rest && h->rest_nbytes == nbytes) {
		h->rest = NULL;
		h->rest_nbytes = 0;
		return block;
	}
	if (block->header != block_sealed(h, block, nbytes | BLOCK_FREE) || !index_holds(h, block, nbytes))
		return NULL;
	index_remove(h, block);
	return block;
}

static size_t shrink(struct cairn_heap *h, size_t keep_nbytes)
{
	size_t nframes = h->nframes, nbytes;
	struct cairn_heap_span chunk;
	struct cairn_heap_block *block = take_surplus(h, &chunk);

	if (!block)
		return 0;
	nbytes = cairn_heap_chunk_give_back(h, &chunk, block, keep_nbytes);
	if (nbytes != 0)
		index_shelve(h, block, nbytes);
	if (h->nframes != nframes)
		h->surplus = nbytes != 0 ? block : NULL;
	return nframes - h->nframes;
}

size_t cairn_heap_shrink(struct cairn_heap *h)
{
	return shrink(h, (CHUNK_USUAL_NFRAMES << CAIRN_FRAME_SHIFT) / 2);
}

bool cairn_heap_trim_step(struct cairn_heap *h, size_t *nframes)
{
	size_t given;

	if (!h)
		return false;
	if (h->surplus) {
		*nframes += shrink(h, 0);
		return true;
	}
	if (cairn_heap_flush(h))
		return true;
	h->surplus = cairn_heap_chunk_tail(h);
	given = shrink(h, 0);
	*nframes += given;
	return given != 0;
}

/* ---- all steps of a call, for those who need not let others in between ---- */

static bool make_room(struct cairn_heap *h, size_t align, size_t nbytes)
{
	unsigned nblocks = 0;

	if (cairn_heap_grow(h, align, nbytes))
		return true;
	while (nblocks < CAIRN_HEAP_FLUSH_NBLOCKS && cairn_heap_flush(h))
		nblocks++;
	return nblocks != 0;
}

void *cairn_heap_alloc(struct cairn_heap *h, size_t nbytes, const void *owner, const void *caller)
{
	void *p = NULL;

	while (h && (p = cairn_heap_take(h, nbytes, owner, caller)) == NULL &&
	       make_room(h, CAIRN_HEAP_ALIGN, nbytes))
		;
	return p;
}

void *cairn_heap_alloc_aligned(struct cairn_heap *h, size_t align, size_t nbytes, const void *owner,
			       const void *caller)
{
	void *p = NULL;

	while (h && (p = cairn_heap_take_aligned(h, align, nbytes, owner, caller)) == NULL &&
	       make_room(h, align, nbytes))
		;
	return p;
}

enum cairn_err cairn_heap_free_sized(struct cairn_heap *h, void *p, size_t nbytes)
{
	enum cairn_err err;

	if (!p)
		return CAIRN_OK;
	if (nbytes == 0)
		return CAIRN_ESIZE;
	err = cairn_heap_put(h, p, nbytes);
	while (err == CAIRN_OK && cairn_heap_shrink(h) != 0)
		;
	return err;
}

enum cairn_err cairn_heap_free(struct cairn_heap *h, void *p)
{
	enum cairn_err err;

	if (!p || (h && cache_free(h, p)))
		return CAIRN_OK;
	err = cairn_heap_put(h, p, 0);
	while (err == CAIRN_OK && cairn_heap_shrink(h) != 0)
		;
	return err;
}

size_t cairn_heap_trim(struct cairn_heap *h)
{
	size_t nframes = 0;

	while (cairn_heap_trim_step(h, &nframes))
		;
	return nframes;
}
