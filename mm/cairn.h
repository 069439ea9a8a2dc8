/* SPDX-License-Identifier: MIT */
/* Cairn: the memory of one system, from a boot map to guarded task stacks. This is the header that users
 * include.
 *
 * One system instance, static. Every function takes the port's lock itself and holds it for a bounded
 * number of instructions, O(CAIRN_ORDERS) with CAIRN_SLAB_MAX_ORDER as it is by default, so all of them
 * may be called from tasks and from interrupt handlers unless it says 'tasks only'. Before cairn_init has
 * succeeded, allocating gives NULL, creating CAIRN_EINVAL (a cache) or CAIRN_ENOMEM (a stack), and freeing
 * CAIRN_EFOREIGN, or CAIRN_EDESTROYED where a cache or stack is named. A call that is refused changes
 * nothing. A refused free, resize or destroy is reported once through cairn_port_report; other refusals
 * are answered with NULL or an error alone, and so is exhaustion. Addresses and sizes in bytes. */
#ifndef CAIRN_H
#define CAIRN_H

#include "explain.h"

#define CAIRN_VERSION "0.1.0"

/* Take over the memory of the boot map. Once, before tasks and interrupts. Errors of cairn_region_init,
 * and of cairn_stack_init for the geometry of the port; CAIRN_ENOMEM: no room for the metadata;
 * CAIRN_EBUSY: called before. On error nothing was taken over. O(frames). */
enum cairn_err cairn_init(const struct cairn_range *ranges, size_t nranges) CAIRN_MUST_USE;

/* ---- page frames ---- */

/* 2^order frames, or exactly nframes, naturally aligned; zones: CAIRN_ANY_ZONE, or a mask from
 * cairn_zones_with. NULL: see cairn_frame_alloc. */
void *cairn_pages_alloc(unsigned order, unsigned zones) CAIRN_MUST_USE;
void *cairn_pages_alloc_run(size_t nframes, unsigned zones) CAIRN_MUST_USE;
/* The block of `order` at a given address. Errors of cairn_frame_alloc_at; CAIRN_EMISALIGNED: no frame
 * starts at addr. */
enum cairn_err cairn_pages_alloc_at(void *addr, unsigned order) CAIRN_MUST_USE;
/* Free a block or run by its address. NULL: CAIRN_OK. Errors of cairn_frame_free; CAIRN_EMISALIGNED: no
 * frame starts at addr. */
enum cairn_err cairn_pages_free(void *addr);
/* The zones that have all of `attr` (CAIRN_ATTR_*), as a mask; 0: none has, and nothing will be allocated. */
unsigned cairn_zones_with(unsigned attr);
/* Figures of a zone; false: there is no such zone, or info is NULL. */
bool cairn_zone_info(unsigned zone, struct cairn_zone_info *info);

/* ---- kernel objects ---- */

/* Contracts as of cairn_slab_create, _destroy, _reserve. create, destroy, reserve: tasks only. The first cache
 * takes metadata of about two bytes a frame from the free frames, the last gives it back, except where they are
 * boot metadata (cairn_slab_boot). Objects are
 * constructed outside the lock, by the task (or handler) whose allocation made the slab, while it is pinned
 * (port.h): a constructor is short, needs little stack, and does not fault. A cache is not destroyed while
 * others use it. */
enum cairn_err cairn_cache_create(struct cairn_cache *cache,
				  const struct cairn_cache_spec *spec) CAIRN_MUST_USE;
enum cairn_err cairn_cache_destroy(struct cairn_cache *cache);
void *cairn_cache_alloc(struct cairn_cache *cache) CAIRN_MUST_USE;
enum cairn_err cairn_cache_free(struct cairn_cache *cache, void *object);
enum cairn_err cairn_cache_reserve(struct cairn_cache *cache, size_t nobjects) CAIRN_MUST_USE;
/* Give every empty slab back that the reserve does not need: frames. One slab a lock. */
size_t cairn_cache_shrink(struct cairn_cache *cache);

