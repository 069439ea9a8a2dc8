/* SPDX-License-Identifier: MIT */
#include "cmsdk_uart.h"

#include "arch.h"

#define STATE_TX_FULL (1u << 0)
#define CTRL_TX_EN    (1u << 0)
#define BAUD          115200u

void cmsdk_uart_init(uint32_t clock_hz)
{
	board_uart->BAUDDIV = clock_hz / BAUD;
	board_uart->CTRL = CTRL_TX_EN;
}

void arch_console_write(const char *text, size_t nbytes)
{
	for (size_t i = 0; i < nbytes; i++) {
		while (board_uart->STATE & STATE_TX_FULL)
			;
		board_uart->DATA = (uint8_t)text[i];
	}
}
