/* SPDX-License-Identifier: MIT */
/* Object caches: equal-sized kernel objects in slabs of page frames (Bonwick, "The Slab Allocator", USENIX
 * 1994), with all metadata out of band. A slab is a block of 2^k frames filled with objects from its first
 * byte; its record (free bitmap, links) lives in a metadata frame and is found from any object's frame
 * through a link table, in O(1). Nothing is stored in a free object, so that a use after free cannot damage
 * the allocator, and a double, interior, foreign or wrong-cache free is always seen.
 *
 * The core below never loops over objects: slow work (constructor, poison, zeroing) is done by the caller
 * between the two halves of an operation, outside its lock. cairn_slab_alloc and cairn_slab_free join the
 * halves for callers without a lock.
 *
 * A cache keeps a window on up to 32 objects of one slab in its own fields (slab_window.c): what is taken or
 * freed there costs about what a locked list does, all checks included. For the rest a free looks up the
 * slab, and an allocation moves the window, to the slab that has had room for longest (slab_next.h).
 *
 * A slab is one that wastes at most 1/8 where that can be had, with 32 objects (all are in the window then), or
 * as many as 2 KiB or 1/128 of memory can hold, but four at least.
 *
 * Costs: O(1), making a slab and giving one back (which a free may do) O(CAIRN_ORDERS +
 * 2^CAIRN_SLAB_MAX_ORDER), for its frames and their links; no division, but to tell what is wrong with a free.
 * Contexts: any, when the caller serialises. One instance holds fewer than 65536 slabs; beyond that, caches
 * cannot grow. */
#ifndef CAIRN_SLAB_H
#define CAIRN_SLAB_H

#include "frame.h"

#define CAIRN_CACHE_ZERO     1u /* objects arrive zeroed (not together with a constructor) */
#define CAIRN_CACHE_POISON   2u /* level 2: a free object is filled and checked; no constructor either */
#define CAIRN_CACHE_RED_ZONE 4u /* level 2: a word behind each object is checked */

/* What a cache is. `name` must outlive it. */
struct cairn_cache_spec {
	const char *name;
	size_t nbytes; /* of an object: 1 up to the largest slab, 2^CAIRN_SLAB_MAX_ORDER frames, less a red zone */
	size_t align;                    /* power of two up to the frame size; 0: that of a pointer */
	void (*construct)(void *object); /* once per object, when its slab is made, unlocked; may be NULL */
	unsigned flags;                  /* CAIRN_CACHE_* */
	unsigned zones;                  /* where slabs may lie; 0: any */
};

struct cairn_slab; /* a slab's record */
struct cairn_slabs;
struct cairn_cache;

struct cairn_cache_info {
	const char *name;
	size_t object_nbytes; /* as asked for */
	size_t stride_nbytes; /* from object to object */
	size_t slab_nframes;
	size_t objects_per_slab;
	size_t nslabs;
	size_t nlive;
	size_t nfree;      /* objects in slabs that are there */
	size_t nreserved;  /* see cairn_slab_reserve */
	size_t high_water; /* most live at once */
};

/* Prepare an instance on `f`. No memory is taken. CAIRN_EINVAL: NULL. Slabs and metadata lie only in the
 * zones that are there now. */
enum cairn_err cairn_slab_init(struct cairn_slabs *s, struct cairn_frames *f) CAIRN_MUST_USE;

/* At boot, before frames are open: the link tables become boot metadata where they fit into what is left of a
 * frame of those, or where no run of frames could hold them. Otherwise, or without this, the first cache takes
 * them. */
void cairn_slab_boot(struct cairn_slabs *s, struct cairn_regions *r);

/* Make `cache` (memory of the caller's, which stays put until destroyed) a cache of `spec`. Unless they are
 * boot metadata, the first takes the link tables, two bytes a frame of the zones and a little more, as one run
 * of META frames; destroying the last gives them back. CAIRN_EINVAL: a NULL, no name, nbytes 0 or too large,
 * flags that exclude each other or are unknown, zones of which none is there, or `cache` is already a cache of
 * `s`; CAIRN_EALIGN: align is not a power of two or above the frame size; CAIRN_ENOMEM: no such run is free, or
 * 2^(CAIRN_ORDERS - 1) frames are too few for it. */
enum cairn_err cairn_slab_create(struct cairn_slabs *s, struct cairn_cache *cache,
				 const struct cairn_cache_spec *spec) CAIRN_MUST_USE;

