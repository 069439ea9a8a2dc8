/* SPDX-License-Identifier: MIT */
/* The facade of the heap: clearing, copying and poisoning happen outside the lock. */
#include "system.h"
#include "heap_fast.h"

#define HEAP_OWNER() (CAIRN_CHECK >= 2 ? cairn_port_owner() : NULL)

static void *take_block(size_t align, size_t nbytes, const void *caller)
{
	const void *owner = HEAP_OWNER();
	cairn_key key = cairn_enter();
	void *p = align == 0 ? cairn_heap_take(&cairn_system.heap, nbytes, owner, caller)
			     : cairn_heap_take_aligned(&cairn_system.heap, align, nbytes, owner, caller);
	cairn_leave(key);
	return p;
}

static bool grow(size_t align, size_t nbytes)
{
	bool grown;
	do {
		cairn_key key = cairn_enter();
		grown = cairn_heap_grow(&cairn_system.heap, align == 0 ? CAIRN_HEAP_ALIGN : align, nbytes);
		cairn_leave(key);
	} while (!grown && cairn_merge_frames(CAIRN_ORDERS));
	return grown;
}

static bool flush_some(void)
{
	unsigned nblocks = 0;
	for (bool more = true; more && nblocks < CAIRN_HEAP_FLUSH_NBLOCKS; nblocks += more) {
		cairn_key key = cairn_enter();
		more = cairn_heap_flush(&cairn_system.heap);
		cairn_leave(key);
	}
	return nblocks != 0;
}

/* Nothing was found: because a free block is damaged? */
static void report_damage(const char *operation, const void *caller)
{
	cairn_key key = cairn_enter();
	uintptr_t damaged = cairn_heap_tell_damage(&cairn_system.heap);
	cairn_leave(key);
	if (damaged != 0)
		cairn_refuse(CAIRN_EUSEAFTER, operation, (const void *)damaged, NULL, caller);
}

static void *take_or_make_room(size_t align, size_t nbytes, const void *caller)
{
	void *p;
	do
		p = take_block(align, nbytes, caller);
	while (p == NULL && (grow(align, nbytes) || flush_some()));
	return p;
}

static void *alloc_block(size_t align, size_t nbytes, const char *operation, const void *caller)
{
	if (nbytes - 1 >= CAIRN_HEAP_MAX_NBYTES || align > (size_t)1 << (CAIRN_HEAP_MAX_LOG2 - 1) ||
	    !cairn_system.ready)
		return NULL;
	void *p = take_or_make_room(align, nbytes, caller);
	if (p == NULL && cairn_trim() != 0)
		p = take_or_make_room(align, nbytes, caller);
	if (p == NULL)
		report_damage(operation, caller);
	return p;
}

/* The cache and the rest do not serve it, and the lock is held. */
static CAIRN_SLOW void *alloc_missed(size_t padded_nbytes, cairn_key key, const void *caller)
{
	size_t nbytes = padded_nbytes - BLOCK_PAD_NBYTES;
	void *p = NULL;
	if (CAIRN_RARE(nbytes - 1 < BLOCK_MIN_NBYTES - BLOCK_PAD_NBYTES))
		p = small_take(&cairn_system.heap, BLOCK_MIN_NBYTES);
	if (p == NULL)
		p = cairn_heap_take(&cairn_system.heap, nbytes, HEAP_OWNER(), caller);
	cairn_leave(key);
	return p != NULL ? p : alloc_block(0, nbytes, "cairn_alloc", caller);
}

void *cairn_alloc(size_t nbytes)
{
	size_t padded_nbytes = nbytes + BLOCK_PAD_NBYTES;
	cairn_key key = cairn_enter();
	void *p = NULL;
	if (CAIRN_RARE(padded_nbytes >= BLOCK_LARGE_NBYTES) ||
	    CAIRN_RARE((p = small_take(&cairn_system.heap, padded_nbytes)) == NULL))
		return alloc_missed(padded_nbytes, key, CAIRN_CALLER());
	cairn_leave(key);
	return p;
}

void *cairn_alloc_aligned(size_t align, size_t nbytes)
{
	return cairn_is_pow2(align) ? alloc_block(align, nbytes, "cairn_alloc_aligned", CAIRN_CALLER())
				    : NULL;
}

static void *cleared(void *p, size_t nbytes)
{
	if (p != NULL)
		memset(p, 0, nbytes);
	return p;
}

void *cairn_zalloc(size_t nbytes)
{
	return cleared(alloc_block(0, nbytes, "cairn_zalloc", CAIRN_CALLER()), nbytes);
}

void *cairn_calloc(size_t count, size_t nbytes)
{
	if (!cairn_mul(count, nbytes, &nbytes))
		return NULL;
	return cleared(alloc_block(0, nbytes, "cairn_calloc", CAIRN_CALLER()), nbytes);
}

/* nbytes 0: not known to the caller. */
static enum cairn_err free_at_once(void *p, size_t nbytes)
{
	cairn_key key = cairn_enter();
	enum cairn_err err = cairn_heap_put(&cairn_system.heap, p, nbytes);
	cairn_leave(key);
	return err;
}

/* Level 2: the block is poisoned between the halves, and its size is what was asked for. */
static enum cairn_err begin_free(void *p, size_t nbytes)
{
	size_t have_nbytes = cairn_heap_usable(&cairn_system.heap, p);
	if (nbytes != 0 && have_nbytes != 0 && have_nbytes != nbytes)
		return CAIRN_ESIZE;
	return cairn_heap_free_begin(&cairn_system.heap, p);
}

