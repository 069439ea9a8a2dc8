/* SPDX-License-Identifier: MIT */
/* From reset to C: Supervisor mode, MMU and caches off, all interrupts masked.
 * Interrupt and Undefined mode use no stack of their own (vectors.S); theirs points at nothing mapped. */
#include "cpu.h"
#include "../common/handler_stack.h"

	.syntax unified
	.arm

	.section .text.boot, "ax"
	.global armv7a_reset
	.type armv7a_reset, %function
armv7a_reset:
	cpsid	aif, #MODE_IRQ
	mov	sp, #0
	cps	#MODE_UND
	mov	sp, #0
	cps	#MODE_ABT
	ldr	sp, =fault_stack_top
	cps	#MODE_SVC
	ldr	sp, =handler_stack_top

	ldr	r0, =armv7a_vectors
	mcr	p15, 0, r0, c12, c0, 0		@ VBAR
	isb

	ldr	r0, =bss_start
	ldr	r1, =bss_end
	mov	r2, #0
	bl	fill
	ldr	r0, =handler_stack_limit
	mov	r1, sp
	ldr	r2, =HANDLER_STACK_PAINT
	bl	fill

	cpsie	a
	bl	armv7a_boot
	b	.
	.size armv7a_reset, . - armv7a_reset

	/* Words of r2 from r0 up to r1. */
	.type fill, %function
fill:
	cmp	r0, r1
	strlo	r2, [r0], #4
	blo	fill
	bx	lr
	.size fill, . - fill
