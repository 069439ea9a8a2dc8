/* SPDX-License-Identifier: MIT */
/* A handler with too little stack left is stopped at the lock, before it holds it. */
#include "lock.h"
#include "stop.h"

static __attribute__((noinline)) uint32_t recurse(uint32_t depth)
{
	volatile uint32_t frame[6];

	frame[depth % 6] = depth;
	kernel_unlock(kernel_lock());
	if (depth == UINT32_MAX)
		return 0;
	return recurse(depth + 1) + frame[depth % 6];
}

static void overflow(void)
{
	(void)recurse(0);
}

void application(void *arg)
{
	(void)arg;
	stop_in_handler(overflow);
}