static enum cairn_err free_in_halves(void *p, size_t nbytes)
{
	cairn_port_pin(true);
	cairn_key key = cairn_enter();
	enum cairn_err err = begin_free(p, nbytes);
	cairn_leave(key);
	if (err == CAIRN_OK) {
		cairn_heap_disarm(&cairn_system.heap, p);
		key = cairn_enter();
		cairn_heap_free_end(&cairn_system.heap, p);
		cairn_leave(key);
	}
	cairn_port_pin(false);
	return err;
}

static size_t give_back_frames(void)
{
	cairn_key key = cairn_enter();
	size_t nframes = cairn_heap_shrink(&cairn_system.heap);
	cairn_leave(key);
	return nframes;
}

static enum cairn_err free_block(void *p, size_t nbytes)
{
	enum cairn_err err = CAIRN_CHECK >= 2 ? free_in_halves(p, nbytes) : free_at_once(p, nbytes);
	while (err == CAIRN_OK && cairn_system.heap.surplus != NULL && give_back_frames() != 0)
		;
	return err;
}

/* The block was freed, and what else is there to do. */
static CAIRN_SLOW enum cairn_err free_ends(void *p, const void *caller)
{
	while (cairn_system.heap.surplus != NULL && give_back_frames() != 0)
		;
	return cairn_freed(CAIRN_OK, "cairn_free", p, NULL, caller);
}

/* It is no block for the cache, and the lock is held. */
static CAIRN_SLOW enum cairn_err free_missed(void *p, cairn_key key, const void *caller)
{
	enum cairn_err err = CAIRN_OK;
	if (p != NULL && CAIRN_CHECK < 2)
		err = cairn_heap_put(&cairn_system.heap, p, 0);
	cairn_leave(key);
	if (p != NULL && CAIRN_CHECK >= 2)
		err = free_in_halves(p, 0);
	if (CAIRN_RARE(err != CAIRN_OK))
		return cairn_refuse(err, "cairn_free", p, NULL, caller);
	if (CAIRN_RARE(cairn_system.heap.surplus != NULL || cairn_system.nwatchers != 0))
		return free_ends(p, caller);
	return CAIRN_OK;
}

enum cairn_err cairn_free(void *p)
{
	cairn_key key = cairn_enter();
	if (CAIRN_RARE(!cache_free(&cairn_system.heap, p)))
		return free_missed(p, key, CAIRN_CALLER());
	cairn_leave(key);
	return CAIRN_OK;
}

enum cairn_err cairn_free_sized(void *p, size_t nbytes)
{
	if (p != NULL && nbytes == 0)
		return cairn_refuse(CAIRN_ESIZE, "cairn_free_sized", p, NULL, CAIRN_CALLER());
	if (p == NULL)
		return CAIRN_OK;
	return cairn_freed(free_block(p, nbytes), "cairn_free_sized", p, NULL, CAIRN_CALLER());
}

/* In place; *have_nbytes: what the block could hold before, 0 when p is no block. */
static enum cairn_err resize_block(void *p, size_t nbytes, size_t *have_nbytes)
{
	cairn_key key = cairn_enter();
	*have_nbytes = cairn_heap_usable(&cairn_system.heap, p);
	enum cairn_err err = cairn_heap_resize(&cairn_system.heap, p, nbytes);
	cairn_leave(key);
	return err;
}

void *cairn_realloc(void *p, size_t nbytes)
{
	size_t have_nbytes;
	if (p == NULL)
		return alloc_block(0, nbytes, "cairn_realloc", CAIRN_CALLER());
	if (nbytes == 0 || nbytes > CAIRN_HEAP_MAX_NBYTES)
		return NULL;
	enum cairn_err err = resize_block(p, nbytes, &have_nbytes);
	if (err == CAIRN_OK) {
		if (nbytes < have_nbytes)
			cairn_tell_watchers();
		return p;
	}
	if (err != CAIRN_ENOMEM) {
		cairn_refuse(err, "cairn_realloc", p, NULL, CAIRN_CALLER());
		return NULL;
	}
	void *moved = alloc_block(0, nbytes, "cairn_realloc", CAIRN_CALLER());
	if (moved == NULL)
		return NULL;
	memcpy(moved, p, have_nbytes < nbytes ? have_nbytes : nbytes);
	err = free_block(p, 0);
	cairn_freed(err, "cairn_realloc", p, NULL, CAIRN_CALLER());
	return moved;
}

size_t cairn_usable_size(const void *p)
{
	cairn_key key = cairn_enter();
	size_t nbytes = cairn_heap_usable(&cairn_system.heap, p);
	cairn_leave(key);
	return nbytes;
}

enum cairn_err cairn_grow_in_place(void *p, size_t nbytes)
{
	cairn_key key = cairn_enter();
	enum cairn_err err = cairn_heap_grow_in_place(&cairn_system.heap, p, nbytes);
	cairn_leave(key);
	if (err != CAIRN_OK && err != CAIRN_ENOMEM)
		cairn_refuse(err, "cairn_grow_in_place", p, NULL, CAIRN_CALLER());
	return err;
}

enum cairn_err cairn_shrink_in_place(void *p, size_t nbytes)
{
	cairn_key key = cairn_enter();
	enum cairn_err err = cairn_heap_shrink_in_place(&cairn_system.heap, p, nbytes);
	cairn_leave(key);
	return cairn_freed(err, "cairn_shrink_in_place", p, NULL, CAIRN_CALLER());
}

void cairn_heap_stats(struct cairn_heap_info *info)
{
	cairn_key key = cairn_enter();
	cairn_heap_info(&cairn_system.heap, info);
	cairn_leave(key);
}

void *cairn_next_live_of(const void *owner, const void *previous)
{
	return CAIRN_CHECK >= 2 ? cairn_heap_next_live(&cairn_system.heap, previous, owner) : NULL;
}
