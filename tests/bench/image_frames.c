/* SPDX-License-Identifier: MIT */
/* Cairn's page frames alone. */
#include "bare.h"
#include "cairn_frames.h"

const struct bench_workload *const bench_lists[] = {bench_frame_workloads, bench_worst_frame_workloads, NULL};
