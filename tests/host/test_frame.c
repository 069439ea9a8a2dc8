/* SPDX-License-Identifier: MIT */
/* Tests of frame.c: every error, the shapes of zones, runs, blocks at an address, the boot sequence, random operations
 * against a model of one entry a frame, planted damage, and (hosted) a simulated TiB. No memory stands behind the frames,
 * but in the boot sequence. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#ifdef CAIRN_HOSTED
#include <stdlib.h>
#endif

#include "frame_map.h"
#include "support.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define TOP          (CAIRN_ORDERS - 1)
#define MOST         ((size_t)1 << TOP) /* frames of the largest block */
#define ZONE_MAX     512u               /* frames of the zones here */
#define META_WORDS   (2 * ZONE_MAX / sizeof(size_t))
#define BASE         ((cairn_pfn)64 * MOST)

_Static_assert(CAIRN_ORDERS > 6 && CAIRN_ZONES > 1, "the pictures drawn below need that");

static struct cairn_frames f;
static size_t meta[CAIRN_ZONES][META_WORDS];

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Add a zone, not opened. */
static unsigned add(cairn_pfn base, size_t nframes)
{
	unsigned zone = 0;

	while (zone < CAIRN_ZONES && f.zone[zone].nframes != 0)
		zone++;
	assert_true(zone < CAIRN_ZONES);
	assert_int_equal(
		cairn_frame_zone_add(&f, base, nframes, 0, "zone", meta[zone], sizeof(meta[zone]), &zone),
		CAIRN_OK);
	return zone;
}

/* One zone, all free. */
static void start(cairn_pfn base, size_t nframes)
{
	cairn_frame_init(&f);
	add(base, nframes);
	assert_int_equal(cairn_frame_zone_open(&f, base, nframes, CAIRN_FREE), CAIRN_OK);
	assert_null(cairn_frame_check(&f));
}

static cairn_pfn alloc(unsigned order)
{
	cairn_pfn pfn = cairn_frame_alloc(&f, order, CAIRN_PAGES, CAIRN_ANY_ZONE);

	assert_null(cairn_frame_check(&f));
	return pfn;
}

static cairn_pfn alloc_run(size_t nframes)
{
	cairn_pfn pfn = cairn_frame_alloc_run(&f, nframes, CAIRN_PAGES, CAIRN_ANY_ZONE);

	assert_null(cairn_frame_check(&f));
	return pfn;
}

static void give(cairn_pfn pfn)
{
	assert_int_equal(cairn_frame_free(&f, pfn, CAIRN_PAGES), CAIRN_OK);
	assert_null(cairn_frame_check(&f));
}

/* ---- a rejected call changes nothing ---- */

static struct cairn_frames f_before;
static size_t meta_before[CAIRN_ZONES][META_WORDS];

static void remember(void)
{
	f_before = f;
	memcpy(meta_before, meta, sizeof(meta));
}

static void nothing_changed(void)
{
	assert_memory_equal(&f, &f_before, sizeof(f));
	assert_memory_equal(meta, meta_before, sizeof(meta));
}

static void frame_alloc_refuses_nonsense(void **state)
{
	const unsigned owners[] = {CAIRN_RESERVED, CAIRN_FREE, CAIRN_NOWNERS, ~0u};

	(void)state;
	start(BASE, 64);
	remember();
	assert_true(cairn_frame_alloc(NULL, 0, CAIRN_PAGES, CAIRN_ANY_ZONE) == CAIRN_NOFRAME);
	assert_true(cairn_frame_alloc(&f, CAIRN_ORDERS, CAIRN_PAGES, CAIRN_ANY_ZONE) == CAIRN_NOFRAME);
	assert_true(cairn_frame_alloc(&f, ~0u, CAIRN_PAGES, CAIRN_ANY_ZONE) == CAIRN_NOFRAME);
	assert_true(cairn_frame_alloc(&f, 0, CAIRN_PAGES, 0) == CAIRN_NOFRAME);
	assert_true(cairn_frame_alloc(&f, 0, CAIRN_PAGES, ~1u) == CAIRN_NOFRAME);
	assert_true(cairn_frame_alloc_run(NULL, 1, CAIRN_PAGES, CAIRN_ANY_ZONE) == CAIRN_NOFRAME);
	assert_true(cairn_frame_alloc_run(&f, 0, CAIRN_PAGES, CAIRN_ANY_ZONE) == CAIRN_NOFRAME);
	assert_true(cairn_frame_alloc_run(&f, MOST + 1, CAIRN_PAGES, CAIRN_ANY_ZONE) == CAIRN_NOFRAME);
	assert_true(cairn_frame_alloc_run(&f, SIZE_MAX, CAIRN_PAGES, CAIRN_ANY_ZONE) == CAIRN_NOFRAME);
	assert_true(cairn_frame_alloc_run(&f, SIZE_MAX / 2 + 2, CAIRN_PAGES, CAIRN_ANY_ZONE) ==
		    CAIRN_NOFRAME);
	assert_true(cairn_frame_alloc_run(&f, 3, CAIRN_PAGES, ~1u) == CAIRN_NOFRAME);
	for (size_t i = 0; i < COUNT(owners); i++) {
		enum cairn_owner owner = (enum cairn_owner)owners[i];

		assert_true(cairn_frame_alloc(&f, 0, owner, CAIRN_ANY_ZONE) == CAIRN_NOFRAME);
		assert_true(cairn_frame_alloc_run(&f, 3, owner, CAIRN_ANY_ZONE) == CAIRN_NOFRAME);
		assert_int_equal(cairn_frame_alloc_at(&f, BASE, 0, owner), CAIRN_EINVAL);
	}
	nothing_changed();
}

static void frame_alloc_at_refuses_nonsense(void **state)
{
	(void)state;
	start(BASE + 1, 62);
	assert_int_equal(cairn_frame_alloc_at(&f, BASE + 9, 0, CAIRN_HEAP), CAIRN_OK);
	remember();
	assert_int_equal(cairn_frame_alloc_at(NULL, BASE + 1, 0, CAIRN_PAGES), CAIRN_EINVAL);
	assert_int_equal(cairn_frame_alloc_at(&f, BASE + 1, CAIRN_ORDERS, CAIRN_PAGES), CAIRN_EINVAL);
	assert_int_equal(cairn_frame_alloc_at(&f, BASE + 1, ~0u, CAIRN_PAGES), CAIRN_EINVAL);
	assert_int_equal(cairn_frame_alloc_at(&f, BASE + 2, 2, CAIRN_PAGES), CAIRN_EALIGN);
	assert_int_equal(cairn_frame_alloc_at(&f, BASE, 0, CAIRN_PAGES), CAIRN_EFOREIGN);
	assert_int_equal(cairn_frame_alloc_at(&f, BASE, 3, CAIRN_PAGES), CAIRN_EFOREIGN);
	assert_int_equal(cairn_frame_alloc_at(&f, BASE + 63, 0, CAIRN_PAGES), CAIRN_EFOREIGN);
	assert_int_equal(cairn_frame_alloc_at(&f, BASE + 60, 2, CAIRN_PAGES), CAIRN_EFOREIGN);
	assert_int_equal(cairn_frame_alloc_at(&f, BASE, TOP, CAIRN_PAGES), CAIRN_EFOREIGN);
	assert_int_equal(cairn_frame_alloc_at(&f, CAIRN_NOFRAME, 0, CAIRN_PAGES), CAIRN_EFOREIGN);
	assert_int_equal(cairn_frame_alloc_at(&f, BASE + 9, 0, CAIRN_PAGES), CAIRN_ENOMEM);
	assert_int_equal(cairn_frame_alloc_at(&f, BASE + 8, 3, CAIRN_PAGES), CAIRN_ENOMEM);
	nothing_changed();
}

