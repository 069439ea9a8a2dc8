/* SPDX-License-Identifier: MIT */
/* A heap block: one header word, its payload, and while it is free two links and its length at its end.
 * Private to heap*.c and its tests.
 *
 *	header   [ keyed check | length in bytes | RETIRED | PREV_FREE | FREE ]
 *	payload  [ next, prev ... length ]	while FREE
 *		 [ bytes ... red zone, trailer ] while live, at level 2
 *
 * The check covers the other bits, the header's address and the heap's key, so a header is only good where
 * it stands and for the heap that wrote it. Lengths count the header and are multiples of
 * CAIRN_HEAP_ALIGN. */
#ifndef CAIRN_HEAP_BLOCK_H
#define CAIRN_HEAP_BLOCK_H

#include "heap.h"

#define BLOCK_FREE      ((size_t)1)
#define BLOCK_PREV_FREE ((size_t)2) /* the word before this header is the length of a FREE block */
#define BLOCK_RETIRED   ((size_t)4) /* between the two halves of a free */
#define BLOCK_FLAGS     ((size_t)7)

#define BLOCK_HEADER_NBYTES sizeof(size_t)
#define BLOCK_MIN_NBYTES    (sizeof(struct cairn_heap_block) + sizeof(size_t))

/* Everything of a header but its check. */
#define BLOCK_LOW_MASK (((size_t)1 << CAIRN_HEAP_MAX_LOG2) - 1)

/* 2^w divided by the golden ratio: the products of neighbouring numbers lie far apart. */
#define BLOCK_MIX ((size_t)(0x9e3779b97f4a7c15u >> (64 - CAIRN_WORD_BITS)) | 1)

struct cairn_heap_block {
	size_t header;
	struct cairn_heap_block *next; /* payload starts here */
	struct cairn_heap_block *prev;
};
_Static_assert(offsetof(struct cairn_heap_block, next) == BLOCK_HEADER_NBYTES,
	       "the payload follows the header");
_Static_assert(sizeof(struct cairn_heap_block) + sizeof(size_t) == 2 * CAIRN_HEAP_ALIGN, "smallest block");
_Static_assert(BLOCK_FLAGS < CAIRN_HEAP_ALIGN, "flags and length share a word");

/* Level 2: stands at the end of each live block. */
struct cairn_heap_trailer {
	size_t asked_nbytes;
	const void *owner;
	const void *caller;
};
#define BLOCK_TRAILER_NBYTES (CAIRN_CHECK >= 2 ? sizeof(struct cairn_heap_trailer) : 0)
#define BLOCK_ZONE_NBYTES    (CAIRN_CHECK >= 2 ? sizeof(size_t) : 0) /* red zone, at least */
#define BLOCK_EXTRA_NBYTES   (BLOCK_HEADER_NBYTES + BLOCK_ZONE_NBYTES + BLOCK_TRAILER_NBYTES)

/* The header of those low bits at that place. They are rotated, so that no length makes up for an address. */
static inline size_t block_sealed(const struct cairn_heap *h, const struct cairn_heap_block *block,
				  size_t low)
{
	size_t turned = low << CAIRN_WORD_BITS / 2 | low >> CAIRN_WORD_BITS / 2;
	size_t mixed = (((uintptr_t)block ^ h->key) + turned) * BLOCK_MIX;

	if (CAIRN_CHECK == 0)
		return low;
	return (mixed & ~BLOCK_LOW_MASK) | low;
}

static inline void block_seal(const struct cairn_heap *h, struct cairn_heap_block *block, size_t low)
{
	block->header = block_sealed(h, block, low);
}

/* `header`, read from that place, passes its check. */
static inline bool header_is_sound(const struct cairn_heap *h, const struct cairn_heap_block *block,
				   size_t header)
{
	return block_sealed(h, block, header & BLOCK_LOW_MASK) == header;
}

static inline size_t header_nbytes(size_t header)
{
	return header & BLOCK_LOW_MASK & ~BLOCK_FLAGS;
}

static inline bool block_is_sound(const struct cairn_heap *h, const struct cairn_heap_block *block)
{
	return header_is_sound(h, block, block->header);
}

static inline size_t block_nbytes(const struct cairn_heap_block *block)
{
	return header_nbytes(block->header);
}

static inline bool block_has(const struct cairn_heap_block *block, size_t flags)
{
	return (block->header & flags) != 0;
}

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

/* The last word of a free block, by the block behind it: that block's length. */
static inline size_t *block_footer_before(const struct cairn_heap_block *behind)
{
	return (size_t *)((uintptr_t)behind - sizeof(size_t));
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
