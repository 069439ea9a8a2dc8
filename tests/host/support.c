/* SPDX-License-Identifier: MIT */
/* Random numbers and the list of groups.
 * The generator adds an odd constant and mixes the sum, so that no state is a bad one, 0 included. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#ifdef CAIRN_HOSTED
#include <stdlib.h>
#endif

#include "support.h"

#define DEFAULT_SEED 20260u
#define WEYL_STEP    0x9e3779b9u /* 2^32 / golden ratio, odd */

static const struct group {
	const char *name;
	int (*run)(void);
} groups[] = {
	{"region", test_region_run}, {"frame", test_frame_run}, {"slab", test_slab_run},
	{"heap", test_heap_run},     {"stack", test_stack_run}, {"explain", test_explain_run},
	{"cairn", test_cairn_run},
#ifdef CAIRN_HOSTED
	{"guard", test_guard_run},   {"fdt", test_fdt_run},
#endif
};

uint32_t support_random(struct support_rng *rng)
{
	uint32_t mixed = rng->state += WEYL_STEP;

	mixed = (mixed ^ mixed >> 16) * 0x85ebca6bu;
	mixed = (mixed ^ mixed >> 13) * 0xc2b2ae35u;
	return mixed ^ mixed >> 16;
}

uint32_t support_random_below(struct support_rng *rng, uint32_t limit)
{
	return (uint32_t)((uint64_t)support_random(rng) * limit >> 32);
}

uint32_t support_seed(void)
{
#ifdef CAIRN_HOSTED
	const char *text = getenv("CAIRN_TEST_SEED");

	if (text)
		return (uint32_t)strtoul(text, NULL, 0);
#endif
	return DEFAULT_SEED;
}

static bool starts_with(const char *text, const char *part)
{
	while (*part && *text == *part) {
		text++;
		part++;
	}
	return *part == '\0';
}

static bool contains(const char *text, const char *part)
{
	for (; *text; text++)
		if (starts_with(text, part))
			return true;
	return false;
}

int support_run_groups(const char *only)
{
	size_t ngroups = 0;
	int nfailed = 0;

	print_message("random seed %u (set CAIRN_TEST_SEED to choose one)\n", (unsigned)support_seed());
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		if (only && !contains(groups[i].name, only))
			continue;
		ngroups++;
		nfailed += groups[i].run();
	}
	return ngroups ? nfailed : -1;
}
