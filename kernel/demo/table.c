/* SPDX-License-Identifier: MIT */
/* Part 6: the books are closed. Who holds which frame of which zone, what caches, heap and stacks made of
 * theirs, and that it all adds up. */
#include "arch.h"
#include "cairn.h"
#include "console.h"
#include "demo.h"
#include "port.h"

/* ---- frames ---- */

static void print_frames_row(const char *name, const size_t nframes_of[CAIRN_NOWNERS], size_t nframes)
{
	size_t sum = 0;

	console_print("   %-8s", name);
	for (unsigned owner = 0; owner < CAIRN_NOWNERS; owner++) {
		console_print(" %9zu", nframes_of[owner]);
		sum += nframes_of[owner];
	}
	console_print(" %9zu\n", nframes);
	EXPECT(sum == nframes, "the frames of all owners are all frames");
}

/* Also compares the zones' sums with the totals, owner by owner. */
static void print_frames(void)
{
	struct cairn_totals totals, sums = {0};
	struct cairn_zone_info info;

	console_print("   frames  ");
	for (unsigned owner = 0; owner < CAIRN_NOWNERS; owner++)
		console_print(" %9s", owner_names[owner]);
	console_print(" %9s\n", "all");
	for (unsigned zone = 0; cairn_zone_info(zone, &info); zone++) {
		print_frames_row(info.name, info.nframes_of, info.nframes);
		for (unsigned owner = 0; owner < CAIRN_NOWNERS; owner++)
			sums.nframes_of[owner] += info.nframes_of[owner];
		sums.nframes += info.nframes;
	}
	cairn_totals(&totals);
	print_frames_row("all", totals.nframes_of, totals.nframes);
	EXPECT(totals_equal(&totals, &sums), "the zones' frames are all frames");
}

/* ---- caches and heap ---- */

static void print_caches(void)
{
	struct cairn_cache_info info;
	struct cairn_cache *cache = NULL;

	console_print("\n   cache      object   live   free   slabs  frames   high water\n");
	while ((cache = cairn_next_cache(cache)) != NULL) {
		EXPECT(cairn_cache_stats(cache, &info), "a cache has figures");
		console_print("   %-9s %5zu B %6zu %6zu %7zu %7zu %12zu\n", info.name, info.object_nbytes,
			      info.nlive, info.nfree, info.nslabs, info.nslabs * info.slab_nframes,
			      info.high_water);
		EXPECT(info.nlive + info.nfree == info.nslabs * info.objects_per_slab,
		       "live and free objects are all objects");
	}
}

static void print_heap(void)
{
	struct cairn_heap_info info;

	cairn_heap_stats(&info);
	console_print("\n   heap: %zu frames: %zu B live in %zu blocks, %zu B free, %zu B overhead;"
		      " high water %zu B\n",
		      info.nframes, info.live_nbytes, info.live_nblocks, info.free_nbytes,
		      info.overhead_nbytes, info.high_water_nbytes);
	EXPECT(info.live_nbytes + info.free_nbytes + info.overhead_nbytes == info.nframes
										     << CAIRN_FRAME_SHIFT,
	       "live, free and overhead are all of the heap");
}

/* ---- tasks ---- */

static void print_task(const struct task_row *row)
{
	console_print("   %-12s %8u   %-10s %7zu B %10zu B\n", row->name, row->priority, row->state,
		      row->stack_nbytes, row->stack_high_water);
}

static void print_tasks(void)
{
	struct cairn_stacks_info info;
	struct task_row row;

	console_print("\n   task         priority   state          stack   high water\n");
	scheduler_suspend();
	for (size_t n = 0; task_row(n, &row); n++)
		if (row.used)
			print_task(&row);
	scheduler_resume();
	console_print("   %-12s %8s   %-10s %7zu B %10zu B\n", "handlers", "", "",
		      arch_handler_stack_nbytes(), arch_handler_stack_high_water());
	cairn_stack_stats(&info);
	console_print("   stacks: %zu of %zu B in all; %zu B of space free\n", info.nstacks, info.nbytes,
		      info.free_nbytes);
}

/* ---- the lock ---- */

static void print_longest_masked(void)
{
	uint32_t per_1000, stamps = port_longest_masked();
	const char *unit = arch_stamp_unit(&per_1000);
	uint32_t units = stamps / per_1000 * 1000 + stamps % per_1000 * 1000 / per_1000;

	EXPECT(stamps != 0, "the time with interrupts masked is measured");
	console_print("\n   longest time with interrupts masked: %u %s\n", (unsigned)units, unit);
}

void close_the_books(void)
{
	print_heading("6. Totals");
	(void)cairn_trim();
	print_frames();
	print_caches();
	print_heap();
	print_tasks();
	print_longest_masked();
	expect_sound("at the end");
	console_print("   cairn_check over everything: nothing broken\n");
}
