/* SPDX-License-Identifier: MIT */
/* Arm MPS2 with the AN385 image: Cortex-M3. */
#include "mps2.h"

#include "mpu.h"

const char mps2_board_name[] = "mps2-an385", mps2_cpu_name[] = "Cortex-M3";
const size_t board_arena_nbytes = 65536;

void mps2_core_init(void)
{
}
