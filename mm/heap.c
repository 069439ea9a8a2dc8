/* SPDX-License-Identifier: MIT */
/* The heap proper: taking blocks out of it.
 * I1: every header in the heap's memory that opens to 'live' belongs to a live block, every one that opens
 *     to FREE to a free one. So a header is rewritten before its block is merged away.
 * I2: two FREE blocks never touch, nor does one touch the rest.
 * I3: every FREE block is in the index; a RETIRED one is the end of a chunk, or in nobody's hands but those of
 *     who frees it; a cached one is in its class, or was given up with it.
 * I4: the rest has no header: no word at its start says FREE, or live, that was written since the heap began.
 * Which block: the one of just that length; else, of those that leave at least a smallest block, one of the
 * lowest bin, or the rest if that is shorter; else one that leaves less. It is cut from its low end, and what is
 * left becomes the rest: so a row of allocations cuts one block again and again, and takes no list apart, until a
 * shorter block would do.
 * Files: heap_init.c its beginning, heap_block.h headers, heap_fast.h the cache and the fast paths, heap_index.h
 * free lists, heap_free.c freeing, heap_resize.c, heap_room.c growing and emptying the cache, heap_chunk.c frames,
 * heap_map.c the optional map, heap_check.c and heap_view.c reading only.
 * Locking: none here; cairn.c serialises. */
#include "heap_site.h"

/* ---- choosing a block ---- */

/* The newest block of just that length, or a block of the lowest bin that leaves a smallest block at least;
 * NULL: there is none. */
static CAIRN_INLINE struct cairn_heap_block *choose(const struct cairn_heap *h, size_t nbytes)
{
	unsigned shift = index_shift(nbytes), bin = bin_at(nbytes, shift);
	struct cairn_heap_block *block = h->list[bin];

	if (block && header_low(h, block, block->header) == (nbytes | BLOCK_FREE))
		return block;
	bin = index_lowest_from(h, bin_above(nbytes + BLOCK_MIN_NBYTES, shift));
	return bin != CAIRN_HEAP_NBINS ? h->list[bin] : NULL;
}

/* One that leaves less. */
static CAIRN_SLOW struct cairn_heap_block *choose_tight(const struct cairn_heap *h, size_t nbytes)
{
	unsigned bin = index_bin(nbytes);
	struct cairn_heap_block *block = h->list[bin];

	if (block && header_low(h, block, block->header) > nbytes)
		return block;
	bin = index_lowest_from(h, bin_above(nbytes, index_shift(nbytes)));
	return bin != CAIRN_HEAP_NBINS ? h->list[bin] : NULL;
}

static inline struct cairn_heap_block *take_rest(struct cairn_heap *h, size_t *have)
{
	struct cairn_heap_block *rest = h->rest;

	*have = h->rest_nbytes;
	h->rest = NULL;
	h->rest_nbytes = 0;
	return rest;
}

/* The free block has that length, or more, and is sound. */
static CAIRN_INLINE bool can_be_taken(const struct cairn_heap *h, const struct cairn_heap_block *block,
				      size_t low, size_t nbytes)
{
	uintptr_t last = (uintptr_t)block_payload(block) + low_nbytes(low) - CAIRN_HEAP_ALIGN;

	return low_state(low) == BLOCK_FREE && low_nbytes(low) >= nbytes && chunk_has_place(h, last) &&
	       index_holds(h, block, low_nbytes(low));
}

/* A block of nbytes or more, which is in no list any more; *have is its length. NULL also if it is damaged. */
static CAIRN_INLINE struct cairn_heap_block *unshelve(struct cairn_heap *h, size_t nbytes, size_t *have)
{
	struct cairn_heap_block *block = choose(h, nbytes);
	size_t low = block ? header_low(h, block, block->header) : SIZE_MAX;
	size_t left = h->rest_nbytes - nbytes;

	if (h->rest_nbytes >= nbytes && left != CAIRN_HEAP_ALIGN && h->rest_nbytes < low_nbytes(low))
		return take_rest(h, have);
	if (!block) {
		block = choose_tight(h, nbytes);
		if (!block)
			return h->rest_nbytes >= nbytes ? take_rest(h, have) : NULL;
		low = header_low(h, block, block->header);
	}
	if (!can_be_taken(h, block, low, nbytes)) {
		h->damaged = (uintptr_t)block_payload(block);
		return NULL;
	}
	*have = low_nbytes(low);
	index_remove(h, block);
	return block;
}

/* ---- cutting it ---- */

/* What is left of a block that was cut is the rest from now on. */
static CAIRN_INLINE void leave(struct cairn_heap *h, struct cairn_heap_block *rest, size_t nbytes)
{
	if (h->rest)
		index_shelve(h, h->rest, h->rest_nbytes);
	h->rest = rest;
	h->rest_nbytes = nbytes;
	chunk_mark(h, rest);
}

