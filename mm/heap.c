/* SPDX-License-Identifier: MIT */
/* The heap proper: allocate, free, resize.
 * I1: every header in the heap's memory that is sound and says live belongs to a live block. So a header
 *     is rewritten as FREE before its block is merged away.
 * I2: two FREE blocks never touch; a block says PREV_FREE iff the one before it is FREE.
 * I3: every FREE block is in the index; a RETIRED one is in nobody's hands but the caller's.
 * A call looks at all it is going to change, in struct site, before it changes anything.
 * Files: heap_block.h headers, heap_index.h free lists, heap_chunk.c frames, heap_check.c reading only.
 * Locking: none here; cairn.c serialises. */
#include "heap_index.h"

/* A block that is not FREE, and what its release or growth will touch; all of it checked. */
struct site {
	struct cairn_heap_block *block;
	struct cairn_heap_block *before; /* the free block in front, or NULL */
	struct cairn_heap_block *behind;
	size_t nbytes;
	struct cairn_heap_span chunk;
};

enum cairn_err cairn_heap_init(struct cairn_heap *h, struct cairn_frames *f, unsigned zones, size_t key)
{
	if (!h || !f)
		return CAIRN_EINVAL;
	memset(h, 0, sizeof(*h));
	h->frames = f;
	h->zones = zones ? zones : CAIRN_ANY_ZONE;
	h->key = key;
	return CAIRN_OK;
}

/* ---- allocation ---- */

/* Make a free block of those bytes and put it into the index. Who lies behind already says PREV_FREE. */
static void shelve(struct cairn_heap *h, struct cairn_heap_block *block, size_t nbytes)
{
	block_seal(h, block, nbytes | BLOCK_FREE);
	*block_footer_before(block_at(block, nbytes)) = nbytes;
	index_insert(h, block, nbytes);
}

/* A free block of at least nbytes, out of the index, its header as it was; from the frames if need be. */
static struct cairn_heap_block *unshelve(struct cairn_heap *h, size_t nbytes)
{
	struct cairn_heap_block *block = index_find(h, nbytes);

	if (!block)
		return cairn_heap_chunk_new(h, nbytes);
	if (!index_holds(h, block)) {
		h->damaged = (uintptr_t)block_payload(block);
		return NULL;
	}
	index_remove(h, block);
	return block;
}

/* Use nbytes of a block of `have`, which is not in the index, and shelve the rest if it can be a block. A
 * damaged block behind is left as it is, for its own free to find. Result: the length used. */
static size_t carve(struct cairn_heap *h, struct cairn_heap_block *block, size_t have, size_t nbytes,
		    size_t flags)
{
	struct cairn_heap_block *behind = block_at(block, nbytes);

	if (have - nbytes >= BLOCK_MIN_NBYTES) {
		shelve(h, behind, have - nbytes);
		chunk_mark(h, behind);
	} else {
		nbytes = have;
		behind = block_at(block, have);
		if (block_is_sound(h, behind))
			block_seal(h, behind, behind->header & BLOCK_LOW_MASK & ~BLOCK_PREV_FREE);
	}
	block_seal(h, block, nbytes | flags);
	return nbytes;
}

static void count_live(struct cairn_heap *h, size_t nbytes)
{
	h->live_nbytes += nbytes;
	if (h->live_nbytes > h->high_water_nbytes)
		h->high_water_nbytes = h->live_nbytes;
}

/* Level 2: fill in the trailer, and paint from what was asked for up to it: little more than a word. */
static void sign(struct cairn_heap_block *block, size_t nbytes, struct cairn_heap_trailer trailer)
{
	unsigned char *end = (unsigned char *)block_trailer(block, nbytes);
	unsigned char *zone = (unsigned char *)block_payload(block) + trailer.asked_nbytes;

	if (CAIRN_CHECK < 2)
		return;
	*block_trailer(block, nbytes) = trailer;
	memset(zone, CAIRN_POISON_ZONE, (size_t)(end - zone));
}

static void *hand_out(struct cairn_heap *h, struct cairn_heap_block *block, size_t nbytes)
{
	h->live_nblocks++;
	count_live(h, nbytes);
	return block_payload(block);
}

void *cairn_heap_alloc(struct cairn_heap *h, size_t nbytes, const void *owner, const void *caller)
{
	struct cairn_heap_block *block;
	size_t want;

	if (!h)
		return NULL;
	h->damaged = 0;
	if (!block_nbytes_for(nbytes, &want))
		return NULL;
	block = unshelve(h, want);
	if (!block)
		return NULL;
	want = carve(h, block, block_nbytes(block), want, 0);
	sign(block, want, (struct cairn_heap_trailer){nbytes, owner, caller});
	return hand_out(h, block, want);
}

