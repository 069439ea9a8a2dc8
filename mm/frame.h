/* SPDX-License-Identifier: MIT */
/* Page frames: a binary buddy allocator over zones, address-ordered, with all metadata out of band.
 *
 * A page frame number (pfn) is an address shifted right by CAIRN_FRAME_SHIFT; the core never touches the
 * memory that a pfn stands for, so it also manages memory that is not there, and address space (stack.c
 * uses it for both). A block of order k is 2^k frames at a pfn that is a multiple of 2^k. A run is any
 * number of frames: the blocks that its length is the sum of, one behind the other, freed as one.
 *
 * Metadata: one owner byte a frame, and one bit a pair of buddies that tells if one of them is free, with
 * summary words above, so that the lowest free block of an order is found by a search of constant depth.
 * In front of that, the zone that is tried first has a few spares of each order: blocks that were freed last,
 * kept for the next allocation of their order (frame_fast.h). They are free in all answers given here, but do
 * not merge by themselves: when a request has found nothing, cairn_frame_flush merges one, and it is asked again.
 * That is the caller's to do, so that each merge can have a lock of its own. What PAGES has is not counted: it is
 * what is neither free nor anybody else's.
 * See Knuth, TAOCP vol. 1, 2.5 (buddy system); the address-ordered form over bits has no source but
 * measurement.
 *
 * Costs: O(CAIRN_ORDERS) unless said otherwise. Contexts: any, when the caller serialises (cairn.c does). */
#ifndef CAIRN_FRAME_H
#define CAIRN_FRAME_H

#include "region.h"

typedef uintptr_t cairn_pfn;
#define CAIRN_NOFRAME ((cairn_pfn)-1)

#define CAIRN_FRAME_NBYTES ((size_t)1 << CAIRN_FRAME_SHIFT)

static inline cairn_pfn cairn_addr_to_pfn(uintptr_t addr)
{
	return (cairn_pfn)(addr >> CAIRN_FRAME_SHIFT);
}

static inline uintptr_t cairn_pfn_to_addr(cairn_pfn pfn)
{
	return (uintptr_t)pfn << CAIRN_FRAME_SHIFT;
}

/* Whose a frame is. Zero is the safe one: a frame that was never opened is nobody's to take. */
enum cairn_owner {
	CAIRN_RESERVED = 0,
	CAIRN_FREE,
	CAIRN_PAGES,
	CAIRN_SLAB,
	CAIRN_HEAP,
	CAIRN_STACK,
	CAIRN_META,
	CAIRN_NOWNERS,
};

/* In `zones` arguments: bit z stands for zone z. Zones are tried in ascending order. */
#define CAIRN_ANY_ZONE (~0u)

/* log2 of the frames of the largest zone; bounds the depth of a search. */
#define CAIRN_ZONE_FRAMES_LOG2 (sizeof(size_t) == 8 ? 30 : 32 - CAIRN_FRAME_SHIFT)

/* What is known of one frame. */
struct cairn_frame_info {
	enum cairn_owner owner; /* of the block or run that holds it */
	cairn_pfn head; /* first frame of that block or run; the frame itself when RESERVED or boot META */
	size_t nframes; /* its length; 1 when RESERVED or boot META */
	unsigned zone;
};

struct cairn_zone_info {
	cairn_pfn base;
	size_t nframes;
	const char *name;
	uint8_t attr;
	size_t nfree;                     /* frames */
	size_t nframes_of[CAIRN_NOWNERS]; /* by owner; the sum is nframes */
	unsigned largest_order;           /* of a free block; CAIRN_ORDERS when nothing is free */
};

struct cairn_frames;

/* Prepare an instance with no zones. */
void cairn_frame_init(struct cairn_frames *f);
/* The same, without spares: what is allocated is always the lowest that fits. For space in which it matters
 * more where things lie than how fast they come. */
void cairn_frame_init_ordered(struct cairn_frames *f);

/* Bytes of metadata for a zone of that place and length, at most 1.3 a frame from 1024 frames on. 0 iff
 * the zone is empty, too large (more than 2^CAIRN_ZONE_FRAMES_LOG2) or would hold CAIRN_NOFRAME. */
size_t cairn_frame_meta_nbytes(cairn_pfn base, size_t nframes);

