/* SPDX-License-Identifier: MIT */
/* The short way of allocating and freeing a block, inline in the facade; what it does not serve, frame.c does.
 * It serves the zone that is tried first, if that begins at a multiple of its largest block: its spare frame, and
 * blocks of the orders whose map is a word or has one summary, but for the top order (`nplain`).
 *
 * The spare is the frame that was freed last, or one before that: it is in no map, and merges with nothing. It
 * goes into the map when a request can not be met otherwise (cairn_frame_flush). */
#ifndef CAIRN_FRAME_FAST_H
#define CAIRN_FRAME_FAST_H

#include "frame_map.h"

/* The first block of an order that has one, out of the map. */
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
	place = place << order << 1;
	if (z->owner[place] != head_byte(CAIRN_FREE, order))
		place += order_nframes(order);
	return place;
}

/* false: not served, and nothing has changed. */
static inline bool frame_alloc_short(struct cairn_frames *f, unsigned order, enum cairn_owner owner,
				     unsigned zones, cairn_pfn *pfn)
{
	struct cairn_zone *z = &f->zone[0];
	uint8_t *byte = f->spare;
	uint32_t place;
	size_t top;

	if ((zones & 1) == 0)
		return false;
	if (order == 0 && byte != NULL) {
		f->spare = NULL;
		*byte = head_byte(owner, 0);
		z->nframes_of[owner]++;
		*pfn = z->low + (cairn_pfn)(byte - z->owner);
		return true;
	}
	if (order >= z->nplain)
		return false;
	top = z->tops[order];
	if (top != 0)
		place = plain_take(z, order, top);
	else if ((place = cairn_frame_cut(z, order)) == NO_PLACE)
		return false;
	z->owner[place] = head_byte(owner, order);
	z->nframes_of[owner] += order_nframes(order);
	*pfn = z->low + place;
	return true;
}

/* false: the bit is set. */
static inline bool plain_set(struct cairn_zone *z, unsigned order, uint32_t bit)
{
	size_t *word = &z->tops[order], before, mask = word_bit(bit);

	if (order < z->nmapped)
		word = &z->maps[order][bit >> WORD_LOG2];
	before = *word;
	if ((before & mask) != 0)
		return false;
	*word = before | mask;
	if (before == 0 && order < z->nmapped)
		z->tops[order] |= low_bit(bit >> WORD_LOG2);
	return true;
}

/* false: not served, and nothing has changed. */
static inline bool frame_free_short(struct cairn_frames *f, cairn_pfn pfn, enum cairn_owner owner)
{
	struct cairn_zone *z = &f->zone[0];
	cairn_pfn i = pfn - z->low;
	unsigned order;

	if (i >= z->nowners)
		return false;
	order = (unsigned)z->owner[i] - head_byte(owner, 0);
	if (order == 0 && f->spare == NULL) {
		z->owner[i] = head_byte(CAIRN_FREE, ORDER_SPARE);
		f->spare = &z->owner[i];
		z->nframes_of[owner]--;
		return true;
	}
	if (order >= z->nplain)
		return false;
	z->owner[i] = head_byte(CAIRN_FREE, order);
	if (!plain_set(z, order, (uint32_t)i >> order >> 1))
		cairn_frame_release(z, (uint32_t)i, order);
	z->nframes_of[owner] -= order_nframes(order);
	return true;
}

#endif