/* ---- general heap ---- */

/* NULL: nbytes is 0 or too large, align is no power of two, or there is no memory. Aligned to
 * CAIRN_HEAP_ALIGN at least. */
void *cairn_alloc(size_t nbytes) CAIRN_MUST_USE;
void *cairn_zalloc(size_t nbytes) CAIRN_MUST_USE;
void *cairn_calloc(size_t count, size_t nbytes) CAIRN_MUST_USE;
void *cairn_alloc_aligned(size_t align, size_t nbytes) CAIRN_MUST_USE;
/* p NULL: as cairn_alloc. In place where possible, else a copy, outside the lock, O(nbytes). NULL: p is
 * untouched and still yours, nbytes 0 included; p that may not be freed is reported. */
void *cairn_realloc(void *p, size_t nbytes) CAIRN_MUST_USE;
/* p NULL: CAIRN_OK, nothing happens. Errors of cairn_heap_free_check; CAIRN_ESIZE: not what was asked for. */
enum cairn_err cairn_free(void *p);
enum cairn_err cairn_free_sized(void *p, size_t nbytes);
/* Bytes that p can hold; 0: p is no live block. O(CAIRN_ORDERS). */
size_t cairn_usable_size(const void *p);
/* Errors as of cairn_heap_grow_in_place, cairn_heap_shrink_in_place. CAIRN_ENOMEM is not reported. */
enum cairn_err cairn_grow_in_place(void *p, size_t nbytes) CAIRN_MUST_USE;
enum cairn_err cairn_shrink_in_place(void *p, size_t nbytes) CAIRN_MUST_USE;
void cairn_heap_stats(struct cairn_heap_info *info);
/* Live heap blocks of an owner, one after another (level 2; below it, NULL at once). For reports: the
 * caller keeps others out. */
void *cairn_next_live_of(const void *owner, const void *previous);

/* ---- task stacks (tasks only) ---- */

/* A stack of at least nbytes with closed memory below it, in `stack`, which stays put until destroyed.
 * Errors of cairn_stack_take; of the port. */
enum cairn_err cairn_stack_create(struct cairn_stack *stack, size_t nbytes, const char *name,
				  const void *owner) CAIRN_MUST_USE;
/* Give it back; not the one in use. Errors of cairn_stack_retire. */
enum cairn_err cairn_stack_destroy(struct cairn_stack *stack);
/* The length that a request gets; 0: none can be that long. */
size_t cairn_stack_rounded(size_t nbytes);
void cairn_stack_stats(struct cairn_stacks_info *info);

/* ---- the whole ---- */

struct cairn_totals {
	size_t nframes;                   /* all frames of all zones */
	size_t nframes_of[CAIRN_NOWNERS]; /* by owner; their sum is nframes */
};
/* O(owners x zones). */
void cairn_totals(struct cairn_totals *totals);

/* Give back what is kept for speed: the heap's cached blocks and what is free at its ends, empty slabs.
 * Frames. Every allocation that would fail does this first, and tries again once. O(caches + cached blocks),
 * one cache, slab or block a lock. */
size_t cairn_trim(void);

/* Ask (or stop asking) for cairn_port_freed after each free. Counts: as many false as true. O(caches), one
 * cache a lock. */
void cairn_watch_frees(bool on);

/* What addr is. Takes no lock: exact while nobody changes memory, safe always. */
void cairn_explain(const void *addr, struct cairn_explanation *out);

/* NULL, or the broken invariant's text. Walks everything: the caller keeps others out (stops the scheduler,
 * or is alone). */
const char *cairn_check(void) CAIRN_MUST_USE;

/* The next cache after `cache` (NULL: the first), for tables; its figures. */
struct cairn_cache *cairn_next_cache(const struct cairn_cache *cache);
bool cairn_cache_stats(const struct cairn_cache *cache, struct cairn_cache_info *info);

#endif
