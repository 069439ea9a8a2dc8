/* SPDX-License-Identifier: MIT */
/* Tests of frames: every error of every call, and that a refused call has changed nothing. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "frame_fixture.h"

static struct cairn_frames f_before;
static size_t meta_before[CAIRN_ZONES][FRAME_META_WORDS];

static void remember(void)
{
	f_before = frame_pool;
	memcpy(meta_before, frame_meta, sizeof(frame_meta));
}

static void nothing_changed(void)
{
	assert_memory_equal(&frame_pool, &f_before, sizeof(frame_pool));
	assert_memory_equal(frame_meta, meta_before, sizeof(frame_meta));
}

static void frame_alloc_refuses_nonsense(void **state)
{
	const unsigned owners[] = {CAIRN_RESERVED, CAIRN_FREE, CAIRN_NOWNERS, ~0u};

	(void)state;
	frame_start(BASE, 64);
	remember();
	assert_true(cairn_frame_alloc(NULL, 0, CAIRN_PAGES, CAIRN_ANY_ZONE) == CAIRN_NOFRAME);
	assert_true(cairn_frame_alloc(&frame_pool, CAIRN_ORDERS, CAIRN_PAGES, CAIRN_ANY_ZONE) ==
		    CAIRN_NOFRAME);
	assert_true(cairn_frame_alloc(&frame_pool, ~0u, CAIRN_PAGES, CAIRN_ANY_ZONE) == CAIRN_NOFRAME);
	assert_true(cairn_frame_alloc(&frame_pool, 0, CAIRN_PAGES, 0) == CAIRN_NOFRAME);
	assert_true(cairn_frame_alloc(&frame_pool, 0, CAIRN_PAGES, ~1u) == CAIRN_NOFRAME);
	assert_true(cairn_frame_alloc_run(NULL, 1, CAIRN_PAGES, CAIRN_ANY_ZONE) == CAIRN_NOFRAME);
	assert_true(cairn_frame_alloc_run(&frame_pool, 0, CAIRN_PAGES, CAIRN_ANY_ZONE) == CAIRN_NOFRAME);
	assert_true(cairn_frame_alloc_run(&frame_pool, MOST + 1, CAIRN_PAGES, CAIRN_ANY_ZONE) ==
		    CAIRN_NOFRAME);
	assert_true(cairn_frame_alloc_run(&frame_pool, SIZE_MAX, CAIRN_PAGES, CAIRN_ANY_ZONE) ==
		    CAIRN_NOFRAME);
	assert_true(cairn_frame_alloc_run(&frame_pool, SIZE_MAX / 2 + 2, CAIRN_PAGES, CAIRN_ANY_ZONE) ==
		    CAIRN_NOFRAME);
	assert_true(cairn_frame_alloc_run(&frame_pool, 3, CAIRN_PAGES, ~1u) == CAIRN_NOFRAME);
	for (size_t i = 0; i < COUNT(owners); i++) {
		enum cairn_owner owner = (enum cairn_owner)owners[i];

		assert_true(cairn_frame_alloc(&frame_pool, 0, owner, CAIRN_ANY_ZONE) == CAIRN_NOFRAME);
		assert_true(cairn_frame_alloc_run(&frame_pool, 3, owner, CAIRN_ANY_ZONE) == CAIRN_NOFRAME);
		assert_int_equal(cairn_frame_alloc_at(&frame_pool, BASE, 0, owner), CAIRN_EINVAL);
	}
	nothing_changed();
}

static void frame_alloc_at_refuses_nonsense(void **state)
{
	(void)state;
	frame_start(BASE + 1, 62);
	assert_int_equal(cairn_frame_alloc_at(&frame_pool, BASE + 9, 0, CAIRN_HEAP), CAIRN_OK);
	remember();
	assert_int_equal(cairn_frame_alloc_at(NULL, BASE + 1, 0, CAIRN_PAGES), CAIRN_EINVAL);
	assert_int_equal(cairn_frame_alloc_at(&frame_pool, BASE + 1, CAIRN_ORDERS, CAIRN_PAGES),
			 CAIRN_EINVAL);
	assert_int_equal(cairn_frame_alloc_at(&frame_pool, BASE + 1, ~0u, CAIRN_PAGES), CAIRN_EINVAL);
	assert_int_equal(cairn_frame_alloc_at(&frame_pool, BASE + 2, 2, CAIRN_PAGES), CAIRN_EALIGN);
	assert_int_equal(cairn_frame_alloc_at(&frame_pool, BASE, 0, CAIRN_PAGES), CAIRN_EFOREIGN);
	assert_int_equal(cairn_frame_alloc_at(&frame_pool, BASE, 3, CAIRN_PAGES), CAIRN_EFOREIGN);
	assert_int_equal(cairn_frame_alloc_at(&frame_pool, BASE + 63, 0, CAIRN_PAGES), CAIRN_EFOREIGN);
	assert_int_equal(cairn_frame_alloc_at(&frame_pool, BASE + 60, 2, CAIRN_PAGES), CAIRN_EFOREIGN);
	assert_int_equal(cairn_frame_alloc_at(&frame_pool, BASE, TOP, CAIRN_PAGES), CAIRN_EFOREIGN);
	assert_int_equal(cairn_frame_alloc_at(&frame_pool, CAIRN_NOFRAME, 0, CAIRN_PAGES), CAIRN_EFOREIGN);
	assert_int_equal(cairn_frame_alloc_at(&frame_pool, BASE + 9, 0, CAIRN_PAGES), CAIRN_ENOMEM);
	assert_int_equal(cairn_frame_alloc_at(&frame_pool, BASE + 8, 3, CAIRN_PAGES), CAIRN_ENOMEM);
	nothing_changed();
}

static void frame_free_names_each_mistake(void **state)
{
	cairn_pfn block, run;

	(void)state;
	cairn_frame_init(&frame_pool);
	frame_add(BASE, 64);
	assert_int_equal(cairn_frame_zone_open(&frame_pool, BASE, 32, CAIRN_FREE), CAIRN_OK);
	assert_int_equal(cairn_frame_zone_open(&frame_pool, BASE + 40, 8, CAIRN_META), CAIRN_OK);
	block = frame_take(2);
	run = frame_take_run(7);
	remember();
	assert_int_equal(cairn_frame_free(NULL, block, CAIRN_PAGES), CAIRN_EINVAL);
	assert_int_equal(cairn_frame_free(&frame_pool, BASE - 1, CAIRN_PAGES), CAIRN_EFOREIGN);
	assert_int_equal(cairn_frame_free(&frame_pool, BASE + 64, CAIRN_PAGES), CAIRN_EFOREIGN);
	assert_int_equal(cairn_frame_free(&frame_pool, CAIRN_NOFRAME, CAIRN_PAGES), CAIRN_EFOREIGN);
	for (unsigned i = 1; i < 4; i++)
		assert_int_equal(cairn_frame_free(&frame_pool, block + i, CAIRN_PAGES), CAIRN_EINTERIOR);
	for (unsigned i = 1; i < 7; i++)
		assert_int_equal(cairn_frame_free(&frame_pool, run + i, CAIRN_PAGES), CAIRN_EINTERIOR);
	for (unsigned i = 0; i < 7; i++)
		assert_int_equal(cairn_frame_free(&frame_pool, run + i, CAIRN_SLAB), CAIRN_EWRONGKIND);
	for (cairn_pfn pfn = run + 7; pfn < BASE + 32; pfn++)
		assert_int_equal(cairn_frame_free(&frame_pool, pfn, CAIRN_PAGES), CAIRN_EDOUBLE);
	for (cairn_pfn pfn = BASE + 32; pfn < BASE + 64; pfn++)
		for (unsigned owner = 0; owner <= KIND_RUN + 1; owner++)
			assert_int_equal(cairn_frame_free(&frame_pool, pfn, (enum cairn_owner)owner),
					 CAIRN_EWRONGKIND);
	/* Nobody owns what is free, reserved or a part of a run, whatever is said. */
	assert_int_equal(cairn_frame_free(&frame_pool, BASE + 31, CAIRN_FREE), CAIRN_EDOUBLE);
	assert_int_equal(cairn_frame_free(&frame_pool, run + 4, (enum cairn_owner)KIND_RUN),
			 CAIRN_EWRONGKIND);
	assert_int_equal(cairn_frame_free(&frame_pool, run, (enum cairn_owner) ~0u), CAIRN_EWRONGKIND);
	nothing_changed();
	frame_give(block);
	frame_give(run);
	assert_int_equal(cairn_frame_free(&frame_pool, block, CAIRN_PAGES), CAIRN_EDOUBLE);
	assert_int_equal(cairn_frame_free(&frame_pool, run, CAIRN_PAGES), CAIRN_EDOUBLE);
}

