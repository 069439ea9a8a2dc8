/* SPDX-License-Identifier: MIT */
/* See mve.h. */
	.syntax unified
	.thumb
	.arch	armv8.1-m.main
	.arch_extension mve.fp

	.macro	function name
	.section .text.\name, "ax", %progbits
	.global	\name
	.type	\name, %function
	.thumb_func
\name:
	.endm

	function mve_fill
	vmsr	p0, r0
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	vmov	s\n, r0
	adds	r0, #1
	.endr
	bx	lr
	.size	mve_fill, . - mve_fill

	function mve_nwrong
	movs	r1, #0
	uxth	r3, r0
	vmrs	r2, p0
	cmp	r2, r3
	it	ne
	addne	r1, #1
	.irp	n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
	vmov	r2, s\n
	cmp	r2, r0
	it	ne
	addne	r1, #1
	adds	r0, #1
	.endr
	mov	r0, r1
	bx	lr
	.size	mve_nwrong, . - mve_nwrong

	function mve_clobber
	vmov.i32 q0, #0
	vmvn	q0, q0
	vmov	q1, q0
	vmov	q2, q0
	vmov	q3, q0
	mov	r0, #0x5555
	vmsr	p0, r0
	bx	lr
	.size	mve_clobber, . - mve_clobber

	function mve_predicate
	vmrs	r0, p0
	bx	lr
	.size	mve_predicate, . - mve_predicate

	function mve_sum
	push	{r4, lr}
	mov	r4, r0
	movs	r0, #0
	dlstp.8	lr, r1
1:	vldrb.u8 q0, [r4], #16
	vaddva.u8 r0, q0
	letp	lr, 1b
	pop	{r4, pc}
	.size	mve_sum, . - mve_sum
