/* SPDX-License-Identifier: MIT */
/* Memory of an image: the upper half of the board's largest bank of RAM, which nothing else uses.
 *   its lower half   the region that is measured
 *   its upper half   scratch, and behind it a copy of .data and .bss as they were before the workload */
#include "bench.h"

#include "arch.h"
#include "console.h"
#include "cairn.h"

#define REGION_ALIGN ((size_t)4 * KIB * KIB)
#define MAX_RANGES   16

/* linker/sections.ld: .bss follows .data. */
extern unsigned char data_start[], bss_end[];

struct bench_scratch *bench_scratch;

static uintptr_t region_base;
static size_t region_max_nbytes;
static unsigned char *statics;

/* Of no length when there is none. */
static struct arch_range largest_bank(const struct arch_range *ranges, size_t nranges)
{
	struct arch_range largest = {0};

	for (size_t i = 0; i < nranges; i++)
		if (ranges[i].kind == ARCH_RANGE_RAM && ranges[i].nbytes > largest.nbytes)
			largest = ranges[i];
	return largest;
}

static bool in_use(const struct arch_range *ranges, size_t nranges, uintptr_t base, size_t nbytes)
{
	for (size_t i = 0; i < nranges; i++)
		if (ranges[i].kind != ARCH_RANGE_RAM && ranges[i].base < base + nbytes &&
		    ranges[i].base + ranges[i].nbytes > base)
			return true;
	return false;
}

static size_t statics_nbytes(void)
{
	return (uintptr_t)bss_end - (uintptr_t)data_start;
}

void bench_memory_init(void)
{
	static struct arch_range ranges[MAX_RANGES];
	const char *why = "no memory map";
	size_t nranges = arch_memory_map(ranges, MAX_RANGES, &why);
	struct arch_range bank = largest_bank(ranges, nranges);

	if (bank.nbytes == 0)
		panic("%s", why);
	region_max_nbytes = bank.nbytes / 4;
	region_base = (bank.base + 2 * region_max_nbytes) & ~(REGION_ALIGN - 1);
	bench_scratch = (struct bench_scratch *)(region_base + region_max_nbytes);
	statics = (unsigned char *)(bench_scratch + 1);
	if (in_use(ranges, nranges, region_base - BENCH_FRONT_NBYTES,
		   BENCH_FRONT_NBYTES + 2 * region_max_nbytes) ||
	    sizeof(*bench_scratch) + statics_nbytes() > region_max_nbytes)
		panic("the benchmark does not fit into this board");
	bench_scratch->nseries = 0;
	bench_scratch->quiet = false;
}

void bench_remember(void)
{
	memcpy(statics, data_start, statics_nbytes());
}

void bench_forget(void)
{
	memcpy(data_start, statics, statics_nbytes());
}

uintptr_t bench_region(size_t nbytes)
{
	if (nbytes > region_max_nbytes)
		panic("a region of %zu bytes is too large", nbytes);
	return region_base;
}
