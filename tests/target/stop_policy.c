/* SPDX-License-Identifier: MIT */
/* Under FAULT_STOP the fault of a task is the end of the machine too. */
#include "fault.h"
#include "main.h"
#include "nobody.h"

/* Volatile, for a compiler would see that nothing can be there. */
static volatile uint32_t *volatile nobodys = (volatile uint32_t *)NOBODYS_ADDRESS;

void application(void *arg)
{
	(void)arg;
	fault_set_policy(FAULT_STOP);
	*nobodys = 1;
	arch_exit(0);
}
