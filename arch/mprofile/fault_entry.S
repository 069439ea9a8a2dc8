/* SPDX-License-Identifier: MIT */
/* The entry of faults where no stack has a limit register. In instructions that ARMv6-M has. */
#include "function.inc"

/* Faults, and interrupts that nobody asked for. MSP may be the stack that overflowed, so it is replaced
 * before anything is pushed; unless the fault came from the fault stack itself, for then the frame that
 * describes it lies there. When the fault stack is bad too, the processor locks up. */
	function mprofile_fault_entry
	mrs	r0, msp
	mov	r1, lr
	ldr	r2, =fault_stack_limit
	ldr	r3, =FAULT_STACK_NBYTES
	subs	r2, r0, r2
	cmp	r2, r3
	bls	1f
	ldr	r2, =fault_stack_top
	mov	sp, r2
1:	push	{r0, lr}
	bl	mprofile_fault
	pop	{r0, r1}
	msr	msp, r0
	bx	r1
	.size	mprofile_fault_entry, . - mprofile_fault_entry
