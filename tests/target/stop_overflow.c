/* SPDX-License-Identifier: MIT */
/* A handler that recurses runs into the closed strip below its stack, and the report says so. */
#include "recurse.h"
#include "stop.h"

static void overflow(void)
{
	(void)recurse(0);
}

void application(void *arg)
{
	(void)arg;
	stop_in_handler(overflow);
}
