/* SPDX-License-Identifier: MIT */
/* The memory map that the MPU enforces, and the window policy for task stacks.
 * Default deny: an access outside all regions faults. Where regions overlap, the highest number counts:
 *   from 0 up  the board's code, RAM and peripherals
 *   then one   closed strip below the handler stack
 *   then all   arenas of task stacks, closed
 *   the last   the window: the running task's stack, open; the only region that a switch rewrites
 * The system control space is always accessible, and exception entries obey the map as stores do. */
#include "mpu.h"

#include "mprofile.h"

struct mpu {
	uint32_t TYPE, CTRL, RNR, RBAR, RASR;
};
#define MPU ((volatile struct mpu *)0xe000ed90u)

/* HFNMIENA stays 0: HardFault sees all memory, for its report. */
#define CTRL_ENABLE 1u

#define REGION_WINDOW (MPU_NREGIONS - 1)
#define NARENAS_MAX   (MPU_NREGIONS - 3)

#define PARTS      8u
#define PARTS_MASK 0xffu
/* Sub-regions exist from this size on; an eighth of it is the finest cut. */
#define WINDOW_MIN_NBYTES  256u
#define STACK_GRAIN_NBYTES 64u

/* An arena's low end stays closed for the largest frame that the build lets through (-Wframe-larger-than),
 * and for an exception frame with FP registers below it. */
#define FRAME_GATE_NBYTES      1024u
#define EXCEPTION_FRAME_NBYTES 136u

static struct arena {
	uintptr_t base;
	size_t nbytes;
} arena[NARENAS_MAX];
static uint32_t narenas;

static uint32_t strip_region(void)
{
	return board_nregions;
}

static uint32_t first_arena_region(void)
{
	return strip_region() + 1;
}

/* n > 1. */
static unsigned log2_ceil(size_t n)
{
	return 32u - (unsigned)__builtin_clz((uint32_t)(n - 1));
}

static void set_region(uint32_t rbar, uint32_t rasr)
{
	MPU->RBAR = rbar;
	MPU->RASR = rasr;
}

void mprofile_protection_init(void)
{
	for (uint32_t i = 0; i < board_nregions; i++)
		set_region(RBAR(board_regions[i].base, i), board_regions[i].rasr);
	set_region(RBAR((uintptr_t)handler_guard_start, strip_region()),
		   RASR_CLOSED | RASR_SIZE(log2_ceil(arch_handler_guard_nbytes())));
	for (uint32_t i = first_arena_region(); i < MPU_NREGIONS; i++)
		set_region(RBAR(0, i), 0);
	MPU->CTRL = CTRL_ENABLE;
	barrier();
}

void mprofile_guard_open(const uintptr_t guard[2])
{
	set_region(guard[0], guard[1]);
	barrier();
}

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
	if (first_arena_region() + narenas == REGION_WINDOW) {
		arch_irq_restore(key);
		return false;
	}
	arena[narenas].base = base;
	arena[narenas].nbytes = nbytes;
	set_region(RBAR(base, first_arena_region() + narenas), RASR_CLOSED | RASR_SIZE(log2_ceil(nbytes)));
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
	log2 = log2_ceil(nbytes);
	part_nbytes = ((size_t)1 << log2) / PARTS;
	if ((base & (((size_t)1 << log2) - 1)) != 0 || (nbytes & (part_nbytes - 1)) != 0)
		return false;
	closed_parts = PARTS_MASK << (nbytes >> (log2 - 3)) & PARTS_MASK;
	guard[0] = RBAR(base, REGION_WINDOW);
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
