/* SPDX-License-Identifier: MIT */
/* The parts that frame*.c share: owner bytes, places, and the map of free blocks. Private to them.
 *
 * A place is a frame's number in its zone, counted from the multiple of the largest block at or below the
 * zone's base. So places are aligned as pfns are, buddies differ in one bit, and 32 bits are enough on any
 * machine.
 *
 * The map has a string of bits for each order: a bit a pair of buddies, set iff one of the two is a free
 * block (never both, or they would be merged). The blocks of the top order are not merged, and have a bit
 * each. The lower of the two is the free one iff its byte says so: what a split leaves is the upper half,
 * and all else that becomes free is marked. A string that fits into a word is the order's top; a longer one
 * is its map, with a summary above it (a bit a word, set iff that word is not 0), and so on, until a summary
 * fits into the top. The first bit of a word is its highest: clz finds the lowest address. */
#ifndef CAIRN_FRAME_MAP_H
#define CAIRN_FRAME_MAP_H

#include "frame.h"

/* ---- owner bytes: kind and order ---- */

#define ORDER_BITS 5
#define ORDER_MASK ((1u << ORDER_BITS) - 1)

/* At the head of a run, instead of an order: its blocks are told by bytes of KIND_RUN, the first one's behind
 * the head, the others' at their first frames. A run of one block is none. */
#define ORDER_RUN ORDER_MASK

/* At the head of a spare, instead of its order. */
#define BYTE_SPARE ((uint8_t)(CAIRN_FREE << ORDER_BITS | ORDER_MASK))
_Static_assert(CAIRN_ORDERS - 1 < ORDER_RUN, "an order fits its bits");

/* At the head of a block the kind is its enum cairn_owner. */
#define KIND_RUN 7u
_Static_assert(CAIRN_NOWNERS <= KIND_RUN, "owners and KIND_RUN fit into three bits");

/* Without a block, in the place of an order of RESERVED: */
#define BYTE_RESERVED 0u
#define BYTE_INTERIOR \
	1u /* in a block, not its head; a byte of FREE is the same, but at a free block's head */
#define BYTE_BOOT_META 2u

static inline uint8_t head_byte(unsigned kind, unsigned order)
{
	return (uint8_t)(kind << ORDER_BITS | order);
}

static inline bool is_head(uint8_t byte, unsigned kind, unsigned order)
{
	return byte == (kind << ORDER_BITS | order);
}

static inline unsigned kind_of(uint8_t byte)
{
	return byte >> ORDER_BITS;
}

static inline unsigned order_of(uint8_t byte)
{
	return byte & ORDER_MASK;
}

/* No byte of a block that is in use, nor of what is nobody's to take. */
static inline bool is_free_or_interior(uint8_t byte)
{
	return byte == BYTE_INTERIOR || kind_of(byte) == CAIRN_FREE;
}

static inline uint32_t order_nframes(unsigned order)
{
	return (uint32_t)1 << order;
}

/* ---- places ---- */

#define NO_PLACE UINT32_MAX

static inline uint32_t place_of(const struct cairn_zone *z, cairn_pfn pfn)
{
	return (uint32_t)(pfn - z->low) + z->even;
}

static inline cairn_pfn pfn_of(const struct cairn_zone *z, uint32_t place)
{
	return z->low + (place - z->even);
}

static inline bool in_zone(const struct cairn_zone *z, uint32_t place)
{
	return place - z->skew < z->nframes;
}

static inline uint8_t *owner_at(const struct cairn_zone *z, uint32_t place)
{
	return &z->owner[place - z->even];
}

/* The zone that holds pfn, or NULL. */
static inline struct cairn_zone *zone_of(const struct cairn_frames *f, cairn_pfn pfn)
{
	const struct cairn_zone *z = f->zone;

	while (pfn - z->base >= z->nframes)
		if (++z == f->zone + CAIRN_ZONES)
			return NULL;
	return (struct cairn_zone *)z;
}

/* ---- words ---- */

enum { WORD_LOG2 = sizeof(size_t) == 8 ? 6 : 5, WORD_MASK = (1 << WORD_LOG2) - 1 };
_Static_assert(1 << WORD_LOG2 == sizeof(size_t) * 8, "words of 32 or 64 bits");

/* The bit of that number, modulo the bits of a word: a rotation. */
static inline size_t word_bit(uint32_t bit)
{
	size_t first = (size_t)1 << WORD_MASK;

	return first >> (bit & WORD_MASK) | first << (-bit & WORD_MASK);
}

/* The same for a number below the bits of a word. */
static inline size_t low_bit(uint32_t bit)
{
	return (size_t)1 << WORD_MASK >> bit;
}

