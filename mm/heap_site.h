/* SPDX-License-Identifier: MIT */
/* A block and what its release or growth will touch, all of it looked at before anything is changed.
 * Private to heap*.c. */
#ifndef CAIRN_HEAP_SITE_H
#define CAIRN_HEAP_SITE_H

#include "heap_index.h"

/* When the heap, having taken so many of the frames that were free when it was made, needs more, and so many of
 * their bytes are live, it counts memory as short; no longer once fewer bytes than the third are live or cached.
 * In sixteenths. */
#define CAIRN_HEAP_TIGHT_SHARE 14
#define CAIRN_HEAP_LIVE_SHARE  10
#define CAIRN_HEAP_ROOMY_SHARE 5

struct heap_site {
	struct cairn_heap_block *block;
	size_t nbytes;
	size_t behind_nbytes; /* length of the block behind, if that is free or the rest; else 0 */
	size_t before_nbytes; /* length of the block in front, if that is free or the rest; else 0 */
	struct cairn_heap_span chunk;
};

/* The high water is looked at before it sinks. */
static inline void heap_count_given(struct cairn_heap *h, size_t nbytes)
{
	if (h->taken_nbytes > h->high_water_nbytes)
		h->high_water_nbytes = h->taken_nbytes;
	h->taken_nbytes -= nbytes;
}

/* Everything that freeing p is going to look at; `state` is what the block must be: live, or RETIRED. */
enum cairn_err cairn_heap_judge(const struct cairn_heap *h, const void *p, bool live, struct heap_site *site);

/* The neighbours of a block whose own place is known. */
enum cairn_err cairn_heap_look_around(const struct cairn_heap *h, struct heap_site *site);

/* A live block is free from now on. */
void cairn_heap_free_site(struct cairn_heap *h, const struct heap_site *site);

/* The site's bytes become free: merged with what is free around them. */
void cairn_heap_release(struct cairn_heap *h, const struct heap_site *site);

/* Take a free block or the rest out, to be part of another; true: it was the rest. */
bool cairn_heap_swallow(struct cairn_heap *h, struct cairn_heap_block *block);

/* Use nbytes of a block of `have`, which is in no list; what is left of it is the rest from now on, if it
 * can be a block. Result: the length used. */
size_t cairn_heap_carve(struct cairn_heap *h, struct cairn_heap_block *block, size_t have, size_t nbytes);

/* The newest block of a class that is not empty, live again. NULL: it is damaged, which is to be told. */
void *cairn_heap_take_cached(struct cairn_heap *h, struct cairn_heap_class *c, size_t nbytes);

/* Level 2: fill in the trailer, and paint from what was asked for up to it: little more than a word. */
void cairn_heap_sign(struct cairn_heap_block *block, size_t nbytes, struct cairn_heap_trailer trailer);

/* What an aligned request needs to be sure to find room: 0: it cannot be served. */
size_t cairn_heap_padded_nbytes(size_t align, size_t asked_nbytes, size_t *nbytes);

/* Memory is no longer short: the cache is opened. */
void cairn_heap_relax(struct cairn_heap *h);

#endif
