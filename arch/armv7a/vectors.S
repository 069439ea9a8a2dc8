/* SPDX-License-Identifier: MIT */
/* Exception entries, and the way back into a task.
 *
 * An exception from a task (System mode) stores all the task's registers straight into its struct
 * arch_context: nothing is ever written to the task's stack, which may have overflowed. Interrupts then
 * run in Supervisor mode on the handler stack, faults in Abort mode on the fault stack; the return address
 * and SPSR get there through SRS, which frees LR of the entered mode as the one scratch register that the
 * entry needs. */
#include "cpu.h"

	.syntax unified
	.arm

	.section .text.vectors, "ax"
	.global armv7a_vectors
	.balign 32
armv7a_vectors:
	b	.				@ reset: only the machine does that
	b	undefined_entry
	b	svc_entry
	b	prefetch_entry
	b	data_entry
	b	.				@ hypervisor: not entered at this level
	b	irq_entry
	b	fiq_entry

	/* Park the return state on the stack of \mode and go there. `eq`: from a task, registers saved. */
	.macro enter mode
	srsdb	sp!, #\mode
	mrs	lr, spsr
	and	lr, lr, #CPSR_MODE
	cmp	lr, #MODE_SYS
	ldreq	lr, =arch_cpu
	ldreq	lr, [lr]
	stmeq	lr, {r0-r14}^
	cps	#\mode
	.endm

	.type irq_entry, %function
irq_entry:
	sub	lr, lr, #4
	enter	MODE_SVC
	bne	irq_nested
	ldr	r0, =arch_cpu
	ldr	r0, [r0]
	pop	{r1, r2}
	str	r1, [r0, #CONTEXT_PC]
	str	r2, [r0, #CONTEXT_CPSR]
	bl	armv7a_interrupt_from_task
	b	armv7a_resume

	/* A handler was interrupted by a more urgent one: it is on the handler stack already. */
irq_nested:
	push	{r0-r3, r12, lr}
	and	r1, sp, #4			@ calls need a multiple of 8
	sub	sp, sp, r1
	push	{r1, r2}
	bl	armv7a_interrupt_dispatch
	pop	{r1, r2}
	add	sp, sp, r1
	pop	{r0-r3, r12, lr}
	clrex
	rfeia	sp!
	.size irq_entry, . - irq_entry

	.macro fault_entry name, kind
	.type \name, %function
\name:
	enter	MODE_ABT
	mov	r0, #\kind
	beq	task_fault
	b	handler_fault
	.size \name, . - \name
	.endm

	fault_entry undefined_entry, ENTRY_UNDEFINED
	fault_entry svc_entry, ENTRY_SVC
	fault_entry prefetch_entry, ENTRY_PREFETCH
	fault_entry data_entry, ENTRY_DATA
	fault_entry fiq_entry, ENTRY_FIQ

	.type task_fault, %function
task_fault:
	pop	{r1, r2}
	bl	armv7a_fault_from_task
	ldr	r0, =arch_cpu
	ldr	r0, [r0]
	b	armv7a_resume
	.size task_fault, . - task_fault

	/* Nobody goes on after a fault in a handler: only what names the place is kept. */
	.type handler_fault, %function
handler_fault:
	pop	{r1, r2}
	and	r3, r2, #CPSR_MODE
	cmp	r3, #MODE_IRQ			@ the entry above faulted: on the handler stack
	moveq	r3, #MODE_SVC
	orr	r3, r3, #(CPSR_I | CPSR_F)
	mrs	r4, cpsr
	msr	cpsr_c, r3
	mov	r5, sp
	mov	r6, lr
	msr	cpsr_c, r4
	bic	sp, sp, #7
	mov	r3, r5
	push	{r6, r7}
	bl	armv7a_fault_from_handler
	b	.
	.size handler_fault, . - handler_fault

	/* void armv7a_resume(struct arch_context *): into the task. From an exception mode, masked. */
	.global armv7a_resume
	.type armv7a_resume, %function
armv7a_resume:
	ldr	lr, [r0, #CONTEXT_PC]
	ldr	r1, [r0, #CONTEXT_CPSR]
	msr	spsr_cxsf, r1
	clrex
	ldm	r0, {r0-r14}^
	nop
	movs	pc, lr
	.size armv7a_resume, . - armv7a_resume

	/* void armv7a_start_first(struct arch_context *): the boot's stack becomes the handlers'. */
	.global armv7a_start_first
	.type armv7a_start_first, %function
armv7a_start_first:
	ldr	sp, =handler_stack_top
	b	armv7a_resume
	.size armv7a_start_first, . - armv7a_start_first

	/* void armv7a_kernel_fault(const struct arch_fault *): for a fault that a handler found. */
	.global armv7a_kernel_fault
	.type armv7a_kernel_fault, %function
armv7a_kernel_fault:
	push	{r4, lr}
	cps	#MODE_ABT
	bl	kernel_fault
	cps	#MODE_SVC
	pop	{r4, pc}
	.size armv7a_kernel_fault, . - armv7a_kernel_fault

	/* Traps that fault.c knows by their address: no other undefined instruction passes for one. */
	.global arch_raise_headroom, armv7a_headroom_trap
	.type arch_raise_headroom, %function
arch_raise_headroom:
armv7a_headroom_trap:
	udf	#0
	bx	lr
	.size arch_raise_headroom, . - arch_raise_headroom

	/* Called by 64-bit division. The 32-bit one is an instruction here, and answers 0 without a trap. */
	.global __aeabi_ldiv0, __aeabi_idiv0, armv7a_divide_trap
	.type __aeabi_ldiv0, %function
	.type __aeabi_idiv0, %function
__aeabi_ldiv0:
__aeabi_idiv0:
armv7a_divide_trap:
	udf	#0
	bx	lr
	.size __aeabi_ldiv0, . - __aeabi_ldiv0
