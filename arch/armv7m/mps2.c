/* SPDX-License-Identifier: MIT */
/* Arm MPS2 with an ARMv7-M core: 4 MiB of code memory, 4 MiB of SRAM, 16 MiB of external PSRAM. */
#include "mps2.h"

#include "board.h"
#include "cmsdk_uart.h"
#include "mprofile.h"
#include "mpu.h"

#define CLOCK_HZ    25000000u
#define NINTERRUPTS 32
#define MIB         ((size_t)1 << 20)
#define SRAM        0x20000000u
#define IO          0x40000000u
#define LOG2_4MIB   22
#define UART0       0x40004000u

const uint32_t board_clock_hz = CLOCK_HZ;
const uint32_t board_instruction_ns = 1024;

void (*const board_vectors[NINTERRUPTS])(void) BOARD_VECTORS = {
	[0 ... NINTERRUPTS - 1] = mprofile_fault_entry,
};

/* The first eighth of the code memory holds the vectors alone, and the processor reads those past the MPU.
 * So it stays closed: NULL and what lies near it faults. */
const struct mpu_region board_regions[] = {
	{0, RASR_CODE | RASR_SIZE(LOG2_4MIB) | RASR_SRD(1)},
	{SRAM, RASR_RAM | RASR_SIZE(LOG2_4MIB)},
	{MPS2_PSRAM, RASR_RAM | RASR_SIZE(LOG2_4MIB + 2)},
	{IO, RASR_IO | RASR_SIZE(LOG2_4MIB)},
};
const uint32_t board_nregions = sizeof(board_regions) / sizeof(board_regions[0]);

volatile struct cmsdk_uart *const board_uart = (volatile struct cmsdk_uart *)UART0;

void board_init(void)
{
	mps2_core_init();
	cmsdk_uart_init(CLOCK_HZ);
}

const struct arch_range board_banks[] = {
	{SRAM, 4 * MIB, "sram", ARCH_RANGE_RAM, ARCH_ATTR_FAST | ARCH_ATTR_DMA},
	{MPS2_PSRAM, 16 * MIB, "psram", ARCH_RANGE_RAM, ARCH_ATTR_EXTERNAL},
};
const size_t board_nbanks = sizeof(board_banks) / sizeof(board_banks[0]);

const char *arch_board_name(void)
{
	return mps2_board_name;
}

const char *arch_cpu_name(void)
{
	return mps2_cpu_name;
}

/* The board has no source of randomness. */
uint32_t arch_entropy(void)
{
	return 0x6c078965u;
}
