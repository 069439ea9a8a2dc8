/* SPDX-License-Identifier: MIT */
/* A heap block: one header word, its payload, and while it is free two links and its length at its end.
 * Private to heap*.c and its tests.
 *
 *	header   sealed: length in bytes and state
 *	payload  [ next, link ... footer ]	while FREE; the footer is sealed too
 *		 [ bytes ... red zone, trailer ] while live, at level 2
 *
 * Sealing. Let low = length | state. The header of a block with its payload at p is
 *	header = ((low << CAIRN_HEAP_CHECK_BITS) - p) * unmix,	so that
 *	header * mix + p = low << CAIRN_HEAP_CHECK_BITS
 * opens it with one multiplication: the bits below are the check. The length of a live block that can be
 * cached is small and its state is 0, so most bits above are 0 as well, and one compare tells 'a small live
 * block' from all else (heap_fast.h). mix is the heap's key, made such that no change of one byte of such a
 * header makes another one.
 *
 * A header is written when its block comes into being, changes its length or its state, never because of a
 * neighbour. A block whose front neighbour is free learns that from the footer before it; what the footer
 * says is believed only when the header that it leads to says the same and the index holds that block. The
 * last word of a block is cleared when the block is cut, so that none is left from before.
 * A block that is merged away leaves a header that says GONE, so that a second free of it is still told from
 * one of no block. Lengths count the header and are multiples of CAIRN_HEAP_ALIGN. */
#ifndef CAIRN_HEAP_BLOCK_H
#define CAIRN_HEAP_BLOCK_H

#include "heap.h"

#define BLOCK_GONE     ((size_t)1) /* no block any more: this, and what it was before */
#define BLOCK_FREE     ((size_t)2)
#define BLOCK_LARGE    ((size_t)4) /* live, and too long for a class */
#define BLOCK_RETIRED  ((size_t)6) /* in nobody's hands: between the halves of a free, or the end of a chunk */
#define BLOCK_CACHED   ((size_t)7) /* freed, in its class; told by heap_fast.h, never sealed */
#define BLOCK_NOT_LIVE ((size_t)3) /* one of these bits */
#define BLOCK_STATE    ((size_t)7)

#define BLOCK_HEADER_NBYTES sizeof(size_t)
#define BLOCK_MIN_NBYTES    (sizeof(struct cairn_heap_block) + sizeof(size_t))
/* Up to here a bin of the index has one length, and bins are numbered by it (heap_index.h). */
#define BIN_EXACT_NBYTES   ((size_t)1 << (CAIRN_HEAP_SL_LOG2 + CAIRN_HEAP_ALIGN_LOG2 + 1))
#define BLOCK_LARGE_NBYTES (CAIRN_HEAP_NCLASSES * CAIRN_HEAP_ALIGN)

#define BLOCK_CHECK_MASK (((size_t)1 << CAIRN_HEAP_CHECK_BITS) - 1)
#define BLOCK_LOW_MASK   (~(size_t)0 >> CAIRN_HEAP_CHECK_BITS)

struct cairn_heap_block {
	size_t header;
	struct cairn_heap_block *next;  /* payload starts here */
	struct cairn_heap_block **link; /* what points here: another's `next`, or the head of the list */
};
_Static_assert(offsetof(struct cairn_heap_block, next) == BLOCK_HEADER_NBYTES,
	       "the payload follows the header");
_Static_assert(sizeof(struct cairn_heap_block) + sizeof(size_t) == 2 * CAIRN_HEAP_ALIGN, "smallest block");
_Static_assert(BLOCK_STATE < CAIRN_HEAP_ALIGN, "state and length share a word");
_Static_assert(CAIRN_HEAP_NCLASSES *CAIRN_HEAP_ALIGN < BLOCK_LOW_MASK, "a class is a length");

/* Level 2: stands at the end of each live block. */
struct cairn_heap_trailer {
	size_t asked_nbytes;
	const void *owner;
	const void *caller;
};
#define BLOCK_TRAILER_NBYTES (CAIRN_CHECK >= 2 ? sizeof(struct cairn_heap_trailer) : 0)
#define BLOCK_ZONE_NBYTES    (CAIRN_CHECK >= 2 ? sizeof(size_t) : 0) /* red zone, at least */
#define BLOCK_EXTRA_NBYTES   (BLOCK_HEADER_NBYTES + BLOCK_ZONE_NBYTES + BLOCK_TRAILER_NBYTES)

static inline void *block_payload(const struct cairn_heap_block *block)
{
	return (void *)((uintptr_t)block + BLOCK_HEADER_NBYTES);
}

static inline struct cairn_heap_block *block_of(const void *payload)
{
	return (struct cairn_heap_block *)((uintptr_t)payload - BLOCK_HEADER_NBYTES);
}

