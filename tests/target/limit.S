/* SPDX-License-Identifier: MIT */
/* See limit.h. */
	.syntax unified
	.thumb

	.macro	move name, before, instruction:vararg
	.section .text.limit_\name, "ax", %progbits
	.global	limit_\name
	.global	limit_\name\()_at
	.type	limit_\name, %function
	.thumb_func
limit_\name:
	mov	sp, r0
	\before
limit_\name\()_at:
	\instruction
	b	.
	.size	limit_\name, . - limit_\name
	.endm

	move	push_narrow, nop, push {r0-r7, lr}
	move	push_wide, nop, push.w {r0-r12, lr}
	move	sub_narrow, nop, sub sp, #508
	move	sub_expanded, nop, sub.w sp, sp, #4096
	move	sub_plain, nop, subw sp, sp, #4092
	move	sub_register, nop, sub.w sp, sp, r1
	move	sub_shifted, nop, sub.w sp, sp, r1, lsl #2
	move	add_register, "rsb r10, r1, #0", add sp, r10
	move	move, "sub r9, r0, r1", mov sp, r9
	move	store_and_step, nop, str r2, [sp, #-252]!
	move	store_pair, nop, strd r2, r3, [sp, #-1016]!
	move	wait, nop, nop
	move	call, nop, svc 0
