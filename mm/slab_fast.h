/* SPDX-License-Identifier: MIT */
/* The fast halves of taking and freeing, for the facade and slab.c: one object of the window (slab_window.c),
 * by the window's fields alone. They say no rather than look further; then slab.c does the whole. At level 0,
 * where nothing has to be known of an object that is freed, the last one waits in the pocket to be taken. */
#ifndef CAIRN_SLAB_FAST_H
#define CAIRN_SLAB_FAST_H

#include "slab.h"

static inline bool cairn_is_cache(const struct cairn_cache *cache)
{
	return cache != NULL && cache->self == cache;
}

/* The number of the object at `offset` from the first; where none starts, more than any object's. Exact
 * division by multiplication (Granlund, Montgomery, "Division by Invariant Integers using Multiplication",
 * PLDI 1994, section 9): stride = odd * 2^rotate, and inverse * odd = 1 modulo the word. Multiplying by the
 * inverse and rotating are one to one, and give offset / stride for each of the multiples of the stride;
 * so all else gives more than SIZE_MAX / stride. */
static inline size_t cairn_exact_quotient(size_t offset, size_t inverse, uint32_t rotate)
{
	size_t quotient = offset * inverse;
	return quotient >> rotate | quotient << ((CAIRN_WORD_BITS - rotate) & (CAIRN_WORD_BITS - 1));
}

/* NULL: no cache. */
static inline const char *cairn_slab_name(const struct cairn_cache *cache)
{
	return cache != NULL && cache->self == cache ? cache->name : NULL;
}

/* Do objects need cairn_slab_arm? */
static inline bool cairn_slab_arms(const struct cairn_cache *cache)
{
	return cache->flags != 0;
}

/* true: *object was free in the window (at level 0: or in the pocket), and is taken. */
static inline bool cairn_slab_take_fast(struct cairn_cache *cache, void **object)
{
	if (CAIRN_CHECK == 0 && (*object = cache->pocket) != NULL) {
		cache->pocket = NULL;
		return true;
	}
	if (CAIRN_CHECK >= 1 && CAIRN_RARE(cache == NULL))
		return false;
	const struct cairn_cache *self = cache->self;
	uint32_t free_bits = cache->window_free;
	cairn_keep_order();
	if (CAIRN_CHECK >= 1 && CAIRN_RARE(self != cache))
		return false;
	if (CAIRN_RARE(free_bits == 0))
		return false;
	cache->window_free = free_bits & (free_bits - 1);
	cairn_keep_order();
	uint32_t stride_nbytes = cache->stride_nbytes;
	uintptr_t base = cache->window_base;
	cairn_keep_order();
	*object = (void *)(base + (unsigned)__builtin_ctz(free_bits) * stride_nbytes);
	return true;
}

enum cairn_fast {
	CAIRN_FAST_DONE,
	CAIRN_FAST_NEXT, /* not by the window: the second half is in slab_next.h */
	CAIRN_FAST_NO,
	CAIRN_FAST_NO_CACHE, /* nor by anything else, without a cache */
};

/* DONE: `object` was a live object of the window, and is free. */
static inline enum cairn_fast cairn_slab_put_window(struct cairn_cache *cache, const void *object)
{
	if (CAIRN_CHECK >= 1 && CAIRN_RARE(cache == NULL))
		return CAIRN_FAST_NO_CACHE;
	const struct cairn_cache *self = cache->self;
	uint32_t free_bits = cache->window_free;
	uintptr_t base = cache->window_base;
	size_t inverse = cache->inverse;
	uint32_t rotate = cache->rotate, nobjects = cache->window_nobjects;
	cairn_keep_order();
	if (CAIRN_CHECK >= 1 && CAIRN_RARE(self != cache))
		return CAIRN_FAST_NO_CACHE;
	size_t index = cairn_exact_quotient((uintptr_t)object - base, inverse, rotate);
	if (CAIRN_RARE(index >= nobjects))
		return CAIRN_FAST_NEXT;
	uint32_t bit = (uint32_t)1 << index;
	if (CAIRN_CHECK >= 1 && CAIRN_RARE((free_bits & bit) != 0))
		return CAIRN_FAST_NO;
	cache->window_free = free_bits | bit;
	return CAIRN_FAST_DONE;
}

/* At level 0: DONE: `object` is in the pocket, or NULL. */
static inline enum cairn_fast cairn_slab_put_fast(struct cairn_cache *cache, void *object)
{
	if (CAIRN_CHECK >= 1)
		return cairn_slab_put_window(cache, object);
	if (CAIRN_RARE(((uintptr_t)cache->pocket | cache->unwindowed) != 0))
		return CAIRN_FAST_NO;
	cache->pocket = object;
	return CAIRN_FAST_DONE;
}

#endif