/* Add a zone; all its frames are RESERVED. `meta` is memory for its metadata, aligned as a size_t, zeroed
 * here, owned by the zone until cairn_frame_zone_remove. The zone's number comes in *zone (may be NULL).
 *   CAIRN_EINVAL   f or meta NULL, meta misaligned or too small, or cairn_frame_meta_nbytes refuses it
 *   CAIRN_EOVERLAP the zone overlaps another
 *   CAIRN_ETOOMANY no zone is left
 * O(nframes), before use. */
enum cairn_err cairn_frame_zone_add(struct cairn_frames *f, cairn_pfn base, size_t nframes, uint8_t attr,
				    const char *name, void *meta, size_t meta_nbytes,
				    unsigned *zone) CAIRN_MUST_USE;

/* Take an entirely free (or RESERVED) zone away. CAIRN_EINVAL: no such zone; CAIRN_EBUSY: something in it
 * is in use. */
enum cairn_err cairn_frame_zone_remove(struct cairn_frames *f, unsigned zone) CAIRN_MUST_USE;

/* Turn RESERVED frames into FREE (or, with owner META, into metadata that stays). CAIRN_EINVAL: nframes 0,
 * other owner; CAIRN_EFOREIGN: not all in one zone; CAIRN_EWRONGKIND: not all RESERVED. O(nframes), before
 * use. */
enum cairn_err cairn_frame_zone_open(struct cairn_frames *f, cairn_pfn pfn, size_t nframes,
				     enum cairn_owner owner) CAIRN_MUST_USE;

/* The boot sequence over a sorted map, in two steps so that other metadata can be taken in between: zones
 * prepares f with a zone for each bank, its metadata taken from the map; open turns what is left into free
 * frames, what was taken into META. Errors of cairn_frame_zone_add (CAIRN_EINVAL: a NULL, too) and
 * CAIRN_ENOMEM; f has no zones then, and what was taken from the map stays taken. */
enum cairn_err cairn_frame_zones(struct cairn_frames *f, struct cairn_regions *r) CAIRN_MUST_USE;
enum cairn_err cairn_frame_open(struct cairn_frames *f, const struct cairn_regions *r) CAIRN_MUST_USE;

/* Allocate 2^order contiguous frames, naturally aligned, for `owner` (PAGES to META). Contents undefined.
 * In the first zone of `zones` that has it: a spare of that order, or else of the best order that is free the
 * lowest address, or else from the smallest spare that is larger. CAIRN_NOFRAME iff f is NULL, order >=
 * CAIRN_ORDERS, owner is RESERVED or FREE, or no such block is free in `zones`, once spares have been merged by
 * cairn_frame_flush. */
cairn_pfn cairn_frame_alloc(struct cairn_frames *f, unsigned order, enum cairn_owner owner,
			    unsigned zones) CAIRN_MUST_USE;

/* Allocate exactly nframes, aligned to the power of two at or above nframes; the tail is free again at
 * once. CAIRN_NOFRAME iff f is NULL, nframes is 0 or above 2^(CAIRN_ORDERS-1), the owner is wrong, or no
 * block of that power of two is free; see cairn_frame_alloc. */
cairn_pfn cairn_frame_alloc_run(struct cairn_frames *f, size_t nframes, enum cairn_owner owner,
				unsigned zones) CAIRN_MUST_USE;

/* Allocate the block of `order` at pfn. CAIRN_EINVAL: f NULL, order or owner wrong; CAIRN_EALIGN: pfn is
 * no multiple of 2^order; CAIRN_EFOREIGN: not all in one zone; CAIRN_ENOMEM: not all of it is free, once spares
 * have been merged. */
enum cairn_err cairn_frame_alloc_at(struct cairn_frames *f, cairn_pfn pfn, unsigned order,
				    enum cairn_owner owner) CAIRN_MUST_USE;

/* Free a block or run by its first frame; neighbours are merged. `owner` is who frees. Nothing has changed
 * unless CAIRN_OK:
 *   CAIRN_EINVAL     f NULL
 *   CAIRN_EFOREIGN   in no zone
 *   CAIRN_EDOUBLE    free already
 *   CAIRN_EINTERIOR  inside a block or run of `owner`
 *   CAIRN_EWRONGKIND anything else's, RESERVED and boot META included */
enum cairn_err cairn_frame_free(struct cairn_frames *f, cairn_pfn pfn, enum cairn_owner owner);

