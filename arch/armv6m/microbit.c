/* SPDX-License-Identifier: MIT */
/* BBC micro:bit: nRF51822, Cortex-M0, 256 KiB of flash, 16 KiB of RAM. The core has no SysTick: TIMER0 gives
 * ticks and stamps. Register names are those of the nRF51 reference manual. */
#include "armv6m.h"
#include "board.h"

#define NINTERRUPTS 32
#define TIMER0_IRQ  8
#define KIB         ((size_t)1 << 10)
#define RAM         0x20000000u
#define CLOCK_HZ    16000000u

#define REGISTER(address) (*(volatile uint32_t *)(address))

/* The crystal's clock, 13.2. */
#define CLOCK_TASKS_HFCLKSTART    REGISTER(0x40000000u)
#define CLOCK_EVENTS_HFCLKSTARTED REGISTER(0x40000100u)

/* 29.10. */
#define UART_TASKS_STARTTX REGISTER(0x40002008u)
#define UART_EVENTS_TXDRDY REGISTER(0x4000211cu)
#define UART_ENABLE        REGISTER(0x40002500u)
#define UART_PSELTXD       REGISTER(0x4000250cu)
#define UART_TXD           REGISTER(0x4000251cu)
#define UART_BAUDRATE      REGISTER(0x40002524u)
#define ENABLE_ENABLED     4u
#define BAUDRATE_115200    0x01d7e000u
#define PIN_TX             24u

/* 18.2. */
#define TIMER0_TASKS_START     REGISTER(0x40008000u)
#define TIMER0_TASKS_CAPTURE1  REGISTER(0x40008044u)
#define TIMER0_EVENTS_COMPARE0 REGISTER(0x40008140u)
#define TIMER0_INTENSET        REGISTER(0x40008304u)
#define TIMER0_BITMODE         REGISTER(0x40008508u)
#define TIMER0_PRESCALER       REGISTER(0x40008510u)
#define TIMER0_CC0             REGISTER(0x40008540u)
#define TIMER0_CC1             REGISTER(0x40008544u)
#define BITMODE_32             3u
#define INTEN_COMPARE0         (1u << 16)

/* 20.2. */
#define RNG_TASKS_START   REGISTER(0x4000d000u)
#define RNG_TASKS_STOP    REGISTER(0x4000d004u)
#define RNG_EVENTS_VALRDY REGISTER(0x4000d100u)
#define RNG_VALUE         REGISTER(0x4000d508u)

/* ARMv6-M manual, B3.4: priorities are accessed in words. */
#define NVIC_ISER           REGISTER(0xe000e100u)
#define NVIC_IPR(interrupt) REGISTER(0xe000e400u + (interrupt) / 4 * 4)
#define PRIORITY_TICK       0x80u /* PendSV's is the one below */

const uint32_t board_instruction_ns = 1024;
const size_t board_arena_nbytes = 6 * KIB;

void (*const board_vectors[NINTERRUPTS])(void) BOARD_VECTORS = {
	[0 ... TIMER0_IRQ - 1] = mprofile_fault_entry,
	[TIMER0_IRQ + 1 ... NINTERRUPTS - 1] = mprofile_fault_entry,
	[TIMER0_IRQ] = armv6m_tick_entry,
};

static uint32_t tick_period;

void board_init(void)
{
	CLOCK_TASKS_HFCLKSTART = 1;
	while (CLOCK_EVENTS_HFCLKSTARTED == 0)
		;
	UART_PSELTXD = PIN_TX;
	UART_BAUDRATE = BAUDRATE_115200;
	UART_ENABLE = ENABLE_ENABLED;
	UART_TASKS_STARTTX = 1;
	TIMER0_BITMODE = BITMODE_32;
	TIMER0_PRESCALER = 0;
	TIMER0_TASKS_START = 1;
}

/* ---- time ---- */

uint32_t arch_stamp(void)
{
	TIMER0_TASKS_CAPTURE1 = 1;
	return TIMER0_CC1;
}

const char *arch_stamp_unit(uint32_t *stamps_per_1000_units)
{
	*stamps_per_1000_units = (uint32_t)((uint64_t)CLOCK_HZ * board_instruction_ns / 1000000);
	return "instructions";
}

void arch_tick_start(uint32_t hz)
{
	tick_period = CLOCK_HZ / hz;
	TIMER0_CC0 = arch_stamp() + tick_period;
	TIMER0_INTENSET = INTEN_COMPARE0;
	NVIC_IPR(TIMER0_IRQ) = (uint32_t)PRIORITY_TICK << TIMER0_IRQ % 4 * 8;
	NVIC_ISER = 1u << TIMER0_IRQ;
}

/* The counter runs on, for stamps; it is the tick that moves ahead: past all that were masked, for what lies
 * behind the counter would come when it has wrapped, and past one that would follow at once. */
void board_tick(void)
{
	uint32_t next = TIMER0_CC0;

	do {
		next += tick_period;
	} while ((int32_t)(next - arch_stamp()) < (int32_t)tick_period / 4);
	TIMER0_CC0 = next;
	TIMER0_EVENTS_COMPARE0 = 0; /* last: until then QEMU sets it again */
}

/* ---- the rest ---- */

const struct arch_range board_banks[] = {
	{RAM, 16 * KIB, "ram", ARCH_RANGE_RAM, ARCH_ATTR_FAST | ARCH_ATTR_DMA},
};
const size_t board_nbanks = sizeof(board_banks) / sizeof(board_banks[0]);

const char *arch_board_name(void)
{
	return "microbit";
}

const char *arch_cpu_name(void)
{
	return "Cortex-M0";
}

void arch_console_write(const char *text, size_t nbytes)
{
	for (size_t i = 0; i < nbytes; i++) {
		UART_EVENTS_TXDRDY = 0;
		UART_TXD = (uint8_t)text[i];
		while (UART_EVENTS_TXDRDY == 0)
			;
	}
}

/* From noise, byte by byte. */
uint32_t arch_entropy(void)
{
	uint32_t entropy = 0;

	RNG_TASKS_START = 1;
	for (size_t i = 0; i < sizeof(entropy); i++) {
		RNG_EVENTS_VALRDY = 0;
		while (RNG_EVENTS_VALRDY == 0)
			;
		entropy = entropy << 8 | RNG_VALUE;
	}
	RNG_TASKS_STOP = 1;
	return entropy;
}
