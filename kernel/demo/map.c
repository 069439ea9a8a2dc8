/* SPDX-License-Identifier: MIT */
/* Part 1: what memory there is, and what Cairn took of it before the first allocation. */
#include "arch.h"
#include "console.h"
#include "demo.h"

static void print_range(const char *what, uintptr_t base, size_t nbytes, const char *name)
{
	console_print("   %-10s 0x%08zx-0x%08zx %8zu KiB  %s", what, (size_t)base,
		      (size_t)(base + nbytes - 1), (nbytes + KIB - 1) / KIB, name);
}

static void print_attributes(unsigned attr)
{
	console_print("%s%s%s\n", attr & CAIRN_ATTR_FAST ? ", fast" : "",
		      attr & CAIRN_ATTR_DMA ? ", DMA" : "", attr & CAIRN_ATTR_EXTERNAL ? ", external" : "");
}

/* What the board keeps for itself in [base, base + nbytes). */
static void print_kept(const struct arch_range *ranges, size_t nranges, uintptr_t base, size_t nbytes)
{
	for (size_t i = 0; i < nranges; i++) {
		const struct arch_range *range = &ranges[i];

		if (range->kind == ARCH_RANGE_RAM || range->base - base >= nbytes)
			continue;
		print_range(range->kind == ARCH_RANGE_META ? "  tables" : "  reserved", range->base,
			    range->nbytes, range->name);
		console_print("\n");
	}
}

static void print_zone(unsigned zone, const struct cairn_zone_info *info)
{
	char label[16];

	console_format(label, sizeof(label), "zone %u", zone);
	print_range(label, cairn_pfn_to_addr(info->base), info->nframes << CAIRN_FRAME_SHIFT, info->name);
	print_attributes(info->attr);
}

static void print_frames(const struct cairn_zone_info *info)
{
	console_print("     %zu of %zu frames free; reserved %zu, metadata %zu, in use %zu\n", info->nfree,
		      info->nframes, info->nframes_of[CAIRN_RESERVED], info->nframes_of[CAIRN_META],
		      info->nframes - info->nfree - info->nframes_of[CAIRN_RESERVED] -
			      info->nframes_of[CAIRN_META]);
}

static void print_per_frame(const char *what, size_t nbytes, size_t nframes)
{
	size_t tenths = nbytes * 10 / nframes;

	console_print("   %-14s %8zu B, %zu.%zu B a frame\n", what, nbytes, tenths / 10, tenths % 10);
}

/* The board sets page tables aside as metadata, where it has any; the rest is Cairn's own. */
static void print_metadata(const struct arch_range *ranges, size_t nranges)
{
	struct cairn_totals totals;
	size_t nbytes, table_nbytes = 0;

	cairn_totals(&totals);
	nbytes = totals.nframes_of[CAIRN_META] << CAIRN_FRAME_SHIFT;
	for (size_t i = 0; i < nranges; i++)
		if (ranges[i].kind == ARCH_RANGE_META)
			table_nbytes += ranges[i].nbytes;
	print_per_frame("metadata", nbytes - table_nbytes, totals.nframes);
	if (table_nbytes != 0)
		print_per_frame("page tables", table_nbytes, totals.nframes);
}

void show_memory_map(void)
{
	struct arch_range ranges[CAIRN_RANGES];
	struct cairn_zone_info info;
	const char *why = NULL;
	size_t nranges = arch_memory_map(ranges, CAIRN_RANGES, &why);

	console_print("\nCairn %s on %s (%s), page frames of %zu B\n", CAIRN_VERSION, arch_board_name(),
		      arch_cpu_name(), CAIRN_FRAME_NBYTES);
	print_heading("1. Memory map");
	EXPECT(nranges != 0, "the board has a memory map");
	for (unsigned zone = 0; cairn_zone_info(zone, &info); zone++) {
		print_zone(zone, &info);
		print_kept(ranges, nranges, cairn_pfn_to_addr(info.base), info.nframes << CAIRN_FRAME_SHIFT);
		print_frames(&info);
	}
	console_print("\n");
	print_metadata(ranges, nranges);
	expect_sound("after boot");
}
