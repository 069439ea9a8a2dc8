/* SPDX-License-Identifier: MIT */
/* What tests do with vector registers, in assembly: the build lets no compiler touch them. */
#ifndef MVE_TEST_H
#define MVE_TEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The words of q0-q7 become seed, seed + 1, ..., and the lanes that VPR predicates the low half of seed. How many
 * are something else. */
void mve_fill(uint32_t seed);
uint32_t mve_nwrong(uint32_t seed);

uint32_t mve_predicate(void);

/* What a handler does that uses vectors: change those that a call may change, q0-q3 and VPR. */
void mve_clobber(void);

/* The sum of bytes, by a loop whose last turn is cut short by a predicate (LTPSIZE). nbytes > 0. */
uint32_t mve_sum(const uint8_t *byte, size_t nbytes);

#endif
