/* SPDX-License-Identifier: MIT */
/* A way out of any stack. */
#ifndef RECURSE_H
#define RECURSE_H

#include <stdint.h>

/* Deeper and deeper, without end, and no frame is left out. */
static __attribute__((noinline)) uint32_t recurse(uint32_t depth)
{
	volatile uint32_t frame[6];

	frame[depth % 6] = depth;
	if (depth == UINT32_MAX)
		return 0;
	return recurse(depth + 1) + frame[depth % 6];
}

#endif
