/* SPDX-License-Identifier: MIT */
/* See region_fixture.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "region_fixture.h"

struct cairn_regions regions;
_Alignas(1 << CAIRN_FRAME_SHIFT) unsigned char region_memory[REGION_NFRAMES << CAIRN_FRAME_SHIFT];

uintptr_t region_frame_at(size_t i)
{
	return (uintptr_t)region_memory + i * FRAME;
}

void region_start(const struct cairn_range *ranges, size_t nranges)
{
	assert_int_equal(cairn_region_init(&regions, ranges, nranges), CAIRN_OK);
	assert_null(cairn_region_check(&regions));
}

void region_free_is(size_t bank, uintptr_t *at, uintptr_t base, uintptr_t end)
{
	uintptr_t found;

	assert_true(cairn_region_next_free(&regions, bank, at, &found));
	assert_true(*at == base);
	assert_true(found == end);
	*at = found;
}

void region_meta_is(size_t bank, uintptr_t *at, uintptr_t base, uintptr_t end)
{
	uintptr_t found;

	assert_true(cairn_region_next_meta(&regions, bank, at, &found));
	assert_true(*at == base);
	assert_true(found == end);
	*at = found;
}

void region_no_more_free(size_t bank, uintptr_t at)
{
	uintptr_t end;

	assert_false(cairn_region_next_free(&regions, bank, &at, &end));
}

void region_no_more_meta(size_t bank, uintptr_t at)
{
	uintptr_t end;

	assert_false(cairn_region_next_meta(&regions, bank, &at, &end));
}
