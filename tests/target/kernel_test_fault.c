/* SPDX-License-Identifier: MIT */
/* Tests of faults that are no overflow: told apart, explained, and the end of one task only. */
#include "board_test.h"
#include "console.h"
#include "fault.h"
#include "kernel_test.h"
#include "main.h"

/* In every board's map this address belongs to nobody. */
#define NOBODYS_ADDRESS 0x10u

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
static void expect_fault(void (*entry)(void *arg), void *arg, enum arch_fault_cause cause)
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

static void write_to(void *arg)
{
	*(volatile uint32_t *)arg = 1;
	trace_mark('!');
}

static void read_from(void *arg)
{
	(void)*(volatile uint32_t *)arg;
	trace_mark('!');
}

static void a_bad_address_kills_its_task(void)
{
	expect_fault(write_to, (void *)NOBODYS_ADDRESS, ARCH_FAULT_DATA);
	EXPECT(fault_last()->addr_known && fault_last()->addr == NOBODYS_ADDRESS);
	EXPECT(fault_last()->pc_known && fault_last()->is.what == CAIRN_IS_UNMANAGED);
	expect_fault(read_from, (void *)NOBODYS_ADDRESS, ARCH_FAULT_DATA);
	EXPECT(trace_is(""));
}

static void expect_closed(uintptr_t address)
{
	expect_fault(write_to, (void *)address, ARCH_FAULT_DATA);
	EXPECT(fault_last()->addr_known && fault_last()->addr == address);
}

/* The table is the board's: tests/target/board_<board>.c. */
static void what_belongs_to_nobody_is_closed(void)
{
	EXPECT(nobodys_addresses[0] != NOBODYS_LAST);
	for (const uintptr_t *address = nobodys_addresses; *address != NOBODYS_LAST; address++)
		expect_closed(*address);
	EXPECT(trace_is(""));
}

/* Found by what the board reports, so that a machine of another size is tested as well. */
static void memory_is_closed_at_both_ends(void)
{
	static struct arch_range ranges[CAIRN_RANGES];
	const char *why = NULL;
	size_t nranges = arch_memory_map(ranges, CAIRN_RANGES, &why), nbanks = 0;

	for (size_t i = 0; i < nranges; i++) {
		if (ranges[i].kind != ARCH_RANGE_RAM)
			continue;
		expect_closed(ranges[i].base - sizeof(uint32_t));
		expect_closed(ranges[i].base + ranges[i].nbytes);
		nbanks++;
	}
	EXPECT(nbanks > 0);
	EXPECT(trace_is(""));
}

static void the_guard_of_the_handler_stack_is_closed(void)
{
	uintptr_t limit = arch_handler_stack_limit();

	expect_closed(limit - sizeof(uint32_t));
	expect_closed(limit - arch_handler_guard_nbytes());
	EXPECT(trace_is(""));
}

static void code_is_read_only(void)
{
	uintptr_t code = (uintptr_t)write_to & ~(uintptr_t)3;
	uint32_t before = *(const volatile uint32_t *)code;

	expect_fault(write_to, (void *)code, ARCH_FAULT_DATA);
	EXPECT(fault_last()->addr == code);
	EXPECT(*(const volatile uint32_t *)code == before);
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

static void jump_to(void *arg)
{
	void (*function)(void);

	memcpy(&function, &arg, sizeof(function));
	function();
}

static void data_is_not_executed(void)
{
	static uint32_t data[4];

	expect_fault(jump_to, (void *)((uintptr_t)data | ((uintptr_t)jump_to & 1)), ARCH_FAULT_FETCH);
}

static void divide(void *arg)
{
	volatile int zero = (int)(uintptr_t)arg;

	task_exit(1000 / zero);
}

/* Where the CPU does not trap it, the quotient is 0. */
static void a_division_by_zero_is_told_where_it_traps(void)
{
	uint32_t nfaults = fault_last()->count;
	int quotient = -1;
	task_id id = start("divider", SAME, divide, NULL);
	enum kernel_status status = task_join(id, &quotient, WAIT_FOREVER);

	if (status == KERNEL_EKILLED)
		EXPECT(fault_last()->count == nfaults + 1 && fault_last()->cause == ARCH_FAULT_DIVIDE);
	else
		EXPECT(status == KERNEL_OK && quotient == 0 && fault_last()->count == nfaults);
	expect_exit(start("divider", SAME, divide, (void *)5), 200);
}

static void wait_a_while(void *arg)
{
	(void)arg;
	task_sleep(20);
}

/* Only the window closes them; mapped stacks are apart, but not closed. */
static void the_stack_of_another_task_is_closed(void)
{
	task_id other = start("other", HIGH, wait_a_while, NULL);
	const struct cairn_stack *stack = task_stack(other);
	struct arch_guard_geometry geometry;

	arch_guard_geometry(&geometry);
	if (geometry.arena_nbytes) {
		const uint32_t *word = (const uint32_t *)(stack->base + 64);
		uint32_t before = *word;

		expect_fault(write_to, (void *)(uintptr_t)word, ARCH_FAULT_DATA);
		EXPECT(*word == before);
	} else {
		expect_fault(write_to, (void *)(stack->base - 64), ARCH_FAULT_DATA);
		EXPECT(fault_last()->is.what == CAIRN_IS_STACK_GUARD);
	}
	EXPECT(fault_last()->is.owner == (const void *)other);
	EXPECT(fault_last()->is.what == (geometry.arena_nbytes ? CAIRN_IS_STACK : CAIRN_IS_STACK_GUARD));
	expect_exit(other, 0);
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
	expect_fault(send_from_nowhere, (void *)NOBODYS_ADDRESS, ARCH_FAULT_DATA);
	EXPECT(queue_count(&queue) == 0);
	EXPECT(queue_send(&queue, &message, NO_WAIT) == KERNEL_OK);
	expect_fault(receive_to_nowhere, (void *)NOBODYS_ADDRESS, ARCH_FAULT_DATA);
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
		expect_fault(print_from, (void *)NOBODYS_ADDRESS, ARCH_FAULT_DATA);
	EXPECT(console_nlost() == nlost);
}

static void faults_by_the_dozen_leave_nothing_behind(void)
{
	for (int i = 0; i < 12; i++)
		expect_fault(i % 2 ? be_undefined : write_to, (void *)NOBODYS_ADDRESS,
			     i % 2 ? ARCH_FAULT_UNDEFINED : ARCH_FAULT_DATA);
}

const struct kernel_test fault_tests[] = {
	KERNEL_TEST(a_bad_address_kills_its_task),
	KERNEL_TEST(what_belongs_to_nobody_is_closed),
	KERNEL_TEST(memory_is_closed_at_both_ends),
	KERNEL_TEST(the_guard_of_the_handler_stack_is_closed),
	KERNEL_TEST(code_is_read_only),
	KERNEL_TEST(an_undefined_instruction_kills_its_task),
	KERNEL_TEST(a_call_that_nobody_serves_kills_its_task),
	KERNEL_TEST(data_is_not_executed),
	KERNEL_TEST(a_division_by_zero_is_told_where_it_traps),
	KERNEL_TEST(the_stack_of_another_task_is_closed),
	KERNEL_TEST(a_fault_passes_mutexes_on),
	KERNEL_TEST(a_fault_gives_the_slot_of_a_queue_back),
	KERNEL_TEST(a_fault_ends_what_its_task_suspended),
	KERNEL_TEST(faults_while_printing_cost_no_line),
	KERNEL_TEST(faults_by_the_dozen_leave_nothing_behind),
	{NULL, NULL},
};
