/* SPDX-License-Identifier: MIT */
/* Words of a PMSAv7 memory protection unit, and what a board says of its own. */
#ifndef MPU_H
#define MPU_H

#include <stddef.h>
#include <stdint.h>

/* One region: its base, a multiple of its size, and all else. */
struct mpu_region {
	uint32_t base;
	uint32_t rasr;
};

/* How many regions the unit has: 8 or 16. A constant, for it is in the words of every stack: a board's fragment
 * says it when it is not this. */
#ifndef MPU_NREGIONS
#define MPU_NREGIONS 8u
#endif
_Static_assert(MPU_NREGIONS == 8 || MPU_NREGIONS == 16, "MPU_NREGIONS");

/* Those of the board come first: everything that may be accessed at all, code, RAM, peripherals. At least
 * three more are needed. */
extern const struct mpu_region board_regions[];
extern const uint32_t board_nregions;

/* Of an arena of task stacks, a power of two. */
extern const size_t board_arena_nbytes;

/* Behind the board's regions and the strip below the handlers' stack, all are the guard's (window.c, strip.c); the
 * last is that of the running task. */
#define MPU_GUARD_REGION (MPU_NREGIONS - 1)
uint32_t mpu_first_guard_region(void);
void mpu_set_region(uint32_t rbar, uint32_t rasr);

/* n > 1. */
static inline unsigned mpu_log2_ceil(size_t n)
{
	return 32u - (unsigned)__builtin_clz((uint32_t)(n - 1));
}

/* The number of a region replaces the low bits of its base, with a flag that says so. */
#define RBAR(base, number) ((base) | RBAR_VALID | (number))
#define RBAR_VALID         (1u << 4)

/* SIZE: 2^log2 bytes, log2 from 5. SRD: a bit for each eighth that is left out; from 256 bytes on.
 * AP: for privileged accesses; there are no others here. */
#define RASR_ENABLE        1u
#define RASR_SIZE(log2)    ((uint32_t)((log2)-1) << 1)
#define RASR_SRD(eighths)  ((uint32_t)(eighths) << 8)
#define RASR_DEVICE        (1u << 16)
#define RASR_WRITE_THROUGH (2u << 16)
#define RASR_WRITE_BACK    (3u << 16)
#define RASR_AP_RW         (1u << 24)
#define RASR_AP_RO         (5u << 24)
#define RASR_XN            (1u << 28)

#define RASR_CODE   (RASR_AP_RO | RASR_WRITE_THROUGH | RASR_ENABLE)
#define RASR_RAM    (RASR_AP_RW | RASR_WRITE_BACK | RASR_XN | RASR_ENABLE)
#define RASR_CLOSED (RASR_AP_RO | RASR_WRITE_BACK | RASR_XN | RASR_ENABLE)
#define RASR_IO     (RASR_AP_RW | RASR_DEVICE | RASR_XN | RASR_ENABLE)

#endif
