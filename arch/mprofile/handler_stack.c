/* SPDX-License-Identifier: MIT */
/* The stack of boot and handlers: painted at reset, so that its deepest use can be read off later. */
#include "mprofile.h"

#define PAINT 0xa5a5a5a5u
/* Left unpainted below the stack pointer: the frames of the painting itself. */
#define PAINT_MARGIN_NBYTES 128u

void mprofile_handler_stack_paint(void)
{
	uintptr_t end = arch_sp() - PAINT_MARGIN_NBYTES;

	for (uint32_t *p = handler_stack_limit; (uintptr_t)p < end; p++)
		*p = PAINT;
}

uintptr_t arch_handler_stack_limit(void)
{
	return (uintptr_t)handler_stack_limit;
}

size_t arch_handler_guard_nbytes(void)
{
	return (uintptr_t)handler_stack_limit - (uintptr_t)handler_guard_start;
}

size_t arch_handler_stack_nbytes(void)
{
	return (uintptr_t)handler_stack_top - (uintptr_t)handler_stack_limit;
}

size_t arch_handler_stack_high_water(void)
{
	size_t nbytes = arch_handler_stack_nbytes(), nwords = 0;

	while (nwords < nbytes / sizeof(uint32_t) && handler_stack_limit[nwords] == PAINT)
		nwords++;
	return nbytes - nwords * sizeof(uint32_t);
}