/* Bytes of the link tables, which are there while there is a cache. */
size_t cairn_slab_links_nbytes(const struct cairn_slabs *s);

/* The parts of it, O(CAIRN_ORDERS) but for clear. setup: all but the tables; CAIRN_ENOMEM: they are not
 * there. Then the caller calls begin, which takes the frames (NULL: cannot), clear, unlocked, and end, which
 * puts them to use, or gives them back if others came first; and setup again. */
enum cairn_err cairn_slab_setup(struct cairn_slabs *s, struct cairn_cache *cache,
				const struct cairn_cache_spec *spec) CAIRN_MUST_USE;
void *cairn_slab_links_begin(struct cairn_slabs *s) CAIRN_MUST_USE;
void cairn_slab_links_clear(const struct cairn_slabs *s, void *links);
void cairn_slab_links_end(struct cairn_slabs *s, void *links);

/* Give all memory back. CAIRN_EBUSY: objects are live (nothing has changed; list them with
 * cairn_slab_next_live), or a slab is between the halves of growing; CAIRN_EDESTROYED: not a cache.
 * O(slabs): cairn.c calls cairn_slab_shrink_one until it is done, then this. */
enum cairn_err cairn_slab_destroy(struct cairn_cache *cache);

/* An object from a slab that is there, or NULL iff none is free (or `cache` is no cache). slow: the same, for
 * those to whom cairn_slab_take_fast has said no. */
void *cairn_slab_take(struct cairn_cache *cache) CAIRN_MUST_USE;
void *cairn_slab_take_slow(struct cairn_cache *cache) CAIRN_MUST_USE;

/* New slab, in two halves. begin: its frames and record, not yet visible to take; NULL iff there is no
 * memory (or no cache). The caller then calls cairn_slab_construct, unlocked, and end, which makes the
 * objects available; or take, which also takes one, before anyone else can. Several callers may be between
 * the halves at once. */
struct cairn_slab *cairn_slab_grow_begin(struct cairn_cache *cache) CAIRN_MUST_USE;
void cairn_slab_construct(struct cairn_slab *slab);
void cairn_slab_grow_end(struct cairn_slab *slab);
void *cairn_slab_grow_take(struct cairn_slab *slab) CAIRN_MUST_USE;

/* Work on an object just taken, unlocked: zeroes it, or (level 2) checks its poison and paints its red zone.
 * CAIRN_EUSEAFTER: the object was written while free; it stays taken for good, take another. */
enum cairn_err cairn_slab_arm(struct cairn_cache *cache, void *object) CAIRN_MUST_USE;

/* May `object` be freed to `cache`? CAIRN_OK, or
 *   CAIRN_EDESTROYED  cache is NULL or no cache
 *   CAIRN_EFOREIGN    object in no zone
 *   CAIRN_EWRONGKIND  its frame is no slab's
 *   CAIRN_EMISALIGNED behind the last object of a slab, or in the gap between two
 *   CAIRN_EDOUBLE     free already (or between the two halves of a free), in this cache or another; or
 *                     its frame is free: the slab that was there went back
 *   CAIRN_EINTERIOR   inside a live object, of this cache or another
 *   CAIRN_EWRONGCACHE another cache's live object
 *   CAIRN_EOVERRUN    (level 2) the red zone was written */
enum cairn_err cairn_slab_free_check(const struct cairn_cache *cache, const void *object) CAIRN_MUST_USE;

/* Free, whole: checks as above; unless CAIRN_OK nothing has changed. At most one empty slab stays, others go
 * back to the frames, except as far as reserved; with a reserve, the slab that is taken from may stay, too
 * (at level 0 in any case), until a cairn_slab_shrink. object NULL: CAIRN_OK. slow: the same, for those to whom
 * cairn_slab_put_fast has said no. */
enum cairn_err cairn_slab_put(struct cairn_cache *cache, void *object);
enum cairn_err cairn_slab_put_slow(struct cairn_cache *cache, void *object);

/* Free in two halves, for caches that poison (level 2): begin checks as above and marks the object as no
 * longer live, the caller calls cairn_slab_disarm (poison), unlocked, and end makes it available. */
bool cairn_slab_frees_in_halves(const struct cairn_cache *cache);
enum cairn_err cairn_slab_free_begin(struct cairn_cache *cache, void *object) CAIRN_MUST_USE;
void cairn_slab_disarm(struct cairn_cache *cache, void *object);
void cairn_slab_free_end(struct cairn_cache *cache, void *object);

