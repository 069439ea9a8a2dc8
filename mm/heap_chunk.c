/* SPDX-License-Identifier: MIT */
/* Chunks come from the frames when no free block will do, and go back when they are empty.
 * I1: a chunk is on the list of its heap. The main chunk is a row of runs owned by CAIRN_HEAP, any other is
 *     one such run.
 * I2: its blocks fill it without a gap from chunk_first to chunk_end.
 * I3: a chunk that is given back leaves no header behind that says live, or FREE.
 * Locking: none here; cairn.c serialises. */
#include "heap_index.h"

static bool span_has(const struct cairn_heap_span *span, uintptr_t addr)
{
	return addr - span->base < span->nbytes;
}

enum cairn_err cairn_heap_chunk_find(const struct cairn_heap *h, uintptr_t addr,
				     struct cairn_heap_span *chunk)
{
	cairn_pfn pfn = cairn_addr_to_pfn(addr);
	struct cairn_frame_info info;

	if (span_has(&h->main, addr)) {
		*chunk = h->main;
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
	return span_has(&h->main, addr) ||
	       cairn_frame_owner(h->frames, cairn_addr_to_pfn(addr)) == CAIRN_HEAP;
}

/* ---- the list of chunks ---- */

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

static void chunk_link(struct cairn_heap *h, struct cairn_heap_chunk *head)
{
	head->heap = h;
	head->prev = NULL;
	head->next = h->chunks;
	if (h->chunks)
		h->chunks->prev = head;
	h->chunks = head;
	h->nchunks++;
}

static void chunk_unlink(struct cairn_heap *h, const struct cairn_heap_chunk *head)
{
	if (head->next)
		head->next->prev = head->prev;
	if (head->prev)
		head->prev->next = head->next;
	else
		h->chunks = head->next;
	h->nchunks--;
}

/* ---- taking frames ---- */

static size_t frames_for(size_t nbytes)
{
	return (nbytes + CAIRN_FRAME_NBYTES - 1) >> CAIRN_FRAME_SHIFT;
}

/* Frames for a chunk with a block of nbytes. A map takes one byte in CHUNK_MAP_SPAN of the whole, so one in
 * CHUNK_MAP_SPAN - 1 of the rest, rounded up. */
static size_t chunk_nframes_for(size_t nbytes)
{
	size_t whole = nbytes + sizeof(struct cairn_heap_chunk) + BLOCK_HEADER_NBYTES;

	if (CAIRN_HEAP_MAP)
		whole += CAIRN_HEAP_ALIGN + (whole + CAIRN_HEAP_ALIGN) / (CHUNK_MAP_SPAN - 1) + 1;
	return frames_for(whole);
}

/* Order of the block of frames to ask for: more than needed, so that growing is rare, but not most of what is
 * left. */
static unsigned generous_order(unsigned largest, size_t needed)
{
	size_t nframes = ((size_t)1 << largest) / 4;

	if (nframes > CHUNK_USUAL_NFRAMES)
		nframes = CHUNK_USUAL_NFRAMES;
	return cairn_log2_ceil(nframes > needed ? nframes : needed);
}

/* The main chunk's place and length, as the fast paths want it. */
static void main_is(struct cairn_heap *h, struct cairn_heap_span chunk)
{
	h->main = chunk;
	h->main_first = 0;
	h->main_nplaces = 0;
	if (chunk.nbytes != 0) {
		h->main_first = (uintptr_t)block_payload(chunk_first(&chunk));
		h->main_nplaces = (chunk.base + chunk.nbytes - h->main_first) / CAIRN_HEAP_ALIGN;
	}
}

static struct cairn_heap_block *chunk_close(struct cairn_heap *h, struct cairn_heap_block *first,
					    const struct cairn_heap_span *chunk)
{
	block_seal(h, chunk_end(chunk), BLOCK_RETIRED);
	*block_footer_before(chunk_end(chunk)) = 0;
	block_seal(h, first, chunk_room(chunk, first) | BLOCK_RETIRED);
	chunk_mark(h, first);
	return first;
}

struct cairn_heap_block *cairn_heap_chunk_tail(const struct cairn_heap *h)
{
	size_t nbytes = h->main.nbytes != 0 ? unused_nbytes_before(h, &h->main, chunk_end(&h->main)) : 0;

