/* SPDX-License-Identifier: MIT */
/* An image without a kernel: the workload runs on the boot stack, interrupts masked, and there are neither
 * tasks nor ticks. */
#include "bare.h"

#include "arch.h"
#include "console.h"

_Noreturn void kernel_main(void)
{
	console_init();
	bench_memory_init();
	bench_main(bench_lists);
}

void kernel_tick(void)
{
	panic("a tick without a timer");
}

void kernel_fault(const struct arch_fault *fault)
{
	panic("fault %u at %p, pc %p", (unsigned)fault->cause, (void *)fault->addr, (void *)fault->pc);
}
