/* SPDX-License-Identifier: MIT */
/* The tick. Deadlines are added to, never taken from 'now', so the tick does not drift: a late one is
 * followed by the next at once. */
#include "armv7a.h"
#include "board.h"
#include "gic.h"

#define CNTV_CTL_ENABLE 1u

static uint32_t interval;
static uint64_t deadline;

static void set_deadline(uint64_t count)
{
	deadline = count;
	__asm__ volatile("mcrr p15, 3, %Q0, %R0, c14\n\tisb" : : "r"(count) : "memory"); /* CNTV_CVAL */
}

uint64_t armv7a_count(void)
{
	uint64_t count;

	__asm__ volatile("isb\n\tmrrc p15, 1, %Q0, %R0, c14" : "=r"(count) : : "memory"); /* CNTVCT */
	return count;
}

void arch_tick_start(uint32_t hz)
{
	uint32_t counts_per_second;

	__asm__ volatile("mrc p15, 0, %0, c14, c0, 0" : "=r"(counts_per_second)); /* CNTFRQ */
	interval = counts_per_second / hz;
	set_deadline(armv7a_count() + interval);
	__asm__ volatile("mcr p15, 0, %0, c14, c3, 1\n\tisb" : : "r"(CNTV_CTL_ENABLE)); /* CNTV_CTL */
	gic_enable(board.timer_intid);
}

void armv7a_tick_advance(void)
{
	set_deadline(deadline + interval);
}
