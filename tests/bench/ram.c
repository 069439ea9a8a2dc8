/* SPDX-License-Identifier: MIT */
/* What cairn_init takes for itself of the memory that it is given: metadata, for several sizes of it. */
#include "bare.h"

#include "arch.h"
#include "cairn.h"
#include "console.h"

static const struct {
	const char *name;
	size_t nbytes;
} memories[] = {
	{"ram_8KiB", 8 * KIB},
	{"ram_64KiB", 64 * KIB},
	{"ram_256KiB", 256 * KIB},
	{"ram_16MiB", 16384 * KIB},
};

#define NMEMORIES (sizeof(memories) / sizeof(memories[0]))

static size_t metadata_nbytes(void)
{
	struct cairn_totals totals;

	cairn_totals(&totals);
	return totals.nframes_of[CAIRN_META] << CAIRN_FRAME_SHIFT;
}

/* In hundredths, rounded up. */
static void print_per_frame(const char *name, size_t nbytes, size_t nframes)
{
	size_t hundredths = (nbytes * 100 + nframes - 1) / nframes;

	console_print("space,%s,%zu.%zu%zu,B/frame\n", name, hundredths / 100, hundredths / 10 % 10,
		      hundredths % 10);
}

/* Of the largest memory: the frames' own, and with the tables of the modules above them. */
static void print_metadata(void)
{
	size_t nframes = memories[NMEMORIES - 1].nbytes >> CAIRN_FRAME_SHIFT;
	cairn_pfn base = (cairn_pfn)(bench_region(0) >> CAIRN_FRAME_SHIFT);

	print_per_frame("metadata_frame", cairn_frame_meta_nbytes(base, nframes), nframes);
	print_per_frame("metadata_all", metadata_nbytes(), nframes);
}

/* A memory that is too small for the board's frames has no line.
 * Free memory is never written, and metadata lie at the low end: there may be less memory than is said. */
static void ram(void)
{
	for (size_t i = 0; i < NMEMORIES; i++) {
		struct cairn_range range = {.name = "ram", .kind = CAIRN_RANGE_RAM};

		bench_forget();
		range.base = bench_region(0);
		range.nbytes = memories[i].nbytes;
		if (cairn_init(&range, 1) == CAIRN_OK)
			console_print("space,%s,%zu,B\n", memories[i].name, metadata_nbytes());
	}
	print_metadata();
}

static const struct bench_workload workloads[] = {{"ram", ram}, {0}};
const struct bench_workload *const bench_lists[] = {workloads, NULL};
