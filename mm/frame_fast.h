/* SPDX-License-Identifier: MIT */
/* The short halves of allocating and freeing a block. The facade has them inline; what they do not serve,
 * frame.c does. They serve the zone that is tried first: its spare frame, and blocks that are neither cut nor
 * merged, if the zone begins at a multiple of its largest block and no order of it is tall (`nquick`). */
#ifndef CAIRN_FRAME_FAST_H
#define CAIRN_FRAME_FAST_H

#include "frame_map.h"

/* false: not served. */
static inline bool frame_alloc_short(struct cairn_frames *f, unsigned order, enum cairn_owner owner,
				     unsigned zones, cairn_pfn *pfn)
{
	struct cairn_zone *z = &f->zone[0];
	uint8_t *byte;

	if ((zones & 1) == 0)
		return false;
	if (order == 0 && f->spare != NULL) {
		byte = f->spare;
		f->spare = NULL;
		*byte = head_byte(owner, 0);
		z->nframes_of[owner]++;
		*pfn = z->low + (cairn_pfn)(byte - z->owner);
		return true;
	}
	if (order >= z->nquick || z->tops[order] == 0)
		return false;
	byte = &z->owner[map_take(z, order) << order << 1];
	if (*byte != head_byte(CAIRN_FREE, order))
		byte += order_nframes(order);
	*byte = head_byte(owner, order);
	z->nframes_of[owner] += order_nframes(order);
	*pfn = z->low + (cairn_pfn)(byte - z->owner);
	return true;
}

/* Put a block into the map; false: its buddy is there. */
static inline bool quick_put(struct cairn_zone *z, uint32_t place, unsigned order)
{
	uint32_t bit = place >> order >> 1;
	size_t *word, before;

	if (order >= z->nmapped) {
		word = &z->tops[order];
		before = *word;
	} else {
		word = &z->maps[order][bit >> WORD_LOG2];
		before = *word;
		if (before == 0)
			map_filled(z, order, bit >> WORD_LOG2);
	}
	if ((before & word_bit(bit)) != 0)
		return false;
	*word = before | word_bit(bit);
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
	if (order >= z->nquick || !quick_put(z, (uint32_t)i, order))
		return false;
	z->owner[i] = head_byte(CAIRN_FREE, order);
	z->nframes_of[owner] -= order_nframes(order);
	return true;
}

#endif
