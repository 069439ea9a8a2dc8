/* SPDX-License-Identifier: MIT */
/* What a board with an M-profile core supplies besides its part of arch.h: a clock, and the vectors of its
 * interrupts. Its arena size and its map for the memory protection unit are in arch/<isa>/mpu.h. */
#ifndef BOARD_H
#define BOARD_H

#include "arch.h"

/* Of SysTick, and of board_counter (arch_types.h) unless BOARD_COUNTER_HZ is another. */
extern const uint32_t board_clock_hz;

/* What an instruction takes under QEMU, by the -icount of the board's fragment. */
extern const uint32_t board_instruction_ns;

/* The vectors of all the interrupts there are, behind those of the core: those that nobody asked for have
 * mprofile_fault_entry. Used as: void (*const board_vectors[N])(void) BOARD_VECTORS = {...}. */
#define BOARD_VECTORS __attribute__((section(".vectors.board"), used))

/* Banks of RAM, preferred first. */
extern const struct arch_range board_banks[];
extern const size_t board_nbanks;

/* Once, before anything else of the board. */
void board_init(void);

#endif
