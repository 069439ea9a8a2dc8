/* SPDX-License-Identifier: MIT */
/* The memory map that the MPU enforces.
 * Default deny: an access outside all regions faults. Where regions overlap, the highest number counts:
 *   from 0 up  the board's code, RAM and peripherals
 *   then one   closed strip below the handler stack
 *   then       those of the guard of task stacks, window.c or strip.c
 *   the last   the guard's too: the only region that a switch rewrites
 * The system control space is always accessible, and exception entries obey the map as stores do. */
#include "mpu.h"

#include "mprofile.h"

struct mpu {
	uint32_t TYPE, CTRL, RNR, RBAR, RASR;
};
#define MPU ((volatile struct mpu *)0xe000ed90u)

/* HFNMIENA stays 0: HardFault sees all memory, for its report. */
#define CTRL_ENABLE 1u

static uint32_t strip_region(void)
{
	return board_nregions;
}

uint32_t mpu_first_guard_region(void)
{
	return strip_region() + 1;
}

void mpu_set_region(uint32_t rbar, uint32_t rasr)
{
	MPU->RBAR = rbar;
	MPU->RASR = rasr;
}

void mprofile_protection_init(void)
{
	for (uint32_t i = 0; i < board_nregions; i++)
		mpu_set_region(RBAR(board_regions[i].base, i), board_regions[i].rasr);
	mpu_set_region(RBAR((uintptr_t)handler_guard_start, strip_region()),
		       RASR_CLOSED | RASR_SIZE(mpu_log2_ceil(arch_handler_guard_nbytes())));
	for (uint32_t i = mpu_first_guard_region(); i < MPU_NREGIONS; i++)
		mpu_set_region(RBAR(0, i), 0);
	MPU->CTRL = CTRL_ENABLE;
	barrier();
}

void mprofile_guard_open(const uintptr_t guard[2])
{
	mpu_set_region(guard[0], guard[1]);
	barrier();
}
