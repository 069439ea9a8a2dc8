/* SPDX-License-Identifier: MIT */
/* The harness of the benchmark: the same objects, built once, around every allocator.
 *
 * An image runs one workload, named on its semihosting command line (`list`: print the names), on one region
 * of memory, and prints lines that tests/bench's host side reads:
 *   row,<workload>,<op>,<n>,<mean>,<p50>,<p99>,<p999>,<max>	instructions
 *   hist,<workload>,<op>,<instructions>,<count>		each value that was seen
 *   space,<workload>,<value>,<unit>
 *   fail,<workload>,<why>					exit status 3: the region was too small
 *   done,<workload>						exit status 0
 *
 * Every operation is called through bench_timed_call, which has the same instructions between its two stamps
 * whatever it calls; a call of an empty function, measured the same way, is subtracted. */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KIB 1024u

struct bench_workload {
	const char *name;
	void (*run)(void);
};

/* Runs what the command line asks for, once bench_memory_init has been called. Lists end with NULL, and each
 * list with a workload without a name. */
_Noreturn void bench_main(const struct bench_workload *const lists[]);

/* The word behind the workload's name as a number; where there is none, `otherwise`. */
size_t bench_argument(size_t otherwise);

/* A line `space` of the running workload. */
void bench_space(size_t value, const char *unit);

/* The workload cannot be completed in its region: ends the machine with status 3. */
_Noreturn void bench_fail(const char *why);

/* ---- memory ---- */

#define BENCH_SLOTS   16384u
#define BENCH_SERIES  5u
#define BENCH_SAMPLES 131072u

/* Measurements of one operation. */
struct bench_series {
	const char *op;
	size_t n;
	uint32_t sample[BENCH_SAMPLES];
};

/* Of the timed lock (masked.h), in stamps. */
struct bench_masked {
	size_t nstretches;
	uint32_t longest_nstamps, empty_nstamps;           /* stretches */
	uint32_t longest_call_nstamps, empty_call_nstamps; /* calls with one stretch */
	uintptr_t site;                                    /* where the longest stretch ended */
};

/* What workloads keep. bench_forget leaves it as it is. */
struct bench_scratch {
	void *slot[BENCH_SLOTS];
	uint32_t slot_nbytes[BENCH_SLOTS];
	bool quiet; /* workloads are run for something else than their own results */
	struct bench_masked masked;
	size_t nseries;
	struct bench_series series[BENCH_SERIES];
};
extern struct bench_scratch *bench_scratch;

/* Find the memory that the image does not occupy. */
void bench_memory_init(void);

/* Remember all static data as they are now; and put them back, so that an allocator that can be set up only
 * once begins anew. */
void bench_remember(void);
void bench_forget(void);

/* nbytes of memory, always the same, aligned to 4 MiB, with BENCH_FRONT_NBYTES more in front of them. */
#define BENCH_FRONT_NBYTES (64 * KIB)
uintptr_t bench_region(size_t nbytes);

/* ---- measuring ---- */

/* Any function of up to four words. */
typedef void (*bench_function)(void);

struct bench_call {
	bench_function function;
	uintptr_t argument[4];
};

/* Its result in the lower half, the stamps that it took in the upper. In machine_<isa>.S. */
uint64_t bench_timed_call(const struct bench_call *call);

/* Measure the cost of an empty call. */
void bench_calibrate(void);

/* A new series; its rows are printed when the workload returns. */
struct bench_series *bench_series(const char *op);

/* Add one measurement, less what nothing would have taken, in stamps. */
void bench_record(struct bench_series *series, uint32_t nstamps, uint32_t empty_nstamps);

/* The same for what bench_timed_call returned; series NULL: nothing. */
void bench_record_call(struct bench_series *series, uint64_t timed);

/* Call, and record what it took. Returns what the function did. */
uintptr_t bench_call(struct bench_series *series, const struct bench_call *call);
#define BENCH_CALL(series, f, ...) \
	bench_call((series), &(const struct bench_call){(bench_function)(f), {__VA_ARGS__}})

/* The rows and the distribution of all series. */
void bench_print_series(const char *workload);

/* ---- the generator ---- */

void bench_seed(uint32_t seed);
uint32_t bench_random(void);
/* Log-uniform in [8, 2^log2). */
size_t bench_random_nbytes(unsigned log2);

/* ---- semihosting ---- */

/* In machine_<isa>.S. */
uintptr_t bench_semihost(uintptr_t operation, void *parameter);

#endif
