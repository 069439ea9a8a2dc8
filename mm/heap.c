/* SPDX-License-Identifier: MIT */
/* The heap proper: taking blocks out of it.
 * I1: every header in the heap's memory that opens to 'live' belongs to a live block, every one that opens
 *     to FREE to a free one. So a header is rewritten before its block is merged away.
 * I2: two FREE blocks never touch, nor does one touch the rest.
 * I3: every FREE block is in the index; a RETIRED one is the rest, the end of a chunk, or in nobody's hands
 *     but those of who frees it; a cached one is in its class.
 * Which block: the one of just that length; else, of those that leave at least a smallest block, one of the
 * lowest bin, the rest included; else one that leaves less. It is cut from its low end, and what is left
 * becomes the rest: so a row of allocations cuts one block again and again, and takes no list apart, until
 * a shorter block would do.
 * Files: heap_block.h headers, heap_fast.h the cache and the fast paths, heap_index.h free lists, heap_free.c
 * freeing, heap_resize.c, heap_room.c growing and emptying the cache, heap_chunk.c frames, heap_map.c the optional map,
 * heap_check.c and heap_view.c reading only.
 * Locking: none here; cairn.c serialises. */
#include "heap_site.h"

/* ---- preparation ---- */

/* 2^w divided by the golden ratio: the products of neighbouring numbers lie far apart. */
#define MIX ((size_t)(0x9e3779b97f4a7c15u >> (64 - CAIRN_WORD_BITS)))

/* Does a change of one byte of a small block's header, by `change`, make it that of another small block? */
static bool is_missed(size_t mix, size_t change)
{
	size_t moved = cairn_rotate_right(change * mix, CAIRN_HEAP_CHECK_BITS + CAIRN_HEAP_ALIGN_LOG2);

	return moved + CAIRN_HEAP_NCLASSES < 2 * CAIRN_HEAP_NCLASSES;
}

/* No such change is. */
static bool mix_is_good(size_t mix)
{
	for (unsigned shift = 0; shift < CAIRN_WORD_BITS; shift += 8)
		for (size_t byte = 1; byte <= 0xff; byte++)
			if (is_missed(mix, byte << shift) || is_missed(mix, -(byte << shift)))
				return false;
	return true;
}

static void open_classes(struct cairn_heap *h)
{
	for (size_t class = 0; class < CAIRN_HEAP_NCLASSES; class ++)
		h->class[class].seal =
			(CAIRN_HEAP_CACHE_NBLOCKS * CACHE_ONE | class * CAIRN_HEAP_ALIGN) ^ h->cache_tag;
}

enum cairn_err cairn_heap_init(struct cairn_heap *h, struct cairn_frames *f, unsigned zones, size_t key)
{
	const size_t tag_mask = (CACHE_ONE - 1) & ~(BLOCK_LARGE_NBYTES * 2 - 1);

	if (!h || !f)
		return CAIRN_EINVAL;
	memset(h, 0, sizeof(*h));
	h->frames = f;
	h->zones = zones ? zones : CAIRN_ANY_ZONE;
	h->all_nframes = cairn_frame_count(f, CAIRN_FREE);
	h->roomy_nbytes = (h->all_nframes << CAIRN_FRAME_SHIFT) / 16 * CAIRN_HEAP_ROOMY_SHARE;
	h->mix = (key ^ MIX) | 1;
	while (!mix_is_good(h->mix))
		h->mix += 2;
	h->unmix = cairn_inverse(h->mix);
	h->cache_tag = (h->unmix & tag_mask) | CAIRN_HEAP_ALIGN / 2;
	open_classes(h);
	cairn_heap_watch(h, false);
	return CAIRN_OK;
}

/* ---- choosing a block ---- */

/* A block of the index that holds nbytes: of just that length, or one that leaves at least a smallest
 * block, or is the rest, or any; NULL: none does. */
