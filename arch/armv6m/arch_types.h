/* SPDX-License-Identifier: MIT */
/* ARMv6-M: a task that is not running, and what else of arch.h is inline. */
#ifndef ARCH_TYPES_H
#define ARCH_TYPES_H

#include "arch_inline.h"

/* A frame, and the word that aligns it. */
#define ARCH_FRAME_NBYTES 36

/* A task that is not running. switch.S saves into the first three members, and no others: a context that was
 * set up again while its task was still running starts afresh all the same. */
struct arch_context {
	uint32_t r4_to_r7[4];
	uint32_t r8_to_r11[4];
	uintptr_t psp;
	uintptr_t fresh_top;
	uintptr_t guard[2]; /* base and length of the stack */
	uintptr_t room_limit;
	size_t room_nbytes;
	void (*entry)(void *arg);
	void *arg;
};
_Static_assert(offsetof(struct arch_context, r4_to_r7) == 0 && offsetof(struct arch_context, psp) == 32 &&
		       offsetof(struct arch_context, fresh_top) == 36 &&
		       offsetof(struct arch_context, guard) == 40 &&
		       offsetof(struct arch_context, room_limit) == 48 &&
		       offsetof(struct arch_context, room_nbytes) == 52,
	       "known to switch.S");

static inline bool arch_in_room(void)
{
	return arch_sp() - arch_cpu.room_limit <= arch_cpu.room_nbytes;
}

uint32_t arch_stamp(void);

#endif
