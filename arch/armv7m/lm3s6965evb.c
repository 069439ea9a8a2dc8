/* SPDX-License-Identifier: MIT */
/* Stellaris LM3S6965 evaluation board: Cortex-M3, 256 KiB of flash, 64 KiB of SRAM. Register names and numbers
 * of sections are those of the LM3S6965 data sheet. */
#include "board.h"
#include "mprofile.h"
#include "mpu.h"

#define CLOCK_HZ     12500000u
#define NINTERRUPTS  44
#define KIB          ((size_t)1 << 10)
#define SRAM         0x20000000u
#define IO           0x40000000u
#define LOG2_64KIB   16
#define LOG2_256KIB  18
#define LOG2_1MIB    20
#define UART_BAUD    115200u
#define UART_SAMPLES 16u /* a bit */
#define UART_FBRDLOG 6   /* bits of the fraction of the divisor */

/* System control, 5.5. */
struct sysctl {
	uint32_t unused0[20];
	uint32_t RIS, unused1[3], RCC, unused2[40], RCGC1, RCGC2;
};
_Static_assert(offsetof(struct sysctl, RIS) == 0x50 && offsetof(struct sysctl, RCC) == 0x60 &&
		       offsetof(struct sysctl, RCGC1) == 0x104,
	       "register map, 5.4");
#define SYSCTL ((volatile struct sysctl *)0x400fe000u)

#define RIS_PLLLRIS      (1u << 6)
#define RCC_SYSDIV_16    (15u << 23)
#define RCC_USESYSDIV    (1u << 22)
#define RCC_BYPASS       (1u << 11)
#define RCC_XTAL_8MHZ    (14u << 6)
#define RCC_MOSC_ON      0u /* MOSCDIS, OSCSRC: the crystal */
#define RCC_IOSCDIS      (1u << 1)
#define RCC_WITHOUT_PLL  (RCC_BYPASS | RCC_XTAL_8MHZ | RCC_MOSC_ON | RCC_IOSCDIS)
#define RCC_WITH_DIVIDER (RCC_WITHOUT_PLL | RCC_SYSDIV_16 | RCC_USESYSDIV)
#define RCGC1_UART0      (1u << 0)
#define RCGC2_GPIOA      (1u << 0)

/* Port A: pins 0 and 1 are UART0's, 8.4. */
#define GPIOAFSEL (*(volatile uint32_t *)0x40004420u)
#define GPIODEN   (*(volatile uint32_t *)0x4000451cu)
#define UART_PINS 3u

/* UART, 12.5. */
struct uart {
	uint32_t DR, unused0[5], FR, unused1[2], IBRD, FBRD, LCRH, CTL;
};
_Static_assert(offsetof(struct uart, FR) == 0x18 && offsetof(struct uart, CTL) == 0x30, "register map, 12.4");
#define UART0 ((volatile struct uart *)0x4000c000u)

#define FR_TXFF     (1u << 5)
#define LCRH_8N     (3u << 5)
#define LCRH_FIFO   (1u << 4)
#define CTL_TX_ONLY (1u << 8 | 1u << 0)

const uint32_t board_clock_hz = CLOCK_HZ;
const uint32_t board_instruction_ns = 1024;
const size_t board_arena_nbytes = 16 * KIB;

void (*const board_vectors[NINTERRUPTS])(void) BOARD_VECTORS = {
	[0 ... NINTERRUPTS - 1] = mprofile_fault_entry,
};

/* The first eighth of the flash holds the vectors alone, and the processor reads those past the MPU. So it
 * stays closed: NULL and what lies near it faults. */
const struct mpu_region board_regions[] = {
	{0, RASR_CODE | RASR_SIZE(LOG2_256KIB) | RASR_SRD(1)},
	{SRAM, RASR_RAM | RASR_SIZE(LOG2_64KIB)},
	{IO, RASR_IO | RASR_SIZE(LOG2_1MIB)},
};
const uint32_t board_nregions = sizeof(board_regions) / sizeof(board_regions[0]);

/* The crystal's 8 MHz become 200 MHz in the PLL, and those are divided by 16; 5.3. */
static void clock_init(void)
{
	SYSCTL->RCC = RCC_WITHOUT_PLL;
	SYSCTL->RCC = RCC_WITH_DIVIDER;
	while ((SYSCTL->RIS & RIS_PLLLRIS) == 0)
		;
	SYSCTL->RCC = RCC_WITH_DIVIDER & ~RCC_BYPASS;
}

/* The divisor has a fraction in 64ths: clock / (16 * baud). */
static void uart_init(void)
{
	uint32_t divisor = (uint32_t)(((uint64_t)CLOCK_HZ << UART_FBRDLOG) / (UART_SAMPLES * UART_BAUD));

	SYSCTL->RCGC1 |= RCGC1_UART0;
	SYSCTL->RCGC2 |= RCGC2_GPIOA;
	(void)SYSCTL->RCGC2; /* a few cycles, before the first access to what now has a clock; 5.5 */
	GPIOAFSEL |= UART_PINS;
	GPIODEN |= UART_PINS;
	UART0->CTL = 0;
	UART0->IBRD = divisor >> UART_FBRDLOG;
	UART0->FBRD = divisor & ((1u << UART_FBRDLOG) - 1);
	UART0->LCRH = LCRH_8N | LCRH_FIFO;
	UART0->CTL = CTL_TX_ONLY;
}

void board_init(void)
{
	clock_init();
	uart_init();
}

const struct arch_range board_banks[] = {
	{SRAM, 64 * KIB, "sram", ARCH_RANGE_RAM, ARCH_ATTR_FAST | ARCH_ATTR_DMA},
};
const size_t board_nbanks = sizeof(board_banks) / sizeof(board_banks[0]);

const char *arch_board_name(void)
{
	return "lm3s6965evb";
}

const char *arch_cpu_name(void)
{
	return "Cortex-M3";
}

void arch_console_write(const char *text, size_t nbytes)
{
	for (size_t i = 0; i < nbytes; i++) {
		while (UART0->FR & FR_TXFF)
			;
		UART0->DR = (uint8_t)text[i];
	}
}

/* The board has no source of randomness. */
uint32_t arch_entropy(void)
{
	return 0x6c078965u;
}
