/* SPDX-License-Identifier: MIT */
/* Reading a heap without changing it: every invariant, what lies at an address, figures, live blocks. A
 * walk goes from block to block by headers that it has checked, stays inside its chunk, and ends at the
 * first one that fails. Chunks are counted off against nchunks, so that no damaged link makes it endless.
 * Locking: none here; cairn.c serialises. */
#include "heap_index.h"

/* What a walk over everything has seen. */
struct census {
	size_t nchunks;
	size_t nframes;
	size_t live_nblocks;
	size_t live_nbytes;
	size_t free_nblocks;
	size_t overhead_nbytes;
	size_t nempty; /* chunks */
};

static bool chunk_is_ours(const struct cairn_heap *h, const struct cairn_heap_chunk *head,
			  struct cairn_heap_span *chunk)
{
	struct cairn_frame_info info;
	cairn_pfn pfn = cairn_addr_to_pfn((uintptr_t)head);

	if (cairn_pfn_to_addr(pfn) != (uintptr_t)head || !cairn_frame_info(h->frames, pfn, &info))
		return false;
	chunk->base = (uintptr_t)head;
	chunk->nbytes = info.nframes << CAIRN_FRAME_SHIFT;
	return info.owner == CAIRN_HEAP && info.head == pfn && head->heap == h;
}

static const char *check_free_block(const struct cairn_heap *h, const struct cairn_heap_block *block)
{
	size_t nbytes = block_nbytes(block);
	bool footer_tells_length = *block_footer_before(block_at(block, nbytes)) == nbytes;
	bool index_holds_free_block = index_holds(h, block);

	CAIRN_HOLDS(footer_tells_length);
	CAIRN_HOLDS(index_holds_free_block);
	return NULL;
}

/* One block, and that it says the truth of the one before. */
static const char *check_block(const struct cairn_heap *h, const struct cairn_heap_span *chunk,
			       const struct cairn_heap_block *block, bool before_is_free)
{
	bool header_is_sound = chunk_block_is_sound(h, chunk, block);
	bool map_has_block = !CAIRN_HEAP_MAP || cairn_heap_map_has(chunk, block);
	bool says_prev_free = block_has(block, BLOCK_PREV_FREE);
	bool is_free = block_has(block, BLOCK_FREE);

	CAIRN_HOLDS(header_is_sound);
	CAIRN_HOLDS(map_has_block);
	CAIRN_HOLDS(says_prev_free == before_is_free);
	CAIRN_HOLDS(!(is_free && before_is_free));
	if (is_free)
		return check_free_block(h, block);
	if (!block_has(block, BLOCK_RETIRED)) {
		bool red_zone_is_whole = block_end_is_sound(block, block_nbytes(block));

		CAIRN_HOLDS(red_zone_is_whole);
	}
	return NULL;
}

static const char *check_chunk_end(const struct cairn_heap *h, const struct cairn_heap_span *chunk,
				   bool before_is_free)
{
	bool end_is_sound = block_is_sound(h, chunk_end(chunk));
	size_t end_low = chunk_end(chunk)->header & BLOCK_LOW_MASK;

	CAIRN_HOLDS(end_is_sound);
	CAIRN_HOLDS(end_low == (before_is_free ? BLOCK_PREV_FREE : 0));
	return NULL;
}

/* No bit of the map stands where no block starts. */
static const char *check_map(const struct cairn_heap_span *chunk, size_t nblocks)
{
	const size_t *map = (const size_t *)(chunk->base + sizeof(struct cairn_heap_chunk));
	size_t map_nbits = 0;

	if (!CAIRN_HEAP_MAP)
		return NULL;
	for (size_t word = 0; word < chunk_map_nbytes(chunk->nbytes) / sizeof(size_t); word++)
		map_nbits += (size_t)__builtin_popcountl(map[word]);
	CAIRN_HOLDS(map_nbits == nblocks);
	return NULL;
}

