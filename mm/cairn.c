/* SPDX-License-Identifier: MIT */
/* The facade: one system instance, the lock, reports; page frames, and what concerns the whole.
 *
 * Only the facade (cairn.c, cairn_object.c, cairn_heap.c, cairn_stack.c) takes the lock, and only around one
 * bounded step of a core function. Work that takes time in proportion to something (clearing, copying,
 * constructing, poisoning, mapping) stands between two such steps; the task is pinned there, since what it
 * holds has no other owner. A free is: step, unlock, then report or tell who waits for memory. An allocation
 * that finds no frames merges spare ones, one a lock, as long as that makes larger blocks, and asks again. If that
 * fails, it trims what is kept for speed, one slab a lock, and tries once more. */
#include "frame_fast.h"
#include "system.h"

struct cairn_system cairn_system;
const struct cairn_parts cairn_system_parts = {&cairn_system.regions, &cairn_system.frames,
					       &cairn_system.slabs, &cairn_system.heap, &cairn_system.stacks};

/* ---- lock and reports ---- */

enum cairn_err cairn_refuse(enum cairn_err err, const char *operation, const void *addr, const char *name,
			    const void *caller)
{
	struct cairn_report report = {
		.err = err, .operation = operation, .addr = (uintptr_t)addr, .name = name, .caller = caller};
	cairn_explain_in(cairn_system.ready ? &cairn_system_parts : NULL, report.addr, &report.is);
	/* Address space that is no zone's, but is ours: a mapped stack's. */
	if (err == CAIRN_EFOREIGN && report.is.what != CAIRN_IS_UNMANAGED)
		report.err = CAIRN_EWRONGKIND;
	cairn_port_report(&report);
	return report.err;
}

enum cairn_err cairn_freed(enum cairn_err err, const char *operation, const void *addr, const char *name,
			   const void *caller)
{
	if (err != CAIRN_OK)
		return cairn_refuse(err, operation, addr, name, caller);
	cairn_tell_watchers();
	return CAIRN_OK;
}

void cairn_leave_checked(cairn_key key)
{
	const char *broken = cairn_system.ready ? cairn_check_in(&cairn_system_parts) : NULL;
	cairn_port_unlock(key);
	if (broken != NULL)
		cairn_refuse(CAIRN_ECORRUPT, "cairn_check", NULL, broken, CAIRN_CALLER());
}

/* ---- the whole ---- */

static enum cairn_err init_parts(const struct cairn_range *ranges, size_t nranges)
{
	struct cairn_guard_geometry geometry = {0};
	enum cairn_err err = cairn_region_init(&cairn_system.regions, ranges, nranges);
	if (err != CAIRN_OK)
		return err;
	cairn_frame_init(&cairn_system.frames);
	if ((err = cairn_frame_zones(&cairn_system.frames, &cairn_system.regions)) != CAIRN_OK)
		return err;
	if ((err = cairn_slab_init(&cairn_system.slabs, &cairn_system.frames)) != CAIRN_OK)
		return err;
	cairn_slab_boot(&cairn_system.slabs, &cairn_system.regions);
	if ((err = cairn_frame_open(&cairn_system.frames, &cairn_system.regions)) != CAIRN_OK)
		return err;
	if ((err = cairn_heap_init(&cairn_system.heap, &cairn_system.frames, CAIRN_ANY_ZONE,
				   cairn_port_key())) != CAIRN_OK)
		return err;
	cairn_port_guard_geometry(&geometry);
	return cairn_stack_init(&cairn_system.stacks, &cairn_system.frames, &geometry);
}

enum cairn_err cairn_init(const struct cairn_range *ranges, size_t nranges)
{
	if (cairn_system.ready)
		return CAIRN_EBUSY;
	enum cairn_err err = init_parts(ranges, nranges);
	if (err != CAIRN_OK)
		memset(&cairn_system, 0, sizeof(cairn_system));
	cairn_system.ready = err == CAIRN_OK;
	return err;
}

void cairn_totals(struct cairn_totals *totals)
{
	if (totals == NULL)
		return;
	*totals = (struct cairn_totals){0};
	cairn_key key = cairn_enter();
	cairn_frame_counts(&cairn_system.frames, totals->nframes_of);
	cairn_leave(key);
	for (unsigned owner = 0; owner < CAIRN_NOWNERS; owner++)
		totals->nframes += totals->nframes_of[owner];
}

