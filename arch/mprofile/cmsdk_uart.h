/* SPDX-License-Identifier: MIT */
/* The UART of Arm's Cortex-M System Design Kit, as the console of a board. */
#ifndef CMSDK_UART_H
#define CMSDK_UART_H

#include <stdint.h>

struct cmsdk_uart {
	uint32_t DATA, STATE, CTRL, INTSTATUS, BAUDDIV;
};

/* The console; a board's. */
extern volatile struct cmsdk_uart *const board_uart;

void cmsdk_uart_init(uint32_t clock_hz);

#endif
