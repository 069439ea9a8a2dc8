/* SPDX-License-Identifier: MIT */
/* See fp.h. For cores with double precision. */
	.syntax unified
	.thumb
	.fpu	fpv5-d16

	.section .text.fp_harmonic, "ax", %progbits
	.global	fp_harmonic
	.type	fp_harmonic, %function
	.thumb_func
fp_harmonic:
	vpush	{d8}
	vmov.f64 d0, #1.0
	vmov.f64 d1, d0			@ k
	vmov.f64 d8, d0			@ the sum
1:	subs	r0, #1
	beq	2f
	vadd.f64 d1, d1, d0
	vdiv.f64 d2, d0, d1
	vadd.f64 d8, d8, d2
	b	1b
2:	vmov	r0, r1, d8
	vpop	{d8}
	bx	lr
	.size	fp_harmonic, . - fp_harmonic
