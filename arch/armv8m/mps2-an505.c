/* SPDX-License-Identifier: MIT */
/* Arm MPS2 with the AN505 image: a Cortex-M33 with a floating-point unit. */
#include "arch.h"

const char *arch_board_name(void)
{
	return "mps2-an505";
}

const char *arch_cpu_name(void)
{
	return "Cortex-M33";
}
