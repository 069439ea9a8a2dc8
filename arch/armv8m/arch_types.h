/* SPDX-License-Identifier: MIT */
/* ARMv8-M Mainline: a task that is not running, and what else of arch.h is inline. */
#ifndef ARCH_TYPES_H
#define ARCH_TYPES_H

#include "arch_inline.h"

/* 1: the core has floating-point registers, and tasks may use them. */
#ifndef MPROFILE_FP
#define MPROFILE_FP 0
#endif
_Static_assert(MPROFILE_FP == 0 || MPROFILE_FP == 1, "MPROFILE_FP");

/* The basic frame or the extended one, and a word that is skipped to align it to 8 bytes. */
#define ARCH_FRAME_NBYTES (MPROFILE_FP ? 108 : 36)

/* A task that is not running. switch.S saves into the first three members and the last, and no others: a
 * context that was set up again while its task was still running starts afresh all the same. It loads all seven
 * of those from psp on at once. s16-s31 are the upper half of the vector registers too; what else MVE has, VPR,
 * the hardware stacks with s0-s15. */
struct arch_context {
	uint32_t r4_to_r11[8];
	uintptr_t psp;
	uint32_t exc_return; /* says whether the task uses floating-point registers */
	uintptr_t guard[2];  /* RBAR and RLAR of the region that opens the stack; PSPLIM is its base */
	uintptr_t room_limit;
	size_t room_nbytes;
	uintptr_t fresh_top;
	void (*entry)(void *arg);
	void *arg;
#if MPROFILE_FP
	uint32_t s16_to_s31[16];
#endif
};
_Static_assert(offsetof(struct arch_context, r4_to_r11) == 0, "switch.S stores r4-r11 at the start");
_Static_assert(offsetof(struct arch_context, psp) == 32 && offsetof(struct arch_context, exc_return) == 36,
	       "switch.S stores psp and exc_return behind r11");
_Static_assert(offsetof(struct arch_context, guard) == 40 &&
		       offsetof(struct arch_context, room_limit) == 48 &&
		       offsetof(struct arch_context, room_nbytes) == 52 &&
		       offsetof(struct arch_context, fresh_top) == 56,
	       "switch.S loads them in this order");
#if MPROFILE_FP
_Static_assert(offsetof(struct arch_context, s16_to_s31) == 68, "switch.S stores them behind arg");
#endif

static inline bool arch_in_room(void)
{
	size_t above, nbytes;

	__asm__ volatile("ldrd %0, %1, [%2, %3]\n\tsub %0, sp, %0"
			 : "=&r"(above), "=&r"(nbytes)
			 : "r"(&arch_cpu), "i"(offsetof(struct arch_cpu, room_limit)), "m"(arch_cpu));
	return above <= nbytes;
}

/* Counts up at BOARD_COUNTER_HZ; the board's linker script says where. */
extern const volatile uint32_t board_counter;

static inline uint32_t arch_stamp(void)
{
	return board_counter;
}

#endif
