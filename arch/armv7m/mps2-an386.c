/* SPDX-License-Identifier: MIT */
/* Arm MPS2 with the AN386 image: Cortex-M4 with single-precision floating point. */
#include "mps2.h"

#include "fp.h"
#include "mpu.h"

const char mps2_board_name[] = "mps2-an386", mps2_cpu_name[] = "Cortex-M4";

/* As many as TASK_MAX of the smallest stacks, which are above half a KiB here. */
const size_t board_arena_nbytes = 131072;

void mps2_core_init(void)
{
	mprofile_fp_init();
}
