/* SPDX-License-Identifier: MIT */
/* The short ways of allocating and freeing a block, inline in the facade; what they do not serve, frame.c does.
 * They serve the zone that is tried first: its spares, and blocks of the orders whose map is a word or has one
 * summary, but for the top order (`nplain`).
 *
 * A spare is a block that was freed when there was room for one of its order: it is in no map, and merges with
 * nothing. It goes into the map when a request can not be met otherwise (cairn_frame_flush). So the same block
 * taken and given back by turns is not split and merged each time, whatever is beside it, and in a mix of orders
 * more than half of all calls do not touch the map. */
#ifndef CAIRN_FRAME_FAST_H
#define CAIRN_FRAME_FAST_H

#include "frame_map.h"

/* false: not served, and nothing has changed. */
static inline bool frame_alloc_spare(struct cairn_frames *f, unsigned order, enum cairn_owner owner,
				     unsigned zones, cairn_pfn *pfn)
{
	struct cairn_zone *z = &f->zone[0];
	uint32_t *after;
	cairn_pfn i;

	if ((zones & 1) == 0 || order >= CAIRN_SPARE_ORDERS)
		return false;
	after = f->spares[order];
	if (*after == 0 && *++after == 0)
		return false;
	i = *after - 1;
	*after = 0;
	z->owner[i] = head_byte(owner, order);
	if (owner != CAIRN_PAGES)
		z->nframes_of[owner] += order_nframes(order);
	*pfn = z->low + i;
	return true;
}

/* The first block of an order that has one, out of the map: the number of its byte. The lower of its pair may
 * lie before the zone. */
static inline uint32_t plain_take(struct cairn_zone *z, unsigned order, size_t top)
{
	uint32_t place = word_first(top), word = place;
	size_t *map, rest;

	if (order < z->nmapped) {
		map = z->maps[order];
		rest = map[word];
		place = word_first(rest);
		rest &= ~low_bit(place);
		map[word] = rest;
		place += word << WORD_LOG2;
		if (rest == 0)
			z->tops[order] = top & ~low_bit(word);
	} else {
		z->tops[order] = top & ~low_bit(place);
	}
	place = (place << order << 1) - z->even;
	if (place >= z->nowners || !is_head(z->owner[place], CAIRN_FREE, order))
		place += order_nframes(order);
	return place;
}

/* What byte i begins becomes a block of PAGES that the map does not have any more. */
static inline cairn_pfn plain_taken(struct cairn_zone *z, uint32_t i, unsigned order)
{
	z->owner[i] = head_byte(CAIRN_PAGES, order);
	z->nframes_of[CAIRN_FREE] -= order_nframes(order);
	return z->low + i;
}

/* From the map, a block of that very order, for PAGES. false: not served, and nothing has changed. */
static inline bool frame_alloc_plain(struct cairn_frames *f, unsigned order, unsigned zones, cairn_pfn *pfn)
{
	struct cairn_zone *z = &f->zone[0];
	size_t top;

	if ((zones & 1) == 0 || order >= z->nplain)
		return false;
	top = z->tops[order];
	if (top == 0)
		return false;
	*pfn = plain_taken(z, plain_take(z, order, top), order);
	return true;
}

/* The same from a larger block. */
static inline bool frame_alloc_cut(struct cairn_frames *f, unsigned order, unsigned zones, cairn_pfn *pfn)
{
	struct cairn_zone *z = &f->zone[0];
	uint32_t place = NO_PLACE;

	if ((zones & 1) != 0 && order < z->norders)
		place = cairn_frame_cut(z, order);
	if (place == NO_PLACE)
		return false;
	*pfn = plain_taken(z, place - z->even, order);
	return true;
}

/* What is done about a block that is to be freed. */
enum frame_free_short {
	FRAME_KEPT,   /* it is a spare now */
	FRAME_TO_MAP, /* nothing yet: it is for frame_free_plain */
	FRAME_UNSEEN, /* nothing, and it may be no such block */
};

/* A block of PAGES: the number of its byte, and its order. */
static inline enum frame_free_short frame_free_spare(struct cairn_frames *f, cairn_pfn pfn, uint32_t *i,
						     unsigned *order)
{
	struct cairn_zone *z = &f->zone[0];
	uint32_t *after;

	pfn -= z->low;
	if (pfn >= z->nowners)
		return FRAME_UNSEEN;
	*i = (uint32_t)pfn;
	*order = (unsigned)z->owner[*i] - head_byte(CAIRN_PAGES, 0);
	if (*order >= CAIRN_SPARE_ORDERS)
		return FRAME_UNSEEN;
	after = f->spares[*order];
	if (*after != 0 && *++after != 0)
		return FRAME_TO_MAP;
	*after = *i + 1;
	z->owner[*i] = BYTE_SPARE;
	return FRAME_KEPT;
}

/* A block of PAGES into the map. */
static inline void frame_free_plain(struct cairn_zone *z, uint32_t i, unsigned order)
{
	uint32_t place = i + z->even, bit = place >> order >> 1;
	size_t *word = &z->tops[order], before, mask = word_bit(bit);

	z->owner[i] = head_byte(CAIRN_FREE, order);
	if (CAIRN_RARE(order >= z->nplain)) {
		cairn_frame_release(z, place, order);
		return;
	}
	if (order < z->nmapped)
		word = &z->maps[order][bit >> WORD_LOG2];
	before = *word;
	*word = before ^ mask;
	if ((before == 0 || before == mask) && order < z->nmapped)
		z->tops[order] ^= low_bit(bit >> WORD_LOG2);
	if ((before & mask) != 0)
		cairn_frame_merge(z, place, order + 1);
	z->nframes_of[CAIRN_FREE] += order_nframes(order);
}

#endif
