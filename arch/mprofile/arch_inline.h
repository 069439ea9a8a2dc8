/* SPDX-License-Identifier: MIT */
/* The inline part of arch.h that all M-profile cores share: masks, and what state the processor is in.
 * An architecture's arch_types.h includes this, and adds struct arch_context, arch_in_room and arch_stamp.
 * Of a context the code here (context.c) knows five members, wherever they lie: fresh_top (0: resume; else:
 * start in entry(arg), the stack empty below here), guard (as filled by arch_stack_map), entry, arg. */
#ifndef ARCH_INLINE_H
#define ARCH_INLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* PRIMASK as it was. */
typedef uint32_t arch_key;

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

/* PendSV, set pending in ICSR. The other half of the barrier is in arch_irq_restore. */
static inline void arch_switch_request(void)
{
	volatile uint32_t *const icsr = (volatile uint32_t *)0xe000ed04u;

	*icsr = 1u << 28;
	__asm__ volatile("dsb" : : : "memory");
}

#endif
