/* SPDX-License-Identifier: MIT */
/* Words of a PMSAv8 memory protection unit, and what a board says of its own. Section numbers are those of the
 * ARMv8-M manual. */
#ifndef MPU_H
#define MPU_H

#include <stddef.h>
#include <stdint.h>

/* One region: base and limit, the last of its bytes, both in steps of 32 bytes. Regions must not overlap. One
 * whose limit is below its base holds no address (MPU_RLAR, D1.2). */
struct mpu_region {
	uint32_t rbar;
	uint32_t rlar;
};

/* How many regions the unit has to have. Implementations have 8 or 16. */
#define MPU_NREGIONS       8u
#define MPU_GRANULE_NBYTES 32u

/* Everything that may be accessed at all: code, RAM, peripherals. Loaded into the regions from 0 up. */
extern const struct mpu_region board_regions[];
extern const uint32_t board_nregions; /* up to 4 */

/* Of the arena of task stacks, a power of two. */
extern const size_t board_arena_nbytes;

/* RBAR: privileged access only, for there is no other here; no sharing. */
#define RBAR_RW       0u
#define RBAR_RO       (2u << 1)
#define RBAR_XN       1u
#define RBAR_ADDRESS  (~(MPU_GRANULE_NBYTES - 1))
#define RLAR_ENABLE   1u
#define RLAR_ATTR(n)  ((uint32_t)(n) << 1)
#define RLAR_LIMIT(e) (((e)-1) & RBAR_ADDRESS) /* e: the end, one past the limit */

/* Attributes by number: bytes of MAIR0. */
#define ATTR_MEMORY       0u
#define ATTR_DEVICE       1u
#define MAIR_WRITE_BACK   0xffu /* write-back, non-transient, allocates on reads and writes */
#define MAIR_DEVICE_NGNRE 0x04u
#define MAIR0_ALL         (MAIR_WRITE_BACK | MAIR_DEVICE_NGNRE << 8)

#define RBAR_CODE   RBAR_RO
#define RBAR_RAM    (RBAR_RW | RBAR_XN)
#define RBAR_CLOSED (RBAR_RO | RBAR_XN)
#define RLAR_MEMORY (RLAR_ATTR(ATTR_MEMORY) | RLAR_ENABLE)
#define RLAR_DEVICE (RLAR_ATTR(ATTR_DEVICE) | RLAR_ENABLE)

#define REGION_CODE(base, nbytes)                                               \
	{                                                                       \
		(base) | RBAR_CODE, RLAR_LIMIT((base) + (nbytes)) | RLAR_MEMORY \
	}
#define REGION_RAM(base, nbytes)                                               \
	{                                                                      \
		(base) | RBAR_RAM, RLAR_LIMIT((base) + (nbytes)) | RLAR_MEMORY \
	}
#define REGION_DEVICE(base, nbytes)                                            \
	{                                                                      \
		(base) | RBAR_RAM, RLAR_LIMIT((base) + (nbytes)) | RLAR_DEVICE \
	}

#endif