	return nbytes != 0 ? (struct cairn_heap_block *)((uintptr_t)chunk_end(&h->main) - nbytes) : NULL;
}

/* Order of the block of frames to ask for next to the main chunk, of which `pfn` is one end; at least 1 << order
 * frames are wanted, and no more than 1 << limit have been found there. */
static unsigned order_at(cairn_pfn pfn, unsigned order, unsigned limit)
{
	unsigned aligned = cairn_lowest_bit(pfn | (cairn_pfn)1 << (CAIRN_ORDERS - 1));

	if (order > limit)
		order = limit;
	return order < aligned ? order : aligned;
}

static bool extend(struct cairn_heap *h, cairn_pfn pfn, unsigned order, struct cairn_heap_span chunk)
{
	if (chunk.nbytes > CHUNK_MAX_NFRAMES << CAIRN_FRAME_SHIFT ||
	    cairn_frame_alloc_at(h->frames, pfn, order, CAIRN_HEAP) != CAIRN_OK)
		return false;
	h->nframes += (size_t)1 << order;
	main_is(h, chunk);
	return true;
}

/* Frames behind the main chunk join it. After a failure fewer are asked for, and at last none. */
static struct cairn_heap_block *extend_up(struct cairn_heap *h, unsigned order)
{
	cairn_pfn pfn = cairn_addr_to_pfn(h->main.base + h->main.nbytes);
	struct cairn_heap_block *first = chunk_end(&h->main);
	struct cairn_heap_span chunk = h->main;

	if (h->norders_above == 0)
		return NULL;
	order = order_at(pfn, order, h->norders_above - 1);
	chunk.nbytes += CAIRN_FRAME_NBYTES << order;
	if (extend(h, pfn, order, chunk))
		return chunk_close(h, first, &chunk);
	h->norders_above = order;
	return NULL;
}

/* Frames in front of it, as well. */
static struct cairn_heap_block *extend_down(struct cairn_heap *h, unsigned order)
{
	cairn_pfn pfn = cairn_addr_to_pfn(h->main.base);
	struct cairn_heap_span chunk = h->main;
	struct cairn_heap_block *first;
	struct cairn_heap_chunk old;

	if (h->norders_below == 0 || !chunk_is_linked(h, chunk_head(&chunk)))
		return NULL;
	old = *chunk_head(&chunk);
	order = order_at(pfn, order, h->norders_below - 1);
	chunk.base -= CAIRN_FRAME_NBYTES << order;
	chunk.nbytes += CAIRN_FRAME_NBYTES << order;
	if (!extend(h, pfn - ((cairn_pfn)1 << order), order, chunk)) {
		h->norders_below = order;
		return NULL;
	}
	chunk_unlink(h, &old);
	chunk_link(h, chunk_head(&chunk));
	first = chunk_first(&chunk);
	block_seal(h, first, (CAIRN_FRAME_NBYTES << order) | BLOCK_RETIRED);
	return first;
}

static struct cairn_heap_block *main_extend(struct cairn_heap *h, unsigned order)
{
	struct cairn_heap_block *first;

	if (CAIRN_HEAP_MAP || h->main.nbytes == 0 || h->zones != CAIRN_ANY_ZONE)
		return NULL;
	first = extend_down(h, order);
	return first ? first : extend_up(h, order);
}

static void chunk_enlist(struct cairn_heap *h, const struct cairn_heap_span *chunk)
{
	chunk_link(h, chunk_head(chunk));
	h->nframes += chunk->nbytes >> CAIRN_FRAME_SHIFT;
	h->overhead_nbytes += chunk_overhead_nbytes(chunk->nbytes);
	h->norders_above = h->norders_below = CAIRN_ORDERS;
	if (h->main.nbytes == 0)
		main_is(h, *chunk);
}

static struct cairn_heap_block *chunk_new(struct cairn_heap *h, uintptr_t base, size_t nbytes)
{
	struct cairn_heap_span chunk = {base, nbytes};

	chunk_enlist(h, &chunk);
	if (CAIRN_HEAP_MAP)
		memset(chunk_head(&chunk) + 1, 0, chunk_map_nbytes(chunk.nbytes));
	return chunk_close(h, chunk_first(&chunk), &chunk);
}

/* May the frames that are free be enough, together with what is unused in the heap? */
static bool worth_trying(const struct cairn_heap *h, size_t nbytes)
{
	size_t nframes = cairn_frame_count(h->frames, CAIRN_FREE);

	return nbytes <= (nframes << CAIRN_FRAME_SHIFT) + largest_unused_nbytes(h);
}

struct cairn_heap_block *cairn_heap_chunk_grow(struct cairn_heap *h, size_t nbytes)
{
	unsigned largest = cairn_frame_largest(h->frames, h->zones);
	size_t needed = chunk_nframes_for(nbytes);
	struct cairn_heap_block *first;
	unsigned order;
	cairn_pfn pfn;

