/* SPDX-License-Identifier: MIT */
/* What the harness cannot say in C: a call between two stamps, and semihosting. */
	.syntax unified
	.thumb

	.macro	function name
	.section .text.\name, "ax", %progbits
	.global	\name
	.type	\name, %function
	.thumb_func
\name:
	.endm

/* uint64_t bench_timed_call(const struct bench_call *call) */
	function bench_timed_call
	push	{r4-r6, lr}
	ldr	r4, [r0], #4
	ldr	r5, =board_counter
	ldmia	r0, {r0-r3}
	ldr	r6, [r5]
	blx	r4
	ldr	r1, [r5]
	subs	r1, r1, r6
	pop	{r4-r6, pc}
	.size	bench_timed_call, . - bench_timed_call

/* uint32_t bench_timed_switch(volatile uint32_t *left, bench_function function) */
	function bench_timed_switch
	push	{r4-r6, lr}
	mov	r4, r0
	ldr	r5, =board_counter
	ldr	r2, [r5]
	str	r2, [r4]
	blx	r1
	ldr	r0, [r5]
	ldr	r2, [r4]
	subs	r0, r0, r2
	pop	{r4-r6, pc}
	.size	bench_timed_switch, . - bench_timed_switch

/* uintptr_t bench_semihost(uintptr_t operation, void *parameter) */
	function bench_semihost
	bkpt	#0xab
	bx	lr
	.size	bench_semihost, . - bench_semihost
