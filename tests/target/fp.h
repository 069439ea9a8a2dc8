/* SPDX-License-Identifier: MIT */
/* What tests do with floating-point registers, in assembly: the build lets no compiler touch them. */
#ifndef FP_TEST_H
#define FP_TEST_H

#include <stdbool.h>
#include <stdint.h>

/* s0-s31 become seed, seed + 1, ... Of those that are not, the bits: s0 is bit 0. */
void fp_fill(uint32_t seed);
uint32_t fp_differing(uint32_t seed);

/* What a handler does that uses floating point: change those that a call may change, s0-s15, and how results are
 * rounded. */
void fp_clobber(void);

/* Are they used, in this exception or task? And how results are rounded, as in FPSCR, whose other bits are left
 * alone: with vectors they are a loop's, too. */
bool fp_active(void);
void fp_set_rounding(uint32_t fpscr);
uint32_t fp_rounding(void);

/* Fill them, and with the stack pointer at sp wait for ever, storing nothing. */
_Noreturn void fp_wait_at(uintptr_t sp, uint32_t seed);

#endif
