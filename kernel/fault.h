/* SPDX-License-Identifier: MIT */
/* What happens when a task or the kernel faults: explain, print one line, apply the policy.
 * A fault of a task ends that task alone. A fault in a handler, before tasks, under the lock or between the
 * halves of an operation that the task was pinned for is the kernel's own: it is reported in full, and the
 * machine ends with status 1. */
#ifndef KERNEL_FAULT_H
#define KERNEL_FAULT_H

#include "task.h"

/* What becomes of a task that faults.
 *   KILL     as by task_kill; whoever joins it learns KERNEL_EKILLED
 *   RESTART  what it held passes on as when it is killed, and it begins again: entry(arg) at the top of the same
 *            stack, at the priority it was created with, under the same id. Who waits to join it waits on. It
 *            needs no memory, so it does not fail. Heap blocks of the instance before stay, as when it is killed
 *   STOP     the machine ends with status 1 */
enum fault_policy { FAULT_KILL = 0, FAULT_RESTART, FAULT_STOP };

/* For all tasks; FAULT_KILL until something else is said. Any context. */
void fault_set_policy(enum fault_policy policy);

/* Callers that a record names at most. */
#define FAULT_CALLERS 4

/* One fault: what the line said. */
struct fault_record {
	uint32_t count; /* faults so far */
	char task[TASK_NAME_NBYTES];
	task_id id;         /* 0: before tasks */
	uint32_t nrestarts; /* how often the task was restarted before */
	bool kernels;       /* the kernel's own: limit and stack_nbytes are the handlers' when in_handler */
	bool in_handler;
	bool overflow;
	enum arch_fault_cause cause;
	bool pc_known, addr_known;
	uintptr_t pc, sp, addr;
	uintptr_t limit;
	size_t over_nbytes; /* how far below the limit, as far as is known; HEADROOM: what was missing */
	bool over_exact;    /* else it was at least that */
	size_t stack_nbytes, high_water;
	bool late;                        /* found when it may have done damage already, */
	size_t damage_nbytes;             /* to as many bytes below the limit, as far as is known, */
	struct cairn_explanation damaged; /* of this */
	struct cairn_explanation is;      /* what lies at addr */
	/* What may be return addresses on the intact part of the stack, innermost first; of an overflow whose pc
	 * is not known, or is that of a check. */
	uintptr_t callers[FAULT_CALLERS];
	unsigned ncallers;
};

/* The last fault of a task, for tests and the demonstration. It is overwritten, not replaced: a task that reads
 * it while another faults may see half of each. To be sure, copy it, and compare count before and after. */
const struct fault_record *fault_last(void);

/* Ask `hook` at each fault: its answer is the policy for this one, and its line is printed behind. A fault of
 * the kernel's own is told to it too, after the lines: the machine ends whatever it answers, unless it does not
 * come back. NULL: no hook. The hook runs on the fault stack, above all interrupts: it may not wait, and what
 * the record points to is the fault's. Any context. */
typedef enum fault_policy (*fault_hook)(const struct fault_record *fault);
void fault_set_hook(fault_hook hook);

/* Whether faults of tasks are told in a line: they are, until something else is said. Any context. */
void fault_set_lines(bool on);

/* One word, or words joined by '-': "data-access". */
const char *fault_name(enum arch_fault_cause cause);

#endif
