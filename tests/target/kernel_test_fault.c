/* SPDX-License-Identifier: MIT */
/* Tests of faults that are no overflow: told apart, explained, and the end of one task only. */
#include "console.h"
#include "fault.h"
#include "kernel_test.h"
#include "main.h"
#include "nobody.h"

static volatile uint32_t nrounds;
static volatile bool stop;

static void run_on(void *arg)
{
	(void)arg;
	while (!stop) {
		nrounds++;
		task_sleep(1);
	}
}

/* Let a task fault beside one that runs on. What it died of is in fault_last(). */
void expect_fault(void (*entry)(void *arg), void *arg, enum arch_fault_cause cause)
{
	uint32_t nfaults = fault_last()->count, nrounds_then;
	task_id beside, id;

	stop = false;
	beside = start("beside", HIGH, run_on, NULL);
	id = start("faulty", SAME, entry, arg);
	expect_killed(id);
	nrounds_then = nrounds;
	task_sleep(3);
	EXPECT(nrounds > nrounds_then);
	stop = true;
	expect_exit(beside, 0);
	EXPECT(fault_last()->count == nfaults + 1);
	EXPECT(fault_last()->id == id);
	EXPECT(fault_last()->cause == cause);
	EXPECT(!fault_last()->overflow);
	EXPECT(memcmp(fault_last()->task, "faulty", sizeof("faulty")) == 0);
}

void write_to(void *arg)
{
	*(volatile uint32_t *)arg = 1;
	trace_mark('!');
}

static void read_from(void *arg)
{
	(void)*(volatile uint32_t *)arg;
	trace_mark('!');
}

/* Where there is nothing to refuse it, the bus has no answer. */
static enum arch_fault_cause refused(void)
{
	struct arch_guard_geometry geometry;

	arch_guard_geometry(&geometry);
	return geometry.kind == ARCH_GUARD_LATE ? ARCH_FAULT_BUS : ARCH_FAULT_DATA;
}

static void a_bad_address_kills_its_task(void)
{
	expect_fault(write_to, (void *)NOBODYS_ADDRESS, refused());
	EXPECT(fault_last()->addr_known && fault_last()->addr == NOBODYS_ADDRESS);
	EXPECT(fault_last()->pc_known && fault_last()->is.what == CAIRN_IS_UNMANAGED);
	expect_fault(read_from, (void *)NOBODYS_ADDRESS, refused());
	EXPECT(trace_is(""));
}

static void be_undefined(void *arg)
{
	(void)arg;
	__builtin_trap();
}

static void an_undefined_instruction_kills_its_task(void)
{
	expect_fault(be_undefined, NULL, ARCH_FAULT_UNDEFINED);
	EXPECT(fault_last()->pc_known);
}

/* Both instruction sets have it by this name. */
static void call_a_supervisor(void *arg)
{
	__asm__ volatile("svc #0" : : : "memory");
	trace_mark(arg ? '?' : '!');
}

static void hit_a_breakpoint(void *arg)
{
	__asm__ volatile("bkpt #0" : : : "memory");
	trace_mark(arg ? '?' : '!');
}

static bool is_within(uintptr_t pc, void (*function)(void *arg))
{
	const uintptr_t thumb = 1, small_nbytes = 32;

	return pc - ((uintptr_t)function & ~thumb) < small_nbytes;
}

/* On ARMv7-M they have exceptions of their own. */
static void a_call_that_nobody_serves_kills_its_task(void)
{
	for (int i = 0; i < 3; i++) {
		expect_fault(call_a_supervisor, NULL, ARCH_FAULT_UNDEFINED);
		EXPECT(fault_last()->pc_known && is_within(fault_last()->pc, call_a_supervisor));
		expect_fault(hit_a_breakpoint, NULL, ARCH_FAULT_UNDEFINED);
		EXPECT(fault_last()->pc_known && is_within(fault_last()->pc, hit_a_breakpoint));
	}
	EXPECT(trace_is(""));
}

static void divide(void *arg)
{
	volatile int zero = (int)(uintptr_t)arg;

	task_exit(1000 / zero);
}

