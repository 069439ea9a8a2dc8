/* SPDX-License-Identifier: MIT */
/* Arm MPS2 with the AN385 image: Cortex-M3, 4 MiB of code memory, 4 MiB of SRAM, 16 MiB of external PSRAM. */
#include "armv7m.h"
#include "board.h"

#define CLOCK_HZ  25000000u
#define MIB       ((size_t)1 << 20)
#define SRAM      0x20000000u
#define PSRAM     0x21000000u
#define IO        0x40000000u
#define LOG2_4MIB 22

struct cmsdk_uart {
	uint32_t DATA, STATE, CTRL, INTSTATUS, BAUDDIV;
};
#define UART0              ((volatile struct cmsdk_uart *)0x40004000u)
#define UART_STATE_TX_FULL (1u << 0)
#define UART_CTRL_TX_EN    (1u << 0)
#define UART_BAUD          115200u

const uint32_t board_clock_hz = CLOCK_HZ;
const uint32_t board_instruction_ns = 1024;

/* The first eighth of the code memory holds the vectors alone, and the processor reads those past the MPU.
 * So it stays closed: NULL and what lies near it faults. */
const struct mpu_region board_regions[BOARD_NREGIONS] = {
	{0, RASR_CODE | RASR_SIZE(LOG2_4MIB) | RASR_SRD(1)},
	{SRAM, RASR_RAM | RASR_SIZE(LOG2_4MIB)},
	{PSRAM, RASR_RAM | RASR_SIZE(LOG2_4MIB + 2)},
	{IO, RASR_IO | RASR_SIZE(LOG2_4MIB)},
};

extern const char image_ram_start[], image_end[];

void board_init(void)
{
	UART0->BAUDDIV = CLOCK_HZ / UART_BAUD;
	UART0->CTRL = UART_CTRL_TX_EN;
}

size_t arch_memory_map(struct arch_range *ranges, size_t max, const char **why)
{
	const struct arch_range map[] = {
		{SRAM, 4 * MIB, "sram", ARCH_RANGE_RAM, ARCH_ATTR_FAST | ARCH_ATTR_DMA},
		{PSRAM, 16 * MIB, "psram", ARCH_RANGE_RAM, ARCH_ATTR_EXTERNAL},
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
	return "mps2-an385";
}

const char *arch_cpu_name(void)
{
	return "Cortex-M3";
}

void arch_console_write(const char *text, size_t nbytes)
{
	for (size_t i = 0; i < nbytes; i++) {
		while (UART0->STATE & UART_STATE_TX_FULL)
			;
		UART0->DATA = (uint8_t)text[i];
	}
}

/* The board has no source of randomness. */
uint32_t arch_entropy(void)
{
	return 0x6c078965u;
}