	if (largest == CAIRN_ORDERS || needed > CHUNK_MAX_NFRAMES)
		return NULL;
	order = generous_order(largest, needed);
	if (order > largest && !worth_trying(h, nbytes))
		return NULL;
	first = main_extend(h, order < largest ? order : largest);
	if (first)
		return first;
	pfn = cairn_frame_alloc(h->frames, order, CAIRN_HEAP, h->zones);
	if (pfn == CAIRN_NOFRAME)
		return NULL;
	return chunk_new(h, cairn_pfn_to_addr(pfn), CAIRN_FRAME_NBYTES << order);
}

/* ---- giving them back ---- */

/* All of it: one run. */
static bool give_back_chunk(struct cairn_heap *h, const struct cairn_heap_span *chunk)
{
	struct cairn_heap_block *first = chunk_first(chunk);
	struct cairn_heap_chunk head = *chunk_head(chunk);

	if (!chunk_is_linked(h, chunk_head(chunk)))
		return false;
	block_seal(h, first, chunk_room(chunk, first) | BLOCK_GONE);
	if (cairn_frame_free(h->frames, cairn_addr_to_pfn(chunk->base), CAIRN_HEAP) != CAIRN_OK)
		return false;
	chunk_unlink(h, &head);
	h->nframes -= chunk->nbytes >> CAIRN_FRAME_SHIFT;
	h->overhead_nbytes -= chunk_overhead_nbytes(chunk->nbytes);
	if (h->main.base == chunk->base)
		main_is(h, (struct cairn_heap_span){0, 0});
	return true;
}

/* The last run of the main chunk, which begins at `run`. */
static bool give_back_run(struct cairn_heap *h, uintptr_t run)
{
	struct cairn_heap_span chunk = {h->main.base, run - h->main.base};

	if (cairn_frame_free(h->frames, cairn_addr_to_pfn(run), CAIRN_HEAP) != CAIRN_OK)
		return false;
	h->nframes -= (h->main.nbytes - chunk.nbytes) >> CAIRN_FRAME_SHIFT;
	h->norders_above = CAIRN_ORDERS;
	main_is(h, chunk);
	block_seal(h, chunk_end(&chunk), BLOCK_RETIRED);
	return true;
}

/* Where the last run of frames of a chunk begins; its base if there is one only. A function of its own, so that
 * its stack and that of giving back do not add up. */
static __attribute__((noinline)) uintptr_t last_run(const struct cairn_heap *h,
						    const struct cairn_heap_span *chunk)
{
	struct cairn_frame_info info;

	if (!cairn_frame_info(h->frames, cairn_addr_to_pfn(chunk->base + chunk->nbytes - 1), &info))
		return chunk->base;
	return cairn_pfn_to_addr(info.head);
}

/* All of a chunk of one run is free. The main one stays, if it is not long and something may stay. */
static bool chunk_goes(const struct cairn_heap *h, const struct cairn_heap_span *chunk, size_t keep_nbytes)
{
	return chunk->base != h->main.base || keep_nbytes == 0 ||
	       chunk->nbytes > CHUNK_USUAL_NFRAMES << CAIRN_FRAME_SHIFT;
}

size_t cairn_heap_chunk_give_back(struct cairn_heap *h, const struct cairn_heap_span *chunk,
				  const struct cairn_heap_block *block, size_t keep_nbytes)
{
	size_t nbytes = chunk_room(chunk, block), left;
	uintptr_t run = last_run(h, chunk);

	if (run <= chunk->base) {
		bool goes = block == chunk_first(chunk) && chunk_goes(h, chunk, keep_nbytes);

		return goes && give_back_chunk(h, chunk) ? 0 : nbytes;
	}
	if (run - BLOCK_HEADER_NBYTES < (uintptr_t)block)
		return nbytes;
	left = run - BLOCK_HEADER_NBYTES - (uintptr_t)block;
	if (left < keep_nbytes || (left != 0 && left < BLOCK_MIN_NBYTES))
		return nbytes;
	return give_back_run(h, run) ? left : nbytes;
}
