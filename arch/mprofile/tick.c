/* SPDX-License-Identifier: MIT */
/* Time: SysTick for the tick, the board's counter for stamps. A board without one of the two has these functions
 * in a file of its own. */
#include "board.h"
#include "mprofile.h"

#define CSR_ENABLE    (1u << 0)
#define CSR_TICKINT   (1u << 1)
#define CSR_CLKSOURCE (1u << 2) /* the processor clock */

/* Of board_counter: a board's fragment says it when the two differ. */
#ifndef BOARD_COUNTER_HZ
#define BOARD_COUNTER_HZ board_clock_hz
#endif

/* hz: above board_clock_hz / 2^24, for SysTick has 24 bits. */
void arch_tick_start(uint32_t hz)
{
	mprofile_set_priority(EXCEPTION_SYSTICK, PRIORITY_SYSTICK);
	SYSTICK->RVR = board_clock_hz / hz - 1;
	SYSTICK->CVR = 0;
	SYSTICK->CSR = CSR_CLKSOURCE | CSR_TICKINT | CSR_ENABLE;
}

const char *arch_stamp_unit(uint32_t *stamps_per_1000_units)
{
	*stamps_per_1000_units = (uint32_t)((uint64_t)BOARD_COUNTER_HZ * board_instruction_ns / 1000000);
	return "instructions";
}
