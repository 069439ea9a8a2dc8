/* SPDX-License-Identifier: MIT */
/* PendSV: the switch, with both limits of a stack: PSPLIM and the regions around it. */
#if defined(__ARM_FP)
#error "the kernel uses no floating-point registers, for it runs in handlers: build with -mfloat-abi=soft"
#endif

#include "function.inc"

#define CONTEXT_PSP	8 * 4	/* offset in struct arch_context */
#define CONTEXT_S16	17 * 4
#define CPU_RUNNING	0	/* offsets in struct arch_cpu */
#define CPU_NEXT	4
#define CPU_ROOM	8
#define MPU_RLAR	0xe000eda0	/* behind it: RBAR_A1, RLAR_A1, RBAR_A2 */
#define BELOW_RLAR	-32	/* from a stack's RBAR */
#define ABOVE_RBAR	36	/* from its RLAR */
#define RBAR_FLAGS	0x1f
#define EXC_RETURN_BASIC	1 << 4	/* no floating-point registers */
#define EXC_RETURN_FRESH	0xfffffffd	/* to a task, basic frame, all Secure */

/* 0: the regions stay where they are. To measure what moving them costs; nothing is guarded then. */
#ifndef SWITCH_GUARD
#define SWITCH_GUARD 1
#endif

/* The upper half of the floating-point registers, of tasks that use any. The first access to one stores the
 * lower half where the frame on the task's stack has room for it (lazy stacking): while that stack is open. */
#if MPROFILE_FP
	.fpu	fpv5-sp-d16

	.macro	save_fp context, scratch
	tst	lr, #EXC_RETURN_BASIC
	itt	eq
	addeq	\scratch, \context, #CONTEXT_S16
	vstmiaeq \scratch, {s16-s31}
	.endm

	.macro	load_fp context, scratch
	tst	lr, #EXC_RETURN_BASIC
	itt	eq
	addeq	\scratch, \context, #CONTEXT_S16
	vldmiaeq \scratch, {s16-s31}
	.endm
#else
	.macro	save_fp context, scratch
	.endm

	.macro	load_fp context, scratch
	.endm
#endif

/* Save what the hardware has not stacked into the context of the running task, and leave to the next.
 * Interrupts are masked from the choice of the next task to the end of its restoring. PSPLIM changes before
 * PSP does: the new stack pointer is never judged by the old limit. The exception return is the barrier that
 * the regions need; until then nothing here touches a task's stack. */
	function mprofile_pendsv_entry
	mrs	r0, psp
	ldr	r3, =arch_cpu
	ldr	r1, [r3, #CPU_RUNNING]
	save_fp	r1, r2
	stmia	r1!, {r4-r11}
	strd	r0, lr, [r1]
	cpsid	i
	ldr	r0, [r3, #CPU_NEXT]
	str	r0, [r3, #CPU_RUNNING]
	add	r1, r0, #CONTEXT_PSP
	ldmia	r1, {r4-r10}		@ psp, exc_return, guard, room, fresh_top
	mov	lr, r5
	strd	r8, r9, [r3, #CPU_ROOM]
#if SWITCH_GUARD
	bic	r1, r6, #RBAR_FLAGS
	msr	psplim, r1
	add	r5, r6, #BELOW_RLAR
	add	r8, r7, #ABOVE_RBAR
	ldr	r1, =MPU_RLAR
	stmia	r1, {r5-r8}
#endif
	cmp	r10, #0
	bne	2f
1:	msr	psp, r4
	load_fp	r0, r1
	ldmia	r0, {r4-r11}
	cpsie	i
	bx	lr
2:	push	{r0, lr}
	bl	mprofile_begin
	mov	r4, r0
	pop	{r0, lr}
	mvn	lr, #~EXC_RETURN_FRESH
	b	1b
	.size	mprofile_pendsv_entry, . - mprofile_pendsv_entry