static const char *check_blocks(const struct cairn_heap *h, const struct cairn_heap_span *chunk,
				struct census *seen)
{
	const struct cairn_heap_block *block = chunk_first(chunk);
	const char *broken = NULL;
	bool before_is_free = false;
	size_t nblocks = 0;

	for (; block != chunk_end(chunk); block = block_at(block, block_nbytes(block))) {
		broken = check_block(h, chunk, block, before_is_free);
		if (broken)
			return broken;
		nblocks++;
		before_is_free = block_has(block, BLOCK_FREE);
		seen->free_nblocks += before_is_free;
		seen->live_nblocks += !before_is_free;
		seen->live_nbytes += before_is_free ? 0 : block_nbytes(block);
	}
	seen->nempty += nblocks == 1 && before_is_free;
	broken = check_chunk_end(h, chunk, before_is_free);
	return broken ? broken : check_map(chunk, nblocks);
}

static const char *check_chunks(const struct cairn_heap *h, struct census *seen)
{
	const struct cairn_heap_chunk *before = NULL;

	for (const struct cairn_heap_chunk *head = h->chunks; head; before = head, head = head->next) {
		struct cairn_heap_span chunk;
		bool chunk_head_is_sound = chunk_is_ours(h, head, &chunk) && head->prev == before;
		const char *broken;

		CAIRN_HOLDS(chunk_head_is_sound);
		CAIRN_HOLDS(seen->nchunks < h->nchunks);
		broken = check_blocks(h, &chunk, seen);
		if (broken)
			return broken;
		seen->nchunks++;
		seen->nframes += chunk.nbytes >> CAIRN_FRAME_SHIFT;
		seen->overhead_nbytes += chunk_overhead_nbytes(chunk.nbytes);
	}
	return NULL;
}

/* Every listed block is free and of its bin, every free one is listed. The walk has checked all links. */
static const char *check_index(const struct cairn_heap *h, const struct census *seen)
{
	size_t listed_nblocks = 0;

	for (unsigned bin = 0; bin < CAIRN_HEAP_NBINS; bin++) {
		unsigned word = bin / CAIRN_WORD_BITS;
		bool bin_bit = h->bin_in_use[word] >> bin % CAIRN_WORD_BITS & 1;
		bool word_bit = h->words_in_use >> word & 1;

		CAIRN_HOLDS(bin_bit == (h->list[bin] != NULL));
		CAIRN_HOLDS(word_bit == (h->bin_in_use[word] != 0));
		for (const struct cairn_heap_block *block = h->list[bin]; block; block = block->next) {
			bool listed_block_is_free = chunk_holds_block(h, block) && index_holds(h, block) &&
						    index_bin(block_nbytes(block)) == bin;

			CAIRN_HOLDS(listed_block_is_free);
			CAIRN_HOLDS(listed_nblocks < seen->free_nblocks);
			listed_nblocks++;
		}
	}
	CAIRN_HOLDS(listed_nblocks == seen->free_nblocks);
	return NULL;
}

/* A remembered chunk is one of this heap's. */
static bool span_is_ours(const struct cairn_heap *h, const struct cairn_heap_span *span)
{
	struct cairn_heap_span chunk;

	return span->nbytes == 0 || (chunk_is_ours(h, (const struct cairn_heap_chunk *)span->base, &chunk) &&
				     chunk.nbytes == span->nbytes);
}

const char *cairn_heap_check(const struct cairn_heap *h)
{
	struct census seen = {0};
	const char *broken;
	bool hot_is_ours, spare_is_ours;

	CAIRN_HOLDS(h != NULL);
	CAIRN_HOLDS(h->frames != NULL);
	hot_is_ours = span_is_ours(h, &h->hot);
	spare_is_ours = span_is_ours(h, &h->spare);
	CAIRN_HOLDS(hot_is_ours);
	CAIRN_HOLDS(spare_is_ours);
	broken = check_chunks(h, &seen);
	if (!broken)
		broken = check_index(h, &seen);
	if (broken)
		return broken;
	CAIRN_HOLDS(h->nchunks == seen.nchunks);
	CAIRN_HOLDS(h->nframes == seen.nframes);
	CAIRN_HOLDS(h->overhead_nbytes == seen.overhead_nbytes);
	CAIRN_HOLDS(h->live_nblocks == seen.live_nblocks);
	CAIRN_HOLDS(h->live_nbytes == seen.live_nbytes);
	CAIRN_HOLDS(h->high_water_nbytes >= h->live_nbytes);
	CAIRN_HOLDS(seen.nempty <= 1);
	return NULL;
}

