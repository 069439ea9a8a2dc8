/* SPDX-License-Identifier: MIT */
/* Arm MPS2 with the AN500 image: Cortex-M7 with caches and double-precision floating point. */
#include "mps2.h"

#include "cache.h"
#include "fp.h"
#include "mpu.h"

const char mps2_board_name[] = "mps2-an500", mps2_cpu_name[] = "Cortex-M7";

/* As many as TASK_MAX of the smallest stacks, which are above half a KiB here. */
const size_t board_arena_nbytes = 131072;

void mps2_core_init(void)
{
	mprofile_fp_init();
	mprofile_caches_on();
}