static void frame_free_names_each_mistake(void **state)
{
	cairn_pfn block, run;

	(void)state;
	cairn_frame_init(&f);
	add(BASE, 64);
	assert_int_equal(cairn_frame_zone_open(&f, BASE, 32, CAIRN_FREE), CAIRN_OK);
	assert_int_equal(cairn_frame_zone_open(&f, BASE + 40, 8, CAIRN_META), CAIRN_OK);
	block = alloc(2);
	run = alloc_run(7);
	remember();
	assert_int_equal(cairn_frame_free(NULL, block, CAIRN_PAGES), CAIRN_EINVAL);
	assert_int_equal(cairn_frame_free(&f, BASE - 1, CAIRN_PAGES), CAIRN_EFOREIGN);
	assert_int_equal(cairn_frame_free(&f, BASE + 64, CAIRN_PAGES), CAIRN_EFOREIGN);
	assert_int_equal(cairn_frame_free(&f, CAIRN_NOFRAME, CAIRN_PAGES), CAIRN_EFOREIGN);
	for (unsigned i = 1; i < 4; i++)
		assert_int_equal(cairn_frame_free(&f, block + i, CAIRN_PAGES), CAIRN_EINTERIOR);
	for (unsigned i = 1; i < 7; i++)
		assert_int_equal(cairn_frame_free(&f, run + i, CAIRN_PAGES), CAIRN_EINTERIOR);
	for (unsigned i = 0; i < 7; i++)
		assert_int_equal(cairn_frame_free(&f, run + i, CAIRN_SLAB), CAIRN_EWRONGKIND);
	for (cairn_pfn pfn = run + 7; pfn < BASE + 32; pfn++)
		assert_int_equal(cairn_frame_free(&f, pfn, CAIRN_PAGES), CAIRN_EDOUBLE);
	for (cairn_pfn pfn = BASE + 32; pfn < BASE + 64; pfn++)
		for (unsigned owner = 0; owner <= KIND_RUN + 1; owner++)
			assert_int_equal(cairn_frame_free(&f, pfn, (enum cairn_owner)owner),
					 CAIRN_EWRONGKIND);
	/* Nobody owns what is free, reserved or a part of a run, whatever is said. */
	assert_int_equal(cairn_frame_free(&f, BASE + 31, CAIRN_FREE), CAIRN_EDOUBLE);
	assert_int_equal(cairn_frame_free(&f, run + 4, (enum cairn_owner)KIND_RUN), CAIRN_EWRONGKIND);
	assert_int_equal(cairn_frame_free(&f, run, (enum cairn_owner) ~0u), CAIRN_EWRONGKIND);
	nothing_changed();
	give(block);
	give(run);
	assert_int_equal(cairn_frame_free(&f, block, CAIRN_PAGES), CAIRN_EDOUBLE);
	assert_int_equal(cairn_frame_free(&f, run, CAIRN_PAGES), CAIRN_EDOUBLE);
}

/* ---- zones ---- */

static void frame_zone_add_names_each_mistake(void **state)
{
	size_t nbytes = cairn_frame_meta_nbytes(BASE, 64);

	(void)state;
	start(BASE, 64);
	remember();
	assert_int_equal(cairn_frame_zone_add(NULL, 0, 64, 0, "", meta[1], nbytes, NULL), CAIRN_EINVAL);
	assert_int_equal(cairn_frame_zone_add(&f, 0, 64, 0, "", NULL, nbytes, NULL), CAIRN_EINVAL);
	assert_int_equal(cairn_frame_zone_add(&f, 0, 64, 0, "", (char *)meta[1] + 1, nbytes, NULL),
			 CAIRN_EINVAL);
	assert_int_equal(cairn_frame_zone_add(&f, 0, 64, 0, "", meta[1], nbytes - 1, NULL), CAIRN_EINVAL);
	assert_int_equal(cairn_frame_zone_add(&f, 0, 0, 0, "", meta[1], nbytes, NULL), CAIRN_EINVAL);
	assert_int_equal(cairn_frame_zone_add(&f, CAIRN_NOFRAME - 63, 64, 0, "", meta[1], nbytes, NULL),
			 CAIRN_EINVAL);
	assert_int_equal(cairn_frame_zone_add(&f, BASE + 63, 64, 0, "", meta[1], SIZE_MAX, NULL),
			 CAIRN_EOVERLAP);
	assert_int_equal(cairn_frame_zone_add(&f, BASE - 63, 64, 0, "", meta[1], SIZE_MAX, NULL),
			 CAIRN_EOVERLAP);
	assert_int_equal(cairn_frame_zone_add(&f, BASE + 8, 1, 0, "", meta[1], SIZE_MAX, NULL),
			 CAIRN_EOVERLAP);
	assert_int_equal(cairn_frame_zone_add(&f, BASE - 9, 90, 0, "", meta[1], SIZE_MAX, NULL),
			 CAIRN_EOVERLAP);
	nothing_changed();
	for (unsigned i = 1; i < CAIRN_ZONES; i++)
		assert_int_equal(add(BASE + 64 * i, 64), i);
	remember();
	assert_int_equal(cairn_frame_zone_add(&f, 0, 64, 0, "", meta[1], nbytes, NULL), CAIRN_ETOOMANY);
	nothing_changed();
}

