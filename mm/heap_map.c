/* SPDX-License-Identifier: MIT */
/* The optional map of block starts: a bit for each place of a chunk where a payload can start, in front of
 * the chunk's blocks. With it a wrong free is refused without a miss.
 * Locking: none here; cairn.c serialises. */
#include "heap_chunk.h"

static size_t *map_of(const struct cairn_heap_span *chunk)
{
	return (size_t *)(chunk->base + sizeof(struct cairn_heap_chunk));
}

static size_t map_bit(const struct cairn_heap_span *chunk, const struct cairn_heap_block *block)
{
	return ((uintptr_t)block_payload(block) - chunk->base) >> CAIRN_HEAP_ALIGN_LOG2;
}

bool cairn_heap_map_has(const struct cairn_heap_span *chunk, const struct cairn_heap_block *block)
{
	size_t bit = map_bit(chunk, block);

	return map_of(chunk)[bit / CAIRN_WORD_BITS] >> bit % CAIRN_WORD_BITS & 1;
}

void cairn_heap_map_set(struct cairn_heap *h, const struct cairn_heap_block *block, bool starts)
{
	struct cairn_heap_span chunk;
	size_t bit;
	size_t *word;

	if (cairn_heap_chunk_find(h, (uintptr_t)block_payload(block), &chunk) != CAIRN_OK)
		return;
	bit = map_bit(&chunk, block);
	word = &map_of(&chunk)[bit / CAIRN_WORD_BITS];
	if (starts)
		*word |= (size_t)1 << bit % CAIRN_WORD_BITS;
	else
		*word &= ~((size_t)1 << bit % CAIRN_WORD_BITS);
}

/* The last block that starts before `block`, no further back than the search reaches; or NULL. */
static const struct cairn_heap_block *map_start_before(const struct cairn_heap_span *chunk,
						       const struct cairn_heap_block *block)
{
	size_t bit = map_bit(chunk, block);
	size_t word = bit / CAIRN_WORD_BITS;
	size_t starts = map_of(chunk)[word] & (((size_t)1 << bit % CAIRN_WORD_BITS) - 1);

	for (unsigned n = 1; starts == 0; n++) {
		if (word == 0 || n == CAIRN_HEAP_MAP_REACH_WORDS)
			return NULL;
		starts = map_of(chunk)[--word];
	}
	bit = word * CAIRN_WORD_BITS + cairn_highest_bit(starts);
	return block_of((const void *)(chunk->base + (bit << CAIRN_HEAP_ALIGN_LOG2)));
}

enum cairn_err cairn_heap_map_judge(const struct cairn_heap *h, const struct cairn_heap_span *chunk,
				    const struct cairn_heap_block *block)
{
	size_t low = block_low(h, block);
	const struct cairn_heap_block *start;

	if (low != 0 && !low_is_live(low))
		return CAIRN_EDOUBLE;
	start = map_start_before(chunk, block);
	low = start ? block_low(h, start) : 0;
	if (low == 0 || !chunk_fits(chunk, start, low_nbytes(low)))
		return CAIRN_ECORRUPT;
	return low_is_live(low) ? CAIRN_EINTERIOR : CAIRN_EDOUBLE;
}
