/* SPDX-License-Identifier: MIT */
/* Return addresses, told from other words by what lies before the place they name. */
#include "mprofile.h"

#define THUMB         1u
#define BL_NBYTES     4u
#define BLX_MASK      0xff87u
#define BLX           0x4780u
#define BL_FIRST_MASK 0xf800u
#define BL_FIRST      0xf000u
#define BL_LAST_MASK  0xd000u
#define BL_LAST       0xd000u

extern const uint16_t text_start[], text_end[];

bool arch_is_return_address(uintptr_t word)
{
	uintptr_t pc = word - THUMB;
	const uint16_t *next = (const uint16_t *)pc;

	if ((word & THUMB) == 0 || pc < (uintptr_t)text_start + BL_NBYTES || pc >= (uintptr_t)text_end)
		return false;
	if ((next[-1] & BLX_MASK) == BLX)
		return true;
	return (next[-2] & BL_FIRST_MASK) == BL_FIRST && (next[-1] & BL_LAST_MASK) == BL_LAST;
}