/* The halves joined, for callers that need no lock (or hold a coarse one). */
void *cairn_slab_alloc(struct cairn_cache *cache) CAIRN_MUST_USE;
enum cairn_err cairn_slab_free(struct cairn_cache *cache, void *object);

/* A reserve of n objects: once n objects are free, the next n takes cannot fail, in an interrupt handler
 * too, and no slab goes back while fewer than n objects would stay free. set only records n (0: give the
 * reserve up); the caller grows while cairn_slab_short says that fewer than n objects are free. Growing may
 * fail: then set 0. cairn_slab_reserve joins these; if it fails, what it grew goes back and the reserve is
 * the one before. CAIRN_EDESTROYED: not a cache; CAIRN_ENOMEM: cannot grow that far. */
enum cairn_err cairn_slab_reserve_set(struct cairn_cache *cache, size_t nobjects) CAIRN_MUST_USE;
bool cairn_slab_short(const struct cairn_cache *cache);
enum cairn_err cairn_slab_reserve(struct cairn_cache *cache, size_t nobjects) CAIRN_MUST_USE;

/* Give one empty slab back that the reserve does not need: its frames, or 0 when there is none. */
size_t cairn_slab_shrink_one(struct cairn_cache *cache);

/* The same for the caches of an instance: the one whose turn it is, so that as many calls as there are caches
 * without another result than 0 mean that none has such a slab; or all of them, O(caches), until one has. */
size_t cairn_slab_ncaches(const struct cairn_slabs *s);
size_t cairn_slab_shrink_turn(struct cairn_slabs *s);
size_t cairn_slab_shrink_any(struct cairn_slabs *s);

/* on: from each cache's turn on, no free passes through its window: all come to cairn_slab_put_slow. off: from
 * its turn on, they may again. The caller gives each its turn. */
void cairn_slab_watch(struct cairn_slabs *s, bool on);
void cairn_slab_watch_turn(struct cairn_slabs *s);

/* The live object after `previous` (NULL: the first), NULL at the end, or when `previous` is not a live
 * object of the cache. Slab by slab; O(objects of a slab) for one, the caller keeps others out. */
void *cairn_slab_next_live(const struct cairn_cache *cache, const void *previous);

bool cairn_slab_info(const struct cairn_cache *cache, struct cairn_cache_info *info);

/* What lies at an address inside a SLAB frame. false: no slab holds it, or its link or record is damaged.
 * Read-only. */
enum cairn_slab_state { CAIRN_SLAB_LIVE, CAIRN_SLAB_FREE, CAIRN_SLAB_GAP };
struct cairn_slab_where {
	const struct cairn_cache *cache;
	const char *cache_name;
	uintptr_t object;     /* start of the object, or of the gap between two or behind the last */
	size_t object_nbytes; /* as asked for; length of the gap */
	enum cairn_slab_state state;
};
bool cairn_slab_where(const struct cairn_slabs *s, uintptr_t addr, struct cairn_slab_where *where);

/* All caches of an instance, oldest first: the first, and the one after. */
struct cairn_cache *cairn_slab_first_cache(const struct cairn_slabs *s);
struct cairn_cache *cairn_slab_next_cache(const struct cairn_cache *cache);

/* Every invariant of every cache: bitmaps against counts, lists, links, frames owned. */
const char *cairn_slab_check(const struct cairn_slabs *s) CAIRN_MUST_USE;

/* Frames in slabs, and in metadata (link tables but of boot, and records), of this instance: what cairn_check
 * compares with the frame counts. */
size_t cairn_slab_nframes(const struct cairn_slabs *s);
size_t cairn_slab_meta_nframes(const struct cairn_slabs *s);

/* ---- private: visible so that an instance and a cache can be allocated statically ---- */

#define CAIRN_SLAB_MAX_OBJECTS 512 /* in one slab; bounds its bitmap */
/* A record: four pointers, two halfwords, then a summary and a bitmap (poison: two bitmaps). It takes whole
 * slots. */
#define CAIRN_SLAB_MAX_WORDS (1 + CAIRN_SLAB_MAX_OBJECTS / 32 * (CAIRN_CHECK >= 2 ? 2 : 1))
#define CAIRN_SLAB_SLOT_LOG2 (sizeof(void *) == 8 ? 6 : 5)
#define CAIRN_SLAB_MAX_SLOTS \
	(((4 * sizeof(void *) + 4 + 4 * CAIRN_SLAB_MAX_WORDS - 1) >> CAIRN_SLAB_SLOT_LOG2) + 1)

