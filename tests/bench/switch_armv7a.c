/* SPDX-License-Identifier: MIT */
/* The switch is an interrupt here, which has to be acknowledged: there is no empty one. What guards a stack
 * is in the page tables, and never moved: there is no switch without it. */
#include "switch.h"

#include "arch.h"

static arch_key unmasked;

static void unmask(void)
{
	arch_irq_restore(unmasked);
}

uint32_t bench_empty_switch(void)
{
	volatile uint32_t left;

	unmasked = arch_irq_save();
	return bench_timed_switch(&left, unmask);
}
