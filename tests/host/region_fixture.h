/* SPDX-License-Identifier: MIT */
/* What the tests of the boot map share: places in memory that is not there. */
#ifndef REGION_FIXTURE_H
#define REGION_FIXTURE_H

#include "region.h"
#include "support.h"

#define FRAME     ((size_t)1 << CAIRN_FRAME_SHIFT)
#define LAST      UINTPTR_MAX
#define LAST_BASE (LAST - FRAME + 1) /* of the last frame of the address space */
#define SOMEWHERE ((uintptr_t)64 * FRAME)

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

_Static_assert(CAIRN_ZONES > 1 && CAIRN_RANGES > CAIRN_ZONES, "the maps below need that");

/* Random maps, in a file of its own; the failures. test_region_run runs it too. */
int test_region_model_run(void);

#endif
