/* SPDX-License-Identifier: MIT */
/* What the tests of frames share: an instance, metadata for its zones, and calls that check every
 * invariant behind them. No memory stands behind the frames. */
#ifndef FRAME_FIXTURE_H
#define FRAME_FIXTURE_H

#include "frame_fast.h"
#include "support.h"

#define COUNT(array)     (sizeof(array) / sizeof((array)[0]))
#define TOP              (CAIRN_ORDERS - 1)
#define MOST             ((size_t)1 << TOP) /* frames of the largest block */
#define ZONE_MAX         512u               /* frames of a zone here */
#define FRAME_META_WORDS (2 * ZONE_MAX / sizeof(size_t))
#define BASE             ((cairn_pfn)64 * MOST)

_Static_assert(CAIRN_ORDERS > 6 && CAIRN_ZONES > 1, "the tests' zones need that");

extern struct cairn_frames frame_pool;
extern size_t frame_meta[CAIRN_ZONES][FRAME_META_WORDS];

static inline size_t frame_smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Add a zone, RESERVED as yet: its number. */
unsigned frame_add(cairn_pfn base, size_t nframes);

/* Begin anew with one zone, all free. */
void frame_start(cairn_pfn base, size_t nframes);

/* For PAGES, from any zone. CAIRN_NOFRAME is an answer. */
cairn_pfn frame_take(unsigned order);
cairn_pfn frame_take_run(size_t nframes);

/* What has to succeed: back from PAGES, and into the map. */
void frame_give(cairn_pfn pfn);

/* All spares into the map. */
void frame_flush(void);

/* From PAGES, the short ways of the facade: false, and nothing has happened, where they serve no such block. */
bool frame_free_shortly(cairn_pfn pfn);

/* A spare of an order; CAIRN_NOFRAME: there is none. */
cairn_pfn frame_spare(unsigned order, unsigned i);

/* What is known of a frame: its owner, and the head and length of its block or run. */
void frame_is(cairn_pfn pfn, enum cairn_owner owner, cairn_pfn head, size_t nframes);

/* The files of this module's tests, one group each; the failures. test_frame_run runs the others too. */
int test_frame_boot_run(void);
int test_frame_misuse_run(void);
int test_frame_model_run(void);
int test_frame_check_run(void);

#endif
