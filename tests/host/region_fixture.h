/* SPDX-License-Identifier: MIT */
/* What the tests of the boot map share: a map, places in memory that is not there, and a little memory that is. */
#ifndef REGION_FIXTURE_H
#define REGION_FIXTURE_H

#include "region.h"
#include "support.h"

#define FRAME     ((size_t)1 << CAIRN_FRAME_SHIFT)
#define LAST      UINTPTR_MAX
#define LAST_BASE (LAST - FRAME + 1) /* of the last frame of the address space */
#define SOMEWHERE ((uintptr_t)64 * FRAME)

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Ranges of each kind. */
#define RAM(at, length, label, bits)                                                                       \
	{                                                                                                  \
		.base = (at), .nbytes = (length), .name = (label), .kind = CAIRN_RANGE_RAM, .attr = (bits) \
	}
#define RESERVED(at, length, label)                                                             \
	{                                                                                       \
		.base = (at), .nbytes = (length), .name = (label), .kind = CAIRN_RANGE_RESERVED \
	}
#define META(at, length, label)                                                             \
	{                                                                                   \
		.base = (at), .nbytes = (length), .name = (label), .kind = CAIRN_RANGE_META \
	}

_Static_assert(CAIRN_ZONES > 1 && CAIRN_RANGES > CAIRN_ZONES, "the tests' maps need that");

#define REGION_NFRAMES 16u

extern struct cairn_regions regions;
extern unsigned char region_memory[REGION_NFRAMES << CAIRN_FRAME_SHIFT];

/* Where a frame of that memory is. */
uintptr_t region_frame_at(size_t i);

/* What has to succeed: a map of these ranges. */
void region_start(const struct cairn_range *ranges, size_t nranges);

/* The next run begins and ends there; *at moves on. */
void region_free_is(size_t bank, uintptr_t *at, uintptr_t base, uintptr_t end);
void region_meta_is(size_t bank, uintptr_t *at, uintptr_t base, uintptr_t end);

/* There is none at or behind `at`. */
void region_no_more_free(size_t bank, uintptr_t at);
void region_no_more_meta(size_t bank, uintptr_t at);

/* The files of this module's tests, one group each; the failures. test_region_run runs the others too. */
int test_region_take_run(void);
int test_region_check_run(void);
int test_region_model_run(void);

#endif
