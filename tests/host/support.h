/* SPDX-License-Identifier: MIT */
/* What all tests of mm/ share, on the host and on the target: random numbers, and the list of groups. */
#ifndef SUPPORT_H
#define SUPPORT_H

#include <stddef.h>
#include <stdint.h>

/* A generator: the same state gives the same numbers on every machine. Any state is a good start. */
struct support_rng {
	uint32_t state;
};

uint32_t support_random(struct support_rng *rng);

/* Uniform enough for tests: 0 .. limit - 1. limit > 0. */
uint32_t support_random_below(struct support_rng *rng, uint32_t limit);

/* Where random tests start: CAIRN_TEST_SEED of the environment, else a constant. */
uint32_t support_seed(void);

/* How many steps a random test takes: a simulated machine is about ten times slower. */
#ifdef CAIRN_HOSTED
#define SUPPORT_STEPS(n) (n)
#else
#define SUPPORT_STEPS(n) ((n) / 10)
#endif

/* Run every group whose name contains `only` (NULL: all). The failures; -1 when no group has such a name. */
int support_run_groups(const char *only);

/* One per module; each returns how many of its tests failed. */
int test_region_run(void);
int test_frame_run(void);
int test_slab_run(void);
int test_heap_run(void);
int test_stack_run(void);
int test_explain_run(void);
int test_cairn_run(void);
int test_guard_run(void); /* hosted only, as is the next */
int test_fdt_run(void);

#endif