/* Where the CPU does not trap it, the quotient is what the CPU, or the compiler's library, makes of it. */
static void a_division_by_zero_is_told_where_it_traps(void)
{
	uint32_t nfaults = fault_last()->count;
	int quotient = -1;
	task_id id = start("divider", SAME, divide, NULL);
	enum kernel_status status = task_join(id, &quotient, WAIT_FOREVER);

	if (status == KERNEL_EKILLED)
		EXPECT(fault_last()->count == nfaults + 1 && fault_last()->cause == ARCH_FAULT_DIVIDE);
	else
		EXPECT(status == KERNEL_OK && (quotient == 0 || quotient == INT32_MAX) &&
		       fault_last()->count == nfaults);
	expect_exit(start("divider", SAME, divide, (void *)5), 200);
}

static struct mutex mutex;
static struct message_queue queue;

static void fault_with_mutex(void *arg)
{
	(void)arg;
	EXPECT(mutex_lock(&mutex, NO_WAIT) == KERNEL_OK);
	be_undefined(NULL);
}

static void a_fault_passes_mutexes_on(void)
{
	EXPECT(mutex_init(&mutex) == KERNEL_OK);
	expect_fault(fault_with_mutex, NULL, ARCH_FAULT_UNDEFINED);
	EXPECT(mutex_lock(&mutex, NO_WAIT) == KERNEL_EOWNERDEAD);
	EXPECT(mutex_unlock(&mutex) == KERNEL_OK);
}

static void send_from_nowhere(void *arg)
{
	queue_send(&queue, arg, NO_WAIT);
}

static void receive_to_nowhere(void *arg)
{
	queue_receive(&queue, arg, NO_WAIT);
}

/* The fault comes in the midst of the copy. */
static void a_fault_gives_the_slot_of_a_queue_back(void)
{
	uint32_t message = 7;

	EXPECT(queue_init(&queue, sizeof(message), 1) == KERNEL_OK);
	expect_fault(send_from_nowhere, (void *)NOBODYS_ADDRESS, refused());
	EXPECT(queue_count(&queue) == 0);
	EXPECT(queue_send(&queue, &message, NO_WAIT) == KERNEL_OK);
	expect_fault(receive_to_nowhere, (void *)NOBODYS_ADDRESS, refused());
	message = 0;
	EXPECT(queue_receive(&queue, &message, NO_WAIT) == KERNEL_OK && message == 7);
	EXPECT(queue_destroy(&queue) == KERNEL_OK);
}

static void fault_while_suspended(void *arg)
{
	scheduler_suspend();
	be_undefined(arg);
}

static void a_fault_ends_what_its_task_suspended(void)
{
	expect_fault(fault_while_suspended, NULL, ARCH_FAULT_UNDEFINED);
}

static void print_from(void *arg)
{
	console_print("%s", (const char *)arg);
}

/* More often than the console has buffers. */
static void faults_while_printing_cost_no_line(void)
{
	unsigned nlost = console_nlost();

	for (int i = 0; i < 12; i++)
		expect_fault(print_from, (void *)NOBODYS_ADDRESS, refused());
	EXPECT(console_nlost() == nlost);
}

static void faults_by_the_dozen_leave_nothing_behind(void)
{
	for (int i = 0; i < 12; i++)
		expect_fault(i % 2 ? be_undefined : write_to, (void *)NOBODYS_ADDRESS,
			     i % 2 ? ARCH_FAULT_UNDEFINED : refused());
}

const struct kernel_test fault_tests[] = {
	KERNEL_TEST(a_bad_address_kills_its_task),
	KERNEL_TEST(an_undefined_instruction_kills_its_task),
	KERNEL_TEST(a_call_that_nobody_serves_kills_its_task),
	KERNEL_TEST(a_division_by_zero_is_told_where_it_traps),
	KERNEL_TEST(a_fault_passes_mutexes_on),
	KERNEL_TEST(a_fault_gives_the_slot_of_a_queue_back),
	KERNEL_TEST(a_fault_ends_what_its_task_suspended),
	KERNEL_TEST(faults_while_printing_cost_no_line),
	KERNEL_TEST(faults_by_the_dozen_leave_nothing_behind),
	{NULL, NULL},
};
