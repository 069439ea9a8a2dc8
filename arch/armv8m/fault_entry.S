/* SPDX-License-Identifier: MIT */
/* The entry of faults where stacks have limit registers. */
#include "function.inc"

/* Faults, and interrupts that nobody asked for. MSP may be the stack that overflowed, so it is replaced, with
 * its limit, before anything is pushed; unless the fault came from the fault stack itself, for then the frame
 * that describes it lies there. When the fault stack is bad too, the processor locks up.
 * r4-r11 are what the code at fault had: limit.c wants to know. */
	function mprofile_fault_entry
	mrs	r0, msp
	mov	r1, lr
	ldr	r2, =armv8m_r4_to_r11
	stmia	r2, {r4-r11}
	ldr	r2, =fault_stack_limit
	msr	msplim, r2
	ldr	r3, =FAULT_STACK_NBYTES
	subs	r2, r0, r2
	cmp	r2, r3
	bls	1f
	ldr	r2, =fault_stack_top
	mov	sp, r2
1:	push	{r0, lr}
	bl	mprofile_fault
	pop	{r0, r1}
	ldr	r2, =handler_stack_limit
	msr	msplim, r2
	msr	msp, r0
	bx	r1
	.size	mprofile_fault_entry, . - mprofile_fault_entry
