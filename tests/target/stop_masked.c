/* SPDX-License-Identifier: MIT */
/* A fault under the lock stops the machine: what the lock protects may be half-updated. */
#include "lock.h"
#include "main.h"
#include "nobody.h"

/* Volatile, for a compiler would see that nothing can be there. */
static volatile uint32_t *volatile nobodys = (volatile uint32_t *)NOBODYS_ADDRESS;

void application(void *arg)
{
	arch_key key = kernel_lock();

	(void)arg;
	*nobodys = 1;
	kernel_unlock(key);
	arch_exit(0);
}