static void frame_zone_remove_wants_it_unused(void **state)
{
	cairn_pfn pfn;

	(void)state;
	start(BASE, 32);
	pfn = alloc(3);
	remember();
	assert_int_equal(cairn_frame_zone_remove(NULL, 0), CAIRN_EINVAL);
	assert_int_equal(cairn_frame_zone_remove(&f, CAIRN_ZONES), CAIRN_EINVAL);
	assert_int_equal(cairn_frame_zone_remove(&f, 1), CAIRN_EINVAL);
	assert_int_equal(cairn_frame_zone_remove(&f, 0), CAIRN_EBUSY);
	nothing_changed();
	give(pfn);
	assert_int_equal(cairn_frame_zone_remove(&f, 0), CAIRN_OK);
	assert_int_equal(cairn_frame_free(&f, pfn, CAIRN_PAGES), CAIRN_EFOREIGN);
	assert_true(alloc(0) == CAIRN_NOFRAME);
	add(BASE, 32);
	assert_int_equal(cairn_frame_zone_open(&f, BASE, 1, CAIRN_META), CAIRN_OK);
	assert_int_equal(cairn_frame_zone_remove(&f, 0), CAIRN_EBUSY);
}

static void frame_zone_open_names_each_mistake(void **state)
{
	const unsigned owners[] = {CAIRN_RESERVED, CAIRN_PAGES, CAIRN_STACK, CAIRN_NOWNERS};

	(void)state;
	cairn_frame_init(&f);
	add(BASE, 32);
	assert_int_equal(cairn_frame_zone_open(&f, BASE + 8, 8, CAIRN_FREE), CAIRN_OK);
	assert_int_equal(cairn_frame_zone_open(&f, BASE + 20, 1, CAIRN_META), CAIRN_OK);
	remember();
	assert_int_equal(cairn_frame_zone_open(NULL, BASE, 1, CAIRN_FREE), CAIRN_EINVAL);
	assert_int_equal(cairn_frame_zone_open(&f, BASE, 0, CAIRN_FREE), CAIRN_EINVAL);
	for (size_t i = 0; i < COUNT(owners); i++)
		assert_int_equal(cairn_frame_zone_open(&f, BASE, 1, (enum cairn_owner)owners[i]),
				 CAIRN_EINVAL);
	assert_int_equal(cairn_frame_zone_open(&f, BASE - 1, 2, CAIRN_FREE), CAIRN_EFOREIGN);
	assert_int_equal(cairn_frame_zone_open(&f, BASE + 31, 2, CAIRN_FREE), CAIRN_EFOREIGN);
	assert_int_equal(cairn_frame_zone_open(&f, BASE + 31, SIZE_MAX, CAIRN_FREE), CAIRN_EFOREIGN);
	assert_int_equal(cairn_frame_zone_open(&f, BASE + 7, 2, CAIRN_FREE), CAIRN_EWRONGKIND);
	assert_int_equal(cairn_frame_zone_open(&f, BASE + 15, 2, CAIRN_META), CAIRN_EWRONGKIND);
	assert_int_equal(cairn_frame_zone_open(&f, BASE + 19, 2, CAIRN_FREE), CAIRN_EWRONGKIND);
	nothing_changed();
}

static void frame_metadata_is_small(void **state)
{
	const size_t bases[] = {0, 1, MOST / 2 + 1, MOST - 1, 12345};

	(void)state;
	assert_int_equal(cairn_frame_meta_nbytes(0, 0), 0);
	assert_int_equal(cairn_frame_meta_nbytes(0, ((size_t)1 << CAIRN_ZONE_FRAMES_LOG2) + 1), 0);
	assert_int_equal(cairn_frame_meta_nbytes(0, SIZE_MAX), 0);
	assert_int_equal(cairn_frame_meta_nbytes(CAIRN_NOFRAME, 1), 0);
	assert_int_not_equal(cairn_frame_meta_nbytes(CAIRN_NOFRAME - 1, 1), 0);
	assert_int_not_equal(cairn_frame_meta_nbytes(0, (size_t)1 << CAIRN_ZONE_FRAMES_LOG2), 0);
	for (size_t i = 0; i < COUNT(bases); i++) {
		for (size_t n = 1024; n <= (size_t)1 << CAIRN_ZONE_FRAMES_LOG2; n += n / 3)
			assert_true(cairn_frame_meta_nbytes(bases[i], n) <= n + n * 3 / 10);
		assert_true(cairn_frame_meta_nbytes(bases[i], 16) <= 128);
	}
}

/* ---- shapes of zones ---- */

static size_t nfree_before[CAIRN_ORDERS];

static void remember_blocks(unsigned zone)
{
	struct cairn_zone_info info;

	assert_true(cairn_frame_zone_info(&f, zone, &info));
	memcpy(nfree_before, info.nfree_blocks, sizeof(nfree_before));
}

static void blocks_are_as_before(unsigned zone)
{
	struct cairn_zone_info info;

	assert_true(cairn_frame_zone_info(&f, zone, &info));
	assert_memory_equal(nfree_before, info.nfree_blocks, sizeof(nfree_before));
}

/* Every frame comes, lowest first; freed in another order, all merges to what it was. */
static void fill_and_empty(cairn_pfn base, size_t nframes, struct support_rng *rng)
{
	static cairn_pfn taken[ZONE_MAX];

	remember_blocks(0);
	for (size_t i = 0; i < nframes; i++)
		taken[i] = cairn_frame_alloc(&f, 0, CAIRN_STACK, CAIRN_ANY_ZONE);
	assert_true(alloc(0) == CAIRN_NOFRAME);
	assert_int_equal(cairn_frame_largest(&f, CAIRN_ANY_ZONE), CAIRN_ORDERS);
	for (size_t i = nframes; i > 0; i--) {
		size_t chosen = support_random_below(rng, (uint32_t)i);
		cairn_pfn pfn = taken[chosen];

		assert_true(pfn - base < nframes);
		taken[chosen] = taken[i - 1];
		assert_int_equal(cairn_frame_free(&f, pfn, CAIRN_STACK), CAIRN_OK);
	}
	assert_null(cairn_frame_check(&f));
	blocks_are_as_before(0);
	assert_int_equal(cairn_frame_count(&f, CAIRN_FREE), nframes);
}

static void frame_zones_have_any_base_and_length(void **state)
{
	const size_t lengths[] = {1, 2, 3, 16, 17, 63, 100, 255, 256, ZONE_MAX - 1, ZONE_MAX};
	struct support_rng rng = {support_seed()};

	(void)state;
	for (size_t i = 0; i < COUNT(lengths); i++) {
		const cairn_pfn bases[] = {0,
					   1,
					   2,
					   BASE - 1,
					   BASE + 7,
					   BASE + 96,
					   CAIRN_NOFRAME - lengths[i],
					   CAIRN_NOFRAME / 2 + 1 - lengths[i] / 2};

		for (size_t j = 0; j < COUNT(bases); j++) {
			start(bases[j], lengths[i]);
			fill_and_empty(bases[j], lengths[i], &rng);
		}
	}
}

static void frame_zone_of_one_frame(void **state)
{
	(void)state;
	start(BASE + 5, 1);
	assert_true(alloc(1) == CAIRN_NOFRAME);
	assert_true(alloc(0) == BASE + 5);
	assert_true(alloc(0) == CAIRN_NOFRAME);
	give(BASE + 5);
	assert_true(alloc_run(1) == BASE + 5);
}

