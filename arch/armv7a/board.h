/* SPDX-License-Identifier: MIT */
/* What a board gives to arch/armv7a, besides its part of arch.h. */
#ifndef BOARD_H
#define BOARD_H

#include "arch.h"

/* Registers, in whole pages. */
struct board_device {
	uintptr_t base;
	size_t nbytes;
};

struct board {
	uintptr_t gic_distributor, gic_interface;
	uint32_t timer_intid; /* of the virtual timer */
	/* For task stacks, in whole MiB: neither RAM nor devices are at these addresses. */
	uintptr_t stack_space_base;
	size_t stack_space_nbytes;
	const struct board_device *devices;
	size_t ndevices;
};
extern const struct board board;

#define BOARD_NRAM      4u
#define BOARD_NRESERVED 6u

/* RAM, and what firmware keeps of it; not rounded to pages. No range wraps; ending with the address space
 * is allowed. */
struct board_memory {
	struct arch_range ram[BOARD_NRAM];
	size_t nram;
	struct arch_range reserved[BOARD_NRESERVED]; /* nobody's to touch, and not mapped */
	size_t nreserved;
	struct arch_range handed_over; /* a device tree, read-only; 0 bytes: none */
	const char *remark;            /* for a person: what of it is left out; NULL: nothing */
};

/* Before anything else. */
void board_init(void);

/* NULL and *memory filled, or what is wrong. MMU off. */
const char *board_read_memory(struct board_memory *memory);

#endif
