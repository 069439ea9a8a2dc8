/* SPDX-License-Identifier: MIT */
/* Between the files of this folder. */
#ifndef ARMV7A_H
#define ARMV7A_H

#include "arch.h"
#include "../common/handler_stack.h"

/* ---- vectors.S ---- */

_Noreturn void armv7a_start_first(struct arch_context *first);
/* kernel_fault, on the fault stack, for a fault that an interrupt handler found. */
void armv7a_kernel_fault(const struct arch_fault *fault);
/* The traps of arch_raise_headroom and of a division by zero. */
extern const char armv7a_headroom_trap[], armv7a_divide_trap[];

/* ---- called by startup.S and vectors.S ---- */

_Noreturn void armv7a_boot(void);
/* Returns the task to go on with. */
struct arch_context *armv7a_interrupt_from_task(struct arch_context *task);
void armv7a_interrupt_dispatch(void);
/* entry: ENTRY_*. return_address, cpsr: LR and SPSR of the entered mode. */
void armv7a_fault_from_task(uint32_t entry, uint32_t return_address, uint32_t cpsr);
_Noreturn void armv7a_fault_from_handler(uint32_t entry, uint32_t return_address, uint32_t cpsr, uint32_t sp,
					 uint32_t lr);

/* ---- context.c ---- */

/* From now on this is the running task. Masked. */
void armv7a_enter(struct arch_context *context);

/* ---- memory.c ---- */

/* Ask the board for its memory, build the page tables, turn the MMU on. When the board's description is
 * wrong, the MMU stays off, and arch_memory_map says what is wrong: the kernel can do no more than print
 * it. */
void armv7a_memory_init(void);

/* ---- tick.c ---- */

/* Set the next tick, which also takes the interrupt away. */
void armv7a_tick_advance(void);
/* The free-running count of the timer. */
uint64_t armv7a_count(void);

#endif
