/* SPDX-License-Identifier: MIT */
/* Arm MPS2 with an ARMv7-M core: what its images have in common is in mps2.c, but for what each gives in its own
 * file. MPS2_PSRAM, where the external memory is, comes from the fragment. */
#ifndef MPS2_H
#define MPS2_H

extern const char mps2_board_name[], mps2_cpu_name[];

/* Turn on what the core has besides: caches, floating point. */
void mps2_core_init(void);

#endif
