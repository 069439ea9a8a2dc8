/* SPDX-License-Identifier: MIT */
/* The floor of fixed-size objects. */
#include "bare.h"
#include "objects.h"

const struct bench_workload *const bench_lists[] = {bench_object_workloads, NULL};