static void frame_last_pfns_of_all(void **state)
{
	cairn_pfn base = CAIRN_NOFRAME - 24;

	(void)state;
	start(base, 24);
	assert_int_equal(cairn_frame_free(&f, CAIRN_NOFRAME, CAIRN_PAGES), CAIRN_EFOREIGN);
	assert_int_equal(cairn_frame_free(&f, 0, CAIRN_PAGES), CAIRN_EFOREIGN);
	assert_int_equal(cairn_frame_alloc_at(&f, CAIRN_NOFRAME - 7, 3, CAIRN_PAGES), CAIRN_EFOREIGN);
	assert_int_equal(cairn_frame_alloc_at(&f, CAIRN_NOFRAME - 1, 0, CAIRN_PAGES), CAIRN_OK);
	assert_int_equal(cairn_frame_free(&f, CAIRN_NOFRAME - 1, CAIRN_PAGES), CAIRN_OK);
	assert_null(cairn_frame_check(&f));
}

static void frame_addresses_and_pfns_agree(void **state)
{
	(void)state;
	assert_true(cairn_addr_to_pfn(0) == 0);
	assert_true(cairn_addr_to_pfn(CAIRN_FRAME_NBYTES - 1) == 0);
	assert_true(cairn_pfn_to_addr(1) == CAIRN_FRAME_NBYTES);
	assert_true(cairn_addr_to_pfn(UINTPTR_MAX) != CAIRN_NOFRAME);
	assert_true(cairn_pfn_to_addr(cairn_addr_to_pfn(UINTPTR_MAX)) ==
		    UINTPTR_MAX - CAIRN_FRAME_NBYTES + 1);
}

static void frame_takes_best_order_then_lowest_address(void **state)
{
	(void)state;
	start(BASE, 64);
	/* Free: order 0 at 1, order 3 at 8, order 2 at 20, order 1 at 26, order 2 at 28, order 5 at 32. */
	for (unsigned i = 0; i < 32; i++)
		assert_true(cairn_frame_alloc(&f, 0, CAIRN_PAGES, CAIRN_ANY_ZONE) == BASE + i);
	give(BASE + 1);
	for (unsigned i = 8; i < 16; i++)
		give(BASE + i);
	for (unsigned i = 20; i < 24; i++)
		give(BASE + i);
	for (unsigned i = 26; i < 32; i++)
		give(BASE + i);
	assert_true(alloc(2) == BASE + 20);
	assert_true(alloc(1) == BASE + 26);
	assert_true(alloc(0) == BASE + 1);
	assert_true(alloc(0) == BASE + 28);
	assert_true(alloc(2) == BASE + 8);
	assert_true(alloc(2) == BASE + 12);
	assert_int_equal(cairn_frame_largest(&f, CAIRN_ANY_ZONE), 5);
	assert_true(alloc(2) == BASE + 32);
}

/* ---- several zones ---- */

static void frame_zones_are_tried_in_order(void **state)
{
	unsigned zone;

	(void)state;
	start(BASE, 16);
	assert_int_equal(cairn_frame_zone_add(&f, BASE + 16, 32, CAIRN_ATTR_DMA, "second", meta[1],
					      sizeof(meta[1]), &zone),
			 CAIRN_OK);
	assert_int_equal(zone, 1);
	assert_int_equal(cairn_frame_zone_open(&f, BASE + 15, 2, CAIRN_FREE), CAIRN_EFOREIGN);
	assert_int_equal(cairn_frame_zone_open(&f, BASE + 16, 32, CAIRN_FREE), CAIRN_OK);
	assert_int_equal(cairn_frame_zones_with(&f, 0), 3);
	assert_int_equal(cairn_frame_zones_with(&f, CAIRN_ATTR_DMA), 2);
	assert_int_equal(cairn_frame_zones_with(&f, CAIRN_ATTR_DMA | CAIRN_ATTR_FAST), 0);
	assert_int_equal(cairn_frame_zones_with(&f, ~0u), 0);
	assert_int_equal(cairn_frame_zones_with(NULL, 0), 0);
	assert_int_equal(cairn_frame_largest(&f, 1), 4);
	assert_int_equal(cairn_frame_largest(&f, CAIRN_ANY_ZONE), 4);
	assert_int_equal(cairn_frame_largest(&f, 0), CAIRN_ORDERS);
	assert_int_equal(cairn_frame_largest(NULL, 1), CAIRN_ORDERS);
	assert_true(cairn_frame_alloc(&f, 0, CAIRN_HEAP, 2) == BASE + 16);
	assert_true(cairn_frame_alloc(&f, 4, CAIRN_HEAP, CAIRN_ANY_ZONE) == BASE);
	assert_true(cairn_frame_alloc(&f, 4, CAIRN_HEAP, CAIRN_ANY_ZONE) == BASE + 32);
	assert_true(cairn_frame_alloc(&f, 4, CAIRN_HEAP, CAIRN_ANY_ZONE) == CAIRN_NOFRAME);
	assert_int_equal(cairn_frame_count(&f, CAIRN_HEAP), 33);
	/* Blocks of two zones that touch are no buddies. */
	assert_int_equal(cairn_frame_free(&f, BASE, CAIRN_HEAP), CAIRN_OK);
	assert_int_equal(cairn_frame_free(&f, BASE + 16, CAIRN_HEAP), CAIRN_OK);
	assert_int_equal(cairn_frame_free(&f, BASE + 32, CAIRN_HEAP), CAIRN_OK);
	assert_null(cairn_frame_check(&f));
	assert_int_equal(cairn_frame_largest(&f, CAIRN_ANY_ZONE), 4);
}

static void frame_zone_info_tells_all(void **state)
{
	struct cairn_zone_info info;
	struct cairn_frame_info frame;

	(void)state;
	start(BASE, 40);
	assert_true(alloc(0) == BASE + 32);
	assert_false(cairn_frame_zone_info(NULL, 0, &info));
	assert_false(cairn_frame_zone_info(&f, CAIRN_ZONES, &info));
	assert_false(cairn_frame_zone_info(&f, 0, NULL));
	assert_false(cairn_frame_zone_info(&f, CAIRN_ZONES - 1, &info));
	assert_true(cairn_frame_zone_info(&f, 0, &info));
	assert_true(info.base == BASE);
	assert_int_equal(info.nframes, 40);
	assert_int_equal(info.nfree, 39);
	assert_int_equal(info.nframes_of[CAIRN_PAGES], 1);
	assert_int_equal(info.nfree_blocks[0], 1);
	assert_int_equal(info.nfree_blocks[5], 1);
	assert_int_equal(info.largest_order, 5);
	assert_string_equal(info.name, "zone");
	assert_int_equal(cairn_frame_count(NULL, CAIRN_FREE), 0);
	assert_int_equal(cairn_frame_count(&f, CAIRN_NOWNERS), 0);
	assert_false(cairn_frame_info(NULL, BASE, &frame));
	assert_false(cairn_frame_info(&f, BASE, NULL));
	assert_false(cairn_frame_info(&f, BASE + 40, &frame));
}

