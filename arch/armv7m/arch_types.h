/* SPDX-License-Identifier: MIT */
/* ARMv7-M: the inline part of arch.h, and a task that is not running. */
#ifndef ARCH_TYPES_H
#define ARCH_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* PRIMASK as it was. */
typedef uint32_t arch_key;

/* A task that is not running. switch.S saves into the first two members, and no others: a context that was
 * set up again while its task was still running starts afresh all the same. It loads all six of those from
 * psp on at once. */
struct arch_context {
	uint32_t r4_to_r11[8];
	uintptr_t psp;
	uintptr_t fresh_top; /* 0: resume at psp. Else: start in entry(arg), the stack empty below here */
	uintptr_t window[2]; /* RBAR and RASR of the region that opens the stack */
	uintptr_t room_limit;
	size_t room_nbytes;
	void (*entry)(void *arg);
	void *arg;
};
_Static_assert(offsetof(struct arch_context, r4_to_r11) == 0, "switch.S stores r4-r11 at the start");
_Static_assert(offsetof(struct arch_context, psp) == 32, "switch.S stores psp behind r11");
_Static_assert(offsetof(struct arch_context, fresh_top) == 36 &&
		       offsetof(struct arch_context, window) == 40 &&
		       offsetof(struct arch_context, room_limit) == 48 &&
		       offsetof(struct arch_context, room_nbytes) == 52,
	       "switch.S loads them in this order");

/* Counts up at board_clock_hz; the board's linker script says where. */
extern const volatile uint32_t board_counter;

static inline arch_key arch_irq_save(void)
{
	arch_key key;

	__asm__ volatile("mrs %0, primask\n\tcpsid i" : "=r"(key) : : "memory");
	return key;
}

/* The barrier lets what is pending run before the next instruction, not a few later. */
static inline void arch_irq_restore(arch_key key)
{
	__asm__ volatile("msr primask, %0\n\tisb" : : "r"(key) : "memory");
}

static inline bool arch_irq_masked(void)
{
	uint32_t primask;

	__asm__ volatile("mrs %0, primask" : "=r"(primask) : : "memory");
	return (primask & 1u) != 0;
}

/* SPSEL reads as zero in every handler, and before arch_start. */
static inline bool arch_in_handler(void)
{
	const uint32_t spsel = 1u << 1;
	uint32_t control;

	__asm__ volatile("mrs %0, control" : "=r"(control) : : "memory");
	return (control & spsel) == 0;
}

static inline uintptr_t arch_sp(void)
{
	uintptr_t sp;

	__asm__ volatile("mov %0, sp" : "=r"(sp) : : "memory");
	return sp;
}

static inline bool arch_in_room(void)
{
	size_t above, nbytes;

	__asm__ volatile("ldrd %0, %1, [%2, %3]\n\tsub %0, sp, %0"
			 : "=&r"(above), "=&r"(nbytes)
			 : "r"(&arch_cpu), "i"(offsetof(struct arch_cpu, room_limit)), "m"(arch_cpu));
	return above <= nbytes;
}

/* PendSV, set pending in ICSR. The other half of the barrier is in arch_irq_restore. */
static inline void arch_switch_request(void)
{
	volatile uint32_t *const icsr = (volatile uint32_t *)0xe000ed04u;

	*icsr = 1u << 28;
	__asm__ volatile("dsb" : : : "memory");
}

static inline uint32_t arch_stamp(void)
{
	return board_counter;
}

#endif
