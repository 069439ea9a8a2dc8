/* SPDX-License-Identifier: MIT */
/* See fp.h. In the instructions of single precision, that all such cores have. */
	.syntax unified
	.thumb
	.fpu	fpv4-sp-d16

#define ROUNDING	3 << 22	/* of FPSCR */

	.macro	function name
	.section .text.\name, "ax", %progbits
	.global	\name
	.type	\name, %function
	.thumb_func
\name:
	.endm

	.macro	fill_all
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	vmov	s\n, r0
	adds	r0, #1
	.endr
	.endm

	function fp_fill
	fill_all
	bx	lr
	.size	fp_fill, . - fp_fill

	function fp_clobber
	mvn	r0, #0
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
	vmov	s\n, r0
	.endr
	vmrs	r0, fpscr
	eor	r0, #ROUNDING
	vmsr	fpscr, r0
	bx	lr
	.size	fp_clobber, . - fp_clobber

	function fp_differing
	movs	r1, #0
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	vmov	r2, s\n
	cmp	r2, r0
	it	ne
	orrne	r1, r1, #1 << \n
	adds	r0, #1
	.endr
	mov	r0, r1
	bx	lr
	.size	fp_differing, . - fp_differing

	function fp_active
	mrs	r0, control
	ubfx	r0, r0, #2, #1
	bx	lr
	.size	fp_active, . - fp_active

	function fp_set_rounding
	vmrs	r1, fpscr
	bic	r1, #ROUNDING
	orr	r1, r0
	vmsr	fpscr, r1
	bx	lr
	.size	fp_set_rounding, . - fp_set_rounding

	function fp_rounding
	vmrs	r0, fpscr
	and	r0, #ROUNDING
	bx	lr
	.size	fp_rounding, . - fp_rounding

	function fp_wait_at
	mov	r2, r0
	mov	r0, r1
	fill_all
	mov	sp, r2
1:	b	1b
	.size	fp_wait_at, . - fp_wait_at
