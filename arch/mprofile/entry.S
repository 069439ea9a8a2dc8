/* SPDX-License-Identifier: MIT */
/* A trap, and the first step from the boot stack to a task. In instructions that ARMv6-M has. */
#include "function.inc"

#define CONTROL_SPSEL	2

/* A trap that mprofile_fault knows by its address. Pushes nothing: the frame shows the caller's sp. */
	function arch_raise_headroom
	udf	#0
	.size	arch_raise_headroom, . - arch_raise_headroom

/* (arg, entry, psp, msp): from here on this is the first task, and all of MSP's stack is the handlers'. */
	function mprofile_leave_boot_stack
	msr	psp, r2
	movs	r2, #CONTROL_SPSEL
	msr	control, r2
	isb
	msr	msp, r3
	movs	r2, #0
	mov	lr, r2
	cpsie	i
	bx	r1
	.size	mprofile_leave_boot_stack, . - mprofile_leave_boot_stack
