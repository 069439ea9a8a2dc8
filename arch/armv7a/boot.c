/* SPDX-License-Identifier: MIT */
/* The boot, from startup.S to the kernel, on the handler stack; and what the CPU says of itself. */
#include "armv7a.h"
#include "board.h"
#include "gic.h"

#define PMCR_ENABLE       (1u << 0)
#define PMCR_RESET_CYCLES (1u << 2)
#define PMCNTEN_CYCLES    (1u << 31)

#define MIDR_PART(midr) ((midr) >> 4 & 0xfffu)
#define PART_CORTEX_A7  0xc07u
#define PART_CORTEX_A15 0xc0fu

/* For arch_stamp. */
static void start_cycle_counter(void)
{
	__asm__ volatile("mcr p15, 0, %0, c9, c12, 0" : : "r"(PMCR_ENABLE | PMCR_RESET_CYCLES)); /* PMCR */
	__asm__ volatile("mcr p15, 0, %0, c9, c12, 1\n\tisb" : : "r"(PMCNTEN_CYCLES)); /* PMCNTENSET */
}

_Noreturn void armv7a_boot(void)
{
	start_cycle_counter();
	board_init();
	armv7a_memory_init();
	gic_init();
	kernel_main();
}

/* Under QEMU with -icount shift=0 the cycle counter counts instructions. */
const char *arch_stamp_unit(uint32_t *stamps_per_1000_units)
{
	*stamps_per_1000_units = 1000;
	return "instructions";
}

const char *arch_cpu_name(void)
{
	uint32_t midr;

	__asm__ volatile("mrc p15, 0, %0, c0, c0, 0" : "=r"(midr)); /* MIDR */
	switch (MIDR_PART(midr)) {
	case PART_CORTEX_A7: return "Cortex-A7";
	case PART_CORTEX_A15: return "Cortex-A15";
	default: return "ARMv7-A";
	}
}
