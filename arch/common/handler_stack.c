/* SPDX-License-Identifier: MIT */
/* What the kernel asks about the handler stack. Painting it, and closing the strip below it, is each
 * architecture's. */
#include "handler_stack.h"

#include "arch.h"

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
	size_t nwords = arch_handler_stack_nbytes() / sizeof(uint32_t), untouched = 0;

	while (untouched < nwords &&
	       *(volatile uint32_t *)&handler_stack_limit[untouched] == HANDLER_STACK_PAINT)
		untouched++;
	return (nwords - untouched) * sizeof(uint32_t);
}
