/* SPDX-License-Identifier: MIT */
/* The window: arenas of task stacks are closed, each by a region of its own, and the last region opens the
 * running task's stack. So a store that leaves the stack by any distance hits closed memory, and so does one that
 * strays into another task's stack. No RAM is spent on guards. */
#include "mpu.h"

#include "mprofile.h"

#define NARENAS_MAX (MPU_NREGIONS - 3)

#define PARTS      8u
#define PARTS_MASK 0xffu
/* Sub-regions exist from this size on; an eighth of it is the finest cut. */
#define WINDOW_MIN_NBYTES  256u
#define STACK_GRAIN_NBYTES 64u

/* An arena's low end stays closed for the largest frame that the build lets through (FRAME_GATE_NBYTES of the
 * Makefile), and for an exception frame with FP registers below it. */
#define EXCEPTION_FRAME_NBYTES 136u

static struct arena {
	uintptr_t base;
	size_t nbytes;
} arena[NARENAS_MAX];
static uint32_t narenas;

void arch_guard_geometry(struct arch_guard_geometry *geometry)
{
	const size_t closed = FRAME_GATE_NBYTES + EXCEPTION_FRAME_NBYTES;

	*geometry = (struct arch_guard_geometry){
		.kind = ARCH_GUARD_WINDOW,
		.granule_nbytes = STACK_GRAIN_NBYTES,
		.min_nbytes = WINDOW_MIN_NBYTES,
		.parts = PARTS,
		.closed_nbytes = (closed + STACK_GRAIN_NBYTES - 1) & ~(size_t)(STACK_GRAIN_NBYTES - 1),
		.arena_nbytes = board_arena_nbytes,
	};
}

bool arch_arena_close(uintptr_t base, size_t nbytes)
{
	arch_key key;

	/* A power of two, at a multiple of it. */
	if (nbytes < WINDOW_MIN_NBYTES || ((base | nbytes) & (nbytes - 1)) != 0)
		return false;
	/* Masked: a switch between the two stores would turn the second on its window. */
	key = arch_irq_save();
	if (mpu_first_guard_region() + narenas == MPU_GUARD_REGION) {
		arch_irq_restore(key);
		return false;
	}
	arena[narenas].base = base;
	arena[narenas].nbytes = nbytes;
	mpu_set_region(RBAR(base, mpu_first_guard_region() + narenas),
		       RASR_CLOSED | RASR_SIZE(mpu_log2_ceil(nbytes)));
	narenas++;
	barrier();
	arch_irq_restore(key);
	return true;
}

static bool in_closed_arena(uintptr_t base, size_t nbytes)
{
	for (uint32_t i = 0; i < narenas; i++) {
		size_t offset = base - arena[i].base;

		if (offset < arena[i].nbytes && nbytes <= arena[i].nbytes - offset)
			return true;
	}
	return false;
}

/* A window of 2^k bytes at the stack's base, less the eighths above the stack. */
bool arch_stack_map(uintptr_t base, size_t nbytes, uintptr_t physical, uintptr_t guard[2])
{
	unsigned log2;
	size_t part_nbytes;
	uint32_t closed_parts;

	(void)physical;
	if (nbytes < WINDOW_MIN_NBYTES || !in_closed_arena(base, nbytes))
		return false;
	log2 = mpu_log2_ceil(nbytes);
	part_nbytes = ((size_t)1 << log2) / PARTS;
	if ((base & (((size_t)1 << log2) - 1)) != 0 || (nbytes & (part_nbytes - 1)) != 0)
		return false;
	closed_parts = PARTS_MASK << (nbytes >> (log2 - 3)) & PARTS_MASK;
	guard[0] = RBAR(base, MPU_GUARD_REGION);
	guard[1] = RASR_RAM | RASR_SIZE(log2) | RASR_SRD(closed_parts);
	return true;
}

/* The arena is closed as a whole; only the words are forgotten. */
void arch_stack_unmap(uintptr_t base, size_t nbytes, uintptr_t physical)
{
	(void)base;
	(void)nbytes;
	(void)physical;
}
