/* SPDX-License-Identifier: MIT */
/* The ready queue and who runs. The kernel's own header; all under its lock. */
#ifndef KERNEL_SCHED_H
#define KERNEL_SCHED_H

#include "wait.h"

/* Make a task ready, behind its equals. */
void sched_ready(struct task *task);

/* Ask for a switch if another task than the running one is to run now. */
void sched_preempt(void);

/* Bring the effective priority of a task up to date, and its place in its queue. false: nothing changed. */
bool sched_reprioritise(struct task *task);

bool sched_suspended(void);

/* The running task is going to die: nobody would resume what it suspended. */
void sched_forget_suspension(void);

#endif
