/* SPDX-License-Identifier: MIT */
/* Making room, and giving it back: growth by frames, emptying the cache, and which of the two comes first.
 *
 * As long as there are frames enough, the heap grows and lets freed blocks lie in the cache, for speed. Once
 * it holds most of all the memory there is for it (CAIRN_HEAP_TIGHT_SHARE), memory counts for more: nothing is cached,
 * what is cached already is merged before more frames are taken, and it stays so until most of the heap is
 * free (CAIRN_HEAP_ROOMY_SHARE).
 * Locking: none here; cairn.c serialises, and takes its lock anew for each step. */
#include "heap_site.h"

static void open_cache(struct cairn_heap *h)
{
	bool open = CAIRN_CHECK <= 1 && !CAIRN_HEAP_MAP && !h->watched && !h->tight;

	h->ncached = open ? CAIRN_HEAP_NCLASSES : 0;
}

void cairn_heap_watch(struct cairn_heap *h, bool watched)
{
	if (!h)
		return;
	h->watched = watched;
	open_cache(h);
}

/* The heap has got more frames. */
static void judge_pressure(struct cairn_heap *h)
{
	if (h->nframes >= h->all_nframes / 16 * CAIRN_HEAP_TIGHT_SHARE && h->taken_nbytes >= h->roomy_nbytes)
		h->tight = true;
	open_cache(h);
}

void cairn_heap_relax(struct cairn_heap *h)
{
	h->tight = false;
	open_cache(h);
}

/* ---- the cache ---- */

bool cairn_heap_flush(struct cairn_heap *h)
{
	struct heap_site site = {0};
	bool all_seen = h->flushed == 0;
	void *p = NULL;

	if (h->damaged != 0)
		return false;
	for (; !p && h->flushed < CAIRN_HEAP_NCLASSES; h->flushed += !p)
		p = cache_take(h, CAIRN_HEAP_NCLASSES - 1 - h->flushed);
	site.nbytes = (CAIRN_HEAP_NCLASSES - 1 - h->flushed) * CAIRN_HEAP_ALIGN;
	if (!p) {
		h->flushed = 0;
		return !all_seen;
	}
	site.block = block_of(p);
	if (cairn_heap_chunk_find(h, (uintptr_t)p, &site.chunk) != CAIRN_OK)
		return true;
	if (cairn_heap_look_around(h, &site) != CAIRN_OK)
		site.before_nbytes = site.behind_nbytes = 0;
	cairn_heap_free_site(h, &site);
	return true;
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
	judge_pressure(h);
}

bool cairn_heap_grow(struct cairn_heap *h, size_t align, size_t asked_nbytes)
{
	size_t nbytes, padded = cairn_heap_padded_nbytes(align, asked_nbytes, &nbytes);
	struct cairn_heap_block *block;

	if (padded == 0 || h->damaged != 0)
		return false;
	block = cairn_heap_chunk_grow(h, padded);
	if (block) {
		add(h, block);
		return true;
	}
	h->tight = h->taken_nbytes >= h->roomy_nbytes;
	open_cache(h);
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
		h->rest_nbytes = 0;
		return block;
	}
	if (block->header != block_sealed(h, block, nbytes | BLOCK_FREE) || !index_holds(h, block, nbytes))
		return NULL;
	index_remove(h, block, nbytes);
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
