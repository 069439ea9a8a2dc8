/* SPDX-License-Identifier: MIT */
/* The heap's index of free blocks: a list for each size class (bin), newest first, and two levels of
 * bitmaps over them. Private to heap*.c. Heads and bitmaps stand in struct cairn_heap and are believed;
 * links stand in free memory, where a late write may have hit them, and are believed only when what they
 * lead to is heap memory and leads back. */
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

/* The bin of a length; with rounding up, the lowest bin of which every block is that long. */
static inline unsigned bin_at(size_t nbytes, unsigned shift)
{
	return ((shift - CAIRN_HEAP_ALIGN_LOG2) << CAIRN_HEAP_SL_LOG2) + (unsigned)(nbytes >> shift);
}

static inline unsigned index_bin(size_t nbytes)
{
	return bin_at(nbytes, index_shift(nbytes));
}

static inline unsigned index_bin_above(size_t nbytes)
{
	unsigned shift = index_shift(nbytes);

	return bin_at(nbytes + ((size_t)1 << shift) - 1, shift);
}

/* The lowest bin at or above `bin` that has a block, or CAIRN_HEAP_NBINS. */
static inline unsigned index_lowest_from(const struct cairn_heap *h, unsigned bin)
{
	unsigned word = bin / CAIRN_WORD_BITS;
	size_t bins, words;

	if (word >= CAIRN_HEAP_NWORDS)
		return CAIRN_HEAP_NBINS;
	bins = h->bin_in_use[word] & (~(size_t)0 << bin % CAIRN_WORD_BITS);
	if (bins == 0) {
		words = h->words_in_use & (~(size_t)1 << word);
		if (words == 0)
			return CAIRN_HEAP_NBINS;
		word = cairn_lowest_bit(words);
		bins = h->bin_in_use[word];
	}
	return word * (unsigned)CAIRN_WORD_BITS + cairn_lowest_bit(bins);
}

static inline void index_insert(struct cairn_heap *h, struct cairn_heap_block *block, size_t nbytes)
{
	unsigned bin = index_bin(nbytes);
	struct cairn_heap_block *head = h->list[bin];

	block->next = head;
	block->prev = NULL;
	h->list[bin] = block;
	if (head) {
		head->prev = block;
		return;
	}
	h->bin_in_use[bin / CAIRN_WORD_BITS] |= (size_t)1 << bin % CAIRN_WORD_BITS;
	h->words_in_use |= (size_t)1 << bin / CAIRN_WORD_BITS;
}

/* Can the block, whose header says FREE and nbytes, be taken out? Its neighbours in the list are real, and
 * it ends with its footer. */
static inline bool index_holds(const struct cairn_heap *h, const struct cairn_heap_block *block,
			       size_t nbytes)
{
	const struct cairn_heap_block *next = block->next;
	const struct cairn_heap_block *prev = block->prev;

	if (CAIRN_CHECK == 0)
		return true;
	if (next && !(chunk_holds_block(h, next) && next->prev == block))
		return false;
	if (prev ? !(chunk_holds_block(h, prev) && prev->next == block) : h->list[index_bin(nbytes)] != block)
		return false;
	return *block_footer_before(block_at(block, nbytes)) == block_footer(h, block, nbytes);
}

/* Length of the free block in front, 0: there is none. Its footer may be a live block's last word. */
static inline size_t free_nbytes_before(const struct cairn_heap *h, const struct cairn_heap_span *chunk,
					const struct cairn_heap_block *block)
{
	size_t opened = opened_at(h, (uintptr_t)block, *block_footer_before(block));
	size_t low = opened >> CAIRN_HEAP_CHECK_BITS, nbytes = low - BLOCK_FREE;
	const struct cairn_heap_block *before;

	if (!opened_is_sound(opened) || low_state(low) != BLOCK_FREE ||
	    nbytes > (uintptr_t)block - (uintptr_t)chunk_first(chunk))
		return 0;
	before = (const struct cairn_heap_block *)((uintptr_t)block - nbytes);
	return before->header == block_sealed(h, before, low) ? nbytes : 0;
}

/* The same, or the length of the rest if that is in front. */
static inline size_t unused_nbytes_before(const struct cairn_heap *h, const struct cairn_heap_span *chunk,
					  const struct cairn_heap_block *block)
{
	if (h->rest_nbytes != 0 && block_at(h->rest, h->rest_nbytes) == block)
		return h->rest_nbytes;
	return free_nbytes_before(h, chunk, block);
}

/* Length of a block, if it is free or the rest; else 0. */
static inline size_t unused_nbytes_at(const struct cairn_heap *h, const struct cairn_heap_block *block)
{
	size_t low = header_low(h, block, block->header);

	return low_state(low) == BLOCK_FREE || (h->rest_nbytes != 0 && block == h->rest) ? low_nbytes(low)
											 : 0;
}

/* The block is held by the index. */
static inline void index_remove(struct cairn_heap *h, struct cairn_heap_block *block, size_t nbytes)
{
	struct cairn_heap_block *next = block->next;
	struct cairn_heap_block *prev = block->prev;
	unsigned bin;

	if (next)
		next->prev = prev;
	if (prev) {
		prev->next = next;
		return;
	}
	bin = index_bin(nbytes);
	h->list[bin] = next;
	if (next)
		return;
	h->bin_in_use[bin / CAIRN_WORD_BITS] &= ~((size_t)1 << bin % CAIRN_WORD_BITS);
	if (h->bin_in_use[bin / CAIRN_WORD_BITS] == 0)
		h->words_in_use &= ~((size_t)1 << bin / CAIRN_WORD_BITS);
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

/* Make a free block of those bytes and put it into the index. */
static inline void index_shelve(struct cairn_heap *h, struct cairn_heap_block *block, size_t nbytes)
{
	block_seal(h, block, nbytes | BLOCK_FREE);
	*block_footer_before(block_at(block, nbytes)) = block_footer(h, block, nbytes);
	index_insert(h, block, nbytes);
}

/* The rest, which lies outside, joins the index. */
static inline void index_shelve_rest(struct cairn_heap *h)
{
	size_t nbytes = h->rest_nbytes;

	h->rest_nbytes = 0;
	if (nbytes != 0)
		index_shelve(h, h->rest, nbytes);
}

#endif
