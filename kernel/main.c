/* SPDX-License-Identifier: MIT */
/* Boot, as a list. Each step either succeeds or ends the machine with a line that says why. */
#include "main.h"

#include "console.h"
#include "lock.h"
#include "memmap.h"
#include "task_private.h"

static void memory_start(void)
{
	static struct cairn_range ranges[CAIRN_RANGES];
	const char *why = "no memory";
	size_t nranges = memmap_read(ranges, CAIRN_RANGES, &why);
	enum cairn_err err;

	if (nranges == 0)
		panic("no memory map: %s", why);
	err = cairn_init(ranges, nranges);
	if (err != CAIRN_OK)
		panic("the memory map is refused: %s", cairn_err_name(err));
}

static const void *who_runs(void)
{
	return task_token(task_self());
}

static bool in_fault(void)
{
	return kernel_in_fault;
}

static void tasks_start(void)
{
	static const struct console_system system = {kernel_lock, kernel_unlock, who_runs, in_fault};
	enum kernel_status status = task_init();

	if (status != KERNEL_OK)
		panic("no tasks: %s", kernel_status_name(status));
	console_attach(&system);
}

static void application_start(void)
{
	static const struct task_spec spec = {.name = "application",
					      .entry = application,
					      .priority = APPLICATION_PRIORITY,
					      .stack_nbytes = APPLICATION_STACK_NBYTES,
					      .detached = true};
	enum kernel_status status = task_create(&spec, NULL);

	if (status != KERNEL_OK)
		panic("no first task: %s", kernel_status_name(status));
}

_Noreturn void kernel_main(void)
{
	console_init();
	memory_start();
	tasks_start();
	application_start();
	arch_tick_start(TICK_HZ);
	scheduler_start();
}
