/* SPDX-License-Identifier: MIT */
/* The heap's index of free blocks: a list for each size class (bin), newest first, and two levels of
 * bitmaps over them. Private to heap*.c. Heads and bitmaps stand in struct cairn_heap and are believed;
 * links stand in free memory, where a late write may have hit them, and are believed only when what they
 * lead to is heap memory and leads back. */
#ifndef CAIRN_HEAP_INDEX_H
#define CAIRN_HEAP_INDEX_H

#include "heap_chunk.h"

/* Bins are numbered as if the length were a float of CAIRN_HEAP_SL_LOG2 bits: exponent, then leading bits. */
static inline unsigned index_bin(size_t nbytes)
{
	size_t linear_nbytes = (size_t)1 << (CAIRN_HEAP_SL_LOG2 + CAIRN_HEAP_ALIGN_LOG2);
	unsigned shift = cairn_highest_bit(nbytes | linear_nbytes) - CAIRN_HEAP_SL_LOG2;

	return ((shift - CAIRN_HEAP_ALIGN_LOG2) << CAIRN_HEAP_SL_LOG2) + (unsigned)(nbytes >> shift);
}

/* The lowest bin at or above `bin` that has a block, or CAIRN_HEAP_NBINS. */
static inline unsigned index_lowest_from(const struct cairn_heap *h, unsigned bin)
{
	unsigned word = bin / CAIRN_WORD_BITS;
	size_t bins = h->bin_in_use[word] & (~(size_t)0 << bin % CAIRN_WORD_BITS);

	if (bins == 0) {
		size_t words = h->words_in_use & (~(size_t)1 << word);

		if (words == 0)
			return CAIRN_HEAP_NBINS;
		word = cairn_lowest_bit(words);
		bins = h->bin_in_use[word];
	}
	return word * (unsigned)CAIRN_WORD_BITS + cairn_lowest_bit(bins);
}

/* The block to take for a request of that length: NULL iff the index finds none. */
static inline struct cairn_heap_block *index_find(const struct cairn_heap *h, size_t nbytes)
{
	unsigned bin = index_bin(nbytes);
	struct cairn_heap_block *block = h->list[bin];

	if (block && block_nbytes(block) >= nbytes)
		return block;
	bin = index_lowest_from(h, bin + 1);
	return bin == CAIRN_HEAP_NBINS ? NULL : h->list[bin];
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

/* Can the block be taken out? Its header is sound and FREE, its neighbours in the list are real. */
static inline bool index_holds(const struct cairn_heap *h, const struct cairn_heap_block *block)
{
	const struct cairn_heap_block *next = block->next;
	const struct cairn_heap_block *prev = block->prev;

	if (CAIRN_CHECK == 0)
		return true;
	if ((block->header & (BLOCK_FREE | BLOCK_RETIRED)) != BLOCK_FREE || !block_is_sound(h, block))
		return false;
	if (next && !(chunk_holds_block(h, next) && next->prev == block))
		return false;
	if (prev)
		return chunk_holds_block(h, prev) && prev->next == block;
	return h->list[index_bin(block_nbytes(block))] == block;
}

/* The block is held by the index. */
static inline void index_remove(struct cairn_heap *h, struct cairn_heap_block *block)
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
	bin = index_bin(block_nbytes(block));
	h->list[bin] = next;
	if (next)
		return;
	h->bin_in_use[bin / CAIRN_WORD_BITS] &= ~((size_t)1 << bin % CAIRN_WORD_BITS);
	if (h->bin_in_use[bin / CAIRN_WORD_BITS] == 0)
		h->words_in_use &= ~((size_t)1 << bin / CAIRN_WORD_BITS);
}

#endif
