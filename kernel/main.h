/* SPDX-License-Identifier: MIT */
/* What the kernel expects of the image it is linked into. */
#ifndef KERNEL_MAIN_H
#define KERNEL_MAIN_H

#include "task.h"

#ifndef APPLICATION_STACK_NBYTES
#define APPLICATION_STACK_NBYTES 4096
#endif
/* What the demonstration and the tests give a task. */
#ifndef TASK_STACK_NBYTES
#define TASK_STACK_NBYTES 1024
#endif
#define APPLICATION_PRIORITY (TASK_PRIORITIES / 2)

/* The first task, supplied by the image: a demonstration, tests. arg is NULL. */
void application(void *arg);

#endif
