/* SPDX-License-Identifier: MIT */
/* What the files of this folder share: nothing closes memory here, so stacks are looked after by the way.
 * At each exception that a task is interrupted by, and that the kernel takes, the stack pointer has to be
 * in the task's stack, and the tripwire at its lower end as it was painted. What that finds is found late: memory
 * below the stack may be overwritten. What it does not find: a store that jumps over the tripwire by a frame that
 * is gone again before the next exception; a stray write anywhere else; what a handler does to its own stack. */
#ifndef ARMV6M_H
#define ARMV6M_H

#include "mprofile.h"

/* The two lowest words of a stack, that no task may use. What they hold is what the kernel paints stacks with. */
#define TRIPWIRE_NWORDS 2u
_Static_assert(TRIPWIRE_NWORDS == 2 && ARCH_STACK_PAINT == 0xa5a5a5a5, "known to switch.S");

/* Paint the tripwire of a stack: from arch_stack_map's words. */
void armv6m_tripwire_paint(const uintptr_t guard[2]);

/* The tick's vector: checks the stack of the task that it interrupts, and goes on in kernel_tick. A timer
 * that wants its interrupt acknowledged does it in board_tick. */
void armv6m_tick_entry(void);
void board_tick(void);

/* From the check: tell of the running task's overflow, on the fault stack. */
void armv6m_late(void);

/* ---- instruction.c ---- */

/* What an instruction that faulted was about to do, as far as it can be told without the registers that the
 * hardware does not stack. */
struct armv6m_access {
	enum arch_fault_cause cause; /* BUS, ALIGNMENT or UNDEFINED */
	bool addr_known;
	uintptr_t addr;
};
void armv6m_decode(const struct exception_frame *frame, uintptr_t sp, struct armv6m_access *access);

#endif
