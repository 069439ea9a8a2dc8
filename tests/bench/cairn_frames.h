/* SPDX-License-Identifier: MIT */
/* 4 MiB of page frames, for workloads that use them alone. */
#ifndef BENCH_CAIRN_FRAMES_H
#define BENCH_CAIRN_FRAMES_H

#include "bench.h"
#include "cairn.h"

#define BENCH_FRAMES_NBYTES ((size_t)4096 * KIB)
#define BENCH_FRAMES_ORDER  (22u - CAIRN_FRAME_SHIFT)

/* Begin anew: all frames are one free block. */
void bench_frames_start(void);

/* Free frames that are none of these, so that what is kept aside is full, and a frame that is freed next goes
 * back at once. After cairn_trim, once. */
void bench_frames_fill_aside(void);

/* 2^order frames, anywhere, and back; series NULL: not measured. */
void *bench_frames_take(struct bench_series *series, unsigned order);
void bench_frames_give(struct bench_series *series, void *pages);

extern const struct bench_workload bench_frame_workloads[], bench_worst_frame_workloads[];

#endif
