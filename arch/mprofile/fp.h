/* SPDX-License-Identifier: MIT */
/* Floating-point registers in exceptions: MPROFILE_FP says whether there are any.
 * The kernel uses none, but it runs between those who do. Stacking is lazy (B1.5.7): an exception entry makes
 * room for s0-s15 and FPSCR above its basic frame and notes in FPCAR where; they are stored when the next
 * floating-point instruction is executed, by whomever, and not at all when there is none. What is noted dies
 * with the task whose frame it is. */
#ifndef FP_H
#define FP_H

#include "mprofile.h"

struct fpu {
	uint32_t FPCCR, FPCAR, FPDSCR;
};
#define FPU ((volatile struct fpu *)0xe000ef34u)

#define FPCCR_LSPACT (1u << 0)  /* registers are still to be stored */
#define FPCCR_LSPEN  (1u << 30) /* stacking is lazy */
#define FPCCR_ASPEN  (1u << 31) /* frames have room for the registers of those who use them */

/* The frame of code that uses them. */
struct fp_exception_frame {
	struct exception_frame basic;
	uint32_t s0_to_s15[16], FPSCR, reserved;
};
_Static_assert(sizeof(struct fp_exception_frame) == 104, "extended frame, B1.5.7");

/* Once, by the board, before the first floating-point instruction. */
void mprofile_fp_init(void);

/* The frame that FPCAR tells of. */
static inline uintptr_t fp_pending_frame(void)
{
	return FPU->FPCAR - offsetof(struct fp_exception_frame, s0_to_s15);
}

static inline void fp_forget_pending(void)
{
	if (MPROFILE_FP)
		FPU->FPCCR &= ~FPCCR_LSPACT;
}

#endif