static void frame_zone_add_names_each_mistake(void **state)
{
	size_t nbytes = cairn_frame_meta_nbytes(BASE, 64);

	(void)state;
	frame_start(BASE, 64);
	remember();
	assert_int_equal(cairn_frame_zone_add(NULL, 0, 64, 0, "", frame_meta[1], nbytes, NULL), CAIRN_EINVAL);
	assert_int_equal(cairn_frame_zone_add(&frame_pool, 0, 64, 0, "", NULL, nbytes, NULL), CAIRN_EINVAL);
	assert_int_equal(
		cairn_frame_zone_add(&frame_pool, 0, 64, 0, "", (char *)frame_meta[1] + 1, nbytes, NULL),
		CAIRN_EINVAL);
	assert_int_equal(cairn_frame_zone_add(&frame_pool, 0, 64, 0, "", frame_meta[1], nbytes - 1, NULL),
			 CAIRN_EINVAL);
	assert_int_equal(cairn_frame_zone_add(&frame_pool, 0, 0, 0, "", frame_meta[1], nbytes, NULL),
			 CAIRN_EINVAL);
	assert_int_equal(
		cairn_frame_zone_add(&frame_pool, CAIRN_NOFRAME - 63, 64, 0, "", frame_meta[1], nbytes, NULL),
		CAIRN_EINVAL);
	assert_int_equal(
		cairn_frame_zone_add(&frame_pool, BASE + 63, 64, 0, "", frame_meta[1], SIZE_MAX, NULL),
		CAIRN_EOVERLAP);
	assert_int_equal(
		cairn_frame_zone_add(&frame_pool, BASE - 63, 64, 0, "", frame_meta[1], SIZE_MAX, NULL),
		CAIRN_EOVERLAP);
	assert_int_equal(cairn_frame_zone_add(&frame_pool, BASE + 8, 1, 0, "", frame_meta[1], SIZE_MAX, NULL),
			 CAIRN_EOVERLAP);
	assert_int_equal(
		cairn_frame_zone_add(&frame_pool, BASE - 9, 90, 0, "", frame_meta[1], SIZE_MAX, NULL),
		CAIRN_EOVERLAP);
	nothing_changed();
	for (unsigned i = 1; i < CAIRN_ZONES; i++)
		assert_int_equal(frame_add(BASE + 64 * i, 64), i);
	remember();
	assert_int_equal(cairn_frame_zone_add(&frame_pool, 0, 64, 0, "", frame_meta[1], nbytes, NULL),
			 CAIRN_ETOOMANY);
	nothing_changed();
}

