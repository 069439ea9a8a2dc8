/* SPDX-License-Identifier: MIT */
/* PendSV: the switch, window and all. */
#if defined(__ARM_FP)
#error "the kernel uses no floating-point registers, for it runs in handlers: build with -mfloat-abi=soft"
#endif

#include "function.inc"

#define CONTEXT_PSP	8 * 4	/* offset in struct arch_context */
#define CONTEXT_FP	16 * 4	/* exc_return, s16_to_s31 */
#define CPU_RUNNING	0	/* offsets in struct arch_cpu */
#define CPU_NEXT	4
#define CPU_ROOM	8
#define MPU_RBAR	0xe000ed9c	/* RASR is behind it */
#define EXC_RETURN_BASIC	1 << 4
#define EXC_RETURN_FRESH	0xfffffffd	/* to a task, basic frame */

/* 0: the window stays where it is. To measure what moving it costs; nothing is guarded then. */
#ifndef SWITCH_GUARD
#define SWITCH_GUARD 1
#endif

/* The upper half of the floating-point registers, of tasks that use any. The first access to one stores the
 * lower half where the frame on the task's stack has room for it (lazy stacking): while that stack is open. */
#if MPROFILE_FP
	.fpu	fpv4-sp-d16

	.macro	save_fp context, scratch
	add	\scratch, \context, #CONTEXT_FP
	str	lr, [\scratch], #4
	tst	lr, #EXC_RETURN_BASIC
	it	eq
	vstmiaeq \scratch, {s16-s31}
	.endm

	.macro	load_fp context, scratch
	add	\scratch, \context, #CONTEXT_FP
	ldr	lr, [\scratch], #4
	tst	lr, #EXC_RETURN_BASIC
	it	eq
	vldmiaeq \scratch, {s16-s31}
	.endm

	.macro	begin_fp context, scratch
	ldr	\scratch, =EXC_RETURN_FRESH
	str	\scratch, [\context, #CONTEXT_FP]
	.endm
#else
	.macro	save_fp context, scratch
	.endm

	.macro	load_fp context, scratch
	.endm

	.macro	begin_fp context, scratch
	.endm
#endif

/* Save what the hardware has not stacked into the context of the running task, and leave to the next.
 * Interrupts are masked from the choice of the next task to the end of its restoring. The window needs no
 * barrier: the exception return is one. */
	function mprofile_pendsv_entry
	mrs	r0, psp
	ldr	r3, =arch_cpu
	ldr	r1, [r3, #CPU_RUNNING]
	save_fp	r1, r2
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
	load_fp	r0, r1
	ldmia	r0, {r4-r11}
	cpsie	i
	bx	lr
2:	push	{r0, lr}
	bl	mprofile_begin
	mov	r4, r0
	pop	{r0, lr}
	begin_fp r0, r1
	b	1b
	.size	mprofile_pendsv_entry, . - mprofile_pendsv_entry