/* The record pool. directory: NULL while there are no link tables. An entry leads to a page, or is odd: the
 * next free entry. */
struct cairn_records {
	struct cairn_frames *frames;
	uintptr_t *directory;
	uint32_t nentries;
	uint32_t nused_entries; /* entries from here on were never used */
	uint32_t free_entry;    /* first of those that were; nentries: none */
	uint32_t npages;
	unsigned zones;                                            /* where pages may lie */
	struct cairn_record_page *roomy[CAIRN_SLAB_MAX_SLOTS + 1]; /* pages with room, by slots a record */
};

/* Where slabs may lie, and the id of the record of each frame there; 0: no slab's. link is NULL when the
 * directory is. */
struct cairn_link_zone {
	cairn_pfn base;
	size_t nframes;
	uint16_t *link;
};

struct cairn_slabs {
	struct cairn_link_zone zone[CAIRN_ZONES];
	struct cairn_records records;
	struct cairn_frames *frames;
	struct cairn_cache *first, *last;
	struct cairn_cache *turn; /* the cache whose turn is next; NULL: the first's */
	size_t ncaches;
	size_t nframes;      /* in slabs */
	size_t nlink_frames; /* in link tables, those that are being made too */
	unsigned zones;      /* bit z: zone[z] has links */
	bool watched;        /* someone has to hear of every free */
	bool links_stay;     /* the link tables are boot metadata */
};

/* Slabs that can be taken from. One with no free object is on no list, and neither is one that grows. */
enum cairn_slab_list {
	CAIRN_SLAB_PARTIAL, /* some objects are free */
	CAIRN_SLAB_EMPTY,   /* all are free */
	CAIRN_SLAB_NLISTS
};

/* What leads from an object in the first zone of its cache to its record. nframes is 0 where a free takes more
 * than that: work on the object, or someone watches. */
struct cairn_slab_lookup {
	cairn_pfn base;
	size_t nframes;
	const uint16_t *link;
	const uintptr_t *directory;
};

/* Lists are rings through their heads, so that a slab comes and goes without a branch. */
struct cairn_slab_node {
	struct cairn_slab_node *next, *prev;
};

struct cairn_cache {
	/* What the fast halves read, in the order that makes pairs of loads of it: the window
	 * (slab_window.c), and the geometry. */
	struct cairn_cache *self; /* NULL or anything else: not a cache */
	uint32_t window_free;     /* bit i: object i of the window is free */
	uint32_t stride_nbytes;
	uintptr_t window_base; /* address of its first object */
	size_t inverse;        /* see cairn_index_of() */
	uint32_t rotate;
	uint32_t window_nobjects; /* 0: there is no window */
	uint32_t window_first; /* number of its first object in the slab: a multiple of the bits of a word */
	struct cairn_slab *window_slab;
	void *pocket; /* level 0: the object freed last, taken by the record and by the window, or NULL */
	uint32_t
		unwindowed; /* not 0: there may be no window and nothing in the pocket: I7 of slab_window.c */
	struct cairn_slab_lookup lookup;
	uint32_t nobjects; /* in a slab */
	size_t ntaken;     /* objects not free by the records: live, in limbo, or free in the window */
	size_t high_water; /* most live at once, ever: no less than ntaken */
	uint32_t whole;    /* not 0: a window may take a slab whole, for it has one word */
	struct cairn_slab_node list[CAIRN_SLAB_NLISTS];
	struct cairn_slabs *slabs;
	uint32_t used_nbytes; /* of a slab, by objects */
	uint8_t nwords;       /* of the bitmap */
	uint8_t nslots;       /* of a record */
	uint8_t order;        /* of a slab */
	uint8_t flags;        /* those that ask for work on objects at this level */
	bool reserving;       /* the facade makes a reserve; one at a time */
	unsigned zones;
	size_t object_nbytes;
	void (*construct)(void *object);
	const char *name;
	size_t nslabs; /* without those that grow */
	size_t nempty;
	size_t ngrowing;
	size_t nlimbo;   /* objects between the halves of a free */
	size_t capacity; /* objects in nslabs slabs */
	size_t nreserved;
	struct cairn_cache *next, *prev; /* of the instance */
};

#endif
