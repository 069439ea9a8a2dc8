/* SPDX-License-Identifier: MIT */
/* PendSV: the switch, window and all. */
#if defined(__ARM_FP)
#error "switch.S saves no floating-point registers: build for a core without them, or with -mfloat-abi=soft"
#endif

#include "function.inc"

#define CONTEXT_PSP	8 * 4	/* offset in struct arch_context */
#define CPU_RUNNING	0	/* offsets in struct arch_cpu */
#define CPU_NEXT	4
#define CPU_ROOM	8
#define MPU_RBAR	0xe000ed9c	/* RASR is behind it */

/* 0: the window stays where it is. To measure what moving it costs; nothing is guarded then. */
#ifndef SWITCH_GUARD
#define SWITCH_GUARD 1
#endif

/* Save what the hardware has not stacked into the context of the running task, and leave to the next.
 * Interrupts are masked from the choice of the next task to the end of its restoring. The window needs no
 * barrier: the exception return is one. */
	function mprofile_pendsv_entry
	mrs	r0, psp
	ldr	r3, =arch_cpu
	ldr	r1, [r3, #CPU_RUNNING]
	stmia	r1!, {r4-r11}
	str	r0, [r1]
	cpsid	i
	ldr	r0, [r3, #CPU_NEXT]
	str	r0, [r3, #CPU_RUNNING]
	add	r1, r0, #CONTEXT_PSP
	ldmia	r1, {r4-r9}		@ psp, fresh_top, guard, room
#if SWITCH_GUARD
	ldr	r1, =MPU_RBAR
	stmia	r1, {r6, r7}
#endif
	strd	r8, r9, [r3, #CPU_ROOM]
	cbnz	r5, 2f
1:	msr	psp, r4
	ldmia	r0, {r4-r11}
	cpsie	i
	bx	lr
2:	push	{r0, lr}
	bl	mprofile_begin
	mov	r4, r0
	pop	{r0, lr}
	b	1b
	.size	mprofile_pendsv_entry, . - mprofile_pendsv_entry
