/* SPDX-License-Identifier: MIT */
/* What the kernel's implementation of mm/port.h tells the rest of the kernel. */
#ifndef KERNEL_PORT_H
#define KERNEL_PORT_H

#include "arch.h"
#include "cairn.h"

/* Bytes of stack that may be needed while the lock is held, and while a task is pinned, an exception frame
 * included; checked before, and proven by tests/locked_stack.py. At level 3 everything is checked under the
 * lock. A board's fragment says what its compiler takes for calls, where it is more. */
#ifndef PORT_LOCKED_CALLS
#define PORT_LOCKED_CALLS 284
#endif
#ifndef PORT_PINNED_MORE
#define PORT_PINNED_MORE 136
#endif
#define CAIRN_LOCKED_STACK ((CAIRN_CHECK >= 3 ? 732 : PORT_LOCKED_CALLS) + ARCH_FRAME_NBYTES)
#define CAIRN_PINNED_STACK (CAIRN_LOCKED_STACK + PORT_PINNED_MORE)

/* Longest stretch so far with interrupts masked by the lock, in stamps (arch_stamp_unit), and the address that
 * its unlock returns to; 0 when built without PORT_TIMES_LOCK. */
uint32_t port_longest_masked(void);
uintptr_t port_longest_masked_site(void);
void port_reset_longest_masked(void);

/* Reports: how many, and the last one. While `expected` is set, reports are counted, not printed. */
uint32_t port_report_count(void);
void port_last_report(struct cairn_explanation *is, enum cairn_err *err);
void port_expect_reports(bool expected);

#endif
