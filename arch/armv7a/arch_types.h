/* SPDX-License-Identifier: MIT */
/* ARMv7-A: what arch.h needs inline or sized.
 * Tasks run in System mode, which shares its registers with nobody else; handlers and the boot run in
 * Supervisor mode on the handler stack; faults in Abort mode on the fault stack. */
#ifndef ARCH_TYPES_H
#define ARCH_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpu.h"

/* Exceptions are taken on stacks of their own. */
#define ARCH_FRAME_NBYTES 0

/* A task that does not run. vectors.S stores and loads the first 17 words. */
struct arch_context {
	uint32_t r[13];
	uint32_t sp, lr, pc, cpsr;
	uintptr_t stack_base;
	size_t stack_nbytes;
	uintptr_t room_limit;
	size_t room_nbytes;
};
_Static_assert(offsetof(struct arch_context, pc) == CONTEXT_PC, "vectors.S");
_Static_assert(offsetof(struct arch_context, cpsr) == CONTEXT_CPSR, "vectors.S");

typedef uint32_t arch_key;

static inline uint32_t arch_cpsr(void)
{
	uint32_t cpsr;

	__asm__ volatile("mrs %0, cpsr" : "=r"(cpsr));
	return cpsr;
}

static inline arch_key arch_irq_save(void)
{
	arch_key key;

	__asm__ volatile("mrs %0, cpsr\n\tcpsid i" : "=r"(key) : : "memory");
	return key;
}

/* The barrier lets what is pending run before the next instruction, not a few later. */
static inline void arch_irq_restore(arch_key key)
{
	__asm__ volatile("msr cpsr_c, %0\n\tisb" : : "r"(key) : "memory");
}

static inline bool arch_irq_masked(void)
{
	return (arch_cpsr() & CPSR_I) != 0;
}

/* The boot runs as the handlers do, and ends when there is a task. */
static inline bool arch_in_handler(void)
{
	uint32_t mode = arch_cpsr() & CPSR_MODE;

	return mode != MODE_SYS && (mode != MODE_SVC || arch_cpu.running != NULL);
}

static inline uintptr_t arch_sp(void)
{
	uintptr_t sp;

	__asm__ volatile("mov %0, sp" : "=r"(sp));
	return sp;
}

void arch_switch_request(void);

static inline bool arch_in_room(void)
{
	return arch_sp() - arch_cpu.room_limit <= arch_cpu.room_nbytes;
}

/* PMCCNTR: the cycle counter. */
static inline uint32_t arch_stamp(void)
{
	uint32_t cycles;

	__asm__ volatile("mrc p15, 0, %0, c9, c13, 0" : "=r"(cycles) : : "memory");
	return cycles;
}

#endif