/* The number of the first set bit. word != 0. */
static inline unsigned word_first(size_t word)
{
	return (unsigned)__builtin_clzl(word);
}

/* ---- the map ---- */

static inline unsigned top_of(const struct cairn_zone *z)
{
	return z->norders - 1u;
}

/* log2 of the places that a bit stands for. */
static inline unsigned bit_shift(const struct cairn_zone *z, unsigned order)
{
	return order + (order < top_of(z));
}

static inline uint32_t bit_of(const struct cairn_zone *z, uint32_t place, unsigned order)
{
	return place >> bit_shift(z, order);
}

/* The word that has a bit of an order's string. */
static inline size_t *map_word(const struct cairn_zone *z, unsigned order, uint32_t bit)
{
	return order < z->nmapped ? &z->maps[order][bit >> WORD_LOG2] : &z->tops[order];
}

/* A level of an order's map, the string's words being the lowest, if they do not fit into the top. Levels lie
 * one behind the other. */
struct map_level {
	size_t *word; /* biased: word[first] is the first that is there */
	uint32_t first;
	uint32_t last;
};

static inline struct map_level map_lowest_level(const struct cairn_zone *z, unsigned order)
{
	unsigned shift = bit_shift(z, order) + WORD_LOG2;

	return (struct map_level){z->maps[order], z->skew >> shift, z->last >> shift};
}

/* false: what is above is the top. */
static inline bool map_climb(struct map_level *level)
{
	if (level->last <= WORD_MASK)
		return false;
	level->word += level->last + 1;
	level->first >>= WORD_LOG2;
	level->last >>= WORD_LOG2;
	level->word -= level->first;
	return true;
}

/* Words of all levels; 0: the string fits into the top. */
static inline size_t map_order_nwords(const struct cairn_zone *z, unsigned order)
{
	uint32_t first = bit_of(z, z->skew, order), last = bit_of(z, z->last, order);
	size_t nwords = 0;

	while (last > WORD_MASK) {
		first >>= WORD_LOG2;
		last >>= WORD_LOG2;
		nwords += last - first + 1;
	}
	return nwords;
}

/* One of the pair of buddies that begins at `place` is free and in the map: is it the lower one? */
static inline bool lower_is_free(const struct cairn_zone *z, uint32_t place, unsigned order)
{
	uint32_t i = place - z->even;

	return i < z->nowners && is_head(z->owner[i], CAIRN_FREE, order);
}

/* How many spares of an order there are, and how many frames all spares have. */
unsigned cairn_frame_nspares(const struct cairn_zone *z, unsigned order);
size_t cairn_frame_spare_nframes(const struct cairn_zone *z);

/* Order of the spare at `place`; CAIRN_ORDERS: there is none. */
unsigned cairn_frame_spare_order(const struct cairn_zone *z, uint32_t place);

/* Whether a free block of that order begins there and is in the map. Believes no order and no byte. */
bool cairn_frame_is_free(const struct cairn_zone *z, uint32_t place, unsigned order);

/* Change what is above a word of an order's string that has lost its last bit, or got its first. */
void cairn_frame_summary_toggle(struct cairn_zone *z, unsigned order, uint32_t word);

static inline void summary_toggle(struct cairn_zone *z, unsigned order, uint32_t word)
{
	if (CAIRN_RARE(order < z->ntall))
		cairn_frame_summary_toggle(z, order, word);
	else
		z->tops[order] ^= low_bit(word);
}

/* Change a bit of an order's string, and what is above it: true iff it was set. */
bool cairn_frame_map_toggle(struct cairn_zone *z, unsigned order, uint32_t bit);

/* Take the lowest block of the best order, at least `order`, out of the map, or, if it has none, the smallest
 * such spare, cut to `order`; NO_PLACE: there is none. The head's byte and the counts are the caller's to write. */
uint32_t cairn_frame_cut(struct cairn_zone *z, unsigned order);

/* Make a block free that is not, and merge it with its buddies as long as they are free: the order of what comes
 * of it. Counts but FREE's are the caller's. */
unsigned cairn_frame_release(struct cairn_zone *z, uint32_t place, unsigned order);

/* The same where no order from that one on is tall; and FREE is not counted. A bit that was set is a free buddy's, and
 * the first that was not becomes that of the merged block. */
unsigned cairn_frame_merge(struct cairn_zone *z, uint32_t place, unsigned order);

/* As cairn_frame_release, but it becomes a spare if there is room for one. */
void cairn_frame_put(struct cairn_zone *z, uint32_t place, unsigned order);

/* Take the spare that the block of `order` at `place` is, or lies in: its order; CAIRN_ORDERS: there is none. It
 * counts as if it had been in the map. */
unsigned cairn_frame_take_cover(struct cairn_zone *z, uint32_t place, unsigned order);

#endif
