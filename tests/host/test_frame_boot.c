/* SPDX-License-Identifier: MIT */
/* Frames from a boot map (the only tests with memory behind their frames), and, hosted, a simulated TiB. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#ifdef CAIRN_HOSTED
#include <stdlib.h>
#endif

#include "frame_fixture.h"

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
	assert_int_equal(cairn_frame_zones(&frame_pool, NULL), CAIRN_EINVAL);
	assert_int_equal(cairn_frame_open(NULL, &r), CAIRN_EINVAL);
	assert_int_equal(cairn_frame_open(&frame_pool, NULL), CAIRN_EINVAL);
	assert_int_equal(cairn_frame_zones(&frame_pool, &r), CAIRN_OK);
	assert_int_equal(cairn_frame_count(&frame_pool, CAIRN_RESERVED), MEMORY_FRAMES);
	assert_int_equal(cairn_frame_open(&frame_pool, &r), CAIRN_OK);
	assert_null(cairn_frame_check(&frame_pool));
	assert_int_equal(cairn_frame_count(&frame_pool, CAIRN_RESERVED), 1);
	assert_int_equal(cairn_frame_count(&frame_pool, CAIRN_META), 2);
	assert_int_equal(cairn_frame_count(&frame_pool, CAIRN_FREE), MEMORY_FRAMES - 3);
	frame_is(first, CAIRN_META, first, 1);
	frame_is(first + 3, CAIRN_RESERVED, first + 3, 1);
	frame_is(first + 5, CAIRN_META, first + 5, 1);
	assert_int_equal(cairn_frame_zones_with(&frame_pool, CAIRN_ATTR_FAST), 1);
	/* Free memory is never written. */
	for (size_t i = 6 * CAIRN_FRAME_NBYTES; i < sizeof(memory); i++)
		assert_int_equal(memory[i], 0);
	assert_int_equal(cairn_frame_open(&frame_pool, &r), CAIRN_EWRONGKIND);
}

static void frame_boot_without_room_leaves_no_zones(void **state)
{
	uintptr_t base = (uintptr_t)memory;
	/* Where nothing is, far from what is there; its metadata fits nowhere. */
	uintptr_t far = base > UINTPTR_MAX / 2 ? CAIRN_FRAME_NBYTES : UINTPTR_MAX / 2 + 1;
	size_t far_nbytes = sizeof(memory) << CAIRN_FRAME_SHIFT; /* a frame for each byte that is there */
	const struct cairn_range ranges[] = {
		{base, sizeof(memory), "ram", CAIRN_RANGE_RAM, 0},
		{base, sizeof(memory), "all of it", CAIRN_RANGE_RESERVED, 0},
	};
	const struct cairn_range second[] = {
		{base, sizeof(memory), "near", CAIRN_RANGE_RAM, 0},
		{far, far_nbytes, "far", CAIRN_RANGE_RAM, 0},
		{far, far_nbytes, "all of it", CAIRN_RANGE_RESERVED, 0},
	};
	struct cairn_regions r;

	(void)state;
	assert_int_equal(cairn_region_init(&r, ranges, COUNT(ranges)), CAIRN_OK);
	assert_int_equal(cairn_frame_zones(&frame_pool, &r), CAIRN_ENOMEM);
	assert_int_equal(cairn_frame_zones_with(&frame_pool, 0), 0);
	if (far_nbytes >> CAIRN_FRAME_SHIFT != sizeof(memory) || far_nbytes > UINTPTR_MAX / 4)
		return; /* the address space is too small for that */
	assert_int_equal(cairn_region_init(&r, second, COUNT(second)), CAIRN_OK);
	assert_int_equal(cairn_frame_zones(&frame_pool, &r), CAIRN_ENOMEM);
	assert_int_equal(cairn_frame_zones_with(&frame_pool, 0), 0);
}

/* ---- a TiB ---- */

#ifdef CAIRN_HOSTED
static void frame_manages_a_simulated_tib(void **state)
{
	size_t nframes = (size_t)1 << frame_smaller(28, CAIRN_ZONE_FRAMES_LOG2);
	size_t nbytes = cairn_frame_meta_nbytes(BASE, nframes);
	void *memory_of_zone = calloc(nbytes, 1);
	cairn_pfn last = BASE + nframes - 1, run;

	(void)state;
	assert_non_null(memory_of_zone);
	cairn_frame_init(&frame_pool);
	assert_int_equal(
		cairn_frame_zone_add(&frame_pool, BASE, nframes, 0, "large", memory_of_zone, nbytes, NULL),
		CAIRN_OK);
	assert_int_equal(cairn_frame_zone_open(&frame_pool, BASE, nframes, CAIRN_FREE), CAIRN_OK);
	assert_int_equal(cairn_frame_alloc_at(&frame_pool, last, 0, CAIRN_PAGES), CAIRN_OK);
	for (size_t i = 0; i < nframes / MOST - 1; i++)
		assert_true(cairn_frame_alloc(&frame_pool, TOP, CAIRN_HEAP, CAIRN_ANY_ZONE) ==
			    BASE + i * MOST);
	assert_true(cairn_frame_alloc(&frame_pool, TOP, CAIRN_HEAP, CAIRN_ANY_ZONE) == CAIRN_NOFRAME);
	run = cairn_frame_alloc_run(&frame_pool, MOST / 4 + 1, CAIRN_STACK, CAIRN_ANY_ZONE);
	assert_true(run == last + 1 - MOST);
	assert_int_equal(cairn_frame_free(&frame_pool, run, CAIRN_STACK), CAIRN_OK);
	assert_int_equal(cairn_frame_free(&frame_pool, last, CAIRN_PAGES), CAIRN_OK);
	while (cairn_frame_flush(&frame_pool, TOP) < TOP)
		;
	assert_true(cairn_frame_alloc(&frame_pool, TOP, CAIRN_HEAP, CAIRN_ANY_ZONE) == last + 1 - MOST);
	assert_null(cairn_frame_check(&frame_pool));
	/* The one zone here that is large enough for a summary of a summary. */
	assert_true(frame_pool.zone[0].ntall > 1);
	frame_pool.zone[0].ntall--;
	assert_string_equal(cairn_frame_check(&frame_pool),
			    "(order < z->ntall) == (last >> WORD_LOG2 > WORD_MASK)");
	free(memory_of_zone);
}
#endif

int test_frame_boot_run(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(frame_boots_from_a_map),
		cmocka_unit_test(frame_boot_without_room_leaves_no_zones),
#ifdef CAIRN_HOSTED
		cmocka_unit_test(frame_manages_a_simulated_tib),
#endif
	};

	return cmocka_run_group_tests_name("frame_boot", tests, NULL, NULL);
}
