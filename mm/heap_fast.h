/* SPDX-License-Identifier: MIT */
/* The cache of freed small blocks, in front of the heap proper, and the two fast paths that it is for.
 * Shared by the heap and the facade, which takes these paths under its own lock.
 *
 * Each length has a list, last in, first out. A block that is freed into it is neither merged nor sealed:
 * its header makes way for  next + seal  and its first word for  next,  where next is the payload of the
 * block freed before it and seal the class's word, which counts down. So the header no longer opens: a seal
 * ends in CAIRN_HEAP_ALIGN / 2, payloads and true headers in 0 (modulo CAIRN_HEAP_ALIGN), and a second free
 * of it is refused for certain. And what a cached block says of the next one is believed only if its two
 * words differ by just the seal of the class at that point, which stands in struct cairn_heap: no write
 * into a freed block, and none over its header, leads anywhere.
 *
 *	seal	[ how many more may come | the heap's tag | length | CAIRN_HEAP_ALIGN / 2 ]
 *
 * The header of a live small block is a function of its length and place, so that taking a block out of the
 * cache needs to know nothing else.
 *
 * Freeing: 'in the main chunk, where a payload can start' is one compare, since the bits below those of a
 * place are rotated to the top; 'sound, live, of a cached class' is another, since what has to be 0 is.
 * Whatever does not pass both is judged by cairn_heap_free, which finds out why. */
#ifndef CAIRN_HEAP_FAST_H
#define CAIRN_HEAP_FAST_H

#include "heap_block.h"

#define CACHE_COUNT_BITS 14 /* one is the sign */
#define CACHE_ONE        ((size_t)1 << (CAIRN_WORD_BITS - CACHE_COUNT_BITS))
_Static_assert(CAIRN_HEAP_CACHE_NBLOCKS < 1 << (CACHE_COUNT_BITS - 1), "the count fits");
_Static_assert(CAIRN_HEAP_NCLASSES *CAIRN_HEAP_ALIGN <= CACHE_ONE / 256, "a tag of eight bits at least");

/* The class of the smallest blocks. Those below have no blocks, and never seem to be empty, so that what asks for
 * one finds a damaged block there at once, and no block, not even a part of the rest. */
#define CLASS_FIRST (BLOCK_MIN_NBYTES / CAIRN_HEAP_ALIGN)

/* A block was taken out of what is free. */
static inline void heap_count_taken(struct cairn_heap *h, size_t nbytes)
{
	size_t taken_nblocks = h->taken_nblocks, taken_nbytes = h->taken_nbytes;

	CAIRN_TOGETHER(taken_nblocks, taken_nbytes);
	h->taken_nblocks = taken_nblocks + 1;
	h->taken_nbytes = taken_nbytes + nbytes;
}

/* Blocks in a class, by what it says. */
static inline size_t class_nblocks(const struct cairn_heap *h, size_t class)
{
	return CAIRN_HEAP_CACHE_NBLOCKS - h->class[class].seal / CACHE_ONE;
}

static inline struct cairn_heap_class *class_of_nbytes(struct cairn_heap *h, size_t nbytes)
{
	return ((struct cairn_heap *)((uintptr_t)h + nbytes))->class;
}

/* With these bytes more, a request is as long as its block, once that is rounded down. Its class is told by that;
 * 0 or 1 also by what no class is for. */
#define BLOCK_PAD_NBYTES (BLOCK_EXTRA_NBYTES + CAIRN_HEAP_ALIGN - 1)

/* The block freed last into a class, at p, live again; NULL: it is damaged. */
static inline void *class_pop(struct cairn_heap *h, struct cairn_heap_class *c, size_t nbytes, uintptr_t p,
			      size_t seal)
{
	size_t header = ((const size_t *)p)[-1];
	size_t next = ((const size_t *)p)[0];

	if (header - next != seal)
		return NULL;
	((size_t *)p)[-1] = sealed_at(h, p, nbytes);
	c->newest = next;
	c->seal = seal + CACHE_ONE;
	return (void *)p;
}

/* Put a live block of nbytes, which is less than BLOCK_LARGE_NBYTES, into its class; false: it is full. */
static inline bool cache_put(struct cairn_heap *h, uintptr_t p, size_t nbytes)
{
	struct cairn_heap_class *c = class_of_nbytes(h, nbytes);
	size_t next = c->newest;
	size_t seal = c->seal - CACHE_ONE;
	size_t header;

	if ((intptr_t)seal < 0)
		return false;
	header = next + seal;
	CAIRN_TOGETHER(header, next);
	((size_t *)p)[-1] = header;
	((size_t *)p)[0] = next;
	c->newest = p;
	c->seal = seal;
	return true;
}

