/* SPDX-License-Identifier: MIT */
/* What happens when a task or the kernel faults: explain, print one line, apply the policy.
 * A fault of a task ends that task alone. A fault in a handler, before tasks, under the lock or between the
 * halves of an operation that the task was pinned for is the kernel's own: it is reported in full, and the
 * machine ends with status 1. */
#ifndef KERNEL_FAULT_H
#define KERNEL_FAULT_H

#include "task.h"

/* For faults of tasks: kill the task, or end the machine. */
enum fault_policy { FAULT_KILL = 0, FAULT_STOP };
void fault_set_policy(enum fault_policy policy);

/* One word, or words joined by '-': "data-access". */
const char *fault_name(enum arch_fault_cause cause);

/* The last fault, for tests and the demonstration: what the line said. It is overwritten, not replaced: a
 * task that reads it while another faults may see half of each. To be sure, copy it, and compare count
 * before and after. */
struct fault_record {
	uint32_t count; /* faults so far */
	char task[TASK_NAME_NBYTES];
	task_id id;
	bool overflow;
	enum arch_fault_cause cause;
	bool pc_known, addr_known;
	uintptr_t pc, sp, addr;
	uintptr_t limit;
	size_t over_nbytes; /* how far below the limit, as far as is known; HEADROOM: what was missing */
	bool over_exact;    /* else it was at least that */
	size_t stack_nbytes, high_water;
	struct cairn_explanation is; /* what lies at addr */
};
const struct fault_record *fault_last(void);

#endif