static inline struct cairn_heap_block *block_at(const struct cairn_heap_block *block, size_t nbytes)
{
	return (struct cairn_heap_block *)((uintptr_t)block + nbytes);
}

/* The seal of `low` for a place, and what a word at that place opens to. */
static inline size_t sealed_at(const struct cairn_heap *h, uintptr_t place, size_t low)
{
	return ((low << CAIRN_HEAP_CHECK_BITS) - place) * h->unmix;
}

static inline size_t opened_at(const struct cairn_heap *h, uintptr_t place, size_t word)
{
	return word * h->mix + place;
}

static inline bool opened_is_sound(size_t opened)
{
	return (opened & BLOCK_CHECK_MASK) == 0;
}

static inline size_t block_sealed(const struct cairn_heap *h, const struct cairn_heap_block *block,
				  size_t low)
{
	return sealed_at(h, (uintptr_t)block_payload(block), low);
}

static inline void block_seal(const struct cairn_heap *h, struct cairn_heap_block *block, size_t low)
{
	block->header = block_sealed(h, block, low);
}

/* The block that begins there is none any more, and its header says so. */
static inline void block_bury(const struct cairn_heap *h, struct cairn_heap_block *block)
{
	block->header += (BLOCK_GONE << CAIRN_HEAP_CHECK_BITS) * h->unmix;
}

/* Length and state that a header read from that place stands for; 0: it fails its check. */
static inline size_t header_low(const struct cairn_heap *h, const struct cairn_heap_block *block,
				size_t header)
{
	size_t opened = opened_at(h, (uintptr_t)block_payload(block), header);

	return opened_is_sound(opened) ? opened >> CAIRN_HEAP_CHECK_BITS : 0;
}

static inline size_t low_nbytes(size_t low)
{
	return low & ~BLOCK_STATE;
}

static inline size_t low_state(size_t low)
{
	return low & BLOCK_STATE;
}

static inline size_t live_state(size_t nbytes)
{
	return nbytes < BLOCK_LARGE_NBYTES ? 0 : BLOCK_LARGE;
}

/* `low` is that of a live block, but for its length being one that fits where it stands. */
static inline bool low_is_live(size_t low)
{
	return low_state(low) == live_state(low_nbytes(low));
}

/* The last word of a free block, by the block behind it; sealed for the place where it leads from. */
static inline size_t *block_footer_before(const struct cairn_heap_block *behind)
{
	return (size_t *)((uintptr_t)behind - sizeof(size_t));
}

static inline size_t block_footer(const struct cairn_heap *h, const struct cairn_heap_block *block,
				  size_t nbytes)
{
	return sealed_at(h, (uintptr_t)block + nbytes, nbytes | BLOCK_FREE);
}

/* Length of the block for a request; false iff there is none. */
static inline bool block_nbytes_for(size_t asked_nbytes, size_t *nbytes)
{
	size_t whole = asked_nbytes + BLOCK_EXTRA_NBYTES + CAIRN_HEAP_ALIGN - 1;

	if (asked_nbytes - 1 >= CAIRN_HEAP_MAX_NBYTES)
		return false;
	whole = cairn_round_down(whole, CAIRN_HEAP_ALIGN);
	*nbytes = whole < BLOCK_MIN_NBYTES ? BLOCK_MIN_NBYTES : whole;
	return true;
}

static inline struct cairn_heap_trailer *block_trailer(const struct cairn_heap_block *block, size_t nbytes)
{
	return (struct cairn_heap_trailer *)((uintptr_t)block + nbytes - sizeof(struct cairn_heap_trailer));
}

/* Level 2: the trailer makes sense and the red zone before it is whole. O(1): little more than a word. What
 * the trailer says is read once: a look without a lock may meet a write. */
static inline bool block_end_is_sound(const struct cairn_heap_block *block, size_t nbytes)
{
	const struct cairn_heap_trailer *trailer = block_trailer(block, nbytes);
	size_t capacity = nbytes - BLOCK_EXTRA_NBYTES;
	const unsigned char *byte;
	size_t asked_nbytes;

	if (CAIRN_CHECK < 2)
		return true;
	if (nbytes < BLOCK_EXTRA_NBYTES)
		return false;
	asked_nbytes = *(const volatile size_t *)&trailer->asked_nbytes;
	if (asked_nbytes > capacity || capacity - asked_nbytes >= BLOCK_MIN_NBYTES)
		return false;
	byte = (const unsigned char *)block_payload(block) + asked_nbytes;
	for (; byte != (const unsigned char *)trailer; byte++) {
		if (*byte != CAIRN_POISON_ZONE)
			return false;
	}
	return true;
}

/* Bytes that the holder of a live block may use. */
static inline size_t block_usable(const struct cairn_heap_block *block, size_t nbytes)
{
	return CAIRN_CHECK >= 2 ? block_trailer(block, nbytes)->asked_nbytes : nbytes - BLOCK_HEADER_NBYTES;
}

#endif