/* Bytes from a block's start to where a block of aligned payload can start: none, or enough for a block. */
static size_t gap_before(const struct cairn_heap_block *block, size_t align)
{
	size_t gap = -(uintptr_t)block_payload(block) & (align - 1);

	return gap != 0 && gap < BLOCK_MIN_NBYTES ? gap + align : gap;
}

void *cairn_heap_alloc_aligned(struct cairn_heap *h, size_t align, size_t nbytes, const void *owner,
			       const void *caller)
{
	struct cairn_heap_block *block;
	size_t want, padded, have, gap;

	if (!h)
		return NULL;
	h->damaged = 0;
	if (!cairn_is_pow2(align) || align > (size_t)1 << (CAIRN_HEAP_MAX_LOG2 - 1))
		return NULL;
	if (align <= CAIRN_HEAP_ALIGN)
		return cairn_heap_alloc(h, nbytes, owner, caller);
	if (!block_nbytes_for(nbytes, &want))
		return NULL;
	padded = want + align + BLOCK_MIN_NBYTES - CAIRN_HEAP_ALIGN;
	block = padded <= BLOCK_LOW_MASK ? unshelve(h, padded) : NULL;
	if (!block)
		return NULL;
	have = block_nbytes(block);
	gap = gap_before(block, align);
	if (gap != 0) {
		shelve(h, block, gap);
		block = block_at(block, gap);
		chunk_mark(h, block);
	}
	want = carve(h, block, have - gap, want, gap != 0 ? BLOCK_PREV_FREE : 0);
	sign(block, want, (struct cairn_heap_trailer){nbytes, owner, caller});
	return hand_out(h, block, want);
}

uintptr_t cairn_heap_tell_damage(struct cairn_heap *h)
{
	uintptr_t damaged;

	if (!h)
		return 0;
	damaged = h->damaged;
	h->damaged = 0;
	return damaged;
}

/* ---- judging a pointer ---- */

/* A free block next to the one in question, found by a header or a length that can be wrong. */
static bool neighbour_is_sound(const struct cairn_heap *h, const struct cairn_heap_span *chunk,
			       const struct cairn_heap_block *block)
{
	return chunk_block_is_sound(h, chunk, block) && index_holds(h, block) &&
	       *block_footer_before(block_at(block, block_nbytes(block))) == block_nbytes(block);
}

/* The free block in front, by the length that stands at its end. False: damaged. */
static bool find_before(const struct cairn_heap *h, struct site *site)
{
	size_t nbytes = *block_footer_before(site->block);

	if (nbytes % CAIRN_HEAP_ALIGN != 0 || nbytes < BLOCK_MIN_NBYTES ||
	    nbytes > (uintptr_t)site->block - (uintptr_t)chunk_first(&site->chunk))
		return false;
	site->before = (struct cairn_heap_block *)((uintptr_t)site->block - nbytes);
	return block_nbytes(site->before) == nbytes && neighbour_is_sound(h, &site->chunk, site->before);
}

/* The site's block starts a block: `state` (0 or RETIRED) is what it must be. */
static enum cairn_err judge_header(const struct cairn_heap *h, const struct site *site, size_t state)
{
	const struct cairn_heap_block *block = site->block;

	if ((uintptr_t)block_payload(block) % CAIRN_HEAP_ALIGN != 0 ||
	    (uintptr_t)block < (uintptr_t)chunk_first(&site->chunk))
		return CAIRN_EMISALIGNED;
	if (CAIRN_HEAP_MAP && !cairn_heap_map_has(&site->chunk, block))
		return cairn_heap_map_judge(h, &site->chunk, block);
	if (!block_is_sound(h, block))
		return CAIRN_ECORRUPT;
	if ((block->header & (BLOCK_FREE | BLOCK_RETIRED)) != state)
		return CAIRN_EDOUBLE;
	return chunk_block_is_sound(h, &site->chunk, block) ? CAIRN_OK : CAIRN_ECORRUPT;
}

/* Everything that freeing p is going to look at. */
static enum cairn_err judge(const struct cairn_heap *h, const void *p, size_t state, struct site *site)
{
	enum cairn_err err = h ? cairn_heap_chunk_find(h, (uintptr_t)p, &site->chunk) : CAIRN_EINVAL;