/* ---- runs, and blocks at an address ---- */

static void frame_is(cairn_pfn pfn, enum cairn_owner owner, cairn_pfn head, size_t nframes)
{
	struct cairn_frame_info info;

	assert_true(cairn_frame_info(&f, pfn, &info));
	assert_int_equal(info.owner, owner);
	assert_true(info.head == head);
	assert_int_equal(info.nframes, nframes);
	assert_int_equal(info.zone, 0);
}

static void frame_runs_of_every_length(void **state)
{
	size_t longest = smaller(MOST, ZONE_MAX / 2);

	(void)state;
	for (size_t n = 1; n <= longest; n++) {
		size_t rounded = (size_t)1 << cairn_log2_ceil(n);
		cairn_pfn pfn, tail;

		start(BASE + ZONE_MAX, ZONE_MAX);
		remember_blocks(0);
		pfn = alloc_run(n);
		assert_true(pfn == BASE + ZONE_MAX);
		assert_int_equal(cairn_frame_count(&f, CAIRN_PAGES), n);
		for (size_t i = 0; i < n; i++)
			frame_is(pfn + i, CAIRN_PAGES, pfn, n);
		/* The tail is free at once, and a neighbour there is none of the run's. */
		if (n < rounded) {
			tail = alloc(0);
			assert_in_range(tail - pfn, n, rounded - 1);
			frame_is(pfn, CAIRN_PAGES, pfn, n);
			give(tail);
		}
		for (size_t i = 1; i < n; i++)
			assert_int_equal(cairn_frame_free(&f, pfn + i, CAIRN_PAGES), CAIRN_EINTERIOR);
		give(pfn);
		blocks_are_as_before(0);
	}
}

static void frame_runs_side_by_side(void **state)
{
	cairn_pfn a, b, c;

	(void)state;
	start(BASE, 64);
	remember_blocks(0);
	a = alloc_run(7);
	b = alloc_run(13);
	c = alloc_run(3);
	assert_true(a == BASE && b == BASE + 16 && c == BASE + 8);
	give(a);
	frame_is(b + 12, CAIRN_PAGES, b, 13);
	frame_is(c + 2, CAIRN_PAGES, c, 3);
	give(c);
	give(b);
	blocks_are_as_before(0);
	assert_true(alloc_run(65) == CAIRN_NOFRAME);
}

static void frame_alloc_at_takes_any_block(void **state)
{
	(void)state;
	for (unsigned order = 0; order <= 6; order++)
		for (cairn_pfn at = 0; at < 64; at += (cairn_pfn)1 << order) {
			cairn_pfn head = BASE + at;

			start(BASE, 64);
			remember_blocks(0);
			assert_int_equal(cairn_frame_alloc_at(&f, head, order, CAIRN_SLAB), CAIRN_OK);
			assert_null(cairn_frame_check(&f));
			frame_is(head, CAIRN_SLAB, head, (size_t)1 << order);
			assert_int_equal(cairn_frame_count(&f, CAIRN_SLAB), 1 << order);
			assert_int_equal(cairn_frame_alloc_at(&f, head, order, CAIRN_SLAB), CAIRN_ENOMEM);
			assert_int_equal(cairn_frame_free(&f, head, CAIRN_SLAB), CAIRN_OK);
			assert_null(cairn_frame_check(&f));
			blocks_are_as_before(0);
		}
}

/* ---- boot ---- */

#define MEMORY_FRAMES 16u

static _Alignas(1 << CAIRN_FRAME_SHIFT) unsigned char memory[MEMORY_FRAMES << CAIRN_FRAME_SHIFT];

static void frame_boots_from_a_map(void **state)
{
	uintptr_t base = (uintptr_t)memory;
	const struct cairn_range ranges[] = {
		{base, sizeof(memory), "ram", CAIRN_RANGE_RAM, CAIRN_ATTR_FAST},
		{base + 3 * CAIRN_FRAME_NBYTES, 1, "image", CAIRN_RANGE_RESERVED, 0},
		{base + 5 * CAIRN_FRAME_NBYTES, CAIRN_FRAME_NBYTES, "tables", CAIRN_RANGE_META, 0},
	};
	struct cairn_regions r;
	cairn_pfn first = cairn_addr_to_pfn(base);

	(void)state;
	assert_int_equal(cairn_region_init(&r, ranges, COUNT(ranges)), CAIRN_OK);
	assert_int_equal(cairn_frame_zones(NULL, &r), CAIRN_EINVAL);
	assert_int_equal(cairn_frame_zones(&f, NULL), CAIRN_EINVAL);
	assert_int_equal(cairn_frame_open(NULL, &r), CAIRN_EINVAL);
	assert_int_equal(cairn_frame_open(&f, NULL), CAIRN_EINVAL);
	assert_int_equal(cairn_frame_zones(&f, &r), CAIRN_OK);
	assert_int_equal(cairn_frame_count(&f, CAIRN_RESERVED), MEMORY_FRAMES);
	assert_int_equal(cairn_frame_open(&f, &r), CAIRN_OK);
	assert_null(cairn_frame_check(&f));
	assert_int_equal(cairn_frame_count(&f, CAIRN_RESERVED), 1);
	assert_int_equal(cairn_frame_count(&f, CAIRN_META), 2);
	assert_int_equal(cairn_frame_count(&f, CAIRN_FREE), MEMORY_FRAMES - 3);
	frame_is(first, CAIRN_META, first, 1);
	frame_is(first + 3, CAIRN_RESERVED, first + 3, 1);
	frame_is(first + 5, CAIRN_META, first + 5, 1);
	assert_int_equal(cairn_frame_zones_with(&f, CAIRN_ATTR_FAST), 1);
	/* Free memory is never written. */
	for (size_t i = 6 * CAIRN_FRAME_NBYTES; i < sizeof(memory); i++)
		assert_int_equal(memory[i], 0);
	assert_int_equal(cairn_frame_open(&f, &r), CAIRN_EWRONGKIND);
}

static void frame_boot_without_room_leaves_no_zones(void **state)
{
	uintptr_t base = (uintptr_t)memory;
	const struct cairn_range ranges[] = {
		{base, sizeof(memory), "ram", CAIRN_RANGE_RAM, 0},
		{base, sizeof(memory), "all of it", CAIRN_RANGE_RESERVED, 0},
	};
	struct cairn_regions r;

	(void)state;
	assert_int_equal(cairn_region_init(&r, ranges, COUNT(ranges)), CAIRN_OK);
	assert_int_equal(cairn_frame_zones(&f, &r), CAIRN_ENOMEM);
	assert_int_equal(cairn_frame_zones_with(&f, 0), 0);
}

