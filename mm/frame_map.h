/* SPDX-License-Identifier: MIT */
/* The parts that frame.c, frame_zone.c and frame_check.c share: owner bytes, places, and the map of free
 * blocks. Private to them.
 *
 * A place is a frame's number in its zone, counted from the multiple of the largest block at or below the
 * zone's base. So places are aligned as pfns are, buddies differ in one bit, and 32 bits are enough on any
 * machine.
 *
 * The map is one string of bits for all orders of a zone, order 0 first: a bit a pair of buddies, set iff
 * one of the two is a free block (never both, or they would be merged; which one, its owner byte tells).
 * The blocks of the top order are not merged, and have a bit each. Above the string lie its summaries: a
 * bit a word of the level below, set iff that word is not 0, up to a level of one word. One more bit,
 * behind all others, is always set: no search and no climb can run past the end, so none needs to look for
 * it. */
#ifndef CAIRN_FRAME_MAP_H
#define CAIRN_FRAME_MAP_H

#include "frame.h"

/* ---- owner bytes: kind and order ---- */

#define ORDER_BITS 5
#define ORDER_MASK ((1u << ORDER_BITS) - 1)
_Static_assert(CAIRN_ORDERS - 1 <= ORDER_MASK, "an order fits its bits");

/* At the head of a block the kind is its enum cairn_owner, but for the blocks of a run behind its first. */
#define KIND_RUN 7u
_Static_assert(CAIRN_NOWNERS <= KIND_RUN, "owners and KIND_RUN fit into three bits");

/* Without a block, in the place of an order of RESERVED: */
#define BYTE_RESERVED  0u
#define BYTE_INTERIOR  1u /* in a block, not its head */
#define BYTE_BOOT_META 2u

static inline uint8_t head_byte(unsigned kind, unsigned order)
{
	return (uint8_t)(kind << ORDER_BITS | order);
}

static inline unsigned kind_of(uint8_t byte)
{
	return byte >> ORDER_BITS;
}

static inline unsigned order_of(uint8_t byte)
{
	return byte & ORDER_MASK;
}

/* ---- places ---- */

static inline uint32_t place_of(const struct cairn_zone *z, cairn_pfn pfn)
{
	return (uint32_t)(pfn - z->base) + z->skew;
}

static inline cairn_pfn pfn_of(const struct cairn_zone *z, uint32_t place)
{
	return z->base - z->skew + place;
}

static inline bool in_zone(const struct cairn_zone *z, uint32_t place)
{
	return place - z->skew < z->nframes;
}

static inline uint8_t *owner_at(const struct cairn_zone *z, uint32_t place)
{
	return &z->owner[place - z->skew];
}

/* The number of the zone that holds pfn; CAIRN_ZONES: none does. */
static inline unsigned zone_number(const struct cairn_frames *f, cairn_pfn pfn)
{
	unsigned i = 0;

	while (i < CAIRN_ZONES && pfn - f->zone[i].base >= f->zone[i].nframes)
		i++;
	return i;
}

/* ---- the map ---- */

enum { WORD_LOG2 = sizeof(size_t) == 8 ? 6 : 5, WORD_MASK = (1 << WORD_LOG2) - 1 };
_Static_assert(1 << WORD_LOG2 == sizeof(size_t) * 8, "words of 32 or 64 bits");

static inline size_t word_bit(uint32_t bit)
{
	return (size_t)1 << (bit & WORD_MASK);
}

static inline void map_set(size_t *const *level, uint32_t bit)
{
	size_t before;

	do {
		size_t *word = *level++ + (bit >> WORD_LOG2);

		before = *word;
		*word = before | word_bit(bit);
		bit >>= WORD_LOG2;
	} while (before == 0);
}

static inline void map_clear(size_t *const *level, uint32_t bit)
{
	size_t after;

	do {
		size_t *word = *level++ + (bit >> WORD_LOG2);

		after = *word & ~word_bit(bit);
		*word = after;
		bit >>= WORD_LOG2;
	} while (after == 0);
}

static inline bool map_test(size_t *const *level, uint32_t bit)
{
	return ((*level)[bit >> WORD_LOG2] & word_bit(bit)) != 0;
}

/* The first set bit at or above `bit`: up until a word says where, and down to it. */
static inline uint32_t map_next(size_t *const *level, uint32_t bit)
{
	size_t word = (*level)[bit >> WORD_LOG2] >> (bit & WORD_MASK);
	unsigned height = 0;

	while (word == 0) {
		bit = (bit >> WORD_LOG2) + 1;
		word = level[++height][bit >> WORD_LOG2] >> (bit & WORD_MASK);
	}
	bit += cairn_lowest_bit(word);
	while (height > 0)
		bit = (bit << WORD_LOG2) + cairn_lowest_bit(level[--height][bit]);
	return bit;
}

/* ---- free blocks ---- */

/* Places in a pair of buddies; in one block, for the top order. */
static inline unsigned pair_shift(const struct cairn_zone *z, unsigned order)
{
	return order < z->top ? order + 1 : order;
}

static inline uint32_t pair_bit(const struct cairn_zone *z, uint32_t place, unsigned order)
{
	return z->orders[order].first + (place >> pair_shift(z, order));
}

static inline void list_free(struct cairn_zone *z, uint32_t place, unsigned order)
{
	struct cairn_order *o = &z->orders[order];
	uint32_t bit = pair_bit(z, place, order);

	*owner_at(z, place) = head_byte(CAIRN_FREE, order);
	map_set(z->level, bit);
	if (bit < o->lowest)
		o->lowest = bit;
	o->nfree++;
	z->nonempty |= 1u << order;
}

/* The head's owner byte is the caller's to write. */
static inline void unlist_free(struct cairn_zone *z, uint32_t bit, unsigned order)
{
	map_clear(z->level, bit);
	if (--z->orders[order].nfree == 0)
		z->nonempty &= ~(1u << order);
}

static inline bool is_free_head(const struct cairn_zone *z, uint32_t place, unsigned order)
{
	return in_zone(z, place) && *owner_at(z, place) == head_byte(CAIRN_FREE, order);
}

/* Make a block free that is not, and merge it with its buddies as long as they are free. Counts are the
 * caller's. */
static inline void release(struct cairn_zone *z, uint32_t place, unsigned order)
{
	for (; order < z->top; order++) {
		uint32_t size = (uint32_t)1 << order;

		if (!is_free_head(z, place ^ size, order))
			break;
		unlist_free(z, pair_bit(z, place, order), order);
		*owner_at(z, place | size) = BYTE_INTERIOR;
		place &= ~size;
	}
	list_free(z, place, order);
}

#endif
