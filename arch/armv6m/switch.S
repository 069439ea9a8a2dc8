/* SPDX-License-Identifier: MIT */
/* PendSV: the switch; and the check of the stack of whoever is interrupted (armv6m.h). */
#include "function.inc"

#define CONTEXT_HIGH	4 * 4	/* offsets in struct arch_context */
#define CONTEXT_PSP	8 * 4
#define CONTEXT_GUARD	10 * 4
#define CONTEXT_ROOM	12 * 4
#define CPU_RUNNING	0	/* offsets in struct arch_cpu */
#define CPU_NEXT	4
#define CPU_ROOM	8
#define EXC_RETURN_PSP	4
#define STACK_PAINT	0xa5a5a5a5	/* ARCH_STACK_PAINT */

/* Keeps r3 and up; r0 is psp, even after a fault has moved it. A handler is not checked, nor what is before
 * tasks. */
	function armv6m_check_stack
	ldr	r0, =arch_cpu
	ldr	r0, [r0, #CPU_RUNNING]
	ldr	r1, [r0, #CONTEXT_GUARD]
	ldr	r2, [r0, #CONTEXT_GUARD + 4]
	mrs	r0, psp
	subs	r0, r0, r1
	cmp	r0, r2
	bhi	1f
	ldr	r0, =STACK_PAINT
	ldr	r2, [r1]
	cmp	r0, r2
	bne	1f
	ldr	r2, [r1, #4]
	cmp	r0, r2
	bne	1f
	mrs	r0, psp
	bx	lr
/* Masked, for another handler would check the same stack. */
1:	push	{r3, r4, r5, lr}
	mov	r4, sp
	cpsid	i
	ldr	r0, =fault_stack_top
	mov	sp, r0
	bl	armv6m_late
	mov	sp, r4
	cpsie	i
	mrs	r0, psp
	pop	{r3, r4, r5, pc}
	.size	armv6m_check_stack, . - armv6m_check_stack

/* Save what the hardware has not stacked into the context of the running task, and leave to the next.
 * Interrupts are masked from the choice of the next task to the end of its restoring. */
	function mprofile_pendsv_entry
	mov	r3, lr
	bl	armv6m_check_stack
	mov	lr, r3
	ldr	r3, =arch_cpu
	ldr	r1, [r3, #CPU_RUNNING]
	stmia	r1!, {r4-r7}
	mov	r4, r8
	mov	r5, r9
	mov	r6, r10
	mov	r7, r11
	stmia	r1!, {r4-r7}
	str	r0, [r1]
	cpsid	i
	ldr	r0, [r3, #CPU_NEXT]
	str	r0, [r3, #CPU_RUNNING]
	mov	r1, r0
	adds	r1, #CONTEXT_ROOM
	ldmia	r1!, {r4, r5}
	adds	r3, #CPU_ROOM
	stmia	r3!, {r4, r5}
	mov	r1, r0
	adds	r1, #CONTEXT_PSP
	ldmia	r1!, {r2, r3}		@ psp, fresh_top
	cmp	r3, #0
	bne	2f
1:	msr	psp, r2
	mov	r1, r0
	adds	r1, #CONTEXT_HIGH
	ldmia	r1!, {r4-r7}
	mov	r8, r4
	mov	r9, r5
	mov	r10, r6
	mov	r11, r7
	ldmia	r0!, {r4-r7}
	cpsie	i
	bx	lr
2:	push	{r0, lr}
	bl	armv6m_begin
	mov	r2, r0
	pop	{r0, r1}
	mov	lr, r1
	b	1b
	.size	mprofile_pendsv_entry, . - mprofile_pendsv_entry

	function armv6m_tick_entry
	push	{r4, lr}
	mov	r0, lr
	movs	r1, #EXC_RETURN_PSP
	tst	r0, r1
	beq	1f
	bl	armv6m_check_stack
1:	bl	board_tick
	bl	kernel_tick
	pop	{r4, pc}
	.size	armv6m_tick_entry, . - armv6m_tick_entry
