/* SPDX-License-Identifier: MIT */
/* Entries of PendSV and of faults, and the first step from the boot stack to a task. */
#if defined(__ARM_FP)
#error "switch.S saves no floating-point registers: build for a core without them, or with -mfloat-abi=soft"
#endif

	.syntax unified
	.thumb

#define CONTEXT_PSP	8 * 4	/* offset in struct arch_context */
#define CPU_RUNNING	0	/* offsets in struct arch_cpu */
#define CPU_NEXT	4
#define CPU_ROOM	8
#define MPU_RBAR	0xe000ed9c	/* RASR is behind it */
#define CONTROL_SPSEL	2

/* 0: the window stays where it is. To measure what moving it costs; nothing is guarded then. */
#ifndef SWITCH_GUARD
#define SWITCH_GUARD 1
#endif

	.macro	function name
	.section .text.\name, "ax", %progbits
	.global	\name
	.type	\name, %function
	.thumb_func
\name:
	.endm

/* Save what the hardware has not stacked into the context of the running task, and leave to the next.
 * Interrupts are masked from the choice of the next task to the end of its restoring. The window needs no
 * barrier: the exception return is one. */
	function armv7m_pendsv_entry
	mrs	r0, psp
	ldr	r3, =arch_cpu
	ldr	r1, [r3, #CPU_RUNNING]
	stmia	r1!, {r4-r11}
	str	r0, [r1]
	cpsid	i
	ldr	r0, [r3, #CPU_NEXT]
	str	r0, [r3, #CPU_RUNNING]
	add	r1, r0, #CONTEXT_PSP
	ldmia	r1, {r4-r9}		@ psp, fresh_top, window, room
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
	bl	armv7m_begin
	mov	r4, r0
	pop	{r0, lr}
	b	1b
	.size	armv7m_pendsv_entry, . - armv7m_pendsv_entry

/* Faults, and interrupts that nobody asked for. MSP may be the stack that overflowed, so it is replaced
 * before anything is pushed; unless the fault came from the fault stack itself, for then the frame that
 * describes it lies there. When the fault stack is bad too, the processor locks up. */
	function armv7m_fault_entry
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
	bl	armv7m_fault
	pop	{r0, lr}
	msr	msp, r0
	bx	lr
	.size	armv7m_fault_entry, . - armv7m_fault_entry

/* A trap that armv7m_fault knows by its address. Pushes nothing: the frame shows the caller's sp. */
	function arch_raise_headroom
	udf	#0
	.size	arch_raise_headroom, . - arch_raise_headroom

/* (arg, entry, psp, msp): from here on this is the first task, and all of MSP's stack is the handlers'. */
	function armv7m_leave_boot_stack
	msr	psp, r2
	movs	r2, #CONTROL_SPSEL
	msr	control, r2
	isb
	msr	msp, r3
	movs	r2, #0
	mov	lr, r2
	cpsie	i
	bx	r1
	.size	armv7m_leave_boot_stack, . - armv7m_leave_boot_stack
