/* SPDX-License-Identifier: MIT */
/* What is told of a fault: fault.c finds it out, fault_print.c prints it. */
#ifndef KERNEL_FAULT_PRIVATE_H
#define KERNEL_FAULT_PRIVATE_H

#include "fault.h"

/* The one line about a task. */
void fault_print_line(const struct fault_record *fault, const char *action);

/* Everything that is known, past all queues: what they hold may be what is broken. */
void fault_print_kernels(const struct fault_record *record, const struct arch_fault *fault);

#endif
