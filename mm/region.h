/* SPDX-License-Identifier: MIT */
/* Boot ranges: what the board says of its memory, sorted and checked, before frames exist. The only memory
 * that region hands out is that of metadata; what is left becomes frames. No function here may be called
 * once cairn_frame_open has run, but those that only read. The caller serialises. */
#ifndef CAIRN_REGION_H
#define CAIRN_REGION_H

#include "config.h"
#include "err.h"
#include "util.h"

enum cairn_range_kind {
	CAIRN_RANGE_RESERVED = 0, /* never touched: kernel image, device tree, interrupt stack */
	CAIRN_RANGE_RAM,          /* a bank of memory; each becomes a zone */
	CAIRN_RANGE_META,         /* set aside by the platform as metadata, such as page tables */
};

/* Attributes of a zone; a request names those it needs. */
#define CAIRN_ATTR_FAST     1u
#define CAIRN_ATTR_DMA      2u
#define CAIRN_ATTR_EXTERNAL 4u

/* One line of the boot map. `name` must outlive the system. RESERVED and META ranges lie inside RAM to
 * have any effect; what lies outside is ignored. `attr` counts for RAM only. */
struct cairn_range {
	uintptr_t base;
	size_t nbytes;
	const char *name;
	uint8_t kind; /* enum cairn_range_kind */
	uint8_t attr; /* CAIRN_ATTR_* */
};

/* A bank: whole frames only, first frame to one past the last. */
struct cairn_bank {
	uintptr_t base; /* multiple of the frame size */
	size_t nframes; /* at least 1: RAM without a whole frame is no bank */
	const char *name;
	uint8_t attr;
};

/* private: addresses from base up to end, excluded. */
struct cairn_span {
	uintptr_t base;
	uintptr_t end;
};

/* private: a RESERVED or META part of the map, in whole frames. */
struct cairn_hole {
	struct cairn_span span;
	const char *name;
	uint8_t kind; /* enum cairn_range_kind */
};

/* A gap between holes holds one run of metadata at most, so that there is always room to note it. */
#define CAIRN_TAKEN_RUNS (CAIRN_ZONES + 2 * CAIRN_RANGES)

/* The sorted map. private: read it through the functions below. */
struct cairn_regions {
	struct cairn_bank banks[CAIRN_ZONES]; /* in the board's order: the first is preferred */
	size_t nbanks;
	struct cairn_hole holes[2 * CAIRN_RANGES]; /* disjoint, in address order */
	size_t nholes;
	struct cairn_span taken[CAIRN_TAKEN_RUNS]; /* metadata handed out, in bytes; one growing run a gap */
	size_t ntaken;
};

/* Reads the boot map, in any order. On success `r` holds it; otherwise `r` is empty (no banks) and the
 * result is
 *   CAIRN_EINVAL   r is NULL, or ranges is NULL, or a kind is unknown
 *   CAIRN_ETOOMANY more than CAIRN_RANGES ranges, or more than CAIRN_ZONES banks of RAM
 *   CAIRN_EEMPTY   a range of length 0, or no range of RAM with a whole frame
 *   CAIRN_EWRAP    base + nbytes passes the end of the address space (ending exactly at it is allowed)
 *   CAIRN_EOVERLAP two ranges of RAM overlap
 * RAM is rounded inwards to frames, RESERVED and META outwards. RAM that touches RAM of the same
 * attributes is one bank, named and preferred like the first of its ranges in the board's order. RESERVED
 * over META is RESERVED; of two ranges of one kind that share a frame, the first in the board's order
 * names it. The first and the last frame of the address space are never used: one begins, the other ends
 * at NULL. O(nranges^3), at boot. */
enum cairn_err cairn_region_init(struct cairn_regions *r, const struct cairn_range *ranges,
				 size_t nranges) CAIRN_MUST_USE;

/* Hands out nbytes for metadata, aligned to `align` (a power of two), zeroed, from the preferred bank that
 * has room, lowest gap first, behind what was taken there before; consecutive requests share frames. NULL
 * iff no bank has room, nbytes is 0, align is not a power of two, or r is NULL. */
void *cairn_region_take(struct cairn_regions *r, size_t nbytes, size_t align) CAIRN_MUST_USE;

/* The same, from what is left of a frame that was begun before: NULL, too, where that would take another. */
void *cairn_region_take_rest(struct cairn_regions *r, size_t nbytes, size_t align) CAIRN_MUST_USE;

/* The next run of bank number `bank` that is neither a hole nor taken, at or above *at: true, and [*at,
 * *end) is that run; false when there is none. All bounds are whole frames (a frame in part taken is not
 * free). Start with *at = 0, go on with *at = *end. */
bool cairn_region_next_free(const struct cairn_regions *r, size_t bank, uintptr_t *at, uintptr_t *end);

/* The next run of bank number `bank` that counts as metadata (META ranges, and what was taken), likewise
 * in whole frames. */
bool cairn_region_next_meta(const struct cairn_regions *r, size_t bank, uintptr_t *at, uintptr_t *end);

/* Name of the RESERVED or META range that holds addr, "boot metadata" for what was taken; NULL when there
 * is none. O(CAIRN_RANGES). */
const char *cairn_region_name(const struct cairn_regions *r, uintptr_t addr);

/* Sound: banks disjoint and whole, holes sorted and disjoint, everything taken inside a bank and clear of
 * holes. NULL, or the broken invariant's text. */
const char *cairn_region_check(const struct cairn_regions *r) CAIRN_MUST_USE;

#endif
