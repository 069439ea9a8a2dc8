/* SPDX-License-Identifier: MIT */
/* setjmp and longjmp for 32-bit Arm without floating point: what a call must preserve, kept and put back. */
	.syntax unified
	.text

	.section .text.setjmp, "ax"
	.global setjmp
	.type setjmp, %function
setjmp:
	mov	ip, sp
	stmia	r0, {r4-r11, ip, lr}
	movs	r0, #0
	bx	lr
	.size setjmp, . - setjmp

	/* longjmp(where, 0) returns 1 from setjmp, as C asks. */
	.section .text.longjmp, "ax"
	.global longjmp
	.type longjmp, %function
longjmp:
	ldmia	r0, {r4-r11, ip, lr}
	mov	sp, ip
	movs	r0, r1
	it	eq
	moveq	r0, #1
	bx	lr
	.size longjmp, . - longjmp
