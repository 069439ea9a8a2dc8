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
	frame_flush();
}

void frame_flush(void)
{
	struct cairn_zone *z = &frame_pool.zone[0];

	for (unsigned order = 0; order < CAIRN_SPARE_ORDERS; order++)
		for (unsigned i = 0; i < CAIRN_SPARES; i++) {
			cairn_pfn pfn = frame_spare(order, i);

			if (pfn == CAIRN_NOFRAME)
				continue;
			frame_pool.spares[order][i] = 0;
			*owner_at(z, place_of(z, pfn)) = BYTE_INTERIOR;
			cairn_frame_release(z, place_of(z, pfn), order);
			assert_null(cairn_frame_check(&frame_pool));
		}
}

bool frame_free_shortly(cairn_pfn pfn)
{
	enum frame_free_short done;
	unsigned order;
	uint32_t i;

	done = frame_free_spare(&frame_pool, pfn, &i, &order);
	if (done == FRAME_TO_MAP)
		frame_free_plain(&frame_pool.zone[0], i, order);
	assert_null(cairn_frame_check(&frame_pool));
	return done != FRAME_UNSEEN;
}

cairn_pfn frame_spare(unsigned order, unsigned i)
{
	uint32_t after = order < CAIRN_SPARE_ORDERS ? frame_pool.spares[order][i] : 0;

	return after != 0 ? frame_pool.zone[0].low + after - 1 : CAIRN_NOFRAME;
}

void frame_is(cairn_pfn pfn, enum cairn_owner owner, cairn_pfn head, size_t nframes)
{
	struct cairn_frame_info info;

	assert_true(cairn_frame_info(&frame_pool, pfn, &info));
	assert_int_equal(info.owner, owner);
	assert_true(info.head == head);
	assert_int_equal(info.nframes, nframes);
	assert_int_equal(info.zone, 0);
}
