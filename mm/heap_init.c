/* SPDX-License-Identifier: MIT */
/* Preparing a heap: its key, and its classes.
 * Locking: none here; cairn.c serialises. */
#include "heap_site.h"

/* 2^w divided by the golden ratio: the products of neighbouring numbers lie far apart. */
#define MIX ((size_t)(0x9e3779b97f4a7c15u >> (64 - CAIRN_WORD_BITS)))

/* Does a change of one byte of a small block's header, by `change`, make it that of another small block? */
static bool is_missed(size_t mix, size_t change)
{
	size_t moved = cairn_rotate_right(change * mix, CAIRN_HEAP_CHECK_BITS + CAIRN_HEAP_ALIGN_LOG2);

	return moved + CAIRN_HEAP_NCLASSES < 2 * CAIRN_HEAP_NCLASSES;
}

/* No such change is. */
static bool mix_is_good(size_t mix)
{
	for (unsigned shift = 0; shift < CAIRN_WORD_BITS; shift += 8)
		for (size_t byte = 1; byte <= 0xff; byte++)
			if (is_missed(mix, byte << shift) || is_missed(mix, -(byte << shift)))
				return false;
	return true;
}

static void open_classes(struct cairn_heap *h)
{
	static const size_t no_block[2];

	for (size_t class = 0; class < CAIRN_HEAP_NCLASSES; class ++) {
		h->class[class].newest = class < CLASS_FIRST ? (uintptr_t)&no_block[1] : 0;
		h->class[class].seal =
			(CAIRN_HEAP_CACHE_NBLOCKS * CACHE_ONE | class * CAIRN_HEAP_ALIGN) ^ h->cache_tag;
	}
}

enum cairn_err cairn_heap_init(struct cairn_heap *h, struct cairn_frames *f, unsigned zones, size_t key)
{
	const size_t tag_mask = (CACHE_ONE - 1) & ~(BLOCK_LARGE_NBYTES * 2 - 1);

	if (!h || !f)
		return CAIRN_EINVAL;
	memset(h, 0, sizeof(*h));
	h->frames = f;
	h->zones = zones ? zones : CAIRN_ANY_ZONE;
	h->all_nframes = cairn_frame_count(f, CAIRN_FREE);
	h->roomy_nbytes = (h->all_nframes << CAIRN_FRAME_SHIFT) / 16 * CAIRN_HEAP_ROOMY_SHARE;
	h->mix = (key ^ MIX) | 1;
	while (!mix_is_good(h->mix))
		h->mix += 2;
	h->unmix = cairn_inverse(h->mix);
	h->cache_tag = (h->unmix & tag_mask) | CAIRN_HEAP_ALIGN / 2;
	open_classes(h);
	h->flush_class = CAIRN_HEAP_NCLASSES - 1;
	h->nothing_cached = true;
	cairn_heap_watch(h, false);
	return CAIRN_OK;
}
