/* SPDX-License-Identifier: MIT */
/* A panic says why, and behind everything that was printed before. */
#include "console.h"
#include "main.h"

void application(void *arg)
{
	(void)arg;
	console_print("the line before\n");
	panic("the reason is %s, %d", "this", 42);
}