size_t cairn_trim(void)
{
	size_t nframes = 0;
	cairn_key key;
	for (bool more = cairn_system.heap.nchunks != 0; more;) {
		key = cairn_enter();
		more = cairn_heap_trim_step(&cairn_system.heap, &nframes);
		cairn_leave(key);
	}
	for (size_t nleft = cairn_slab_ncaches(&cairn_system.slabs); nleft != 0;) {
		key = cairn_enter();
		size_t slab_nframes = cairn_slab_shrink_turn(&cairn_system.slabs);
		cairn_leave(key);
		nframes += slab_nframes;
		nleft -= slab_nframes == 0;
	}
	return nframes;
}

void cairn_watch_frees(bool on)
{
	cairn_key key = cairn_enter();
	if (on)
		cairn_system.nwatchers++;
	else if (cairn_system.nwatchers > 0)
		cairn_system.nwatchers--;
	cairn_slab_watch(&cairn_system.slabs, cairn_system.nwatchers != 0);
	cairn_heap_watch(&cairn_system.heap, cairn_system.nwatchers != 0);
	cairn_leave(key);
	for (size_t nleft = cairn_slab_ncaches(&cairn_system.slabs); nleft != 0; nleft--) {
		key = cairn_enter();
		cairn_slab_watch_turn(&cairn_system.slabs);
		cairn_leave(key);
	}
}

void cairn_explain(const void *addr, struct cairn_explanation *out)
{
	if (out != NULL)
		cairn_explain_in(cairn_system.ready ? &cairn_system_parts : NULL, (uintptr_t)addr, out);
}

const char *cairn_check(void)
{
	return cairn_system.ready ? cairn_check_in(&cairn_system_parts) : "cairn_init has not succeeded";
}

/* ---- page frames ---- */

/* A request that no memory could satisfy has to leave even what is kept for speed alone. */
static bool can_be_had(size_t nframes, unsigned zones)
{
	size_t most = (size_t)1 << (CAIRN_ORDERS - 1);
	return nframes - 1 < most && (zones & cairn_frame_zones_with(&cairn_system.frames, 0)) != 0;
}

static void *pages_at(cairn_pfn pfn)
{
	return pfn == CAIRN_NOFRAME ? NULL : (void *)cairn_pfn_to_addr(pfn);
}

bool cairn_merge_frames(unsigned below)
{
	bool merged = false;
	unsigned order, limit = below;
	do {
		cairn_key key = cairn_enter();
		order = cairn_frame_flush(&cairn_system.frames, limit);
		cairn_leave(key);
		merged |= order != CAIRN_ORDERS;
		limit = order + 1; /* above, nothing has changed */
	} while (order < below);
	return merged && (order != CAIRN_ORDERS || below == CAIRN_ORDERS);
}

static cairn_pfn take_run(size_t nframes, unsigned zones)
{
	cairn_key key = cairn_enter();
	cairn_pfn pfn = cairn_frame_alloc_run(&cairn_system.frames, nframes, CAIRN_PAGES, zones);
	cairn_leave(key);
	return pfn;
}

/* None was found. */
static cairn_pfn merge_for_run(size_t nframes, unsigned zones)
{
	unsigned order = cairn_log2_ceil(nframes);
	cairn_pfn pfn = CAIRN_NOFRAME;
	while (pfn == CAIRN_NOFRAME && cairn_merge_frames(order))
		pfn = take_run(nframes, zones);
	return pfn;
}

static CAIRN_SLOW void *make_room_for_run(size_t nframes, unsigned zones)
{
	if (!can_be_had(nframes, zones))
		return NULL;
	cairn_pfn pfn = merge_for_run(nframes, zones);
	if (pfn == CAIRN_NOFRAME && cairn_trim() != 0) {
		pfn = take_run(nframes, zones);
		if (pfn == CAIRN_NOFRAME)
			pfn = merge_for_run(nframes, zones);
	}
	return pages_at(pfn);
}

void *cairn_pages_alloc_run(size_t nframes, unsigned zones)
{
	cairn_pfn pfn = take_run(nframes, zones);
	return pfn != CAIRN_NOFRAME ? (void *)cairn_pfn_to_addr(pfn) : make_room_for_run(nframes, zones);
}

