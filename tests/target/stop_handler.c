/* SPDX-License-Identifier: MIT */
/* A fault in a handler stops the machine: there is no task to blame. */
#include "nobody.h"
#include "stop.h"

/* Volatile, for a compiler would see that nothing can be there. */
static volatile uint32_t *volatile nobodys = (volatile uint32_t *)NOBODYS_ADDRESS;

static void fault(void)
{
	*nobodys = 1;
}

void application(void *arg)
{
	(void)arg;
	stop_in_handler(fault);
}
