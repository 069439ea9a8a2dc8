/* SPDX-License-Identifier: MIT */
/* How long interrupts are masked at a stretch, who masks them longest, and what the longest call is that does so
 * once. For the images that are built with lock_timed.h. */
#ifndef BENCH_MASKED_H
#define BENCH_MASKED_H

#include "bench.h"

/* For the lock: its outermost stretch begins, and ends. */
void bench_masked_begins(void);
void bench_masked_ends(void);

/* From here on. */
void bench_masked_start(void);

/* The longest stretch since then, into a series, less what an empty stretch takes; and a line that says who
 * ended it, during what:
 *	site,<workload>,<during>,<instructions>,<return address> */
void bench_masked_record(struct bench_series *locks, const char *workload, const char *during);

/* The longest measured call since then that had one stretch, less what a call takes that does nothing but lock
 * and unlock. */
void bench_masked_record_call(struct bench_series *calls);

/* Workloads that differ in one thing: the size of a block, of the memory. */
extern const struct bench_workload bench_masked_size_workloads[];

#endif
