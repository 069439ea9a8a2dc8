/* SPDX-License-Identifier: MIT */
/* Arm MPS2 with the AN521 image: two Cortex-M33. The first, which boots, has neither a floating-point unit nor
 * DSP instructions; the second stays in reset. */
#include "arch.h"

const char *arch_board_name(void)
{
	return "mps2-an521";
}

const char *arch_cpu_name(void)
{
	return "Cortex-M33";
}
