/* SPDX-License-Identifier: MIT */
/* Every invariant of a heap. A walk goes from block to block by headers that it has checked, stays inside
 * its chunk, and ends at the first one that fails. Chunks are counted off against nchunks, cached blocks
 * against what their class says, so that no damaged link makes it endless.
 * Locking: none here; cairn.c serialises. */
#include "heap_view.h"

/* What a walk over everything has seen. */
struct census {
	size_t nchunks;
	size_t nframes;
	size_t taken_nblocks;
	size_t taken_nbytes;
	size_t cached_nblocks;
	size_t free_nblocks;
	size_t overhead_nbytes;
	bool rest; /* was met */
};

static const char *check_free_block(const struct cairn_heap *h, const struct cairn_heap_block *block,
				    size_t nbytes)
{
	bool index_holds_free_block = index_holds(h, block, nbytes);

	CAIRN_HOLDS(index_holds_free_block);
	return NULL;
}

/* One block, after one that is free, or the rest, or neither. */
static const char *check_block(const struct cairn_heap *h, const struct cairn_heap_span *chunk,
			       const struct cairn_heap_block *block, size_t low, bool after_unused)
{
	size_t nbytes = low_nbytes(low);
	bool header_is_sound = low != 0 && chunk_fits(chunk, block, nbytes) &&
			       (low_is_live(low) || low_state(low) == BLOCK_FREE ||
				low_state(low) == BLOCK_RETIRED || low_state(low) == BLOCK_CACHED);
	bool map_has_block = !CAIRN_HEAP_MAP || cairn_heap_map_has(chunk, block);
	bool is_unused = low_state(low) == BLOCK_FREE || block == h->rest;

	CAIRN_HOLDS(header_is_sound);
	CAIRN_HOLDS(map_has_block);
	CAIRN_HOLDS(!(is_unused && after_unused));
	if (low_state(low) == BLOCK_FREE)
		return check_free_block(h, block, nbytes);
	if (low_is_live(low)) {
		bool red_zone_is_whole = block_end_is_sound(block, nbytes);

		CAIRN_HOLDS(red_zone_is_whole);
	}
	return NULL;
}

static void count_block(const struct cairn_heap *h, const struct cairn_heap_block *block, size_t low,
			struct census *seen)
{
	if (block == h->rest) {
		seen->rest = true;
	} else if (low_state(low) == BLOCK_FREE) {
		seen->free_nblocks++;
	} else {
		seen->taken_nblocks++;
		seen->taken_nbytes += low_nbytes(low);
		seen->cached_nblocks += low_state(low) == BLOCK_CACHED;
	}
}

/* No bit of the map stands where no block starts. */
static const char *check_map(const struct cairn_heap_span *chunk, size_t nblocks)
{
	const size_t *map = (const size_t *)(chunk->base + sizeof(struct cairn_heap_chunk));
	size_t map_nbits = 0;

	if (!CAIRN_HEAP_MAP)
		return NULL;
	for (size_t word = 0; word < chunk_map_nbytes(chunk->nbytes) / sizeof(size_t); word++)
		map_nbits += (size_t)__builtin_popcountl(map[word]);
	CAIRN_HOLDS(map_nbits == nblocks);
	return NULL;
}

static const char *check_blocks(const struct cairn_heap *h, const struct cairn_heap_span *chunk,
				struct census *seen)
{
	const struct cairn_heap_block *block = chunk_first(chunk);
	bool after_unused = false, end_is_sound;
	size_t nblocks = 0;

	while (block != chunk_end(chunk)) {
		size_t low = block_low(h, block);
		const char *broken = check_block(h, chunk, block, low, after_unused);

		if (broken)
			return broken;
		nblocks++;
		count_block(h, block, low, seen);
		after_unused = low_state(low) == BLOCK_FREE || block == h->rest;
		block = block_at(block, low_nbytes(low));
	}
	end_is_sound = block->header == block_sealed(h, block, BLOCK_RETIRED);
	CAIRN_HOLDS(end_is_sound);
	return check_map(chunk, nblocks);
}

static const char *check_chunks(const struct cairn_heap *h, struct census *seen)
{
	const struct cairn_heap_chunk *before = NULL;

	for (const struct cairn_heap_chunk *head = h->chunks; head; before = head, head = head->next) {
		struct cairn_heap_span chunk;
		bool chunk_head_is_sound = chunk_is_ours(h, head, &chunk) && head->prev == before;
		const char *broken;

		CAIRN_HOLDS(chunk_head_is_sound);
		CAIRN_HOLDS(seen->nchunks < h->nchunks);
		broken = check_blocks(h, &chunk, seen);
		if (broken)
			return broken;
		seen->nchunks++;
		seen->nframes += chunk.nbytes >> CAIRN_FRAME_SHIFT;
		seen->overhead_nbytes += chunk_overhead_nbytes(chunk.nbytes);
	}
	return NULL;
}

