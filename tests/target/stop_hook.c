/* SPDX-License-Identifier: MIT */
/* The hook is told of a fault of the kernel's own, and the machine stops whatever it answers. */
#include "console.h"
#include "fault.h"
#include "main.h"
#include "nobody.h"

/* Volatile, for a compiler would see that nothing can be there. */
static volatile uint32_t *volatile nobodys = (volatile uint32_t *)NOBODYS_ADDRESS;

static void fault(void)
{
	*nobodys = 1;
}

static enum fault_policy tell(const struct fault_record *record)
{
	console_print_now("told of %s, the kernel's own: %s, in a handler: %s\n", fault_name(record->cause),
			  record->kernels ? "yes" : "no", record->in_handler ? "yes" : "no");
	return FAULT_KILL;
}

void application(void *arg)
{
	(void)arg;
	fault_set_hook(tell);
	scheduler_set_tick_hook(fault);
	task_sleep(2);
	arch_exit(0);
}
