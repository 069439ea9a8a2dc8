/* SPDX-License-Identifier: MIT */
/* An image with the kernel: the workload runs in a task. There is no tick: nothing interrupts what is
 * measured. The kernel's memory is the region, all of it, from boot on; nothing is ever put back. */
#include "bare.h"

#include "cairn.h"
#include "console.h"
#include "switch.h"
#include "task.h"

#define MEMORY_NBYTES ((size_t)4096 * KIB)
#define STACK_NBYTES  4096u
#define PRIORITY      (TASK_PRIORITIES / 2)

static void run(void *arg)
{
	(void)arg;
	bench_main(bench_lists);
}

_Noreturn void kernel_main(void)
{
	static const struct task_spec spec = {.name = "bench",
					      .entry = run,
					      .priority = PRIORITY,
					      .stack_nbytes = STACK_NBYTES,
					      .detached = true};
	struct cairn_range ram = {.nbytes = MEMORY_NBYTES, .name = "region", .kind = CAIRN_RANGE_RAM};

	console_init();
	bench_memory_init();
	if (!SWITCH_GUARD)
		bench_open_memory();
	ram.base = bench_region(MEMORY_NBYTES);
	if (cairn_init(&ram, 1) != CAIRN_OK || task_init() != KERNEL_OK ||
	    task_create(&spec, NULL) != KERNEL_OK)
		panic("no first task");
	scheduler_start();
}
