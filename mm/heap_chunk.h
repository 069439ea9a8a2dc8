/* SPDX-License-Identifier: MIT */
/* Chunks: runs of frames that the heap cuts into blocks. Private to heap*.c.
 *
 *	base   [ next, prev, heap ][ map of block starts, with CAIRN_HEAP_MAP ]
 *	first  [ block ][ block ] ...
 *	end    [ header of length 0, never FREE ]
 *
 * What surrounds the blocks is reachable by a write before the first one or behind the last, so it is
 * checked too. */
#ifndef CAIRN_HEAP_CHUNK_H
#define CAIRN_HEAP_CHUNK_H

#include "heap_block.h"

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

/* `block`, somewhere in the chunk, has a sound header and a length that stays inside. */
static inline bool chunk_block_is_sound(const struct cairn_heap *h, const struct cairn_heap_span *chunk,
					const struct cairn_heap_block *block)
{
	size_t nbytes = block_nbytes(block);

	return block_is_sound(h, block) && nbytes >= BLOCK_MIN_NBYTES && nbytes <= chunk_room(chunk, block);
}

/* The chunk of this heap that holds addr: CAIRN_OK, or CAIRN_EFOREIGN, CAIRN_EDOUBLE (a free frame),
 * CAIRN_EWRONGKIND. Reads nothing at addr. */
enum cairn_err cairn_heap_chunk_find(const struct cairn_heap *h, uintptr_t addr,
				     struct cairn_heap_span *chunk);

/* addr lies in some heap's frame, so that it can be read. */
bool cairn_heap_chunk_readable(const struct cairn_heap *h, uintptr_t addr);

/* The payload of `block`, a pointer that may be anything, can be read as one. */
static inline bool chunk_holds_block(const struct cairn_heap *h, const struct cairn_heap_block *block)
{
	uintptr_t payload = (uintptr_t)block + BLOCK_HEADER_NBYTES;

	if (payload % CAIRN_HEAP_ALIGN != 0)
		return false;
	return payload - h->hot.base < h->hot.nbytes || cairn_heap_chunk_readable(h, payload);
}

/* A new chunk with one block of at least nbytes, FREE and not yet in the index; NULL: no frames. */
struct cairn_heap_block *cairn_heap_chunk_new(struct cairn_heap *h, size_t nbytes);

/* The chunk consists of one free block, not in the index. true: it went back to the frames; false: it is
 * to stay. */
bool cairn_heap_chunk_release(struct cairn_heap *h, const struct cairn_heap_span *chunk);

/* The same, without keeping one. */
bool cairn_heap_chunk_give_back(struct cairn_heap *h, const struct cairn_heap_span *chunk);

/* The chunk consists of one free block. */
bool cairn_heap_chunk_is_empty(const struct cairn_heap *h, const struct cairn_heap_span *chunk);

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
