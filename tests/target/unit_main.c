/* SPDX-License-Identifier: MIT */
/* The tests of mm/ as an image: the upcalls of a machine without tasks, which runs every group on the boot
 * stack and ends. */
#include "arch.h"
#include "console.h"
#include "support.h"

_Noreturn void kernel_main(void)
{
	int nfailed;

	console_init();
	console_print("unit tests of mm/ on %s, %s\n", arch_board_name(), arch_cpu_name());
	nfailed = support_run_groups(NULL);
	console_print("%d failed\n", nfailed);
	arch_exit(nfailed != 0);
}

void kernel_tick(void)
{
	panic("a tick came, and none was started");
}

void kernel_fault(const struct arch_fault *fault)
{
	panic("fault: cause %u, pc=0x%zx sp=0x%zx addr=0x%zx status=0x%zx", (unsigned)fault->cause,
	      (size_t)fault->pc, (size_t)fault->sp, (size_t)fault->addr, (size_t)fault->status[0]);
}
