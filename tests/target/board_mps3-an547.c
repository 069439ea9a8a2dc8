/* SPDX-License-Identifier: MIT */
/* The edges and gaps of the AN547's memory, as its manual has them and not as arch/ does. */
#include "board_test.h"

const uintptr_t nobodys_addresses[] = {
	0x00000000, /* vectors, which only the processor reads */
	0x01000000, /* the image, by its Non-secure address */
	0x10fffffc, /* below the image, by its Secure one */
	0x11200000, /* above the image */
	0x21000000, /* SRAM, by its Non-secure address */
	0x30fffffc, /* below SRAM */
	0x31400000, /* above SRAM */
	0x592ffffc, /* below the peripherals that are used */
	0x59310000, /* above them */
	0x6ffffffc, /* below DDR, by its Secure address */
	0x71000000, /* above what is used of it */
	0xe0100000, /* above the private peripherals, which no MPU can close */
	NOBODYS_LAST,
};

const struct kernel_test *const board_tests[] = {limit_tests, fp_tests, mve_tests, NULL};