/* ---- random operations against a model: an entry a frame ---- */

struct model {
	cairn_pfn base;
	size_t nframes;
	uint8_t owner[ZONE_MAX];
	uint16_t head[ZONE_MAX];       /* of the block or run, when allocated */
	uint16_t nframes_at[ZONE_MAX]; /* of the block or run that begins here */
};

static struct model model;

static bool model_is_free(size_t at, size_t nframes)
{
	if (at > model.nframes || nframes > model.nframes - at)
		return false;
	for (size_t i = 0; i < nframes; i++)
		if (model.owner[at + i] != CAIRN_FREE)
			return false;
	return true;
}

static bool model_is_block(size_t at, unsigned order)
{
	return ((model.base + at) & (((cairn_pfn)1 << order) - 1)) == 0 &&
	       model_is_free(at, (size_t)1 << order);
}

/* A free block that is not half of a larger one. */
static bool model_is_whole(size_t at, unsigned order)
{
	size_t block = (size_t)1 << order;
	bool upper = (model.base + at) & block;

	if (!model_is_block(at, order))
		return false;
	if (order == TOP || (upper && at < block))
		return true;
	return !model_is_block(upper ? at - block : at, order + 1);
}

/* Where an allocation must land. */
static cairn_pfn model_choice(unsigned order)
{
	for (; order < CAIRN_ORDERS; order++)
		for (size_t at = 0; at < model.nframes; at++)
			if (model_is_whole(at, order))
				return model.base + at;
	return CAIRN_NOFRAME;
}

static void model_take(size_t at, size_t nframes, enum cairn_owner owner)
{
	for (size_t i = at; i < at + nframes; i++) {
		model.owner[i] = (uint8_t)owner;
		model.head[i] = (uint16_t)at;
	}
	model.nframes_at[at] = (uint16_t)nframes;
}

static enum cairn_err model_free_result(size_t at, enum cairn_owner owner)
{
	if (model.owner[at] == CAIRN_FREE)
		return CAIRN_EDOUBLE;
	if (model.owner[at] != owner)
		return CAIRN_EWRONGKIND;
	return model.head[at] == at ? CAIRN_OK : CAIRN_EINTERIOR;
}

static enum cairn_owner random_owner(struct support_rng *rng)
{
	return (enum cairn_owner)(CAIRN_PAGES + support_random_below(rng, CAIRN_META - CAIRN_PAGES + 1));
}

/* Small more often than large. */
static unsigned random_order(struct support_rng *rng)
{
	return support_random_below(rng, 1 + support_random_below(rng, CAIRN_ORDERS));
}

static void step_alloc(struct support_rng *rng)
{
	enum cairn_owner owner = random_owner(rng);
	unsigned order = random_order(rng);
	cairn_pfn expected = model_choice(order);

	assert_true(cairn_frame_alloc(&f, order, owner, CAIRN_ANY_ZONE) == expected);
	if (expected != CAIRN_NOFRAME)
		model_take(expected - model.base, (size_t)1 << order, owner);
}

static void step_alloc_run(struct support_rng *rng)
{
	enum cairn_owner owner = random_owner(rng);
	size_t nframes = 1 + support_random_below(rng, (uint32_t)1 << random_order(rng));
	cairn_pfn expected = model_choice(cairn_log2_ceil(nframes));

	assert_true(cairn_frame_alloc_run(&f, nframes, owner, CAIRN_ANY_ZONE) == expected);
	if (expected != CAIRN_NOFRAME)
		model_take(expected - model.base, nframes, owner);
}

static void step_alloc_at(struct support_rng *rng)
{
	enum cairn_owner owner = random_owner(rng);
	unsigned order = random_order(rng);
	cairn_pfn block = (cairn_pfn)1 << order;
	size_t at = support_random_below(rng, (uint32_t)model.nframes);
	cairn_pfn pfn = (model.base + at) & ~(block - 1);
	enum cairn_err expected = CAIRN_OK;

	if (pfn < model.base || block > model.nframes - (pfn - model.base))
		expected = CAIRN_EFOREIGN;
	else if (!model_is_free(pfn - model.base, block))
		expected = CAIRN_ENOMEM;
	assert_int_equal(cairn_frame_alloc_at(&f, pfn, order, owner), expected);
	if (expected == CAIRN_OK)
		model_take(pfn - model.base, block, owner);
}

/* Half of the frees are right, the others are whatever they are. */
static void step_free(struct support_rng *rng)
{
	size_t at = support_random_below(rng, (uint32_t)model.nframes);
	enum cairn_owner owner = random_owner(rng);
	enum cairn_err expected;

	if (support_random_below(rng, 2) && model.owner[at] >= CAIRN_PAGES) {
		at = model.head[at];
		owner = (enum cairn_owner)model.owner[at];
	}
	expected = model_free_result(at, owner);
	assert_int_equal(cairn_frame_free(&f, model.base + at, owner), expected);
	if (expected == CAIRN_OK)
		model_take(at, model.nframes_at[at], CAIRN_FREE);
}

static void compare_with_model(void)
{
	size_t nframes_of[CAIRN_NOWNERS] = {0};

	assert_null(cairn_frame_check(&f));
	for (size_t i = 0; i < model.nframes; i++) {
		struct cairn_frame_info info;

		nframes_of[model.owner[i]]++;
		assert_true(cairn_frame_info(&f, model.base + i, &info));
		assert_int_equal(info.owner, model.owner[i]);
		if (info.owner >= CAIRN_PAGES) {
			assert_true(info.head == model.base + model.head[i]);
			assert_int_equal(info.nframes, model.nframes_at[model.head[i]]);
		} else if (info.owner == CAIRN_FREE) {
			assert_true(model_is_whole(info.head - model.base, cairn_log2_ceil(info.nframes)));
		}
	}
	for (unsigned owner = 0; owner < CAIRN_NOWNERS; owner++)
		assert_int_equal(cairn_frame_count(&f, (enum cairn_owner)owner), nframes_of[owner]);
}

/* A zone with a few RESERVED holes, which the model has as owners that nobody frees as. */
static void start_with_holes(cairn_pfn base, size_t nframes, struct support_rng *rng)
{
	cairn_frame_init(&f);
	add(base, nframes);
	memset(&model, 0, sizeof(model));
	model.base = base;
	model.nframes = nframes;
	for (size_t at = 0, n; at < nframes; at += n + 1) {
		n = smaller(1 + support_random_below(rng, ZONE_MAX / 2), nframes - at);
		assert_int_equal(cairn_frame_zone_open(&f, base + at, n, CAIRN_FREE), CAIRN_OK);
		model_take(at, n, CAIRN_FREE);
	}
	compare_with_model();
}

