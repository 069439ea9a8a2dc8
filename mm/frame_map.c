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

/* Where an order is tall: the first word of its string that is not 0. There is one. */
static CAIRN_SLOW uint32_t search(const struct cairn_zone *z, unsigned order)
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

unsigned cairn_frame_nspares(const struct cairn_zone *z, unsigned order)
{
	unsigned nspares = 0;

	for (unsigned i = 0; z->spares != NULL && order < CAIRN_SPARE_ORDERS && i < CAIRN_SPARES; i++)
		nspares += z->spares[order][i] != 0;
	return nspares;
}

size_t cairn_frame_spare_nframes(const struct cairn_zone *z)
{
	size_t nframes = 0;

	for (unsigned order = 0; order < CAIRN_SPARE_ORDERS; order++)
		nframes += (size_t)cairn_frame_nspares(z, order) << order;
	return nframes;
}

unsigned cairn_frame_spare_order(const struct cairn_zone *z, uint32_t place)
{
	for (unsigned order = 0; z->spares != NULL && order < CAIRN_SPARE_ORDERS; order++)
		for (unsigned i = 0; i < CAIRN_SPARES; i++)
			if (z->spares[order][i] == place - z->even + 1)
				return order;
	return CAIRN_ORDERS;
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

/* The first bit of an order that has one, cleared. */
static uint32_t take_first(struct cairn_zone *z, unsigned order)
{
	size_t top = z->tops[order], *word;
	uint32_t first = word_first(top), bit;

	if (order >= z->nmapped) {
		z->tops[order] = top & ~low_bit(first);
		return first;
	}
	if (order < z->ntall)
		first = search(z, order);
	word = &z->maps[order][first];
	bit = word_first(*word);
	*word &= ~low_bit(bit);
	if (*word == 0)
		map_emptied(z, order, first);
	return (first << WORD_LOG2) + bit;
}

/* What is left of a block that is shortened from order `from` to `to`, keeping its lower end, goes into the map.
 * No block of the orders between is there, or it would have been taken: their words are 0. */
static inline void split(struct cairn_zone *z, uint32_t place, unsigned from, unsigned to)
{
	unsigned nmapped = z->nmapped > to ? z->nmapped : to, ntall = z->ntall > to ? z->ntall : to;
	size_t *top = &z->tops[from], **map;
	uint32_t bit = place >> from;

	for (; from > nmapped; from--, bit <<= 1)
		*--top = low_bit(bit);
	for (map = &z->maps[from]; from > ntall; from--, bit <<= 1) {
		uint32_t word = bit >> WORD_LOG2;

		(*--map)[word] = word_bit(bit);
		*--top = low_bit(word);
	}
	for (; from > to; from--, bit <<= 1)
		map_set(z, from - 1, bit);
}

/* The block of an order that has one. */
static inline uint32_t take_block(struct cairn_zone *z, unsigned order)
{
	uint32_t place = take_first(z, order) << order;

	if (order == top_of(z))
		return place;
	place <<= 1;
	return lower_is_free(z, place, order) ? place : place + order_nframes(order);
}

/* A spare stops being one. */
static uint32_t take_spare(struct cairn_zone *z, uint32_t *after)
{
	uint32_t i = *after - 1;

	*after = 0;
	z->owner[i] = BYTE_INTERIOR;
	return i + z->even;
}

/* The smallest spare of at least that order, counted as if it had been in the map. */
static CAIRN_SLOW uint32_t take_smallest_spare(struct cairn_zone *z, unsigned *order)
{
	if (z->spares == NULL)
		return NO_PLACE;
	for (; *order < CAIRN_SPARE_ORDERS; ++*order) {
		uint32_t *after = z->spares[*order];

		if (*after == 0 && *++after == 0)
			continue;
		z->nframes_of[CAIRN_FREE] += order_nframes(*order);
		return take_spare(z, after);
	}
	return NO_PLACE;
}

uint32_t cairn_frame_cut(struct cairn_zone *z, unsigned order)
{
	const size_t *top = &z->tops[order];
	unsigned from;
	uint32_t place;

	while (*top++ == 0)
		;
	from = (unsigned)(top - z->tops) - 1;
	if (from < z->norders) {
		place = take_block(z, from);
	} else {
		from = order;
		place = take_smallest_spare(z, &from);
		if (place == NO_PLACE)
			return NO_PLACE;
	}
	if (from != order)
		split(z, place, from, order);
	return place;
}

/* Where an order is tall: toggle a bit; true iff it was set. */
static bool toggle_tall(struct cairn_zone *z, unsigned order, uint32_t bit)
{
	size_t *word = map_word(z, order, bit), before = *word;

	*word = before ^ word_bit(bit);
	if (before == 0)
		cairn_frame_map_filled(z, order, bit >> WORD_LOG2);
	else if (*word == 0)
		cairn_frame_map_emptied(z, order, bit >> WORD_LOG2);
	return (before & word_bit(bit)) != 0;
}

/* Toggle the bits of a block's pairs from `order` up, `bit` being the first, until one was not set: what was set
 * was a free buddy, what was not is now the merged block (the top order's bit is the caller's to set). Its order.
 * First through the tall orders, then where
 * the map has one summary, then where it is a word. */
static inline unsigned merge(struct cairn_zone *z, uint32_t bit, unsigned order)
{
	unsigned top = top_of(z), nmapped = z->nmapped < top ? z->nmapped : top;
	size_t mask, *word, **map, *summary, before;

	for (; order < z->ntall && order < top; order++, bit >>= 1)
		if (!toggle_tall(z, order, bit))
			return order;
	map = &z->maps[order];
	summary = &z->tops[order];
	for (; order < nmapped; order++, bit >>= 1, summary++) {
		word = *map++ + (bit >> WORD_LOG2);
		mask = word_bit(bit);
		before = *word;
		*word = before ^ mask;
		if (before == 0 || before == mask)
			*summary ^= low_bit(bit >> WORD_LOG2);
		if ((before & mask) == 0)
			return order;
	}
	for (; order < top; order++, bit >>= 1, summary++) {
		mask = low_bit(bit);
		before = *summary;
		*summary = before ^ mask;
		if ((before & mask) == 0)
			return order;
	}
	return order;
}

unsigned cairn_frame_release(struct cairn_zone *z, uint32_t place, unsigned order)
{
	z->nframes_of[CAIRN_FREE] += order_nframes(order);
	order = merge(z, place >> order >> 1, order);
	place &= ~(uint32_t)0 << order;
	*owner_at(z, place) = head_byte(CAIRN_FREE, order);
	if (order == top_of(z))
		map_set(z, order, place >> order);
	return order;
}

void cairn_frame_put(struct cairn_zone *z, uint32_t place, unsigned order)
{
	unsigned i = 0;

	while (z->spares != NULL && order < CAIRN_SPARE_ORDERS && i < CAIRN_SPARES) {
		uint32_t *after = &z->spares[order][i++];

		if (*after == 0) {
			*after = place - z->even + 1;
			*owner_at(z, place) = BYTE_SPARE;
			return;
		}
	}
	cairn_frame_release(z, place, order);
}

/* Is the buddy of a spare in the map? */
static inline bool buddy_is_free(const struct cairn_zone *z, uint32_t after, unsigned order)
{
	uint32_t bit = (after - 1 + z->even) >> order >> 1;

	return after != 0 && (*map_word(z, order, bit) & word_bit(bit)) != 0;
}

/* Are the two each other's buddies? */
static inline bool are_buddies(const struct cairn_zone *z, const uint32_t after[CAIRN_SPARES], unsigned order)
{
	return ((after[0] - 1 + z->even) ^ (after[1] - 1 + z->even)) == order_nframes(order);
}
_Static_assert(CAIRN_SPARES == 2, "they are two");

unsigned cairn_frame_flush(struct cairn_frames *f, unsigned below)
{
	struct cairn_zone *z = &f->zone[0];
	unsigned order = below < CAIRN_SPARE_ORDERS ? below : CAIRN_SPARE_ORDERS;

	if (z->spares == NULL)
		return CAIRN_ORDERS;
	if (order > top_of(z))
		order = top_of(z);
	while (order-- > 0) {
		uint32_t *after = z->spares[order];

		if ((after[0] | after[1]) == 0)
			continue;
		if (buddy_is_free(z, after[0], order) || are_buddies(z, after, order) ||
		    buddy_is_free(z, *++after, order))
			return cairn_frame_release(z, take_spare(z, after), order);
	}
	return CAIRN_ORDERS;
}

unsigned cairn_frame_take_cover(struct cairn_zone *z, uint32_t place, unsigned order)
{
	for (; z->spares != NULL && order < CAIRN_SPARE_ORDERS; order++)
		for (unsigned i = 0; i < CAIRN_SPARES; i++) {
			uint32_t *after = &z->spares[order][i];

			if (*after == 0 || (place - (*after - 1 + z->even)) >> order != 0)
				continue;
			take_spare(z, after);
			z->nframes_of[CAIRN_FREE] += order_nframes(order);
			return order;
		}
	return CAIRN_ORDERS;
}
