/* SPDX-License-Identifier: MIT */
/* Instructions of one call on x86-64, counted one by one: while the processor's trap flag is set it raises
 * SIGTRAP after each, and nothing else is needed, no privilege and no simulator. What step_begin and
 * step_end add is always the same, and goes with the empty call that is subtracted. */
#ifndef STEP_H
#define STEP_H

#include <signal.h>
#include <stdint.h>

#define STEP_TRAP_FLAG 0x100 /* TF of RFLAGS */

extern volatile sig_atomic_t step_ninstructions;

/* Once, before the first step_begin. */
void step_init(void);

/* The flags pass through the stack, below the 128 B that belong to a leaf function. */
static inline void step_begin(void)
{
	step_ninstructions = 0;
	__asm__ volatile("lea -128(%%rsp), %%rsp\n\t"
			 "pushfq\n\t"
			 "orl %0, (%%rsp)\n\t"
			 "popfq\n\t"
			 "lea 128(%%rsp), %%rsp" ::"i"(STEP_TRAP_FLAG)
			 : "memory", "cc");
}

static inline uint32_t step_end(void)
{
	__asm__ volatile("lea -128(%%rsp), %%rsp\n\t"
			 "pushfq\n\t"
			 "andl %0, (%%rsp)\n\t"
			 "popfq\n\t"
			 "lea 128(%%rsp), %%rsp" ::"i"(~STEP_TRAP_FLAG)
			 : "memory", "cc");
	return (uint32_t)step_ninstructions;
}

#endif
