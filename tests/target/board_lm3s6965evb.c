/* SPDX-License-Identifier: MIT */
/* The edges and gaps of the LM3S6965's memory, as its data sheet has them and not as arch/ does. */
#include "board_test.h"

const uintptr_t nobodys_addresses[] = {
	0x00000000, /* vectors, which only the processor reads */
	0x00040000, /* above flash */
	0x1ffffffc, /* below SRAM */
	0x20010000, /* above SRAM */
	0x22000000, /* SRAM, bit by bit, which nobody uses */
	0x40100000, /* above the peripherals */
	0xe0100000, /* above the private peripherals, which no MPU can close */
	NOBODYS_LAST,
};

const struct kernel_test *const board_tests[] = {NULL};
