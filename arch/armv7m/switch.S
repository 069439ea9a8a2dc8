/* SPDX-License-Identifier: MIT */
/* Entries of PendSV and of faults, and the first step from the boot stack to a task. */
#if defined(__ARM_FP)
#error "switch.S saves no floating-point registers: build for a core without them, or with -mfloat-abi=soft"
#endif

	.syntax unified
	.thumb

#define CONTEXT_PSP	8 * 4	/* offset in struct arch_context */
#define CONTROL_SPSEL	2

	.macro	function name
	.section .text.\name, "ax", %progbits
	.global	\name
	.type	\name, %function
	.thumb_func
\name:
	.endm

/* Save what the hardware has not stacked into the context of the running task, and leave to the next.
 * Interrupts are masked from the choice of the next task to the end of its restoring. */
	function armv7m_pendsv_entry
	mrs	r0, psp
	ldr	r1, =armv7m_running
	ldr	r1, [r1]
	stmia	r1!, {r4-r11}
	str	r0, [r1]
	cpsid	i
	push	{r3, lr}
	bl	armv7m_switch
	pop	{r3, lr}
	ldmia	r0!, {r4-r11}
	ldr	r0, [r0]
	msr	psp, r0
	cpsie	i
	bx	lr
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
