/* SPDX-License-Identifier: MIT */
/* See facade_fixture.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "facade_fixture.h"

unsigned char facade_fast[FACADE_FAST_NBYTES] __attribute__((aligned(1 << 16)));
unsigned char facade_slow[FACADE_SLOW_NBYTES] __attribute__((aligned(1 << 16)));
struct cairn_cache widgets, gadgets;
struct cairn_totals facade_at_start;
void (*facade_during_construction)(void);

/* A new one each time, so that no old object looks constructed. */
unsigned char facade_stamp = 0x10;

int facade_expect_no_misuse(void **state)
{
	(void)state;
	return port_test.misused || port_test.depth != 0 || port_test.pins != 0 ? 1 : 0;
}

void facade_all_back(void)
{
	struct cairn_totals totals;
	cairn_trim();
	cairn_totals(&totals);
	assert_int_equal(totals.nframes_of[CAIRN_HEAP], 0);
	assert_int_equal(totals.nframes_of[CAIRN_SLAB], 0);
	assert_int_equal(totals.nframes_of[CAIRN_PAGES], 0);
	assert_int_equal(totals.nframes, facade_at_start.nframes);
	assert_null(cairn_check());
}

void facade_reported(enum cairn_err err, const char *operation, const void *addr)
{
	assert_int_equal(port_test.nreports, 1);
	assert_int_equal(port_test.last.err, err);
	assert_string_equal(port_test.last.operation, operation);
	assert_ptr_equal(port_test.last.addr, addr);
	port_test.nreports = 0;
}

static void construct(void *object)
{
	void (*others)(void) = facade_during_construction;
	if (port_test.depth != 0)
		port_test.misused = true;
	facade_during_construction = NULL;
	if (others != NULL)
		others();
	memset(object, facade_stamp, 48);
}

void facade_caches_up(void)
{
	facade_stamp++;
	struct cairn_cache_spec spec = {.name = "widget", .nbytes = 48, .construct = construct};
	assert_int_equal(cairn_cache_create(&widgets, &spec), CAIRN_OK);
	assert_int_equal(cairn_cache_create(&widgets, &spec), CAIRN_EINVAL);
	spec = (struct cairn_cache_spec){.name = "gadget", .nbytes = 24, .flags = CAIRN_CACHE_ZERO};
	assert_int_equal(cairn_cache_create(&gadgets, &spec), CAIRN_OK);
}

void facade_caches_down(void)
{
	assert_int_equal(cairn_cache_destroy(&widgets), CAIRN_OK);
	assert_int_equal(cairn_cache_destroy(&gadgets), CAIRN_OK);
	REFUSED(CAIRN_EDESTROYED, "cairn_cache_destroy", cairn_cache_destroy(&gadgets), &gadgets);
	facade_all_back();
}