	if (err != CAIRN_OK)
		return err;
	site->block = block_of(p);
	site->before = NULL;
	err = CAIRN_CHECK >= 1 ? judge_header(h, site, state) : CAIRN_OK;
	if (err != CAIRN_OK)
		return err;
	site->nbytes = block_nbytes(site->block);
	site->behind = block_at(site->block, site->nbytes);
	if (CAIRN_CHECK >= 1 &&
	    (!block_is_sound(h, site->behind) || block_has(site->behind, BLOCK_PREV_FREE)))
		return CAIRN_ECORRUPT;
	if (block_has(site->block, BLOCK_PREV_FREE) && !find_before(h, site))
		return CAIRN_ECORRUPT;
	if (block_has(site->behind, BLOCK_FREE) && !neighbour_is_sound(h, &site->chunk, site->behind))
		return CAIRN_ECORRUPT;
	return CAIRN_OK;
}

static enum cairn_err judge_live(const struct cairn_heap *h, const void *p, struct site *site)
{
	enum cairn_err err = judge(h, p, 0, site);

	if (err == CAIRN_OK && !block_end_is_sound(site->block, site->nbytes))
		return CAIRN_EOVERRUN;
	return err;
}

enum cairn_err cairn_heap_free_check(const struct cairn_heap *h, const void *p)
{
	struct site site;

	return judge_live(h, p, &site);
}

size_t cairn_heap_usable(const struct cairn_heap *h, const void *p)
{
	struct site site;

	if (judge_live(h, p, &site) != CAIRN_OK)
		return 0;
	return block_usable(site.block, site.nbytes);
}

/* ---- free ---- */

/* The site's bytes become free: merged with what is free around them. An empty chunk may go. */
static void release(struct cairn_heap *h, const struct site *site)
{
	struct cairn_heap_block *block = site->block;
	struct cairn_heap_block *behind = site->behind;
	size_t nbytes = site->nbytes;

	h->live_nbytes -= nbytes;
	block_seal(h, block, nbytes | BLOCK_FREE);
	if (block_has(behind, BLOCK_FREE)) {
		index_remove(h, behind);
		nbytes += block_nbytes(behind);
		chunk_unmark(h, behind);
	} else {
		block_seal(h, behind, (behind->header & BLOCK_LOW_MASK) | BLOCK_PREV_FREE);
	}
	if (site->before) {
		index_remove(h, site->before);
		nbytes += block_nbytes(site->before);
		chunk_unmark(h, block);
		block = site->before;
	}
	block_seal(h, block, nbytes | BLOCK_FREE);
	if (block == chunk_first(&site->chunk) && nbytes == chunk_room(&site->chunk, block) &&
	    cairn_heap_chunk_release(h, &site->chunk))
		return;
	shelve(h, block, nbytes);
}

static void free_site(struct cairn_heap *h, const struct site *site)
{
	h->hot = site->chunk;
	h->live_nblocks--;
	release(h, site);
}

/* A request of nbytes can have given the block. */
static bool size_fits(const struct site *site, size_t nbytes)
{
	size_t want;

	if (!block_nbytes_for(nbytes, &want))
		return false;
	if (CAIRN_CHECK >= 2)
		return block_usable(site->block, site->nbytes) == nbytes;
	return site->nbytes - want < BLOCK_MIN_NBYTES;
}

enum cairn_err cairn_heap_free_begin(struct cairn_heap *h, void *p)
{
	struct site site;
	enum cairn_err err = judge_live(h, p, &site);

	if (err == CAIRN_OK)
		block_seal(h, site.block, (site.block->header & BLOCK_LOW_MASK) | BLOCK_RETIRED);
	return err;
}

void cairn_heap_disarm(struct cairn_heap *h, void *p)
{
	(void)h;
	if (CAIRN_CHECK >= 2 && p)
		memset(p, CAIRN_POISON_FREE, block_nbytes(block_of(p)) - BLOCK_HEADER_NBYTES);
}

void cairn_heap_free_end(struct cairn_heap *h, void *p)
{
	struct site site;

	if (judge(h, p, BLOCK_RETIRED, &site) == CAIRN_OK)
		free_site(h, &site);
}

static enum cairn_err free_judged(struct cairn_heap *h, void *p, const struct site *site, enum cairn_err err)
{
	if (err != CAIRN_OK)
		return err;
	cairn_heap_disarm(h, p);
	free_site(h, site);
	return CAIRN_OK;
}

enum cairn_err cairn_heap_free(struct cairn_heap *h, void *p)
{
	struct site site;
	enum cairn_err err;

