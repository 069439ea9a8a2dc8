/* SPDX-License-Identifier: MIT */
#include "fp.h"

#define CPACR           (*(volatile uint32_t *)0xe000ed88u)
#define CPACR_CP10_FULL (3u << 20)
#define CPACR_CP11_FULL (3u << 22)

void mprofile_fp_init(void)
{
	CPACR |= CPACR_CP10_FULL | CPACR_CP11_FULL;
	barrier();
	FPU->FPCCR |= FPCCR_ASPEN | FPCCR_LSPEN;
	barrier();
}
