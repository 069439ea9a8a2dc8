/* SPDX-License-Identifier: MIT */
/* Measurements, kept one by one, so that every percentile is exact. */
#include "bench.h"

#include "arch.h"
#include "console.h"

static uint32_t stamps_per_1000; /* to 1000 instructions */
static uint32_t empty_call_nstamps;

static uint32_t to_instructions(uint32_t nstamps)
{
	return (uint32_t)(((uint64_t)nstamps * 1000 + stamps_per_1000 / 2) / stamps_per_1000);
}

static void do_nothing(void)
{
}

void bench_calibrate(void)
{
	const struct bench_call call = {.function = do_nothing};

	(void)arch_stamp_unit(&stamps_per_1000);
	empty_call_nstamps = (uint32_t)(bench_timed_call(&call) >> 32);
}

struct bench_series *bench_series(const char *op)
{
	struct bench_series *s = &bench_scratch->series[bench_scratch->nseries];

	if (bench_scratch->nseries++ == BENCH_SERIES)
		panic("too many series");
	s->op = op;
	s->n = 0;
	return s;
}

void bench_record(struct bench_series *s, uint32_t nstamps, uint32_t empty_nstamps)
{
	if (s->n == BENCH_SAMPLES)
		panic("too many samples");
	s->sample[s->n++] = to_instructions(nstamps) - to_instructions(empty_nstamps);
}

void bench_record_call(struct bench_series *s, uint64_t timed)
{
	if (s)
		bench_record(s, (uint32_t)(timed >> 32), empty_call_nstamps);
}

uintptr_t bench_call(struct bench_series *s, const struct bench_call *call)
{
	uint64_t timed = bench_timed_call(call);

	bench_record_call(s, timed);
	return (uintptr_t)timed;
}

/* Shell's sort: no recursion, no memory. */
static void sort(uint32_t *value, size_t n)
{
	for (size_t gap = n / 2; gap > 0; gap /= 2) {
		for (size_t i = gap; i < n; i++) {
			uint32_t moving = value[i];
			size_t at = i;

			for (; at >= gap && value[at - gap] > moving; at -= gap)
				value[at] = value[at - gap];
			value[at] = moving;
		}
	}
}

/* The smallest value that is not exceeded by so many of 1000. Sorted; n > 0. */
static unsigned permille(const struct bench_series *s, size_t of_1000)
{
	return (unsigned)s->sample[(s->n * of_1000 + 999) / 1000 - 1];
}

static void print_row(const char *workload, const struct bench_series *s)
{
	uint64_t sum = 0;
	unsigned mean_100;

	for (size_t i = 0; i < s->n; i++)
		sum += s->sample[i];
	mean_100 = (unsigned)((sum * 100 + s->n / 2) / s->n);
	console_print("row,%s,%s,%zu,%u.%02u,%u,%u,%u,%u\n", workload, s->op, s->n, mean_100 / 100,
		      mean_100 % 100, permille(s, 500), permille(s, 990), permille(s, 999),
		      permille(s, 1000));
}

static void print_distribution(const char *workload, const struct bench_series *s)
{
	size_t end;

	for (size_t i = 0; i < s->n; i = end) {
		for (end = i + 1; end < s->n && s->sample[end] == s->sample[i];)
			end++;
		console_print("hist,%s,%s,%u,%zu\n", workload, s->op, (unsigned)s->sample[i], end - i);
	}
}

void bench_print_series(const char *workload)
{
	for (size_t i = 0; i < bench_scratch->nseries; i++) {
		struct bench_series *s = &bench_scratch->series[i];

		if (s->n == 0)
			continue;
		sort(s->sample, s->n);
		print_row(workload, s);
		print_distribution(workload, s);
	}
}
