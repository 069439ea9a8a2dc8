/* SPDX-License-Identifier: MIT */
/* The edges and gaps of virt's memory, as QEMU has them and not as arch/ does. */
#include "board_test.h"

const uintptr_t nobodys_addresses[] = {
	0x00000000, /* flash, which nobody uses */
	0x08020000, /* behind the interrupt controller */
	0x08fffffc, /* below the UART */
	0x09001000, /* behind the UART */
	0x10000000, /* PCI, which nobody uses */
	0x1ffffffc, /* below the addresses of task stacks */
	0x21000000, /* behind them */
	0x3ffffffc, /* below RAM */
	0x48000000, /* behind its 128 MiB */
	0xfffffff8, /* the end of all addresses */
	NOBODYS_LAST,
};

const struct kernel_test *const board_tests[] = {NULL};
