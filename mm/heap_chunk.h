/* SPDX-License-Identifier: MIT */
/* Chunks: runs of frames that the heap cuts into blocks. Private to heap*.c.
 *
 *	base   [ next, prev, heap ][ map of block starts, with CAIRN_HEAP_MAP ]
 *	first  [ block ][ block ] ...
 *	end    [ header of length 0, RETIRED ]
 *
 * One of them, the main chunk, grows as long as the frames behind it are free, and its place is known to
 * struct cairn_heap. Any other is one run. What surrounds the blocks is reachable by a write before the
 * first one or behind the last, so it is checked too. */
#ifndef CAIRN_HEAP_CHUNK_H
#define CAIRN_HEAP_CHUNK_H

#include "heap_fast.h"

struct cairn_heap_chunk {
	struct cairn_heap_chunk *next;
	struct cairn_heap_chunk *prev;
	const struct cairn_heap *heap;
};
_Static_assert(sizeof(struct cairn_heap_chunk) % CAIRN_HEAP_ALIGN == CAIRN_HEAP_ALIGN - BLOCK_HEADER_NBYTES,
	       "the first payload is aligned");

#define CHUNK_MAX_NFRAMES ((size_t)1 << (CAIRN_HEAP_MAX_LOG2 - CAIRN_FRAME_SHIFT))
#define CHUNK_USUAL_NFRAMES \
	(CAIRN_HEAP_GROW_FRAMES < CHUNK_MAX_NFRAMES ? (size_t)CAIRN_HEAP_GROW_FRAMES : CHUNK_MAX_NFRAMES)

/* Bytes of a chunk that one byte of its map stands for. */
#define CHUNK_MAP_SPAN (8 * CAIRN_HEAP_ALIGN)

/* Whole pairs of words, so that the first payload is aligned with a map too. */
static inline size_t chunk_map_nbytes(size_t nbytes)
{
	if (!CAIRN_HEAP_MAP)
		return 0;
	return cairn_round_down(nbytes / CHUNK_MAP_SPAN + CAIRN_HEAP_ALIGN - 1, CAIRN_HEAP_ALIGN);
}

static inline size_t chunk_head_nbytes(size_t nbytes)
{
	return sizeof(struct cairn_heap_chunk) + chunk_map_nbytes(nbytes);
}

static inline size_t chunk_overhead_nbytes(size_t nbytes)
{
	return chunk_head_nbytes(nbytes) + BLOCK_HEADER_NBYTES;
}

static inline struct cairn_heap_chunk *chunk_head(const struct cairn_heap_span *chunk)
{
	return (struct cairn_heap_chunk *)chunk->base;
}

static inline struct cairn_heap_block *chunk_first(const struct cairn_heap_span *chunk)
{
	return (struct cairn_heap_block *)(chunk->base + chunk_head_nbytes(chunk->nbytes));
}

static inline struct cairn_heap_block *chunk_end(const struct cairn_heap_span *chunk)
{
	return (struct cairn_heap_block *)(chunk->base + chunk->nbytes - BLOCK_HEADER_NBYTES);
}

/* From a block to the end of its chunk. */
static inline size_t chunk_room(const struct cairn_heap_span *chunk, const struct cairn_heap_block *block)
{
	return (size_t)((uintptr_t)chunk_end(chunk) - (uintptr_t)block);
}

/* A length that a block there can have. */
static inline bool chunk_fits(const struct cairn_heap_span *chunk, const struct cairn_heap_block *block,
			      size_t nbytes)
{
	return nbytes >= BLOCK_MIN_NBYTES && nbytes <= chunk_room(chunk, block);
}

/* The chunk of this heap that holds addr: CAIRN_OK, or CAIRN_EFOREIGN, CAIRN_EDOUBLE (a free frame),
 * CAIRN_EWRONGKIND. Reads nothing at addr. */
enum cairn_err cairn_heap_chunk_find(const struct cairn_heap *h, uintptr_t addr,
				     struct cairn_heap_span *chunk);

/* addr lies in some heap's frame, so that it can be read. */
bool cairn_heap_chunk_readable(const struct cairn_heap *h, uintptr_t addr);

/* A block can have its payload there, so that what is there can be read as one: any number. */
static inline bool chunk_has_place(const struct cairn_heap *h, uintptr_t p)
{
	if (cairn_rotate_right(p - h->main_first, CAIRN_HEAP_ALIGN_LOG2) < h->main_nplaces)
		return true;
	return p % CAIRN_HEAP_ALIGN == 0 && cairn_heap_chunk_readable(h, p);
}

/* More memory, which with what is free before it makes nbytes at least: a block to be released, its header
 * RETIRED. NULL: there are no such frames. */
struct cairn_heap_block *cairn_heap_chunk_grow(struct cairn_heap *h, size_t nbytes);

/* `block`, free and in no list, ends its chunk. Give back the frames of the run at its end if it covers
 * them, and either more than keep_nbytes stay free or they are all of a chunk that is not the main one.
 * What is left of the block. */
size_t cairn_heap_chunk_give_back(struct cairn_heap *h, const struct cairn_heap_span *chunk,
				  const struct cairn_heap_block *block, size_t keep_nbytes);

/* The free block that ends the main chunk; NULL: none does. */
struct cairn_heap_block *cairn_heap_chunk_tail(const struct cairn_heap *h);

/* CAIRN_HEAP_MAP: whether a block starts there; that it does from now on, or no longer; and, where none
 * does, which mistake it is to free it. */
bool cairn_heap_map_has(const struct cairn_heap_span *chunk, const struct cairn_heap_block *block);
void cairn_heap_map_set(struct cairn_heap *h, const struct cairn_heap_block *block, bool starts);
enum cairn_err cairn_heap_map_judge(const struct cairn_heap *h, const struct cairn_heap_span *chunk,
				    const struct cairn_heap_block *block);

static inline void chunk_mark(struct cairn_heap *h, const struct cairn_heap_block *block)
{
	if (CAIRN_HEAP_MAP)
		cairn_heap_map_set(h, block, true);
}

static inline void chunk_unmark(struct cairn_heap *h, const struct cairn_heap_block *block)
{
	if (CAIRN_HEAP_MAP)
		cairn_heap_map_set(h, block, false);
}

#endif