/* Every listed block is free and of its bin, every free one is listed. The walk has checked all links. */
static const char *check_index(const struct cairn_heap *h, const struct census *seen)
{
	size_t listed_nblocks = 0;

	for (unsigned bin = 0; bin < CAIRN_HEAP_NBINS; bin++) {
		unsigned word = bin / CAIRN_WORD_BITS;
		bool bin_bit = h->bin_in_use[word] >> bin % CAIRN_WORD_BITS & 1;
		bool word_bit = h->words_in_use >> word & 1;

		CAIRN_HOLDS(bin_bit == (h->list[bin] != NULL));
		CAIRN_HOLDS(word_bit == (h->bin_in_use[word] != 0));
		for (const struct cairn_heap_block *block = h->list[bin]; block; block = block->next) {
			size_t low = chunk_has_place(h, (uintptr_t)block_payload(block))
					     ? header_low(h, block, block->header)
					     : 0;
			bool listed_block_is_free =
				low_state(low) == BLOCK_FREE && index_bin(low_nbytes(low)) == bin;

			CAIRN_HOLDS(listed_block_is_free);
			CAIRN_HOLDS(listed_nblocks < seen->free_nblocks);
			listed_nblocks++;
		}
	}
	CAIRN_HOLDS(listed_nblocks == seen->free_nblocks);
	return NULL;
}

static const char *check_class(const struct cairn_heap *h, size_t class, size_t *cached_nblocks)
{
	size_t nbytes = class * CAIRN_HEAP_ALIGN, nblocks = class_nblocks(h, class);
	struct cairn_heap_class c = h->class[class];
	bool seal_is_of_class = ((c.seal ^ h->cache_tag) & (CACHE_ONE - 1)) == nbytes;

	CAIRN_HOLDS(seal_is_of_class);
	for (size_t n = 0; n < nblocks; n++) {
		const struct cairn_heap_block *block = block_of((const void *)c.newest);
		bool cached_block_is_sound = c.newest != 0 && chunk_has_place(h, c.newest) &&
					     block->header - (uintptr_t)block->next == c.seal;

		CAIRN_HOLDS(cached_block_is_sound);
		c.newest = (uintptr_t)block->next;
		c.seal += CACHE_ONE;
	}
	CAIRN_HOLDS(c.newest == 0);
	*cached_nblocks += nblocks;
	return NULL;
}

static const char *check_cache(const struct cairn_heap *h, const struct census *seen)
{
	size_t cached_nblocks = 0;

	for (size_t class = CLASS_FIRST; class < CAIRN_HEAP_NCLASSES; class ++) {
		const char *broken = check_class(h, class, &cached_nblocks);

		if (broken)
			return broken;
	}
	CAIRN_HOLDS(cached_nblocks == seen->cached_nblocks);
	return NULL;
}

static const char *check_figures(const struct cairn_heap *h, const struct census *seen)
{
	CAIRN_HOLDS(seen->rest == (h->rest != NULL));
	CAIRN_HOLDS((h->rest != NULL) == (h->rest_nbytes != 0));
	CAIRN_HOLDS(h->nchunks == seen->nchunks);
	CAIRN_HOLDS(h->nframes == seen->nframes);
	CAIRN_HOLDS(h->overhead_nbytes == seen->overhead_nbytes);
	CAIRN_HOLDS(h->taken_nblocks == seen->taken_nblocks);
	CAIRN_HOLDS(h->taken_nbytes == seen->taken_nbytes);
	return NULL;
}

/* The main chunk is one of this heap's, and where the fast paths think it is. */
static const char *check_main(const struct cairn_heap *h)
{
	bool main_is_ours = h->main.nbytes == 0 || chunk_head(&h->main)->heap == h;
	size_t first_nbytes = h->main_first - h->main.base;
	bool main_is_known = h->main_nplaces == 0;

	CAIRN_HOLDS(main_is_ours);
	if (h->main.nbytes != 0)
		main_is_known = h->main_first == (uintptr_t)block_payload(chunk_first(&h->main)) &&
				first_nbytes + h->main_nplaces * CAIRN_HEAP_ALIGN == h->main.nbytes;
	CAIRN_HOLDS(main_is_known);
	return NULL;
}

const char *cairn_heap_check(const struct cairn_heap *h)
{
	struct census seen = {0};
	const char *broken;

	CAIRN_HOLDS(h != NULL);
	CAIRN_HOLDS(h->frames != NULL);
	CAIRN_HOLDS(h->mix * h->unmix == 1);
	if ((broken = check_main(h)) != NULL || (broken = check_chunks(h, &seen)) != NULL ||
	    (broken = check_index(h, &seen)) != NULL || (broken = check_cache(h, &seen)) != NULL)
		return broken;
	return check_figures(h, &seen);
}
