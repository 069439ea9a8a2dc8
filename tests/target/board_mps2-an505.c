/* SPDX-License-Identifier: MIT */
/* The edges and gaps of the AN505's memory, as its manual has them and not as arch/ does. */
#include "board_test.h"

const uintptr_t nobodys_addresses[] = {
	0x00000000, /* code memory, by its Non-secure address */
	0x0ffffffc, /* below the code, by its Secure one */
	0x10400000, /* above the code */
	0x28000000, /* SRAM, by its Non-secure address */
	0x37fffffc, /* below SRAM */
	0x38400000, /* above SRAM */
	0x501ffffc, /* below the peripherals that are used */
	0x50400000, /* above them */
	0x7ffffffc, /* below PSRAM */
	0x81000000, /* above PSRAM */
	0xe0100000, /* above the private peripherals, which no MPU can close */
	NOBODYS_LAST,
};

const struct kernel_test *const board_tests[] = {limit_tests, fp_tests, NULL};