static CAIRN_INLINE size_t carve(struct cairn_heap *h, struct cairn_heap_block *block, size_t have,
				 size_t nbytes)
{
	if (have - nbytes >= BLOCK_MIN_NBYTES)
		leave(h, block_at(block, nbytes), have - nbytes);
	else
		nbytes = have;
	block_seal(h, block, nbytes | live_state(nbytes));
	*block_footer_before(block_at(block, nbytes)) = 0;
	return nbytes;
}

size_t cairn_heap_carve(struct cairn_heap *h, struct cairn_heap_block *block, size_t have, size_t nbytes)
{
	return carve(h, block, have, nbytes);
}

void cairn_heap_sign(struct cairn_heap_block *block, size_t nbytes, struct cairn_heap_trailer trailer)
{
	unsigned char *end = (unsigned char *)block_trailer(block, nbytes);
	unsigned char *zone = (unsigned char *)block_payload(block) + trailer.asked_nbytes;

	if (CAIRN_CHECK < 2)
		return;
	*block_trailer(block, nbytes) = trailer;
	memset(zone, CAIRN_POISON_ZONE, (size_t)(end - zone));
}

static CAIRN_INLINE void *hand_out(struct cairn_heap *h, struct cairn_heap_block *block, size_t have,
				   size_t nbytes, struct cairn_heap_trailer trailer)
{
	nbytes = carve(h, block, have, nbytes);
	cairn_heap_sign(block, nbytes, trailer);
	heap_count_taken(h, nbytes);
	return block_payload(block);
}

void *cairn_heap_take_cached(struct cairn_heap *h, struct cairn_heap_class *c, size_t nbytes)
{
	void *p = class_pop(h, c, nbytes, c->newest, c->seal);

	if (!p)
		h->damaged = c->newest;
	return p;
}

void *cairn_heap_take(struct cairn_heap *h, size_t asked_nbytes, const void *owner, const void *caller)
{
	struct cairn_heap_block *block;
	size_t nbytes, have;

	h->damaged = 0;
	if (!block_nbytes_for(asked_nbytes, &nbytes))
		return NULL;
	if (nbytes < BLOCK_LARGE_NBYTES && class_of_nbytes(h, nbytes)->newest != 0)
		return cairn_heap_take_cached(h, class_of_nbytes(h, nbytes), nbytes);
	block = unshelve(h, nbytes, &have);
	if (!block)
		return NULL;
	return hand_out(h, block, have, nbytes, (struct cairn_heap_trailer){asked_nbytes, owner, caller});
}

/* Bytes from a block's start to where a block of aligned payload can start: none, or enough for a block. */
static size_t gap_before(const struct cairn_heap_block *block, size_t align)
{
	size_t gap = -(uintptr_t)block_payload(block) & (align - 1);

	return gap != 0 && gap < BLOCK_MIN_NBYTES ? gap + align : gap;
}

/* Bytes to look for, so that a block of nbytes can be aligned in them; 0: too many. */
size_t cairn_heap_padded_nbytes(size_t align, size_t asked_nbytes, size_t *nbytes)
{
	size_t padded;

	if (!cairn_is_pow2(align) || align > (size_t)1 << (CAIRN_HEAP_MAX_LOG2 - 1) ||
	    !block_nbytes_for(asked_nbytes, nbytes))
		return 0;
	if (align <= CAIRN_HEAP_ALIGN)
		return *nbytes;
	padded = *nbytes + align + BLOCK_MIN_NBYTES - CAIRN_HEAP_ALIGN;
	return padded <= BLOCK_LOW_MASK - BLOCK_STATE ? padded : 0;
}

void *cairn_heap_take_aligned(struct cairn_heap *h, size_t align, size_t asked_nbytes, const void *owner,
			      const void *caller)
{
	struct cairn_heap_block *block;
	size_t nbytes, have, gap, padded = cairn_heap_padded_nbytes(align, asked_nbytes, &nbytes);

	h->damaged = 0;
	if (padded == 0)
		return NULL;
	if (align <= CAIRN_HEAP_ALIGN)
		return cairn_heap_take(h, asked_nbytes, owner, caller);
	block = unshelve(h, padded, &have);
	if (!block)
		return NULL;
	gap = gap_before(block, align);
	if (gap != 0) {
		index_shelve(h, block, gap);
		block = block_at(block, gap);
		chunk_mark(h, block);
	}
	return hand_out(h, block, have - gap, nbytes,
			(struct cairn_heap_trailer){asked_nbytes, owner, caller});
}