/* Merge a spare whose buddy is free, too, of the highest order below `below` that has one: the order of what comes
 * of it. CAIRN_ORDERS: there was none, so that a request for a block of order `below` that has found nothing has
 * failed for good. */
unsigned cairn_frame_flush(struct cairn_frames *f, unsigned below);

/* What pfn is: false iff it is in no zone. Never changes anything; safe on damaged metadata, where a frame
 * whose head is lost is told as RESERVED. */
bool cairn_frame_info(const struct cairn_frames *f, cairn_pfn pfn, struct cairn_frame_info *info);

/* Whose pfn is. RESERVED also when pfn is in no zone. */
enum cairn_owner cairn_frame_owner(const struct cairn_frames *f, cairn_pfn pfn);

/* Frames by owner over all zones; by zone, in detail (false: no such zone). O(zones x CAIRN_ORDERS). */
size_t cairn_frame_count(const struct cairn_frames *f, enum cairn_owner owner);
/* Frames of all zones. O(zones). */
size_t cairn_frame_nframes(const struct cairn_frames *f);
/* Frames of every owner, at once; f as cairn_frame_init or the boot sequence left it. O(zones x (owners + spares)). */
void cairn_frame_counts(const struct cairn_frames *f, size_t nframes_of[CAIRN_NOWNERS]);
bool cairn_frame_zone_info(const struct cairn_frames *f, unsigned zone, struct cairn_zone_info *info);

/* The zones that have all of `attr`, as an argument for the allocating functions. */
unsigned cairn_frame_zones_with(const struct cairn_frames *f, unsigned attr);

/* Order of the largest free block in `zones`, spares as they are; CAIRN_ORDERS when nothing is free there.
 * O(zones x CAIRN_ORDERS). */
unsigned cairn_frame_largest(const struct cairn_frames *f, unsigned zones);

/* Free blocks of an order in a zone; 0 also when there is no such zone or order. For reports: counts the map,
 * O(frames of the zone / 2^order). */
size_t cairn_frame_nfree_blocks(const struct cairn_frames *f, unsigned zone, unsigned order);

/* Every invariant, by a walk over all frames. NULL, or the broken one's text. */
const char *cairn_frame_check(const struct cairn_frames *f) CAIRN_MUST_USE;

/* ---- private: visible so that an instance can be allocated statically ---- */

#define CAIRN_MAP_LEVELS 5 /* of summaries between a string of bits and its top: 2^(5 x 6) >= 2^30 bits */

#define CAIRN_SPARES       2                                       /* of an order */
#define CAIRN_SPARE_ORDERS (CAIRN_ORDERS < 10 ? CAIRN_ORDERS : 10) /* from 0 on, that have spares */

struct cairn_zone {
	uint8_t *owner;   /* a byte a frame: kind and order at the head of a block, or interior */
	cairn_pfn low;    /* pfn that owner[0] stands for: the base, made even */
	uint32_t nowners; /* from there to the end; 0: no zone here */
	uint32_t even;    /* place of that pfn */
	uint8_t norders;  /* 0: no zone here */
	uint8_t nmapped;  /* orders below have a map */
	uint8_t ntall;    /* orders below have a summary of the summary */
	uint8_t nplain;   /* orders below are served by frame_fast.h */
	size_t *tops; /* of each order, not 0 iff a block of it is in the map; behind them one that is never 0 */
	size_t **
		maps; /* of each order whose string is longer than a word: biased, so that no bit needs an offset */
	size_t nframes_of[CAIRN_NOWNERS]; /* FREE: in the map, not spares; PAGES: 0, they are the rest */
	uint32_t (*spares)[CAIRN_SPARES]; /* by order; NULL: this zone has none */
	cairn_pfn base;
	uint32_t nframes; /* 0: no zone here */
	uint8_t attr;
	uint8_t npaired; /* orders below have a map, and are not the top */
	uint32_t skew;   /* place of the zone's first frame */
	uint32_t last;   /* place of its last */
	const char *name;
	size_t *words; /* of the maps */
	size_t nwords;
};

struct cairn_frames {
	struct cairn_zone zone[CAIRN_ZONES];
	/* Free blocks of zone[0] that are in no map: the numbers of their bytes in `owner`, plus one; 0: none. */
	uint32_t spares[CAIRN_SPARE_ORDERS][CAIRN_SPARES];
	bool ordered; /* no spares */
};

#endif
