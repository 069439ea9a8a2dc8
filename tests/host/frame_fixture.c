/* SPDX-License-Identifier: MIT */
/* The instance that the tests of frames share. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "frame_fixture.h"

struct cairn_frames frame_pool;
size_t frame_meta[CAIRN_ZONES][FRAME_META_WORDS];

unsigned frame_add(cairn_pfn base, size_t nframes)
{
	unsigned zone = 0;

	while (zone < CAIRN_ZONES && frame_pool.zone[zone].nframes != 0)
		zone++;
	assert_true(zone < CAIRN_ZONES);
	assert_int_equal(cairn_frame_zone_add(&frame_pool, base, nframes, 0, "zone", frame_meta[zone],
					      sizeof(frame_meta[zone]), &zone),
			 CAIRN_OK);
	return zone;
}

void frame_start(cairn_pfn base, size_t nframes)
{
	cairn_frame_init(&frame_pool);
	frame_add(base, nframes);
	assert_int_equal(cairn_frame_zone_open(&frame_pool, base, nframes, CAIRN_FREE), CAIRN_OK);
	assert_null(cairn_frame_check(&frame_pool));
}

cairn_pfn frame_take(unsigned order)
{
	cairn_pfn pfn = cairn_frame_alloc(&frame_pool, order, CAIRN_PAGES, CAIRN_ANY_ZONE);

	assert_null(cairn_frame_check(&frame_pool));
	return pfn;
}

cairn_pfn frame_take_run(size_t nframes)
{
	cairn_pfn pfn = cairn_frame_alloc_run(&frame_pool, nframes, CAIRN_PAGES, CAIRN_ANY_ZONE);

	assert_null(cairn_frame_check(&frame_pool));
	return pfn;
}

void frame_give(cairn_pfn pfn)
{
	assert_int_equal(cairn_frame_free(&frame_pool, pfn, CAIRN_PAGES), CAIRN_OK);
	assert_null(cairn_frame_check(&frame_pool));
}

bool frame_keep(cairn_pfn pfn)
{
	bool kept = frame_free_short(&frame_pool, pfn, CAIRN_PAGES);

	assert_null(cairn_frame_check(&frame_pool));
	return kept;
}

cairn_pfn frame_spare(void)
{
	assert_non_null(frame_pool.spare);
	return frame_pool.zone[0].low + (cairn_pfn)(frame_pool.spare - frame_pool.zone[0].owner);
}
