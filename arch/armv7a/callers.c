/* SPDX-License-Identifier: MIT */
/* Return addresses, told from other words by what lies before the place they name. */
#include "arch.h"

#define INSTRUCTION_NBYTES 4u
#define BL_MASK            0x0f000000u
#define BL                 0x0b000000u
#define BLX_MASK           0x0ffffff0u /* through a register */
#define BLX                0x012fff30u

extern const uint32_t text_start[], text_end[];

bool arch_is_return_address(uintptr_t word)
{
	uint32_t before;

	if (word % INSTRUCTION_NBYTES != 0 || word <= (uintptr_t)text_start || word >= (uintptr_t)text_end)
		return false;
	before = ((const uint32_t *)word)[-1];
	return (before & BL_MASK) == BL || (before & BLX_MASK) == BLX;
}
