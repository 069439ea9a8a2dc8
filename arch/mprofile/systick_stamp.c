/* SPDX-License-Identifier: MIT */
/* Time on a board without a counter: SysTick for the tick, and for stamps too. A stamp is the number of whole
 * periods of SysTick and what has passed of this one. Whoever asks for a stamp first after a period has ended
 * counts it; the lock is timed in every tick, so none is missed. In place of tick.c. */
#include "board.h"
#include "mprofile.h"

#define CSR_ENABLE    (1u << 0)
#define CSR_TICKINT   (1u << 1)
#define CSR_CLKSOURCE (1u << 2)  /* the processor clock */
#define CSR_COUNTFLAG (1u << 16) /* it has reached 0; cleared by being read */

static uint32_t whole_periods; /* in cycles */

/* hz: above board_clock_hz / 2^24, for SysTick has 24 bits. */
void arch_tick_start(uint32_t hz)
{
	mprofile_set_priority(EXCEPTION_SYSTICK, PRIORITY_SYSTICK);
	SYSTICK->RVR = board_clock_hz / hz - 1;
	SYSTICK->CVR = 0;
	SYSTICK->CSR = CSR_CLKSOURCE | CSR_TICKINT | CSR_ENABLE;
}

/* What is left is read again behind the flag: before it, it may have been of the period that has ended. */
uint32_t arch_stamp(void)
{
	arch_key key = arch_irq_save();
	uint32_t period = SYSTICK->RVR + 1, left = SYSTICK->CVR, stamp;

	if (SYSTICK->CSR & CSR_COUNTFLAG) {
		whole_periods += period;
		left = SYSTICK->CVR;
	}
	stamp = whole_periods + (period - left) % period;
	arch_irq_restore(key);
	return stamp;
}

const char *arch_stamp_unit(uint32_t *stamps_per_1000_units)
{
	*stamps_per_1000_units = (uint32_t)((uint64_t)board_clock_hz * board_instruction_ns / 1000000);
	return "instructions";
}