/* Free into the cache: false iff p is not for it, for whatever reason, and nothing has changed. */
static inline bool cache_free(struct cairn_heap *h, void *payload)
{
	uintptr_t p = (uintptr_t)payload, first = h->main_first;
	size_t nplaces = h->main_nplaces, mix, ncached, opened;

	CAIRN_TOGETHER(first, nplaces);
	if (cairn_rotate_right(p - first, CAIRN_HEAP_ALIGN_LOG2) >= nplaces)
		return false;
	mix = h->mix;
	ncached = h->ncached;
	CAIRN_TOGETHER(mix, ncached);
	opened = ((const size_t *)p)[-1] * mix + p;
	if (cairn_rotate_right(opened, CAIRN_HEAP_CHECK_BITS + CAIRN_HEAP_ALIGN_LOG2) >= ncached)
		return false;
	return cache_put(h, p, opened >> CAIRN_HEAP_CHECK_BITS);
}

/* Is there no free block that is as long as a small request, or not much longer: of that bin to the end of its
 * word of the index, or in the next word? */
static inline bool nothing_near(const struct cairn_heap *h, size_t bin)
{
	const size_t *bins = &h->bin_in_use[bin / CAIRN_WORD_BITS];
	size_t here = bins[0], next = bins[1];

	CAIRN_TOGETHER(here, next);
	return (here >> bin % CAIRN_WORD_BITS | next) == 0;
}
#define NEAR_MAX_NBYTES (BIN_EXACT_NBYTES + CAIRN_HEAP_ALIGN)
_Static_assert(NEAR_MAX_NBYTES / CAIRN_HEAP_ALIGN / CAIRN_WORD_BITS + 1 < CAIRN_HEAP_NWORDS,
	       "the next word is there");

/* Cut a block of a class, of nbytes, from the rest, if the class is empty; NULL: it can not be, or something else
 * would do better. Lengths that have a class have the bin of that number, but for the longest, for which one more
 * does no harm. */
static inline void *rest_cut(struct cairn_heap *h, size_t class, size_t nbytes)
{
	struct cairn_heap_block *block = h->rest, *rest;
	size_t rest_nbytes = h->rest_nbytes, left;

	CAIRN_TOGETHER(block, rest_nbytes);
	rest = block_at(block, nbytes);
	left = rest_nbytes - nbytes;
	if (CAIRN_CHECK >= 2 || CAIRN_HEAP_MAP || (intptr_t)left < (intptr_t)BLOCK_MIN_NBYTES ||
	    (BLOCK_LARGE_NBYTES > NEAR_MAX_NBYTES + CAIRN_HEAP_ALIGN && nbytes > NEAR_MAX_NBYTES) ||
	    class_of_nbytes(h, nbytes)->newest != 0 || !nothing_near(h, class))
		return NULL;
	block_seal(h, block, nbytes);
	*block_footer_before(rest) = 0;
	h->rest = rest;
	h->rest_nbytes = left;
	heap_count_taken(h, nbytes);
	return (unsigned char *)block + BLOCK_HEADER_NBYTES; /* which is not NULL, as the compiler sees */
}

/* A block for a request that has a class: the one freed last, or one from the rest; NULL: it takes more than
 * that. */
static inline void *small_take(struct cairn_heap *h, size_t padded_nbytes)
{
	size_t class = padded_nbytes / CAIRN_HEAP_ALIGN, seal;
	struct cairn_heap_class *c;
	uintptr_t newest;
	void *p = NULL;

	CAIRN_AT_HAND(class);
	c = class_of_nbytes(h, class * CAIRN_HEAP_ALIGN);
	newest = c->newest;
	seal = c->seal;
	CAIRN_TOGETHER(newest, seal);
	if (newest != 0)
		p = class_pop(h, c, class * CAIRN_HEAP_ALIGN, newest, seal);
	if (CAIRN_RARE(!p))
		p = rest_cut(h, class, cairn_round_down(padded_nbytes, CAIRN_HEAP_ALIGN));
	return p;
}

/* Length of the cached block there, by what its two words say, which must be one of the seals that its class
 * has given; 0: it is none. */
static inline size_t cached_nbytes(const struct cairn_heap *h, const struct cairn_heap_block *block,
				   size_t header)
{
	size_t seal = header - *(const volatile size_t *)block_payload(block);
	size_t nbytes = (seal ^ h->cache_tag) & (CACHE_ONE - 1);
	size_t class = nbytes / CAIRN_HEAP_ALIGN;

	if (nbytes % CAIRN_HEAP_ALIGN != 0 || nbytes >= BLOCK_LARGE_NBYTES || class < CLASS_FIRST)
		return 0;
	return seal - h->class[class].seal < class_nblocks(h, class) * CACHE_ONE ? nbytes : 0;
}

/* Length and state of a block, cached ones and the rest included; 0: no block, or damaged. The header is read
 * once. */
static inline size_t block_low(const struct cairn_heap *h, const struct cairn_heap_block *block)
{
	size_t header = *(const volatile size_t *)&block->header;
	size_t low = header_low(h, block, header);
	size_t nbytes;

	if (block == h->rest)
		return h->rest_nbytes | BLOCK_RETIRED;
	if (low != 0)
		return low;
	nbytes = cached_nbytes(h, block, header);
	return nbytes != 0 ? nbytes | BLOCK_CACHED : 0;
}

#endif
