/* SPDX-License-Identifier: MIT */
/* What the timed lock notes, in bench_scratch, where bench_forget leaves it. */
#include "masked.h"

#include "arch.h"
#include "console.h"
#include "../../mm/port.h"

static struct {
	unsigned depth;
	uint32_t began;
} stretch;

void bench_masked_begins(void)
{
	if (stretch.depth++ == 0)
		stretch.began = arch_stamp();
}

void bench_masked_ends(void)
{
	struct bench_masked *masked = &bench_scratch->masked;
	uint32_t nstamps;

	if (--stretch.depth != 0)
		return;
	nstamps = arch_stamp() - stretch.began;
	masked->nstretches++;
	if (nstamps <= masked->longest_nstamps)
		return;
	masked->longest_nstamps = nstamps;
	masked->site = (uintptr_t)__builtin_return_address(0);
}

/* ---- calls ---- */

/* The linker puts one in the place of the other (--wrap, images.mk): so the harness need not know. */
uint64_t __real_bench_timed_call(const struct bench_call *call);
uint64_t __wrap_bench_timed_call(const struct bench_call *call);

uint64_t __wrap_bench_timed_call(const struct bench_call *call)
{
	struct bench_masked *masked = &bench_scratch->masked;
	size_t nstretches = masked->nstretches;
	uint64_t timed = __real_bench_timed_call(call);
	uint32_t nstamps = (uint32_t)(timed >> 32);

	if (masked->nstretches == nstretches + 1 && nstamps > masked->longest_call_nstamps)
		masked->longest_call_nstamps = nstamps;
	return timed;
}

/* ---- results ---- */

static void lock_and_unlock(void)
{
	cairn_port_unlock(cairn_port_lock());
}

static void forget_longest(void)
{
	bench_scratch->masked.longest_nstamps = bench_scratch->masked.longest_call_nstamps = 0;
	bench_scratch->masked.site = 0;
}

/* Begins with an empty stretch, and a call with no other. */
void bench_masked_start(void)
{
	struct bench_masked *masked = &bench_scratch->masked;

	forget_longest();
	(void)BENCH_CALL(NULL, lock_and_unlock, 0);
	masked->empty_nstamps = masked->longest_nstamps;
	masked->empty_call_nstamps = masked->longest_call_nstamps;
	masked->site = 0;
}

void bench_masked_record(struct bench_series *locks, const char *workload, const char *during)
{
	const struct bench_masked *masked = &bench_scratch->masked;

	bench_record(locks, masked->longest_nstamps, masked->empty_nstamps);
	console_print("site,%s,%s,%u,0x%zx\n", workload, during, (unsigned)locks->sample[locks->n - 1],
		      (size_t)masked->site);
}

void bench_masked_record_call(struct bench_series *calls)
{
	bench_record(calls, bench_scratch->masked.longest_call_nstamps,
		     bench_scratch->masked.empty_call_nstamps);
}
