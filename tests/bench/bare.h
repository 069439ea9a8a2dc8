/* SPDX-License-Identifier: MIT */
/* What bare.c expects of the image it is linked into. */
#ifndef BENCH_BARE_H
#define BENCH_BARE_H

#include "bench.h"

/* The workloads that this image knows; ends with NULL. */
extern const struct bench_workload *const bench_lists[];

#endif
