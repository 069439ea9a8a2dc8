/* SPDX-License-Identifier: MIT */
/* ARMv7-M: a task that is not running, and what else of arch.h is inline. */
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

/* A task that is not running. switch.S saves into the first two members and the last two, and no others: a
 * context that was set up again while its task was still running starts afresh all the same. It loads all six
 * of those from psp on at once. */
struct arch_context {
	uint32_t r4_to_r11[8];
	uintptr_t psp;
	uintptr_t fresh_top;
	uintptr_t guard[2]; /* RBAR and RASR of the region that opens the stack */
	uintptr_t room_limit;
	size_t room_nbytes;
	void (*entry)(void *arg);
	void *arg;
#if MPROFILE_FP
	uint32_t exc_return; /* says whether the task uses floating-point registers */
	uint32_t s16_to_s31[16];
#endif
};
_Static_assert(offsetof(struct arch_context, r4_to_r11) == 0, "switch.S stores r4-r11 at the start");
_Static_assert(offsetof(struct arch_context, psp) == 32, "switch.S stores psp behind r11");
_Static_assert(offsetof(struct arch_context, fresh_top) == 36 && offsetof(struct arch_context, guard) == 40 &&
		       offsetof(struct arch_context, room_limit) == 48 &&
		       offsetof(struct arch_context, room_nbytes) == 52,
	       "switch.S loads them in this order");
#if MPROFILE_FP
_Static_assert(offsetof(struct arch_context, exc_return) == 64 &&
		       offsetof(struct arch_context, s16_to_s31) == 68,
	       "switch.S stores them behind arg");
#endif

static inline bool arch_in_room(void)
{
	size_t above, nbytes;

	__asm__ volatile("ldrd %0, %1, [%2, %3]\n\tsub %0, sp, %0"
			 : "=&r"(above), "=&r"(nbytes)
			 : "r"(&arch_cpu), "i"(offsetof(struct arch_cpu, room_limit)), "m"(arch_cpu));
	return above <= nbytes;
}

#ifdef BOARD_WITHOUT_COUNTER
uint32_t arch_stamp(void);
#else
/* Counts up at board_clock_hz; the board's linker script says where. */
extern const volatile uint32_t board_counter;

static inline uint32_t arch_stamp(void)
{
	return board_counter;
}
#endif

#endif
