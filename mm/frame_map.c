/* SPDX-License-Identifier: MIT */
/* The map of free blocks: what lies above its strings of bits, the search, and merging. */
#include "frame_map.h"

void cairn_frame_map_filled(struct cairn_zone *z, unsigned order, uint32_t word)
{
	struct map_level level = map_lowest_level(z, order);

	for (; map_climb(&level); word >>= WORD_LOG2) {
		size_t before = level.word[word >> WORD_LOG2];

		level.word[word >> WORD_LOG2] = before | word_bit(word);
		if (before != 0)
			return;
	}
	z->tops[order] |= word_bit(word);
}

void cairn_frame_map_emptied(struct cairn_zone *z, unsigned order, uint32_t word)
{
	struct map_level level = map_lowest_level(z, order);

	for (; map_climb(&level); word >>= WORD_LOG2)
		if ((level.word[word >> WORD_LOG2] &= ~word_bit(word)) != 0)
			return;
	z->tops[order] &= ~word_bit(word);
}

uint32_t cairn_frame_map_search(const struct cairn_zone *z, unsigned order)
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

bool cairn_frame_is_free(const struct cairn_zone *z, uint32_t place, unsigned order)
{
	uint32_t half = order_nframes(order);
	const size_t *word;

	if (order >= z->norders || (place & (half - 1)) != 0 || !in_zone(z, place))
		return false;
	word = map_word(z, order, bit_of(z, place, order));
	if (order < z->nmapped && (uintptr_t)word - (uintptr_t)z->words >= z->nwords * sizeof(size_t))
		return false; /* damage */
	if ((*word & word_bit(bit_of(z, place, order))) == 0)
		return false;
	return order == top_of(z) || lower_is_free(z, place & ~half, order) == ((place & half) == 0);
}

/* Clear the bits of free buddies from `order` up, `bit` being the first one's: the order of what they merge to. */
static unsigned merge(struct cairn_zone *z, uint32_t bit, unsigned order)
{
	unsigned top = top_of(z), nmapped = z->nmapped < top ? z->nmapped : top;
	size_t *tops = z->tops;

	for (; order < nmapped; order++, bit >>= 1) {
		size_t *word = &z->maps[order][bit >> WORD_LOG2];
		size_t mask = word_bit(bit), rest = *word & ~mask;

		if ((*word & mask) == 0)
			return order;
		*word = rest;
		if (rest == 0)
			map_emptied(z, order, bit >> WORD_LOG2);
	}
	for (; order < top; order++, bit >>= 1) {
		size_t mask = word_bit(bit);

		if ((tops[order] & mask) == 0)
			return order;
		tops[order] &= ~mask;
	}
	return order;
}

void cairn_frame_release(struct cairn_zone *z, uint32_t place, unsigned order)
{
	order = merge(z, place >> order >> 1, order);
	place &= ~(uint32_t)0 << order;
	*owner_at(z, place) = head_byte(CAIRN_FREE, order);
	map_set(z, order, bit_of(z, place, order));
}
