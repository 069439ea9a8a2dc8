/* SPDX-License-Identifier: MIT */
/* What Cairn takes for itself: of the memory that cairn_init is given, for several sizes of it, and of a heap
 * block. */
#include "bare.h"

#include "arch.h"
#include "cairn.h"
#include "console.h"

struct memory {
	const char *name;
	size_t nbytes;
};

/* For the board's tunables, and for config_8KiB.h. */
static const struct memory memories[] = {
	{"ram_64KiB", 64 * KIB},
	{"ram_256KiB", 256 * KIB},
	{"ram_16MiB", 16384 * KIB},
};
static const struct memory small_memory = {"ram_8KiB", 8 * KIB};

static size_t metadata_nbytes(void)
{
	struct cairn_totals totals;

	cairn_totals(&totals);
	return totals.nframes_of[CAIRN_META] << CAIRN_FRAME_SHIFT;
}

static bool begin(size_t nbytes)
{
	struct cairn_range range = {.nbytes = nbytes, .name = "ram", .kind = CAIRN_RANGE_RAM};

	bench_forget();
	range.base = bench_region(0);
	return cairn_init(&range, 1) == CAIRN_OK;
}

/* From one block to the next, less what the first can hold. */
static void print_header(void)
{
	enum { BLOCK_NBYTES = 64 };
	unsigned char *first, *next;

	if (!begin(256 * KIB))
		panic("no heap");
	first = cairn_alloc(BLOCK_NBYTES);
	next = cairn_alloc(BLOCK_NBYTES);
	console_print("space,header_heap,%zu,B\n",
		      (size_t)(next > first ? next - first : first - next) - cairn_usable_size(first));
}

/* Free memory is never written, and metadata lie at the low end: there may be less memory than is said. */
static void print_memory(const struct memory *memory)
{
	if (!begin(memory->nbytes))
		panic("%s: too small", memory->name);
	console_print("space,%s,%zu,B\n", memory->name, metadata_nbytes());
}

static void ram(void)
{
	for (size_t i = 0; i < sizeof(memories) / sizeof(memories[0]); i++)
		print_memory(&memories[i]);
	print_header();
}

static void ram_small(void)
{
	print_memory(&small_memory);
}

static const struct bench_workload workloads[] = {{"ram", ram}, {"ram_small", ram_small}, {0}};
const struct bench_workload *const bench_lists[] = {workloads, NULL};
