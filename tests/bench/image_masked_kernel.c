/* SPDX-License-Identifier: MIT */
/* The kernel's lock, timed: the longest stretch with interrupts masked while the demonstration's load runs, and
 * with few and with many tasks. */
#include "bare.h"
#include "console.h"
#include "demo/demo.h"
#include "lock.h"
#include "sync.h"

#define FEW_TASKS    2u
#define MANY_TASKS   48u
#define TASK_ROUNDS  6u
#define BLOCK_NBYTES 64u

/* The longest stretch of `run` is one measurement. */
static void measure(const char *workload, void (*run)(void))
{
	struct bench_series *locks = bench_series("lock");
	uint32_t nothing;

	arch_tick_start(TICK_HZ);
	port_reset_longest_masked();
	kernel_unlock(kernel_lock());
	nothing = port_longest_masked();
	run();
	bench_record(locks, port_longest_masked(), nothing);
	console_print("site,%s,all,%u,0x%zx\n", workload, (unsigned)locks->sample[0],
		      (size_t)port_longest_masked_site());
}

static void load(void)
{
	measure("masked_kernel", run_load);
}

/* ---- tasks that wait for the same things ---- */

static struct semaphore gate;
static struct mutex mutex;

/* Each waits with all others, for a time or for ever, and holds the mutex asleep. */
static void work(void *arg)
{
	for (unsigned round = 0; round < TASK_ROUNDS; round++) {
		void *block;

		(void)semaphore_take(&gate, 1 + (uint32_t)(uintptr_t)arg % TASK_ROUNDS);
		if (mutex_lock(&mutex, WAIT_FOREVER) != KERNEL_OK)
			panic("no mutex");
		block = cairn_alloc(BLOCK_NBYTES);
		task_sleep(1);
		cairn_free(block);
		(void)mutex_unlock(&mutex);
	}
}

static void use_tasks(unsigned ntasks)
{
	task_id worker[MANY_TASKS];

	if (semaphore_init(&gate, 0, MANY_TASKS) != KERNEL_OK || mutex_init(&mutex) != KERNEL_OK)
		panic("no semaphore");
	for (unsigned i = 0; i < ntasks; i++) {
		const struct task_spec spec = {.name = "worker",
					       .entry = work,
					       .arg = (void *)(uintptr_t)i,
					       .priority = 1 + i % (TASK_PRIORITIES - 1),
					       .stack_nbytes = TASK_STACK_NBYTES};

		if (task_create(&spec, &worker[i]) != KERNEL_OK)
			panic("no task");
	}
	for (unsigned i = 0; i < ntasks; i++) {
		(void)semaphore_give(&gate);
		task_sleep(1);
		if (i % 4 == 3)
			(void)task_kill(worker[i]);
	}
	for (unsigned i = 0; i < ntasks; i++)
		(void)task_join(worker[i], NULL, WAIT_FOREVER);
	semaphore_destroy(&gate);
}

static void use_few(void)
{
	use_tasks(FEW_TASKS);
}

static void use_many(void)
{
	use_tasks(MANY_TASKS);
}

static void few_tasks(void)
{
	measure("masked_tasks_few", use_few);
}

static void many_tasks(void)
{
	measure("masked_tasks_many", use_many);
}

static const struct bench_workload masked_workloads[] = {
	{"masked_kernel", load},
	{"masked_tasks_few", few_tasks},
	{"masked_tasks_many", many_tasks},
	{0},
};

const struct bench_workload *const bench_lists[] = {masked_workloads, NULL};