/* The longest request that the newest block of the highest bin in use holds. */
static size_t largest_nbytes(const struct cairn_heap *h)
{
	unsigned word, bin;
	size_t nbytes;

	if (h->words_in_use == 0)
		return 0;
	word = cairn_highest_bit(h->words_in_use);
	bin = word * (unsigned)CAIRN_WORD_BITS + cairn_highest_bit(h->bin_in_use[word]);
	nbytes = block_nbytes(h->list[bin]);
	return nbytes > BLOCK_EXTRA_NBYTES ? nbytes - BLOCK_EXTRA_NBYTES : 0;
}

void cairn_heap_info(const struct cairn_heap *h, struct cairn_heap_info *info)
{
	if (!info)
		return;
	memset(info, 0, sizeof(*info));
	if (!h)
		return;
	info->nframes = h->nframes;
	info->nchunks = h->nchunks;
	info->live_nblocks = h->live_nblocks;
	info->live_nbytes = h->live_nbytes;
	info->overhead_nbytes = h->overhead_nbytes;
	info->free_nbytes = (h->nframes << CAIRN_FRAME_SHIFT) - h->overhead_nbytes - h->live_nbytes;
	info->largest_nbytes = largest_nbytes(h);
	info->high_water_nbytes = h->high_water_nbytes;
	info->damaged = h->damaged;
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

static void tell_block(const struct cairn_heap_block *block, size_t header, struct cairn_heap_where *where)
{
	size_t nbytes = header_nbytes(header);
	uintptr_t payload = (uintptr_t)block_payload(block);

	if ((header & (BLOCK_FREE | BLOCK_RETIRED)) != 0) {
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
		size_t header = *(const volatile size_t *)&block->header;
		size_t nbytes = header_nbytes(header);
		size_t room = chunk_room(chunk, block);

		if (!header_is_sound(h, block, header) || nbytes < BLOCK_MIN_NBYTES || nbytes > room) {
			tell(where, CAIRN_HEAP_DAMAGED, (uintptr_t)block_payload(block),
			     room - BLOCK_HEADER_NBYTES);
			return;
		}
		if (addr - (uintptr_t)block < BLOCK_HEADER_NBYTES)
			break;
		if (addr - (uintptr_t)block < nbytes) {
			tell_block(block, header, where);
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

static bool block_belongs_to(const struct cairn_heap_block *block, const void *owner)
{
	size_t nbytes = block_nbytes(block);

	if (block_has(block, BLOCK_FREE | BLOCK_RETIRED))
		return false;
	return !owner || (CAIRN_CHECK >= 2 && nbytes >= BLOCK_EXTRA_NBYTES &&
			  block_trailer(block, nbytes)->owner == owner);
}

/* The first block of that owner from `block` on to the end of its chunk. */
static const struct cairn_heap_block *live_from(const struct cairn_heap *h,
						const struct cairn_heap_span *chunk,
						const struct cairn_heap_block *block, const void *owner)
{
	while (block != chunk_end(chunk) && chunk_block_is_sound(h, chunk, block)) {
		if (block_belongs_to(block, owner))
			return block;
		block = block_at(block, block_nbytes(block));
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
		block = live_from(h, &chunk, block_at(block, block_nbytes(block)), owner);
		head = ((const struct cairn_heap_chunk *)chunk.base)->next;
	}
	for (size_t n = 0; !block && head && n < h->nchunks; n++, head = head->next) {
		if (!chunk_is_ours(h, head, &chunk))
			return NULL;
		block = live_from(h, &chunk, chunk_first(&chunk), owner);
	}
	return block ? block_payload(block) : NULL;
}
