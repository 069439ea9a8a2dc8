/* SPDX-License-Identifier: MIT */
/* Arm MPS2 with an image that has a Cortex-M33, AN505 or AN521: 4 MiB of SRAM for code, 4 MiB for data, 16 MiB of
 * external PSRAM. All is used Secure, at the addresses with bit 28 set; the PSRAM has but one. The gates of
 * memory and peripherals let Secure accesses through out of reset. */
#include "board.h"
#include "cmsdk_uart.h"
#include "fp.h"
#include "mprofile.h"
#include "mpu.h"

#define CLOCK_HZ     20000000u
#define NINTERRUPTS  124
#define CODE         0x10000000u
#define CODE_NBYTES  0x00400000u
#define SRAM         0x38000000u
#define SRAM_NBYTES  0x00400000u
#define PSRAM        0x80000000u
#define PSRAM_NBYTES 0x01000000u
#define IO           0x50200000u
#define IO_NBYTES    0x00200000u
#define UART0        0x50200000u

const uint32_t board_clock_hz = CLOCK_HZ;
const uint32_t board_instruction_ns = 1024;
const size_t board_arena_nbytes = 131072;

void (*const board_vectors[NINTERRUPTS])(void) BOARD_VECTORS = {
	[0 ... NINTERRUPTS - 1] = mprofile_fault_entry,
};

const struct mpu_region board_regions[] = {
	REGION_CODE(CODE, CODE_NBYTES),
	REGION_RAM(SRAM, SRAM_NBYTES),
	REGION_RAM(PSRAM, PSRAM_NBYTES),
	REGION_DEVICE(IO, IO_NBYTES),
};
const uint32_t board_nregions = sizeof(board_regions) / sizeof(board_regions[0]);

volatile struct cmsdk_uart *const board_uart = (volatile struct cmsdk_uart *)UART0;

void board_init(void)
{
	cmsdk_uart_init(CLOCK_HZ);
	if (MPROFILE_FP)
		mprofile_fp_init();
}

const struct arch_range board_banks[] = {
	{SRAM, SRAM_NBYTES, "sram", ARCH_RANGE_RAM, ARCH_ATTR_FAST | ARCH_ATTR_DMA},
	{PSRAM, PSRAM_NBYTES, "psram", ARCH_RANGE_RAM, ARCH_ATTR_EXTERNAL},
};
const size_t board_nbanks = sizeof(board_banks) / sizeof(board_banks[0]);

/* The board has no source of randomness. */
uint32_t arch_entropy(void)
{
	return 0x6c078965u;
}
