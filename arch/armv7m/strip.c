/* SPDX-License-Identifier: MIT */
/* The classic guard, for systems whose tasks write through pointers into each other's stacks: arenas are open, and
 * the last region closes a strip below the running task's stack. It costs its length in RAM for each task, a
 * frame that is larger steps over it, and what strays elsewhere is not noticed: docs/stack-safety.md says which
 * overflows that loses. The window (window.c) is the default. */
#include "mpu.h"

#include "mprofile.h"

/* Closed below each stack. A power of two from 32 on; an exception frame with FP registers takes up to 108. */
#ifndef STRIP_NBYTES
#define STRIP_NBYTES 256u
#endif
_Static_assert(STRIP_NBYTES >= 32 && STRIP_NBYTES <= 4096 && (STRIP_NBYTES & (STRIP_NBYTES - 1)) == 0,
	       "STRIP_NBYTES");

/* A stack begins where its strip ends, and space comes in units of the smallest stack. */
#define STACK_MIN_NBYTES   (STRIP_NBYTES > 256u ? STRIP_NBYTES : 256u)
#define STACK_GRAIN_NBYTES 32u

void arch_guard_geometry(struct arch_guard_geometry *geometry)
{
	*geometry = (struct arch_guard_geometry){
		.kind = ARCH_GUARD_STRIP,
		.granule_nbytes = STACK_GRAIN_NBYTES,
		.min_nbytes = STACK_MIN_NBYTES,
		.below_nbytes = STRIP_NBYTES,
		.arena_nbytes = board_arena_nbytes,
	};
}

/* They stay open. */
bool arch_arena_close(uintptr_t base, size_t nbytes)
{
	(void)base;
	(void)nbytes;
	return true;
}

bool arch_stack_map(uintptr_t base, size_t nbytes, uintptr_t physical, uintptr_t guard[2])
{
	(void)nbytes;
	(void)physical;
	if ((base & (STRIP_NBYTES - 1)) != 0)
		return false;
	guard[0] = RBAR(base - STRIP_NBYTES, MPU_GUARD_REGION);
	guard[1] = RASR_CLOSED | RASR_SIZE(mpu_log2_ceil(STRIP_NBYTES));
	return true;
}

/* The strip is closed only while its task runs. */
void arch_stack_unmap(uintptr_t base, size_t nbytes, uintptr_t physical)
{
	(void)base;
	(void)nbytes;
	(void)physical;
}
