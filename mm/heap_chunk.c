/* SPDX-License-Identifier: MIT */
/* Chunks come from the frames when no free block will do, and go back when they are empty.
 * I1: a chunk is on the list of its heap, and its frames are a run owned by CAIRN_HEAP.
 * I2: its blocks fill it without a gap from chunk_first to chunk_end.
 * I3: at most one chunk is empty, the spare, and none longer than CHUNK_USUAL_NFRAMES. `spare` names the
 *     chunk that may stay when it is empty, whether it is so now or not: allocating from it then costs
 *     nothing extra.
 * I4: a chunk that is given back leaves no header behind that says live.
 * Locking: none here; cairn.c serialises. */
#include "heap_index.h"

static struct cairn_heap_chunk *chunk_head(const struct cairn_heap_span *chunk)
{
	return (struct cairn_heap_chunk *)chunk->base;
}

enum cairn_err cairn_heap_chunk_find(const struct cairn_heap *h, uintptr_t addr,
				     struct cairn_heap_span *chunk)
{
	cairn_pfn pfn = cairn_addr_to_pfn(addr);
	struct cairn_frame_info info;

	if (addr - h->hot.base < h->hot.nbytes) {
		*chunk = h->hot;
		return CAIRN_OK;
	}
	if (!h->frames || !cairn_frame_info(h->frames, pfn, &info))
		return CAIRN_EFOREIGN;
	if (info.owner == CAIRN_FREE)
		return CAIRN_EDOUBLE;
	if (info.owner != CAIRN_HEAP)
		return CAIRN_EWRONGKIND;
	chunk->base = cairn_pfn_to_addr(info.head);
	chunk->nbytes = info.nframes << CAIRN_FRAME_SHIFT;
	return chunk_head(chunk)->heap == h ? CAIRN_OK : CAIRN_EWRONGKIND;
}

bool cairn_heap_chunk_readable(const struct cairn_heap *h, uintptr_t addr)
{
	return cairn_frame_owner(h->frames, cairn_addr_to_pfn(addr)) == CAIRN_HEAP;
}

/* Frames for a block of nbytes: 0 iff no chunk can be that long. A map takes one byte in CHUNK_MAP_SPAN of
 * the whole, so one in CHUNK_MAP_SPAN - 1 of the rest, rounded up. */
static size_t chunk_nframes_for(size_t nbytes)
{
	size_t whole = nbytes + sizeof(struct cairn_heap_chunk) + BLOCK_HEADER_NBYTES;
	size_t nframes;

	if (CAIRN_HEAP_MAP)
		whole += CAIRN_HEAP_ALIGN + (whole + CAIRN_HEAP_ALIGN) / (CHUNK_MAP_SPAN - 1) + 1;
	nframes = (whole + CAIRN_FRAME_NBYTES - 1) >> CAIRN_FRAME_SHIFT;
	return nframes <= CHUNK_MAX_NFRAMES ? nframes : 0;
}

/* Frames to ask for: more than needed, so that growing is rare, but not most of what is left. */
static size_t chunk_generous(const struct cairn_heap *h, size_t needed)
{
	unsigned largest = cairn_frame_largest(h->frames, h->zones);
	size_t nframes = largest < CAIRN_ORDERS ? ((size_t)1 << largest) / 4 : 0;

	if (nframes > CHUNK_USUAL_NFRAMES)
		nframes = CHUNK_USUAL_NFRAMES;
	return nframes > needed ? nframes : needed;
}

static bool chunk_take_frames(struct cairn_heap *h, size_t needed, struct cairn_heap_span *chunk)
{
	size_t nframes = chunk_generous(h, needed);
	cairn_pfn pfn = cairn_frame_alloc_run(h->frames, nframes, CAIRN_HEAP, h->zones);

	if (pfn == CAIRN_NOFRAME)
		return false;
	chunk->base = cairn_pfn_to_addr(pfn);
	chunk->nbytes = nframes << CAIRN_FRAME_SHIFT;
	return true;
}

static void chunk_enlist(struct cairn_heap *h, const struct cairn_heap_span *chunk)
{
	struct cairn_heap_chunk *head = chunk_head(chunk);

	head->heap = h;
	head->prev = NULL;
	head->next = h->chunks;
	if (h->chunks)
		h->chunks->prev = head;
	h->chunks = head;
	h->nchunks++;
	h->nframes += chunk->nbytes >> CAIRN_FRAME_SHIFT;
	h->overhead_nbytes += chunk_overhead_nbytes(chunk->nbytes);
	h->hot = *chunk;
}

struct cairn_heap_block *cairn_heap_chunk_new(struct cairn_heap *h, size_t nbytes)
{
	size_t needed = chunk_nframes_for(nbytes);
	struct cairn_heap_span chunk;
	struct cairn_heap_block *first;

	if (needed == 0 || !chunk_take_frames(h, needed, &chunk))
		return NULL;
	chunk_enlist(h, &chunk);
	if (CAIRN_HEAP_MAP)
		memset(chunk_head(&chunk) + 1, 0, chunk_map_nbytes(chunk.nbytes));
	first = chunk_first(&chunk);
	block_seal(h, first, chunk_room(&chunk, first) | BLOCK_FREE);
	block_seal(h, chunk_end(&chunk), BLOCK_PREV_FREE);
	chunk_mark(h, first);
	return first;
}

/* `head`, a pointer that may be anything, can be read as the start of a chunk. */
static bool chunk_is_readable(const struct cairn_heap *h, const struct cairn_heap_chunk *head)
{
	return (uintptr_t)head % CAIRN_FRAME_NBYTES == 0 && cairn_heap_chunk_readable(h, (uintptr_t)head);
}

