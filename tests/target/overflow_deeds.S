/* SPDX-License-Identifier: MIT */
/* Instructions that every core here has, ARMv6-M's few included. r4: the deed. */
#include "overflow_deeds.h"

	.syntax unified
#if defined(__thumb__)
	.thumb
#else
	.arm
#endif

/* vmov.f32 s0, #1.0: the same word in both instruction sets. As a number, for a build without
 * floating point has no name for it. */
#define VMOV_S0_1 0xeeb70a00

	.section .text.deeds, "ax", %progbits
	.global deeds_start, deeds_end
	.balign 4
deeds_start:

	.macro function name
	.global	\name
	.type	\name, %function
#if defined(__thumb__)
	.thumb_func
#endif
\name:
	.endm

	.macro note progress
	movs	r2, #\progress
	str	r2, [r4, #DEED_PROGRESS]
	.endm

	.macro begin
	push	{r3-r7, lr}
	mov	r4, r0
	mov	r1, sp
	str	r1, [r4, #DEED_SAVED_SP]
	mov	r1, lr
	str	r1, [r4, #DEED_RETURN_TO]
	.endm

	.macro place
	ldr	r1, [r4, #DEED_SP]
	mov	sp, r1
	note	DEED_PLACED
	.endm

	.macro move
	ldr	r1, [r4, #DEED_NBYTES]
	rsbs	r1, r1, #0
	add	sp, sp, r1
	note	DEED_MOVED
	.endm

	function deed_push
	begin
	place
	push	{r0-r3}
	note	DEED_STORED
	b	await_interrupt

	function deed_store
	begin
	place
	move
	str	r2, [sp]
	note	DEED_STORED
	b	await_interrupt

	function deed_fp_wait
	begin
#if defined(__thumb__)
	.inst.w	VMOV_S0_1
#else
	.inst	VMOV_S0_1
#endif
	b	1f

	function deed_wait
	begin
1:	place
	move
await_interrupt:
	ldr	r3, [r4, #DEED_TICKS]
	ldr	r1, [r3]
2:	wfi
	ldr	r2, [r3]
	cmp	r1, r2
	beq	2b
	note	DEED_SURVIVED
leave:	ldr	r1, [r4, #DEED_SAVED_SP]
	mov	sp, r1
	pop	{r3-r7, pc}

	function deed_recurse
	begin
	ldr	r5, [r4, #DEED_SP]
	note	DEED_PLACED
3:	push	{r3, lr}
	mov	r1, sp
	cmp	r1, r5
	bls	await_interrupt
	bl	3b

	function deed_call
	begin
	place
	ldr	r1, [r4, #DEED_CALL]
	blx	r1
	note	DEED_SURVIVED
	b	leave

	function deed_first
	mov	sp, r0
	ldr	r0, =deed_of_first
	mov	r1, lr
	str	r1, [r0, #DEED_RETURN_TO]
	movs	r2, #DEED_MOVED
	str	r2, [r0, #DEED_PROGRESS]
	str	r2, [sp]
	movs	r2, #DEED_STORED
	str	r2, [r0, #DEED_PROGRESS]
	ldr	r3, [r0, #DEED_TICKS]
	ldr	r1, [r3]
4:	wfi
	ldr	r2, [r3]
	cmp	r1, r2
	beq	4b
	movs	r2, #DEED_SURVIVED
	str	r2, [r0, #DEED_PROGRESS]
	ldr	r1, [r0, #DEED_SAVED_SP]
	mov	sp, r1
	bx	lr

	function deed_in_handler
	ldr	r0, =deed_of_handler
	begin
	ldr	r5, [r4, #DEED_SP]
	note	DEED_PLACED
5:	push	{r3, lr}
	mov	r1, sp
	cmp	r1, r5
	bls	leave
	bl	5b

	.ltorg
deeds_end:
