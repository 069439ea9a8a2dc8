/* SPDX-License-Identifier: MIT */
/* The edges and gaps of the AN385's memory, as its manual has them and not as arch/ does. */
#include "board_test.h"

const uintptr_t nobodys_addresses[] = {
	0x00000000, /* vectors, which only the processor reads */
	0x1ffffffc, /* below SRAM */
	0x20400000, /* above SRAM */
	0x20fffffc, /* below PSRAM */
	0x22000000, /* above PSRAM */
	0x40400000, /* above the peripherals that are used */
	0xe0100000, /* above the private peripherals, which no MPU can close */
	NOBODYS_LAST,
};

const struct kernel_test *const board_tests[] = {NULL};
