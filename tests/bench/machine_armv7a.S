/* SPDX-License-Identifier: MIT */
/* What the harness cannot say in C: a call between two stamps, and semihosting. */
	.syntax unified
	.arm

	.macro	function name
	.section .text.\name, "ax", %progbits
	.global	\name
	.type	\name, %function
\name:
	.endm

/* uint64_t bench_timed_call(const struct bench_call *call) */
	function bench_timed_call
	push	{r4-r6, lr}
	ldr	r4, [r0], #4
	ldmia	r0, {r0-r3}
	mrc	p15, 0, r6, c9, c13, 0		@ PMCCNTR
	blx	r4
	mrc	p15, 0, r1, c9, c13, 0
	sub	r1, r1, r6
	pop	{r4-r6, pc}
	.size	bench_timed_call, . - bench_timed_call

/* uint32_t bench_timed_switch(volatile uint32_t *left, bench_function function) */
	function bench_timed_switch
	push	{r4, lr}
	mov	r4, r0
	mrc	p15, 0, r2, c9, c13, 0
	str	r2, [r4]
	blx	r1
	mrc	p15, 0, r0, c9, c13, 0
	ldr	r2, [r4]
	sub	r0, r0, r2
	pop	{r4, pc}
	.size	bench_timed_switch, . - bench_timed_switch

/* uintptr_t bench_semihost(uintptr_t operation, void *parameter) */
	function bench_semihost
	push	{r4, lr}
	svc	#0x123456
	pop	{r4, pc}
	.size	bench_semihost, . - bench_semihost