/* Zone 0 has nothing as it is; the lock is held. */
static CAIRN_SLOW void *pages_alloc_rest(unsigned order, unsigned zones, cairn_key key)
{
	cairn_pfn pfn = cairn_frame_alloc(&cairn_system.frames, order, CAIRN_PAGES, zones & ~1u);
	cairn_leave(key);
	if (pfn != CAIRN_NOFRAME)
		return (void *)cairn_pfn_to_addr(pfn);
	return order < CAIRN_ORDERS ? make_room_for_run((size_t)1 << order, zones) : NULL;
}

/* From a larger block; the lock is held. */
static CAIRN_SLOW void *pages_alloc_cut(unsigned order, unsigned zones, cairn_key key)
{
	cairn_pfn pfn;
	if (!frame_alloc_cut(&cairn_system.frames, order, zones, &pfn))
		return pages_alloc_rest(order, zones, key);
	cairn_leave(key);
	return (void *)cairn_pfn_to_addr(pfn);
}

void *cairn_pages_alloc(unsigned order, unsigned zones)
{
	cairn_key key = cairn_enter();
	cairn_pfn pfn;
	if (!frame_alloc_spare(&cairn_system.frames, order, CAIRN_PAGES, zones, &pfn) &&
	    !frame_alloc_plain(&cairn_system.frames, order, zones, &pfn))
		return pages_alloc_cut(order, zones, key);
	cairn_leave(key);
	return (void *)cairn_pfn_to_addr(pfn);
}

static bool starts_a_frame(const void *addr)
{
	return ((uintptr_t)addr & (CAIRN_FRAME_NBYTES - 1)) == 0;
}

enum cairn_err cairn_pages_alloc_at(void *addr, unsigned order)
{
	if (!starts_a_frame(addr))
		return CAIRN_EMISALIGNED;
	cairn_pfn pfn = cairn_addr_to_pfn((uintptr_t)addr);
	enum cairn_err err;
	do {
		cairn_key key = cairn_enter();
		err = cairn_frame_alloc_at(&cairn_system.frames, pfn, order, CAIRN_PAGES);
		cairn_leave(key);
	} while (err == CAIRN_ENOMEM && cairn_merge_frames(order));
	return err;
}

/* The long way; the lock is held. */
static CAIRN_SLOW enum cairn_err pages_free_locked(void *addr, cairn_key key, const void *caller)
{
	cairn_pfn pfn = cairn_addr_to_pfn((uintptr_t)addr);
	struct cairn_frame_info info;
	enum cairn_err err = CAIRN_EMISALIGNED;
	if (starts_a_frame(addr))
		err = cairn_frame_free(&cairn_system.frames, pfn, CAIRN_PAGES);
	else if (!cairn_frame_info(&cairn_system.frames, pfn, &info))
		err = CAIRN_EFOREIGN;
	cairn_leave(key);
	if (addr == NULL)
		return CAIRN_OK;
	return cairn_freed(err, "cairn_pages_free", addr, NULL, caller);
}

/* An address that starts no frame becomes the number of none: no zone goes that far. */
static cairn_pfn strict_pfn(const void *addr)
{
	uintptr_t in_frame = (uintptr_t)addr & (CAIRN_FRAME_NBYTES - 1);
	return (uintptr_t)addr >> CAIRN_FRAME_SHIFT | in_frame << (CAIRN_WORD_BITS - CAIRN_FRAME_SHIFT);
}

enum cairn_err cairn_pages_free(void *addr)
{
	cairn_key key = cairn_enter();
	uint32_t i;
	unsigned order;
	enum frame_free_short done = frame_free_spare(&cairn_system.frames, strict_pfn(addr), &i, &order);
	if (CAIRN_RARE(done == FRAME_UNSEEN))
		return pages_free_locked(addr, key, CAIRN_CALLER());
	if (done == FRAME_TO_MAP)
		frame_free_plain(&cairn_system.frames.zone[0], i, order);
	cairn_leave(key);
	cairn_tell_watchers();
	return CAIRN_OK;
}

unsigned cairn_zones_with(unsigned attr)
{
	return cairn_frame_zones_with(&cairn_system.frames, attr);
}

bool cairn_zone_info(unsigned zone, struct cairn_zone_info *info)
{
	cairn_key key = cairn_enter();
	bool there = info != NULL && cairn_frame_zone_info(&cairn_system.frames, zone, info);
	cairn_leave(key);
	return there;
}