	if (!p)
		return CAIRN_OK;
	err = judge_live(h, p, &site);
	return free_judged(h, p, &site, err);
}

enum cairn_err cairn_heap_free_sized(struct cairn_heap *h, void *p, size_t nbytes)
{
	struct site site;
	enum cairn_err err;

	if (!p)
		return CAIRN_OK;
	err = judge_live(h, p, &site);
	if (err == CAIRN_OK && !size_fits(&site, nbytes))
		err = CAIRN_ESIZE;
	return free_judged(h, p, &site, err);
}

size_t cairn_heap_trim(struct cairn_heap *h)
{
	struct cairn_heap_span chunk;
	struct cairn_heap_block *first;

	if (!h || h->spare.nbytes == 0 || !cairn_heap_chunk_is_empty(h, &h->spare))
		return 0;
	chunk = h->spare;
	first = chunk_first(&chunk);
	if (!neighbour_is_sound(h, &chunk, first))
		return 0;
	index_remove(h, first);
	if (!cairn_heap_chunk_give_back(h, &chunk)) {
		shelve(h, first, chunk_room(&chunk, first));
		return 0;
	}
	return chunk.nbytes >> CAIRN_FRAME_SHIFT;
}

/* ---- resizing in place ---- */

/* Cut a live block to nbytes; the tail is freed if it can be a block, alone or with the one behind. */
static void cut(struct cairn_heap *h, struct site *site, size_t nbytes)
{
	struct site tail = {block_at(site->block, nbytes), NULL, site->behind, site->nbytes - nbytes,
			    site->chunk};

	if (tail.nbytes == 0 || (tail.nbytes < BLOCK_MIN_NBYTES && !block_has(site->behind, BLOCK_FREE)))
		return;
	block_seal(h, site->block, nbytes | (site->block->header & BLOCK_FLAGS));
	chunk_mark(h, tail.block);
	release(h, &tail);
	site->nbytes = nbytes;
}

/* Lengthen a live block to nbytes at the cost of the free one behind, which is long enough. */
static void absorb(struct cairn_heap *h, struct site *site, size_t nbytes)
{
	size_t have = site->nbytes + block_nbytes(site->behind);

	index_remove(h, site->behind);
	chunk_unmark(h, site->behind);
	h->live_nbytes -= site->nbytes;
	site->nbytes = carve(h, site->block, have, nbytes, site->block->header & BLOCK_FLAGS);
	count_live(h, site->nbytes);
}

static enum cairn_err resize_site(struct cairn_heap *h, struct site *site, size_t nbytes)
{
	struct cairn_heap_trailer trailer = {0};
	size_t want;

	if (!block_nbytes_for(nbytes, &want))
		return nbytes == 0 ? CAIRN_EINVAL : CAIRN_ENOMEM;
	if (CAIRN_CHECK >= 2)
		trailer = *block_trailer(site->block, site->nbytes);
	if (want <= site->nbytes)
		cut(h, site, want);
	else if (block_has(site->behind, BLOCK_FREE) && site->nbytes + block_nbytes(site->behind) >= want)
		absorb(h, site, want);
	else
		return CAIRN_ENOMEM;
	trailer.asked_nbytes = nbytes;
	sign(site->block, site->nbytes, trailer);
	return CAIRN_OK;
}

enum cairn_err cairn_heap_resize(struct cairn_heap *h, void *p, size_t nbytes)
{
	struct site site;
	enum cairn_err err = judge_live(h, p, &site);

	return err == CAIRN_OK ? resize_site(h, &site, nbytes) : err;
}

enum cairn_err cairn_heap_grow_in_place(struct cairn_heap *h, void *p, size_t nbytes)
{
	struct site site;
	size_t usable;
	enum cairn_err err = judge_live(h, p, &site);

	if (err != CAIRN_OK)
		return err;
	usable = block_usable(site.block, site.nbytes);
	if (nbytes == 0 || (CAIRN_CHECK >= 2 && nbytes < usable))
		return CAIRN_EINVAL;
	return nbytes <= usable ? CAIRN_OK : resize_site(h, &site, nbytes);
}

enum cairn_err cairn_heap_shrink_in_place(struct cairn_heap *h, void *p, size_t nbytes)
{
	struct site site;
	enum cairn_err err = judge_live(h, p, &site);

	if (err == CAIRN_OK && nbytes > block_usable(site.block, site.nbytes))
		return CAIRN_EINVAL;
	return err == CAIRN_OK ? resize_site(h, &site, nbytes) : err;
}
