/* SPDX-License-Identifier: MIT */
/* What a board of this architecture supplies besides its part of arch.h: a clock, and its map for the MPU. */
#ifndef BOARD_H
#define BOARD_H

#include "mpu.h"

/* Of SysTick, and of board_counter (arch_types.h). */
extern const uint32_t board_clock_hz;

/* What an instruction takes under QEMU, by the -icount of the board's fragment. */
extern const uint32_t board_instruction_ns;

/* Everything that may be accessed at all: code, RAM, peripherals. Loaded into the regions from 0 up. */
#define BOARD_NREGIONS 4
extern const struct mpu_region board_regions[BOARD_NREGIONS];

/* Once, before anything else of the board. */
void board_init(void);

#endif
