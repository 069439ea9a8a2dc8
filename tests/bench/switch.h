/* SPDX-License-Identifier: MIT */
/* What the measurement of a switch needs of the CPU. */
#ifndef BENCH_SWITCH_H
#define BENCH_SWITCH_H

#include "bench.h"

/* 0: the image is linked with a switch that leaves the guard where it is; so nothing may be closed. */
#ifndef SWITCH_GUARD
#define SWITCH_GUARD 1
#endif

/* The workload: two tasks of one priority yield to each other. From a task. */
void bench_switch(void);

/* Stamp *left, call, and return the stamps from *left, as it is then, to now: when the function switches to
 * another task, from where that one left. In machine_<isa>.S. */
uint32_t bench_timed_switch(volatile uint32_t *left, bench_function function);

/* Stamps that bench_timed_switch takes for the least that a switch can be: interrupts are unmasked, and where
 * a switch is an exception of its own, as PendSV is, one that does nothing is taken. In switch_<isa>.c. */
uint32_t bench_empty_switch(void);

/* All memory is open from now on. In switch_<isa>.c, where a switch moves a guard. */
void bench_open_memory(void);

#endif