static void frame_zone_remove_wants_it_unused(void **state)
{
	cairn_pfn pfn;

	(void)state;
	frame_start(BASE, 32);
	pfn = frame_take(3);
	remember();
	assert_int_equal(cairn_frame_zone_remove(NULL, 0), CAIRN_EINVAL);
	assert_int_equal(cairn_frame_zone_remove(&frame_pool, CAIRN_ZONES), CAIRN_EINVAL);
	assert_int_equal(cairn_frame_zone_remove(&frame_pool, 1), CAIRN_EINVAL);
	assert_int_equal(cairn_frame_zone_remove(&frame_pool, 0), CAIRN_EBUSY);
	nothing_changed();
	frame_give(pfn);
	assert_int_equal(cairn_frame_zone_remove(&frame_pool, 0), CAIRN_OK);
	assert_int_equal(cairn_frame_free(&frame_pool, pfn, CAIRN_PAGES), CAIRN_EFOREIGN);
	assert_true(frame_take(0) == CAIRN_NOFRAME);
	frame_add(BASE, 32);
	assert_int_equal(cairn_frame_zone_open(&frame_pool, BASE, 1, CAIRN_META), CAIRN_OK);
	assert_int_equal(cairn_frame_zone_remove(&frame_pool, 0), CAIRN_EBUSY);
}

static void frame_zone_open_names_each_mistake(void **state)
{
	const unsigned owners[] = {CAIRN_RESERVED, CAIRN_PAGES, CAIRN_STACK, CAIRN_NOWNERS};

	(void)state;
	cairn_frame_init(&frame_pool);
	frame_add(BASE, 32);
	assert_int_equal(cairn_frame_zone_open(&frame_pool, BASE + 8, 8, CAIRN_FREE), CAIRN_OK);
	assert_int_equal(cairn_frame_zone_open(&frame_pool, BASE + 20, 1, CAIRN_META), CAIRN_OK);
	remember();
	assert_int_equal(cairn_frame_zone_open(NULL, BASE, 1, CAIRN_FREE), CAIRN_EINVAL);
	assert_int_equal(cairn_frame_zone_open(&frame_pool, BASE, 0, CAIRN_FREE), CAIRN_EINVAL);
	for (size_t i = 0; i < COUNT(owners); i++)
		assert_int_equal(cairn_frame_zone_open(&frame_pool, BASE, 1, (enum cairn_owner)owners[i]),
				 CAIRN_EINVAL);
	assert_int_equal(cairn_frame_zone_open(&frame_pool, BASE - 1, 2, CAIRN_FREE), CAIRN_EFOREIGN);
	assert_int_equal(cairn_frame_zone_open(&frame_pool, BASE + 31, 2, CAIRN_FREE), CAIRN_EFOREIGN);
	assert_int_equal(cairn_frame_zone_open(&frame_pool, BASE + 31, SIZE_MAX, CAIRN_FREE), CAIRN_EFOREIGN);
	assert_int_equal(cairn_frame_zone_open(&frame_pool, BASE + 7, 2, CAIRN_FREE), CAIRN_EWRONGKIND);
	assert_int_equal(cairn_frame_zone_open(&frame_pool, BASE + 15, 2, CAIRN_META), CAIRN_EWRONGKIND);
	assert_int_equal(cairn_frame_zone_open(&frame_pool, BASE + 19, 2, CAIRN_FREE), CAIRN_EWRONGKIND);
	nothing_changed();
}

int test_frame_misuse_run(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frame_alloc_refuses_nonsense),
		cmocka_unit_test(frame_alloc_at_refuses_nonsense),
		cmocka_unit_test(frame_free_names_each_mistake),
		cmocka_unit_test(frame_zone_add_names_each_mistake),
		cmocka_unit_test(frame_zone_remove_wants_it_unused),
		cmocka_unit_test(frame_zone_open_names_each_mistake),
	};

	return cmocka_run_group_tests_name("frame_misuse", tests, NULL, NULL);
}
