/* SPDX-License-Identifier: MIT */
/* The map of free blocks: what lies above its strings of bits, the search, and merging. */
#include "frame_map.h"

void cairn_frame_map_filled(struct cairn_zone *z, unsigned order, uint32_t word)
{
	if (order < z->ntall) {
		struct map_level level = map_lowest_level(z, order);

		for (; map_climb(&level); word >>= WORD_LOG2) {
			size_t before = level.word[word >> WORD_LOG2];

			level.word[word >> WORD_LOG2] = before | word_bit(word);
			if (before != 0)
				return;
		}
	}
	z->tops[order] |= word_bit(word);
}

void cairn_frame_map_emptied(struct cairn_zone *z, unsigned order, uint32_t word)
{
	if (order < z->ntall) {
		struct map_level level = map_lowest_level(z, order);

		for (; map_climb(&level); word >>= WORD_LOG2)
			if ((level.word[word >> WORD_LOG2] &= ~word_bit(word)) != 0)
				return;
	}
	z->tops[order] &= ~word_bit(word);
}

/* Number of the first word of the lowest level that is not 0. */
static uint32_t first_word(const struct cairn_zone *z, unsigned order)
{
	const size_t *words[CAIRN_MAP_LEVELS];
	struct map_level level = map_lowest_level(z, order);
	uint32_t word = word_first(z->tops[order]);
	unsigned height = 0;

	while (map_climb(&level))
		words[height++] = level.word;
	while (height > 0)
		word = (word << WORD_LOG2) + word_first(words[--height][word]);
	return word;
}

uint32_t cairn_frame_map_take(struct cairn_zone *z, unsigned order)
{
	uint32_t word = word_first(z->tops[order]), bit;

	if (order >= z->nmapped) {
		z->tops[order] &= ~word_bit(word);
		return word;
	}
	if (order < z->ntall)
		word = first_word(z, order);
	bit = word_first(z->maps[order][word]);
	if ((z->maps[order][word] &= ~word_bit(bit)) == 0)
		cairn_frame_map_emptied(z, order, word);
	return (word << WORD_LOG2) + bit;
}

bool cairn_frame_is_free(const struct cairn_zone *z, uint32_t place, unsigned order)
{
	uint32_t half = order_nframes(order);
	const size_t *word;

	if (order >= z->norders || (place & (half - 1)) != 0 || !in_zone(z, place))
		return false;
	if (order == 0 && z->spare == owner_at(z, place))
		return true;
	word = map_word(z, order, bit_of(z, place, order));
	if (order < z->nmapped && (uintptr_t)word - (uintptr_t)z->words >= z->nwords * sizeof(size_t))
		return false; /* damage */
	if ((*word & word_bit(bit_of(z, place, order))) == 0)
		return false;
	return order == top_of(z) || lower_is_free(z, place & ~half, order) == ((place & half) == 0);
}

void cairn_frame_release(struct cairn_zone *z, uint32_t place, unsigned order)
{
	if (CAIRN_ORDERS > 1 && order == 0 && z->spare == owner_at(z, place ^ 1)) {
		z->spare = NULL;
		order = 1;
	}
	while (order < top_of(z) && map_clear(z, order, place >> (order + 1)))
		order++;
	place &= ~(uint32_t)0 << order;
	*owner_at(z, place) = head_byte(CAIRN_FREE, order);
	if (order == 0 && z->spare == NULL)
		z->spare = owner_at(z, place);
	else
		map_set(z, order, bit_of(z, place, order));
}
