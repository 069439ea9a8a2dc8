/* SPDX-License-Identifier: MIT */
/* Timeouts of waiting tasks, in a timing wheel (Varghese and Lauck, "Hashed and Hierarchical Timing Wheels",
 * SOSP 1987). */
#ifndef KERNEL_TIMER_H
#define KERNEL_TIMER_H

#include <stdint.h>

struct timeout {
	struct timeout *next, *previous; /* NULL: not running */
	uint32_t expires;                /* the tick at which it does */
};

void timer_init(void);

/* Locked, O(1). ticks: 1 or more. The wait ends with KERNEL_ETIMEDOUT at the ticks-th tick from now. */
void timeout_start(struct timeout *timeout, uint32_t ticks);
void timeout_stop(struct timeout *timeout);

/* A tick has passed: ends the waits that are due, one a lock. Unlocked. */
void timer_tick(void);

#endif
