/* SPDX-License-Identifier: MIT */
/* Reading a heap without changing it: figures, what lies at an address, live blocks. A walk goes from block
 * to block by headers that it has checked and stays inside its chunk.
 * Locking: none here; cairn.c serialises. */
#include "heap_view.h"

/* The longest request that this is enough for. */
static size_t largest_nbytes(const struct cairn_heap *h)
{
	size_t nbytes = largest_unused_nbytes(h);

	return nbytes > BLOCK_EXTRA_NBYTES ? nbytes - BLOCK_EXTRA_NBYTES : 0;
}

void cairn_heap_info(const struct cairn_heap *h, struct cairn_heap_info *info)
{
	if (!info)
		return;
	memset(info, 0, sizeof(*info));
	if (!h)
		return;
	for (size_t class = CLASS_FIRST; class < CAIRN_HEAP_NCLASSES; class ++) {
		size_t nblocks = class_nblocks(h, class);

		info->cached_nblocks += nblocks;
		info->cached_nbytes += nblocks * class * CAIRN_HEAP_ALIGN;
	}
	info->nframes = h->nframes;
	info->nchunks = h->nchunks;
	info->live_nblocks = h->taken_nblocks - info->cached_nblocks;
	info->live_nbytes = h->taken_nbytes - info->cached_nbytes;
	info->overhead_nbytes = h->overhead_nbytes;
	info->free_nbytes = (h->nframes << CAIRN_FRAME_SHIFT) - h->overhead_nbytes - info->live_nbytes;
	info->largest_nbytes = largest_nbytes(h);
	info->high_water_nbytes = h->high_water_nbytes;
	if (h->taken_nbytes > h->high_water_nbytes)
		info->high_water_nbytes = h->taken_nbytes;
	info->damaged = h->damaged;
}

uintptr_t cairn_heap_tell_damage(struct cairn_heap *h)
{
	uintptr_t damaged = h ? h->damaged : 0;

	if (damaged == 0)
		return 0;
	h->damaged = 0;
	for (size_t class = CLASS_FIRST; class < CAIRN_HEAP_NCLASSES; class ++)
		if (h->class[class].newest == damaged)
			h->class[class].newest = 0;
	return damaged;
}

static void tell(struct cairn_heap_where *where, enum cairn_heap_state state, uintptr_t payload,
		 size_t nbytes)
{
	where->state = state;
	where->payload = payload;
	where->nbytes = nbytes;
	where->owner = NULL;
	where->caller = NULL;
}

static void tell_block(const struct cairn_heap_block *block, size_t low, struct cairn_heap_where *where)
{
	size_t nbytes = low_nbytes(low);
	uintptr_t payload = (uintptr_t)block_payload(block);

	if (!low_is_live(low)) {
		tell(where, CAIRN_HEAP_FREE, payload, nbytes - BLOCK_HEADER_NBYTES);
		return;
	}
	tell(where, CAIRN_HEAP_LIVE, payload, nbytes - BLOCK_HEADER_NBYTES);
	if (CAIRN_CHECK >= 2 && block_end_is_sound(block, nbytes)) {
		where->nbytes = block_usable(block, nbytes);
		where->owner = block_trailer(block, nbytes)->owner;
		where->caller = block_trailer(block, nbytes)->caller;
	}
}

/* addr lies at or behind the first block. Each header is read once and only that value is used, and the walk
 * stays at or below addr and short of the end, so that whoever writes meanwhile cannot lead it astray. */
static void tell_in_blocks(const struct cairn_heap *h, const struct cairn_heap_span *chunk, uintptr_t addr,
			   struct cairn_heap_where *where)
{
	const struct cairn_heap_block *block = chunk_first(chunk);

	while (block < chunk_end(chunk)) {
		size_t low = block_low(h, block);
		size_t nbytes = low_nbytes(low);

		if (low == 0 || !chunk_fits(chunk, block, nbytes)) {
			tell(where, CAIRN_HEAP_DAMAGED, (uintptr_t)block_payload(block),
			     chunk_room(chunk, block) - BLOCK_HEADER_NBYTES);
			return;
		}
		if (addr - (uintptr_t)block < BLOCK_HEADER_NBYTES)
			break;
		if (addr - (uintptr_t)block < nbytes) {
			tell_block(block, low, where);
			return;
		}
		block = block_at(block, nbytes);
	}
	tell(where, CAIRN_HEAP_OVERHEAD, (uintptr_t)block, BLOCK_HEADER_NBYTES);
}

bool cairn_heap_where(const struct cairn_heap *h, uintptr_t addr, struct cairn_heap_where *where)
{
	struct cairn_heap_span chunk;

	if (!h || !where || cairn_heap_chunk_find(h, addr, &chunk) != CAIRN_OK)
		return false;
	if (addr < (uintptr_t)chunk_first(&chunk))
		tell(where, CAIRN_HEAP_OVERHEAD, chunk.base, chunk_head_nbytes(chunk.nbytes));
	else
		tell_in_blocks(h, &chunk, addr, where);
	return true;
}

static bool block_belongs_to(const struct cairn_heap_block *block, size_t low, const void *owner)
{
	size_t nbytes = low_nbytes(low);

	if (!low_is_live(low))
		return false;
	return !owner || (CAIRN_CHECK >= 2 && nbytes >= BLOCK_EXTRA_NBYTES &&
			  block_trailer(block, nbytes)->owner == owner);
}

/* The first block of that owner from `block` on to the end of its chunk. */
static const struct cairn_heap_block *live_from(const struct cairn_heap *h,
						const struct cairn_heap_span *chunk,
						const struct cairn_heap_block *block, const void *owner)
{
	while (block != chunk_end(chunk)) {
		size_t low = block_low(h, block);

		if (low == 0 || !chunk_fits(chunk, block, low_nbytes(low)))
			return NULL;
		if (block_belongs_to(block, low, owner))
			return block;
		block = block_at(block, low_nbytes(low));
	}
	return NULL;
}

void *cairn_heap_next_live(const struct cairn_heap *h, const void *previous, const void *owner)
{
	const struct cairn_heap_chunk *head = h ? h->chunks : NULL;
	const struct cairn_heap_block *block = NULL;
	struct cairn_heap_span chunk;

	if (previous) {
		if (cairn_heap_usable(h, previous) == 0 ||
		    cairn_heap_chunk_find(h, (uintptr_t)previous, &chunk) != CAIRN_OK)
			return NULL;
		block = block_of(previous);
		block = live_from(h, &chunk, block_at(block, low_nbytes(block_low(h, block))), owner);
		head = ((const struct cairn_heap_chunk *)chunk.base)->next;
	}
	for (size_t n = 0; !block && head && n < h->nchunks; n++, head = head->next) {
		if (!chunk_is_ours(h, head, &chunk))
			return NULL;
		block = live_from(h, &chunk, chunk_first(&chunk), owner);
	}
	return block ? block_payload(block) : NULL;
}
