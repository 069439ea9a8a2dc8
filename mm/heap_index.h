/* SPDX-License-Identifier: MIT */
/* The heap's index of free blocks: a list for each size class (bin), newest first, and two levels of
 * bitmaps over them. Private to heap*.c. Heads and bitmaps stand in struct cairn_heap and are believed;
 * what a block says of its neighbours in the list stands in free memory, where a late write may have hit it,
 * and is believed only when it leads to heap memory, or to a head, and that leads back. A block knows the
 * word that points to it, whichever that is, so it is taken out without a look at its length. */
#ifndef CAIRN_HEAP_INDEX_H
#define CAIRN_HEAP_INDEX_H

#include "heap_chunk.h"

/* Blocks of a bin differ in length by less than 2^index_shift. Bins are numbered as if the length were a
 * float of CAIRN_HEAP_SL_LOG2 bits: exponent, then leading bits; up to BIN_EXACT_NBYTES a bin has one
 * length. */

static inline unsigned index_shift(size_t nbytes)
{
	size_t linear_nbytes = (size_t)1 << (CAIRN_HEAP_SL_LOG2 + CAIRN_HEAP_ALIGN_LOG2);

	return cairn_highest_bit(nbytes | linear_nbytes) - CAIRN_HEAP_SL_LOG2;
}

static inline unsigned bin_at(size_t nbytes, unsigned shift)
{
	return ((shift - CAIRN_HEAP_ALIGN_LOG2) << CAIRN_HEAP_SL_LOG2) + (unsigned)(nbytes >> shift);
}

/* The lowest bin of which every block is that long. The shift is that of the length, or of one that is a
 * smallest block shorter: what lies beyond a power of two is rounded up to the same bin with either. */
static inline unsigned bin_above(size_t nbytes, unsigned shift)
{
	return bin_at(nbytes + ((size_t)1 << shift) - 1, shift);
}

static inline unsigned index_bin(size_t nbytes)
{
	return bin_at(nbytes, index_shift(nbytes));
}

/* The lowest bin at or above `bin`, which may be CAIRN_HEAP_NBINS, that has a block; or CAIRN_HEAP_NBINS. */
static inline unsigned index_lowest_from(const struct cairn_heap *h, unsigned bin)
{
	unsigned word = bin / CAIRN_WORD_BITS;
	size_t bins = h->bin_in_use[word] & (~(size_t)0 << bin % CAIRN_WORD_BITS), words;

	if (bins == 0) {
		words = h->words_in_use & (~(size_t)1 << word);
		if (words == 0)
			return CAIRN_HEAP_NBINS;
		word = cairn_lowest_bit(words);
		bins = h->bin_in_use[word];
	}
	return word * (unsigned)CAIRN_WORD_BITS + cairn_lowest_bit(bins);
}

/* The number of the list that a link is the head of; CAIRN_HEAP_NBINS or more: of none. */
static inline size_t link_bin(const struct cairn_heap *h, struct cairn_heap_block *const *link)
{
	return cairn_rotate_right((uintptr_t)link - (uintptr_t)h->list, CAIRN_WORD_NBYTES_LOG2);
}

/* Make a free block of those bytes and put it into the index. */
static CAIRN_INLINE void index_shelve(struct cairn_heap *h, struct cairn_heap_block *block, size_t nbytes)
{
	unsigned bin = index_bin(nbytes);
	struct cairn_heap_block *next = h->list[bin];

	block_seal(h, block, nbytes | BLOCK_FREE);
	*block_footer_before(block_at(block, nbytes)) = block_footer(h, block, nbytes);
	block->next = next;
	block->link = &h->list[bin];
	h->list[bin] = block;
	if (next) {
		next->link = &block->next;
		return;
	}
	h->bin_in_use[bin / CAIRN_WORD_BITS] |= (size_t)1 << bin % CAIRN_WORD_BITS;
	h->words_in_use |= (size_t)1 << bin / CAIRN_WORD_BITS;
}

/* Can the block, whose header says FREE and nbytes, be taken out? Its neighbours in the list are real, and
 * it ends, inside the heap, with its footer. */
static CAIRN_INLINE bool index_holds(const struct cairn_heap *h, const struct cairn_heap_block *block,
				     size_t nbytes)
{
	const struct cairn_heap_block *next = block->next;
	struct cairn_heap_block *const *link = block->link;

	if (CAIRN_CHECK == 0)
		return true;
	if (next && !(chunk_has_place(h, (uintptr_t)block_payload(next)) && next->link == &block->next))
		return false;
	if (!(link_bin(h, link) < CAIRN_HEAP_NBINS || chunk_has_place(h, (uintptr_t)link)) || *link != block)
		return false;
	return *block_footer_before(block_at(block, nbytes)) == block_footer(h, block, nbytes);
}

/* The block is held by the index. */
static CAIRN_INLINE void index_remove(struct cairn_heap *h, const struct cairn_heap_block *block)
{
	struct cairn_heap_block *next = block->next, **link = block->link;
	size_t bin;

	*link = next;
	if (next) {
		next->link = link;
		return;
	}
	bin = link_bin(h, link);
	if (bin >= CAIRN_HEAP_NBINS)
		return;
	h->bin_in_use[bin / CAIRN_WORD_BITS] &= ~((size_t)1 << bin % CAIRN_WORD_BITS);
	if (h->bin_in_use[bin / CAIRN_WORD_BITS] == 0)
		h->words_in_use &= ~((size_t)1 << bin / CAIRN_WORD_BITS);
}

/* Length of the free block or the rest in front, 0: there is none. */
static CAIRN_INLINE size_t unused_nbytes_before(const struct cairn_heap *h,
						const struct cairn_heap_span *chunk,
						const struct cairn_heap_block *block)
{
	size_t opened = opened_at(h, (uintptr_t)block, *block_footer_before(block));
	size_t low = opened >> CAIRN_HEAP_CHECK_BITS, nbytes = low - BLOCK_FREE;
	const struct cairn_heap_block *before;

	if (block_at(h->rest, h->rest_nbytes) == block)
		return h->rest_nbytes;
	if (!opened_is_sound(opened) || low_state(low) != BLOCK_FREE ||
	    nbytes > (uintptr_t)block - (uintptr_t)chunk_first(chunk))
		return 0;
	before = block_at(block, -nbytes);
	return header_low(h, before, before->header) == low ? nbytes : 0;
}

/* Length of the newest block of the highest bin in use, or of the rest. */
static inline size_t largest_unused_nbytes(const struct cairn_heap *h)
{
	unsigned word, bin;
	size_t nbytes;

	if (h->words_in_use == 0)
		return h->rest_nbytes;
	word = cairn_highest_bit(h->words_in_use);
	bin = word * (unsigned)CAIRN_WORD_BITS + cairn_highest_bit(h->bin_in_use[word]);
	nbytes = low_nbytes(header_low(h, h->list[bin], h->list[bin]->header));
	return nbytes > h->rest_nbytes ? nbytes : h->rest_nbytes;
}

#endif