/* The chunk's links, which a write before its first block may have hit, lead to chunks that lead back. */
static bool chunk_is_linked(const struct cairn_heap *h, const struct cairn_heap_chunk *head)
{
	const struct cairn_heap_chunk *next = head->next;
	const struct cairn_heap_chunk *prev = head->prev;

	if (CAIRN_CHECK == 0)
		return true;
	if (next && !(chunk_is_readable(h, next) && next->prev == head))
		return false;
	if (prev)
		return chunk_is_readable(h, prev) && prev->next == head;
	return h->chunks == head;
}

bool cairn_heap_chunk_give_back(struct cairn_heap *h, const struct cairn_heap_span *chunk)
{
	struct cairn_heap_chunk *head = chunk_head(chunk);
	struct cairn_heap_chunk *next = head->next;
	struct cairn_heap_chunk *prev = head->prev;
	struct cairn_heap_span old = *chunk;

	if (!chunk_is_linked(h, head))
		return false;
	block_seal(h, chunk_end(&old), BLOCK_FREE);
	if (cairn_frame_free(h->frames, cairn_addr_to_pfn(old.base), CAIRN_HEAP) != CAIRN_OK) {
		block_seal(h, chunk_end(&old), BLOCK_PREV_FREE);
		return false;
	}
	if (next)
		next->prev = prev;
	if (prev)
		prev->next = next;
	else
		h->chunks = next;
	h->nchunks--;
	h->nframes -= old.nbytes >> CAIRN_FRAME_SHIFT;
	h->overhead_nbytes -= chunk_overhead_nbytes(old.nbytes);
	if (h->hot.base == old.base)
		h->hot.nbytes = 0;
	if (h->spare.base == old.base)
		h->spare.nbytes = 0;
	return true;
}

bool cairn_heap_chunk_is_empty(const struct cairn_heap *h, const struct cairn_heap_span *chunk)
{
	const struct cairn_heap_block *first = chunk_first(chunk);

	return block_has(first, BLOCK_FREE) && block_nbytes(first) == chunk_room(chunk, first) &&
	       block_is_sound(h, first);
}

bool cairn_heap_chunk_release(struct cairn_heap *h, const struct cairn_heap_span *chunk)
{
	bool usual = chunk->nbytes <= CHUNK_USUAL_NFRAMES << CAIRN_FRAME_SHIFT;
	bool kept = h->spare.nbytes != 0 && h->spare.base != chunk->base &&
		    cairn_heap_chunk_is_empty(h, &h->spare);

	if (usual && !kept) {
		h->spare = *chunk;
		return false;
	}
	return cairn_heap_chunk_give_back(h, chunk);
}

static size_t *map_of(const struct cairn_heap_span *chunk)
{
	return (size_t *)(chunk->base + sizeof(struct cairn_heap_chunk));
}

static size_t map_bit(const struct cairn_heap_span *chunk, const struct cairn_heap_block *block)
{
	return ((uintptr_t)block_payload(block) - chunk->base) >> CAIRN_HEAP_ALIGN_LOG2;
}

bool cairn_heap_map_has(const struct cairn_heap_span *chunk, const struct cairn_heap_block *block)
{
	size_t bit = map_bit(chunk, block);

	return map_of(chunk)[bit / CAIRN_WORD_BITS] >> bit % CAIRN_WORD_BITS & 1;
}

void cairn_heap_map_set(struct cairn_heap *h, const struct cairn_heap_block *block, bool starts)
{
	struct cairn_heap_span chunk;
	size_t bit;
	size_t *word;

	if (cairn_heap_chunk_find(h, (uintptr_t)block_payload(block), &chunk) != CAIRN_OK)
		return;
	bit = map_bit(&chunk, block);
	word = &map_of(&chunk)[bit / CAIRN_WORD_BITS];
	if (starts)
		*word |= (size_t)1 << bit % CAIRN_WORD_BITS;
	else
		*word &= ~((size_t)1 << bit % CAIRN_WORD_BITS);
}

/* The last block that starts before `block`, no further back than the search reaches; or NULL. */
static const struct cairn_heap_block *map_start_before(const struct cairn_heap_span *chunk,
						       const struct cairn_heap_block *block)
{
	size_t bit = map_bit(chunk, block);
	size_t word = bit / CAIRN_WORD_BITS;
	size_t starts = map_of(chunk)[word] & (((size_t)1 << bit % CAIRN_WORD_BITS) - 1);

	for (unsigned n = 1; starts == 0; n++) {
		if (word == 0 || n == CAIRN_HEAP_MAP_REACH_WORDS)
			return NULL;
		starts = map_of(chunk)[--word];
	}
	bit = word * CAIRN_WORD_BITS + cairn_highest_bit(starts);
	return block_of((const void *)(chunk->base + (bit << CAIRN_HEAP_ALIGN_LOG2)));
}

enum cairn_err cairn_heap_map_judge(const struct cairn_heap *h, const struct cairn_heap_span *chunk,
				    const struct cairn_heap_block *block)
{
	const struct cairn_heap_block *start;

	if (block_has(block, BLOCK_FREE | BLOCK_RETIRED) && block_is_sound(h, block))
		return CAIRN_EDOUBLE;
	start = map_start_before(chunk, block);
	if (!start || !chunk_block_is_sound(h, chunk, start))
		return CAIRN_ECORRUPT;
	return block_has(start, BLOCK_FREE | BLOCK_RETIRED) ? CAIRN_EDOUBLE : CAIRN_EINTERIOR;
}