static void frame_agrees_with_a_model(void **state)
{
	void (*const steps[])(struct support_rng *) = {step_alloc,    step_alloc, step_alloc_run,
						       step_alloc_at, step_free,  step_free,
						       step_free,     step_free,  step_alloc_at};
	struct support_rng rng = {support_seed()};

	(void)state;
	for (unsigned round = 0; round < 12; round++) {
		const cairn_pfn bases[] = {0, BASE + support_random_below(&rng, 1000),
					   CAIRN_NOFRAME - ZONE_MAX};
		size_t nframes = 1 + support_random_below(&rng, round % 4 == 0 ? ZONE_MAX : ZONE_MAX / 8);

		start_with_holes(bases[round % COUNT(bases)], nframes, &rng);
		for (unsigned i = 0; i < SUPPORT_STEPS(1000); i++) {
			steps[support_random_below(&rng, COUNT(steps))](&rng);
			assert_null(cairn_frame_check(&f));
			if (i % 8 == 0)
				compare_with_model();
		}
	}
}

/* ---- planted damage ---- */

/* Places: a block of 4 at 0, a run of 7 at 8 (4, 2, 1), free: 4 at 4, 1 at 15, 16 at 16; RESERVED from 32, META at 40. */
static struct cairn_zone *damaged_zone(void)
{
	cairn_frame_init(&f);
	add(BASE, 64);
	assert_int_equal(cairn_frame_zone_open(&f, BASE, 32, CAIRN_FREE), CAIRN_OK);
	assert_int_equal(cairn_frame_zone_open(&f, BASE + 40, 1, CAIRN_META), CAIRN_OK);
	assert_true(alloc(2) == BASE);
	assert_true(alloc_run(7) == BASE + 8);
	return &f.zone[0];
}

#define CHECK_NAMES(damage, text)                                 \
	do {                                                      \
		struct cairn_zone *z = damaged_zone();            \
		damage;                                           \
		assert_non_null(cairn_frame_check(&f));           \
		assert_string_equal(cairn_frame_check(&f), text); \
	} while (0)

static void frame_check_names_damaged_owner_bytes(void **state)
{
	(void)state;
	assert_string_equal(cairn_frame_check(NULL), "f != NULL");
	CHECK_NAMES(z->owner[0] = BYTE_INTERIOR, "kind != CAIRN_RESERVED");
	CHECK_NAMES(z->owner[33] = BYTE_INTERIOR, "kind != CAIRN_RESERVED");
	CHECK_NAMES(z->owner[33] = BYTE_BOOT_META + 1, "kind != CAIRN_RESERVED");
	CHECK_NAMES(z->owner[1] = BYTE_RESERVED, "owner_at(z, place)[i] == BYTE_INTERIOR");
	CHECK_NAMES(z->owner[2] = head_byte(CAIRN_FREE, 1), "owner_at(z, place)[i] == BYTE_INTERIOR");
	CHECK_NAMES(z->owner[31] = BYTE_BOOT_META, "owner_at(z, place)[i] == BYTE_INTERIOR");
	CHECK_NAMES(z->owner[0] = head_byte(CAIRN_PAGES, z->top + 1u), "order <= z->top");
	CHECK_NAMES(z->owner[4] = head_byte(CAIRN_FREE, 3), "(place & (*nframes - 1)) == 0");
	CHECK_NAMES(z->nframes_of[CAIRN_HEAP]++, "z->nframes_of[owner] == census->nframes_of[owner]");
	CHECK_NAMES(z->owner[0] = head_byte(CAIRN_SLAB, 2),
		    "z->nframes_of[owner] == census->nframes_of[owner]");
	CHECK_NAMES(z->owner[40] = BYTE_RESERVED, "z->nframes_of[owner] == census->nframes_of[owner]");
	/* A run whose blocks do not become smaller, that begins with no head, or that follows what is free. */
	CHECK_NAMES(z->owner[12] = head_byte(KIND_RUN, 2), "owner_at(z, place)[i] == BYTE_INTERIOR");
	CHECK_NAMES(z->owner[14] = head_byte(KIND_RUN, 1), "owner_at(z, place)[i] == BYTE_INTERIOR");
	CHECK_NAMES(z->owner[8] = head_byte(KIND_RUN, 2), "order < census->run_below");
	CHECK_NAMES(z->owner[15] = head_byte(KIND_RUN, 0), "order < census->run_below");
	CHECK_NAMES(z->owner[16] = head_byte(KIND_RUN, 4), "order < census->run_below");
	CHECK_NAMES(z->owner[41] = head_byte(KIND_RUN, 0), "order < census->run_below");
}

static void frame_check_names_a_block_past_the_end(void **state)
{
	(void)state;
	start(BASE, 24);
	f.zone[0].owner[16] = head_byte(CAIRN_PAGES, 4);
	assert_string_equal(cairn_frame_check(&f), "*nframes <= z->nframes - (place - z->skew)");
}

static void frame_check_names_damaged_free_blocks(void **state)
{
	(void)state;
	CHECK_NAMES(z->owner[0] = head_byte(CAIRN_FREE, 2), "!buddy_is_free");
	CHECK_NAMES(map_clear(z->level, pair_bit(z, 4, 2)), "map_test(z->level, bit)");
	CHECK_NAMES(map_set(z->level, pair_bit(z, 8, 2)), "nbits_set == census->nfree_blocks + 1");
	CHECK_NAMES(z->owner[15] = head_byte(CAIRN_PAGES, 0), "nbits_set == census->nfree_blocks + 1");
	CHECK_NAMES(z->orders[0].lowest = pair_bit(z, 15, 0) + 1, "bit >= z->orders[order].lowest");
	CHECK_NAMES(z->orders[2].nfree--, "z->orders[order].nfree == census->nfree[order]");
	CHECK_NAMES(z->nonempty &= ~4u, "nonempty == (census->nfree[order] != 0)");
	CHECK_NAMES(z->nonempty |= 2u, "nonempty == (census->nfree[order] != 0)");
	CHECK_NAMES(z->nonempty |= 1u << 31, "z->nonempty >> z->top <= 1");
}

static void frame_check_names_a_damaged_shape(void **state)
{
	(void)state;
	CHECK_NAMES(z->top--, "z->top == (largest < CAIRN_ORDERS ? largest : CAIRN_ORDERS - 1)");
	CHECK_NAMES(z->skew++, "z->skew == (z->base & (((cairn_pfn)1 << z->top) - 1))");
	CHECK_NAMES(z->owner++, "meta_nbytes == cairn_frame_meta_nbytes(z->base, z->nframes)");
	CHECK_NAMES(z->nlevels = 0, "z->nlevels >= 1 && z->nlevels <= CAIRN_MAP_LEVELS");
	CHECK_NAMES(z->nlevels = CAIRN_MAP_LEVELS + 1, "z->nlevels >= 1 && z->nlevels <= CAIRN_MAP_LEVELS");
	CHECK_NAMES(z->level[z->nlevels - 1]--, "level_nwords(z, z->nlevels - 1u) == 1");
	CHECK_NAMES(z->orders[1].first++, "o->first == begin - (z->skew >> shift)");
	CHECK_NAMES(z->orders[1].lowest = 0, "o->lowest >= begin && o->lowest <= o->first + last + 1");
	CHECK_NAMES(z->nframes = 0, "z->nframes != 0 || z->nonempty == 0");
}

