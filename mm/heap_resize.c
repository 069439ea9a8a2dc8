/* SPDX-License-Identifier: MIT */
/* Resizing in place: a block gives its tail back, or takes what is free behind it.
 * Locking: none here; cairn.c serialises. */
#include "heap_site.h"

/* Cut a live block to nbytes; the tail is freed if it can be a block, alone or with the one behind. Not where
 * the holder's data, or what an earlier life of this memory has left in it, looks like a footer. */
static void cut(struct cairn_heap *h, struct heap_site *site, size_t nbytes)
{
	struct heap_site tail = *site;

	tail.block = block_at(site->block, nbytes);
	tail.nbytes = site->nbytes - nbytes;
	tail.before_nbytes = 0;
	if (tail.nbytes == 0 || (tail.nbytes < BLOCK_MIN_NBYTES && site->behind_nbytes == 0) ||
	    unused_nbytes_before(h, &site->chunk, tail.block) != 0)
		return;
	heap_count_given(h, tail.nbytes);
	block_seal(h, site->block, nbytes | live_state(nbytes));
	chunk_mark(h, tail.block);
	block_seal(h, tail.block, tail.nbytes | BLOCK_RETIRED);
	cairn_heap_release(h, &tail);
	site->nbytes = nbytes;
}

/* Lengthen a live block to nbytes at the cost of what is unused behind it, which is long enough. */
static void absorb(struct cairn_heap *h, struct heap_site *site, size_t nbytes)
{
	struct cairn_heap_block *behind = block_at(site->block, site->nbytes);

	cairn_heap_swallow(h, behind);
	chunk_unmark(h, behind);
	nbytes = cairn_heap_carve(h, site->block, site->nbytes + site->behind_nbytes, nbytes);
	h->taken_nbytes += nbytes - site->nbytes;
	site->nbytes = nbytes;
}

static enum cairn_err resize_site(struct cairn_heap *h, struct heap_site *site, size_t asked_nbytes)
{
	struct cairn_heap_trailer trailer = {0};
	size_t nbytes;

	if (!block_nbytes_for(asked_nbytes, &nbytes))
		return asked_nbytes == 0 ? CAIRN_EINVAL : CAIRN_ENOMEM;
	if (CAIRN_CHECK >= 2)
		trailer = *block_trailer(site->block, site->nbytes);
	if (nbytes <= site->nbytes)
		cut(h, site, nbytes);
	else if (site->nbytes + site->behind_nbytes >= nbytes)
		absorb(h, site, nbytes);
	else
		return CAIRN_ENOMEM;
	trailer.asked_nbytes = asked_nbytes;
	cairn_heap_sign(site->block, site->nbytes, trailer);
	return CAIRN_OK;
}

enum cairn_err cairn_heap_resize(struct cairn_heap *h, void *p, size_t nbytes)
{
	struct heap_site site;
	enum cairn_err err = cairn_heap_judge(h, p, true, &site);

	return err == CAIRN_OK ? resize_site(h, &site, nbytes) : err;
}

enum cairn_err cairn_heap_grow_in_place(struct cairn_heap *h, void *p, size_t nbytes)
{
	struct heap_site site;
	size_t usable;
	enum cairn_err err = cairn_heap_judge(h, p, true, &site);

	if (err != CAIRN_OK)
		return err;
	usable = block_usable(site.block, site.nbytes);
	if (nbytes == 0 || (CAIRN_CHECK >= 2 && nbytes < usable))
		return CAIRN_EINVAL;
	return nbytes <= usable ? CAIRN_OK : resize_site(h, &site, nbytes);
}

enum cairn_err cairn_heap_shrink_in_place(struct cairn_heap *h, void *p, size_t nbytes)
{
	struct heap_site site;
	enum cairn_err err = cairn_heap_judge(h, p, true, &site);

	if (err == CAIRN_OK && nbytes > block_usable(site.block, site.nbytes))
		return CAIRN_EINVAL;
	return err == CAIRN_OK ? resize_site(h, &site, nbytes) : err;
}
