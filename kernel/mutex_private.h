/* SPDX-License-Identifier: MIT */
/* What waiting means for who holds a mutex. The kernel's own header. */
#ifndef KERNEL_MUTEX_PRIVATE_H
#define KERNEL_MUTEX_PRIVATE_H

#include "sync.h"

/* A waiter came, went or changed its priority: hand that on to the owner, and along the chain of what owners
 * wait for. Locked. */
void mutex_waiters_changed(struct mutex *m);

#endif
