/* SPDX-License-Identifier: MIT */
/* The map of free blocks: what lies above its strings of bits, the search, and merging. */
#include "frame_map.h"

void cairn_frame_summary_toggle(struct cairn_zone *z, unsigned order, uint32_t word)
{
	struct map_level level = map_lowest_level(z, order);

	for (; map_climb(&level); word >>= WORD_LOG2) {
		size_t before = level.word[word >> WORD_LOG2], after = before ^ word_bit(word);

		level.word[word >> WORD_LOG2] = after;
		if (before != 0 && after != 0)
			return;
	}
	z->tops[order] ^= word_bit(word);
}

bool cairn_frame_map_toggle(struct cairn_zone *z, unsigned order, uint32_t bit)
{
	size_t *word = map_word(z, order, bit), before = *word, after = before ^ word_bit(bit);

	*word = after;
	if (order < z->nmapped && (before == 0 || after == 0))
		cairn_frame_summary_toggle(z, order, bit >> WORD_LOG2);
	return (before & ~after) != 0;
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
static inline uint32_t take_first(struct cairn_zone *z, unsigned order)
{
	size_t top = z->tops[order], *word, rest;
	uint32_t first = word_first(top), bit;

	if (order >= z->nmapped) {
		z->tops[order] = top & ~low_bit(first);
		return first;
	}
	if (CAIRN_RARE(order < z->ntall))
		first = search(z, order);
	word = &z->maps[order][first];
	bit = word_first(*word);
	rest = *word & ~low_bit(bit);
	*word = rest;
	if (rest == 0)
		summary_toggle(z, order, first);
	return (first << WORD_LOG2) + bit;
}

/* Shorten a block from order `from` to `to`, keeping its lower end: `place` again. What is left goes into the map. No
 * block of the orders between is there, or it would have been taken: their words are 0. */
static inline uint32_t split(struct cairn_zone *z, uint32_t place, unsigned from, unsigned to)
{
	unsigned until = z->nmapped > to ? z->nmapped : to;
	size_t *top = &z->tops[from], **map;
	uint32_t bit = place >> from;

	for (; from > until; from--, bit <<= 1)
		*--top = low_bit(bit);
	if (from == to)
		return place;
	until = z->ntall > to ? z->ntall : to;
	for (map = &z->maps[from]; from > until; from--, bit <<= 1) {
		uint32_t word = bit >> WORD_LOG2;

		(*--map)[word] = word_bit(bit);
		*--top = low_bit(word);
	}
	for (; from > to; from--, bit <<= 1)
		cairn_frame_map_toggle(z, from - 1, bit);
	return place;
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

/* From the smallest spare that is large enough, which counts then as if it had been in the map. */
static CAIRN_SLOW uint32_t cut_spare(struct cairn_zone *z, unsigned order)
{
	for (unsigned from = order; z->spares != NULL && from < CAIRN_SPARE_ORDERS; from++) {
		uint32_t *after = z->spares[from];

		if (*after == 0 && *++after == 0)
			continue;
		z->nframes_of[CAIRN_FREE] += order_nframes(from);
		return split(z, take_spare(z, after), from, order);
	}
	return NO_PLACE;
}

uint32_t cairn_frame_cut(struct cairn_zone *z, unsigned order)
{
	const size_t *top = &z->tops[order];
	uint32_t place;
	unsigned from;

	while (*top++ == 0)
		;
	from = (unsigned)(top - z->tops) - 1;
	if (from >= z->norders)
		return cut_spare(z, order);
	place = take_block(z, from);
	return from == order ? place : split(z, place, from, order);
}

static inline void mark_free(struct cairn_zone *z, uint32_t place, unsigned order)
{
	*owner_at(z, place & ~(uint32_t)0 << order) = head_byte(CAIRN_FREE, order);
}

/* A block of the top order, where that has a map. */
static CAIRN_SLOW unsigned put_top(struct cairn_zone *z, uint32_t place, unsigned top)
{
	cairn_frame_map_toggle(z, top, place >> top);
	mark_free(z, place, top);
	return top;
}

/* First where the map has one summary, then where it is a word, and at last the top order, where a bit is one
 * block's. */
unsigned cairn_frame_merge(struct cairn_zone *z, uint32_t place, unsigned order)
{
	unsigned top = top_of(z), npaired = z->npaired;
	uint32_t bit = place >> order >> 1;
	size_t *summary = &z->tops[order], before, mask;

	for (size_t **map = &z->maps[order]; order < npaired; order++, bit >>= 1, summary++) {
		size_t *word = *map++ + (bit >> WORD_LOG2);

		before = *word;
		mask = word_bit(bit);
		*word = before ^ mask;
		if (before == 0 || before == mask)
			*summary ^= low_bit(bit >> WORD_LOG2);
		if ((before & mask) == 0)
			goto merged;
	}
	for (; order < top; order++, bit >>= 1, summary++) {
		before = *summary;
		mask = low_bit(bit);
		*summary = before ^ mask;
		if ((before & mask) == 0)
			goto merged;
	}
	if (CAIRN_RARE(order < z->nmapped))
		return put_top(z, place, order);
	z->tops[order] |= low_bit(place >> order);
merged:
	mark_free(z, place, order);
	return order;
}

unsigned cairn_frame_release(struct cairn_zone *z, uint32_t place, unsigned order)
{
	z->nframes_of[CAIRN_FREE] += order_nframes(order);
	for (; order < z->ntall; order++) {
		if (cairn_frame_map_toggle(z, order, bit_of(z, place, order)))
			continue;
		mark_free(z, place, order);
		return order;
	}
	return cairn_frame_merge(z, place, order);
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
		if (are_buddies(z, after, order) ||
		    (z->tops[order] != 0 &&
		     (buddy_is_free(z, after[0], order) || buddy_is_free(z, *++after, order))))
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