static void frame_check_names_a_damaged_summary(void **state)
{
	struct cairn_zone *z = &f.zone[0];

	(void)state;
	start(BASE, ZONE_MAX);
	assert_true(z->nlevels > 1);
	z->level[0][0] |= 1;
	z->level[0][0] &= ~(size_t)1;
	z->level[1][0] |= 1;
	assert_string_equal(cairn_frame_check(&f), "map_test(&z->level[above], bit) == below");
	start(BASE, ZONE_MAX);
	z->level[1][0] &= z->level[1][0] - 1;
	assert_string_equal(cairn_frame_check(&f), "map_test(&z->level[above], bit) == below");
	start(BASE, ZONE_MAX);
	z->level[1][0] |= ~(SIZE_MAX >> 1);
	assert_string_equal(cairn_frame_check(&f), "map_test(&z->level[above], bit) == below");
	start(BASE, ZONE_MAX);
	z->level[1]++;
	assert_string_equal(cairn_frame_check(&f), "level_nwords(z, z->nlevels - 1u) == 1");
}

static void frame_check_names_zones_that_overlap(void **state)
{
	(void)state;
	start(BASE, 64);
	add(BASE + 64, 64);
	f.zone[1].base = BASE;
	assert_non_null(cairn_frame_check(&f));
}

/* Whatever the metadata holds: looking stays inside it, ends, and the check sees it. */
static void frame_looks_safely_at_garbage(void **state)
{
	struct support_rng rng = {support_seed()};
	struct cairn_frame_info info;

	(void)state;
	for (unsigned round = 0; round < SUPPORT_STEPS(200); round++) {
		uint8_t *bytes = (uint8_t *)meta[0];

		start(BASE + round, 1 + round % ZONE_MAX);
		for (size_t i = 0; i < cairn_frame_meta_nbytes(BASE + round, f.zone[0].nframes); i++)
			bytes[i] = (uint8_t)support_random(&rng);
		for (cairn_pfn pfn = BASE + round; cairn_frame_info(&f, pfn, &info); pfn++) {
			assert_true(info.owner < CAIRN_NOWNERS);
			assert_true(info.head <= pfn && pfn - info.head < info.nframes);
		}
		assert_non_null(cairn_frame_check(&f));
	}
}

/* ---- a TiB ---- */

#ifdef CAIRN_HOSTED
static void frame_manages_a_simulated_tib(void **state)
{
	size_t nframes = (size_t)1 << smaller(28, CAIRN_ZONE_FRAMES_LOG2);
	size_t nbytes = cairn_frame_meta_nbytes(BASE, nframes);
	void *memory_of_zone = calloc(nbytes, 1);
	cairn_pfn last = BASE + nframes - 1, run;

	(void)state;
	assert_non_null(memory_of_zone);
	cairn_frame_init(&f);
	assert_int_equal(cairn_frame_zone_add(&f, BASE, nframes, 0, "large", memory_of_zone, nbytes, NULL),
			 CAIRN_OK);
	assert_int_equal(cairn_frame_zone_open(&f, BASE, nframes, CAIRN_FREE), CAIRN_OK);
	assert_int_equal(cairn_frame_alloc_at(&f, last, 0, CAIRN_PAGES), CAIRN_OK);
	for (size_t i = 0; i < nframes / MOST - 1; i++)
		assert_true(cairn_frame_alloc(&f, TOP, CAIRN_HEAP, CAIRN_ANY_ZONE) == BASE + i * MOST);
	assert_true(cairn_frame_alloc(&f, TOP, CAIRN_HEAP, CAIRN_ANY_ZONE) == CAIRN_NOFRAME);
	run = cairn_frame_alloc_run(&f, MOST / 4 + 1, CAIRN_STACK, CAIRN_ANY_ZONE);
	assert_true(run == last + 1 - MOST);
	assert_int_equal(cairn_frame_free(&f, run, CAIRN_STACK), CAIRN_OK);
	assert_int_equal(cairn_frame_free(&f, last, CAIRN_PAGES), CAIRN_OK);
	assert_true(cairn_frame_alloc(&f, TOP, CAIRN_HEAP, CAIRN_ANY_ZONE) == last + 1 - MOST);
	assert_null(cairn_frame_check(&f));
	free(memory_of_zone);
}
#endif

int test_frame_run(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frame_alloc_refuses_nonsense),
		cmocka_unit_test(frame_alloc_at_refuses_nonsense),
		cmocka_unit_test(frame_free_names_each_mistake),
		cmocka_unit_test(frame_zone_add_names_each_mistake),
		cmocka_unit_test(frame_zone_remove_wants_it_unused),
		cmocka_unit_test(frame_zone_open_names_each_mistake),
		cmocka_unit_test(frame_metadata_is_small),
		cmocka_unit_test(frame_zones_have_any_base_and_length),
		cmocka_unit_test(frame_zone_of_one_frame),
		cmocka_unit_test(frame_last_pfns_of_all),
		cmocka_unit_test(frame_addresses_and_pfns_agree),
		cmocka_unit_test(frame_takes_best_order_then_lowest_address),
		cmocka_unit_test(frame_zones_are_tried_in_order),
		cmocka_unit_test(frame_zone_info_tells_all),
		cmocka_unit_test(frame_runs_of_every_length),
		cmocka_unit_test(frame_runs_side_by_side),
		cmocka_unit_test(frame_alloc_at_takes_any_block),
		cmocka_unit_test(frame_boots_from_a_map),
		cmocka_unit_test(frame_boot_without_room_leaves_no_zones),
		cmocka_unit_test(frame_agrees_with_a_model),
		cmocka_unit_test(frame_check_names_damaged_owner_bytes),
		cmocka_unit_test(frame_check_names_a_block_past_the_end),
		cmocka_unit_test(frame_check_names_damaged_free_blocks),
		cmocka_unit_test(frame_check_names_a_damaged_shape),
		cmocka_unit_test(frame_check_names_a_damaged_summary),
		cmocka_unit_test(frame_check_names_zones_that_overlap),
		cmocka_unit_test(frame_looks_safely_at_garbage),
#ifdef CAIRN_HOSTED
		cmocka_unit_test(frame_manages_a_simulated_tib),
#endif
	};

	return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