static struct cairn_heap_block *choose(const struct cairn_heap *h, size_t nbytes)
{
	unsigned bin = index_bin(nbytes), low;
	struct cairn_heap_block *block = h->list[bin];
	size_t have = 0;

	if (block)
		have = low_nbytes(header_low(h, block, block->header));
	if (have == nbytes)
		return block;
	low = index_lowest_from(h, index_bin_above(nbytes + BLOCK_MIN_NBYTES));
	if (h->rest_nbytes == nbytes ||
	    (h->rest_nbytes >= nbytes + BLOCK_MIN_NBYTES && index_bin(h->rest_nbytes) <= low))
		return h->rest;
	if (low != CAIRN_HEAP_NBINS)
		return h->list[low];
	if (have > nbytes)
		return block;
	low = index_lowest_from(h, index_bin_above(nbytes));
	if (low != CAIRN_HEAP_NBINS)
		return h->list[low];
	return h->rest_nbytes > nbytes ? h->rest : NULL;
}

/* Such a block, out of the index; *have is its length. NULL also if it is damaged. */
static struct cairn_heap_block *unshelve(struct cairn_heap *h, size_t nbytes, size_t *have)
{
	struct cairn_heap_block *block = choose(h, nbytes);
	size_t low;

	if (!block)
		return NULL;
	if (h->rest_nbytes != 0 && block == h->rest) {
		*have = h->rest_nbytes;
		h->rest_nbytes = 0;
		return block;
	}
	low = header_low(h, block, block->header);
	*have = low_nbytes(low);
	if (low_state(low) != BLOCK_FREE || *have < nbytes || !index_holds(h, block, *have)) {
		h->damaged = (uintptr_t)block_payload(block);
		return NULL;
	}
	index_remove(h, block, *have);
	return block;
}

/* ---- cutting it ---- */

size_t cairn_heap_carve(struct cairn_heap *h, struct cairn_heap_block *block, size_t have, size_t nbytes)
{
	struct cairn_heap_block *behind = block_at(block, nbytes);

	if (have - nbytes >= BLOCK_MIN_NBYTES) {
		index_shelve_rest(h);
		h->rest = behind;
		h->rest_nbytes = have - nbytes;
		block_seal(h, behind, (have - nbytes) | BLOCK_RETIRED);
		chunk_mark(h, behind);
	} else {
		nbytes = have;
		behind = block_at(block, have);
	}
	block_seal(h, block, nbytes | live_state(nbytes));
	*block_footer_before(behind) = 0;
	return nbytes;
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

static void *hand_out(struct cairn_heap *h, struct cairn_heap_block *block, size_t have, size_t nbytes,
		      struct cairn_heap_trailer trailer)
{
	nbytes = cairn_heap_carve(h, block, have, nbytes);
	cairn_heap_sign(block, nbytes, trailer);
	h->taken_nblocks++;
	h->taken_nbytes += nbytes;
	return block_payload(block);
}

static void *take_chosen(struct cairn_heap *h, size_t nbytes, struct cairn_heap_trailer trailer)
{
	struct cairn_heap_block *block;
	size_t have;

	if (nbytes < BLOCK_LARGE_NBYTES && class_of_nbytes(h, nbytes)->newest != 0) {
		void *p = cache_take(h, nbytes / CAIRN_HEAP_ALIGN);

		if (!p)
			h->damaged = class_of_nbytes(h, nbytes)->newest;
		return p;
	}
	block = unshelve(h, nbytes, &have);
	return block ? hand_out(h, block, have, nbytes, trailer) : NULL;
}

void *cairn_heap_take(struct cairn_heap *h, size_t asked_nbytes, const void *owner, const void *caller)
{
	size_t nbytes;
	void *p;

	h->damaged = 0;
	if (!block_nbytes_for(asked_nbytes, &nbytes))
		return NULL;
	if (nbytes < BLOCK_LARGE_NBYTES && (p = rest_cut(h, nbytes)) != NULL)
		return p;
	return take_chosen(h, nbytes, (struct cairn_heap_trailer){asked_nbytes, owner, caller});
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
