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

extern const char image_ram_start[], image_end[];

void board_init(void)
{
	mps2_core_init();
	cmsdk_uart_init(CLOCK_HZ);
}

size_t arch_memory_map(struct arch_range *ranges, size_t max, const char **why)
{
	const struct arch_range map[] = {
		{SRAM, 4 * MIB, "sram", ARCH_RANGE_RAM, ARCH_ATTR_FAST | ARCH_ATTR_DMA},
		{MPS2_PSRAM, 16 * MIB, "psram", ARCH_RANGE_RAM, ARCH_ATTR_EXTERNAL},
		{(uintptr_t)image_ram_start, (uintptr_t)image_end - (uintptr_t)image_ram_start,
		 "kernel and handler stacks", ARCH_RANGE_RESERVED, 0},
	};
	const size_t nranges = sizeof(map) / sizeof(map[0]);

	if (max < nranges) {
		*why = "the board has more ranges than there is room for";
		return 0;
	}
	for (size_t i = 0; i < nranges; i++)
		ranges[i] = map[i];
	return nranges;
}

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
