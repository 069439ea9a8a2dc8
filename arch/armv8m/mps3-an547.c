/* SPDX-License-Identifier: MIT */
/* Arm MPS3 with the AN547 image: Cortex-M55, 2 MiB of SRAM for code, 4 MiB for data; of its 2 GiB of external DDR
 * 16 MiB are used. All is used Secure, at the addresses with bit 28 set. The gates of memory and peripherals let
 * Secure accesses through out of reset. */
#include "board.h"
#include "cmsdk_uart.h"
#include "fp.h"
#include "mprofile.h"
#include "mpu.h"

#define CLOCK_HZ            32000000u
#define PERIPHERAL_CLOCK_HZ 25000000u
#define NINTERRUPTS         128
#define CODE                0x11000000u
#define CODE_NBYTES         0x00200000u
#define SRAM                0x31000000u
#define SRAM_NBYTES         0x00400000u
#define DDR                 0x70000000u
#define DDR_NBYTES          0x01000000u
#define IO                  0x59300000u
#define IO_NBYTES           0x00010000u
#define UART0               0x59303000u

const uint32_t board_clock_hz = CLOCK_HZ;
const uint32_t board_instruction_ns = 1024;
const size_t board_arena_nbytes = 131072;

void (*const board_vectors[NINTERRUPTS])(void) BOARD_VECTORS = {
	[0 ... NINTERRUPTS - 1] = mprofile_fault_entry,
};

const struct mpu_region board_regions[] = {
	REGION_CODE(CODE, CODE_NBYTES),
	REGION_RAM(SRAM, SRAM_NBYTES),
	REGION_RAM(DDR, DDR_NBYTES),
	REGION_DEVICE(IO, IO_NBYTES),
};
const uint32_t board_nregions = sizeof(board_regions) / sizeof(board_regions[0]);

volatile struct cmsdk_uart *const board_uart = (volatile struct cmsdk_uart *)UART0;

void board_init(void)
{
	cmsdk_uart_init(PERIPHERAL_CLOCK_HZ);
	mprofile_fp_init();
}

const struct arch_range board_banks[] = {
	{SRAM, SRAM_NBYTES, "sram", ARCH_RANGE_RAM, ARCH_ATTR_FAST | ARCH_ATTR_DMA},
	{DDR, DDR_NBYTES, "ddr", ARCH_RANGE_RAM, ARCH_ATTR_EXTERNAL},
};
const size_t board_nbanks = sizeof(board_banks) / sizeof(board_banks[0]);

/* The board has no source of randomness. */
uint32_t arch_entropy(void)
{
	return 0x6c078965u;
}

const char *arch_board_name(void)
{
	return "mps3-an547";
}

const char *arch_cpu_name(void)
{
	return "Cortex-M55";
}
