/* SPDX-License-Identifier: MIT */
/* Tests of vector registers (MVE): every task has its own, with its predicates and the lengths of its loops,
 * whoever else uses vectors, in handlers too. Those that are the floating-point registers by another name are
 * tested as such, too (kernel_test_fp.c). */
#include "kernel_test.h"
#include "main.h"
#include "mve.h"

#define NBYTES_MAX 1000u

static volatile bool stop;
static volatile uint32_t nrounds, nbad, nhandled;

/* ---- who uses vectors ---- */

/* The low half of a seed is a predicate: all lanes of some words, none of others. */
static uint32_t seed_of(const void *arg)
{
	return 0x40000f0fu * (uint32_t)(uintptr_t)arg;
}

static void keep_vectors(void *arg)
{
	uint32_t seed = seed_of(arg);

	mve_fill(seed);
	while (!stop) {
		nbad += mve_nwrong(seed) != 0;
		nrounds++;
	}
}

static void keep_over_yields(void *arg)
{
	for (uint32_t seed = seed_of(arg); !stop; seed += 0x1011) {
		mve_fill(seed);
		task_yield();
		nbad += mve_nwrong(seed) != 0;
		nrounds++;
	}
}

/* Any length but a multiple of a vector's. */
static void sum_bytes(void *arg)
{
	static uint8_t bytes[NBYTES_MAX];
	size_t nbytes = NBYTES_MAX - 3 * (uintptr_t)arg;
	uint32_t sum = 0;

	for (size_t i = 0; i < NBYTES_MAX; i++)
		bytes[i] = (uint8_t)(i * 7 + 1);
	for (size_t i = 0; i < nbytes; i++)
		sum += bytes[i];
	while (!stop) {
		nbad += mve_sum(bytes, nbytes) != sum;
		nrounds++;
	}
}

static void use_none(void *arg)
{
	(void)arg;
	while (!stop)
		nrounds++;
}

static void clobber_in_handler(void)
{
	mve_clobber();
	nhandled++;
}

/* ---- tests ---- */

static void run_mix(void)
{
	static void (*const entries[])(void *arg) = {keep_vectors,     sum_bytes, use_none,
						     keep_over_yields, sum_bytes, keep_vectors};
	const size_t ntasks = sizeof(entries) / sizeof(entries[0]);
	task_id ids[sizeof(entries) / sizeof(entries[0])];

	stop = false;
	nrounds = nbad = nhandled = 0;
	for (size_t i = 0; i < ntasks; i++)
		ids[i] = start("vectors", LOW, entries[i], (void *)(i + 1));
	task_sleep(60);
	stop = true;
	for (size_t i = 0; i < ntasks; i++)
		expect_exit(ids[i], 0);
	EXPECT(nbad == 0 && nrounds > 60);
}

static void vectors_survive_preemption(void)
{
	run_mix();
}

static void vectors_survive_handlers_that_use_them(void)
{
	scheduler_set_tick_hook(clobber_in_handler);
	run_mix();
	scheduler_set_tick_hook(NULL);
	EXPECT(nhandled >= 60);
}

static void look_at_the_predicate(void *arg)
{
	nbad += mve_predicate() != 0;
	nbad += mve_sum(arg, 5) != 'h' + 'e' + 'l' + 'l' + 'o';
}

static void a_new_task_has_no_predicate_of_another(void)
{
	static const char text[] = "hello, and more";
	uint32_t seed = seed_of((void *)1);

	nbad = 0;
	mve_fill(seed);
	for (int i = 0; i < 3; i++)
		expect_exit(start("new", HIGH, look_at_the_predicate, (void *)(uintptr_t)text), 0);
	EXPECT(nbad == 0);
	EXPECT(mve_nwrong(seed) == 0);
}

static void call_far_down(void *arg)
{
	volatile char *frame =
		__builtin_alloca(arch_sp() - task_stack(task_self())->base - (size_t)(uintptr_t)arg);

	mve_fill(7);
	__asm__ volatile("svc #0" : : "r"(frame) : "memory");
	trace_mark('!');
}

/* There is room for a frame without vectors, and for none with. */
static void an_overflow_with_vectors_spoils_nobodys(void)
{
	uint32_t seed = seed_of((void *)2);

	mve_fill(seed);
	for (size_t room = 0; room < 104; room += 8) {
		expect_overflow(call_far_down, room);
		EXPECT(mve_nwrong(seed) == 0);
	}
}

const struct kernel_test mve_tests[] = {
	KERNEL_TEST(vectors_survive_preemption),
	KERNEL_TEST(vectors_survive_handlers_that_use_them),
	KERNEL_TEST(a_new_task_has_no_predicate_of_another),
	KERNEL_TEST(an_overflow_with_vectors_spoils_nobodys),
	{NULL, NULL},
};
