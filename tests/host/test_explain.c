/* SPDX-License-Identifier: MIT */
/* Every address has an explanation, and everything adds up: explain and check over all parts together. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "check.h"
#include "support.h"

#define MEMORY_NBYTES ((size_t)256 << 10)
#define HOLE_AT       ((size_t)64 << 10)
#define HOLE_NBYTES   ((size_t)8 << 10)
#define TABLES_AT     ((size_t)96 << 10)

static unsigned char memory[MEMORY_NBYTES] __attribute__((aligned(1 << 16)));
static struct cairn_regions regions;
static struct cairn_frames frames;
static struct cairn_slabs slabs;
static struct cairn_cache cache;
static struct cairn_heap heap;
static struct cairn_stacks stacks;
static const struct cairn_parts parts = {&regions, &frames, &slabs, &heap, &stacks};

static const struct cairn_guard_geometry window = {
	.granule_nbytes = 64, .min_nbytes = 256, .parts = 8, .closed_nbytes = 1216, .arena_nbytes = 16 << 10};

static int parts_up(void **state)
{
	(void)state;
	const struct cairn_range ranges[] = {
		{(uintptr_t)memory, MEMORY_NBYTES, "ram", CAIRN_RANGE_RAM, 0},
		{(uintptr_t)memory + HOLE_AT, HOLE_NBYTES, "device tree", CAIRN_RANGE_RESERVED, 0},
		{(uintptr_t)memory + TABLES_AT, 4096, "page tables", CAIRN_RANGE_META, 0},
	};
	const struct cairn_cache_spec spec = {.name = "widget", .nbytes = 40};
	memset(&cache, 0, sizeof(cache));
	assert_int_equal(cairn_region_init(&regions, ranges, 3), CAIRN_OK);
	cairn_frame_init(&frames);
	assert_int_equal(cairn_frame_zones(&frames, &regions), CAIRN_OK);
	assert_int_equal(cairn_slab_init(&slabs, &frames), CAIRN_OK);
	assert_int_equal(cairn_frame_open(&frames, &regions), CAIRN_OK);
	assert_int_equal(cairn_heap_init(&heap, &frames, CAIRN_ANY_ZONE, 12345), CAIRN_OK);
	assert_int_equal(cairn_stack_init(&stacks, &frames, &window), CAIRN_OK);
	assert_int_equal(cairn_slab_create(&slabs, &cache, &spec), CAIRN_OK);
	return 0;
}

static struct cairn_explanation explain(const void *addr)
{
	struct cairn_explanation is;
	cairn_explain_in(&parts, (uintptr_t)addr, &is);
	return is;
}

static void unmanaged_reserved_and_metadata(void **state)
{
	(void)state;
	int local = 0;
	assert_int_equal(explain(NULL).what, CAIRN_IS_UNMANAGED);
	assert_int_equal(explain((void *)UINTPTR_MAX).what, CAIRN_IS_UNMANAGED);
	assert_int_equal(explain(&local).what, CAIRN_IS_UNMANAGED);
	assert_int_equal(explain(memory + MEMORY_NBYTES).what, CAIRN_IS_UNMANAGED);

	struct cairn_explanation is = explain(memory + HOLE_AT + 17);
	assert_int_equal(is.what, CAIRN_IS_RESERVED);
	assert_string_equal(is.name, "device tree");
	is = explain(memory + TABLES_AT);
	assert_int_equal(is.what, CAIRN_IS_META);
	assert_string_equal(is.name, "page tables");
	is = explain(memory);
	assert_int_equal(is.what, CAIRN_IS_META);
	assert_string_equal(is.name, "boot metadata");

	cairn_explain_in(&parts, (uintptr_t)memory, NULL);
	cairn_explain_in(NULL, (uintptr_t)memory, &is);
	assert_int_equal(is.what, CAIRN_IS_UNMANAGED);
}

static void frames_free_and_in_pages(void **state)
{
	(void)state;
	struct cairn_explanation is = explain(memory + MEMORY_NBYTES - 1);
	assert_int_equal(is.what, CAIRN_IS_FREE);
	assert_string_equal(is.name, "ram");
	cairn_pfn pfn = cairn_frame_alloc(&frames, 1, CAIRN_PAGES, CAIRN_ANY_ZONE);
	is = explain((void *)(cairn_pfn_to_addr(pfn) + CAIRN_FRAME_NBYTES));
	assert_int_equal(is.what, CAIRN_IS_PAGES);
	assert_int_equal(is.base, cairn_pfn_to_addr(pfn));
	assert_int_equal(is.nbytes, 2 * CAIRN_FRAME_NBYTES);
	assert_int_equal(cairn_frame_free(&frames, pfn, CAIRN_PAGES), CAIRN_OK);
}

static void objects_live_free_and_the_gap(void **state)
{
	(void)state;
	unsigned char *object = cairn_slab_alloc(&cache);
	struct cairn_explanation is = explain(object + 39);
	assert_int_equal(is.what, CAIRN_IS_LIVE_OBJECT);
	assert_string_equal(is.name, "widget");
	assert_ptr_equal(is.base, object);
	assert_int_equal(is.nbytes, 40);
	assert_int_equal(explain(object + 3 * 40).what, CAIRN_IS_FREE_OBJECT);
	struct cairn_cache_info info;
	assert_true(cairn_slab_info(&cache, &info));
	unsigned char *slab = (unsigned char *)cairn_pfn_to_addr(cairn_addr_to_pfn((uintptr_t)object));
	size_t used = info.objects_per_slab * info.stride_nbytes;
	if (used < info.slab_nframes << CAIRN_FRAME_SHIFT)
		assert_int_equal(explain(slab + used).what, CAIRN_IS_SLAB_GAP);
	assert_int_equal(cairn_slab_free(&cache, object), CAIRN_OK);
	assert_int_equal(explain(object).what, CAIRN_IS_FREE_OBJECT);
}

static void blocks_live_and_free(void **state)
{
	(void)state;
	unsigned char *first = cairn_heap_alloc(&heap, 100, "owner", "caller");
	unsigned char *second = cairn_heap_alloc(&heap, 100, "owner", "caller");
	struct cairn_explanation is = explain(first + 99);
	assert_int_equal(is.what, CAIRN_IS_LIVE_BLOCK);
	assert_ptr_equal(is.base, first);
	assert_true(is.nbytes >= 100);
	assert_string_equal(is.owner != NULL ? is.owner : "none", CAIRN_CHECK >= 2 ? "owner" : "none");
	assert_string_equal(is.caller != NULL ? is.caller : "none", CAIRN_CHECK >= 2 ? "caller" : "none");
	assert_int_equal(cairn_heap_free(&heap, first), CAIRN_OK);
	assert_int_equal(explain(first + 50).what, CAIRN_IS_FREE_BLOCK);
	assert_int_equal(explain(second).what, CAIRN_IS_LIVE_BLOCK);
	struct cairn_frame_info chunk;
	assert_true(cairn_frame_info(&frames, cairn_addr_to_pfn((uintptr_t)second), &chunk));
	assert_int_equal(explain((void *)cairn_pfn_to_addr(chunk.head)).what, CAIRN_IS_HEAP_OVERHEAD);
	assert_int_equal(cairn_heap_free(&heap, second), CAIRN_OK);
}

static void stacks_their_guards_and_free_space(void **state)
{
	(void)state;
	static struct cairn_stack stack;
	static int task;
	struct cairn_arena *arena = cairn_stack_arena_begin(&stacks);
	assert_non_null(arena);
	assert_true(cairn_stack_arena_prepare(&stacks, arena));
	cairn_stack_arena_end(&stacks, arena);
	assert_int_equal(cairn_stack_take(&stacks, &stack, 512, "logger", &task), CAIRN_OK);
	struct cairn_explanation is = explain((void *)(stack.base + 100));
	assert_int_equal(is.what, CAIRN_IS_STACK);
	assert_string_equal(is.name, "logger");
	assert_ptr_equal(is.owner, &task);
	assert_int_equal(is.nbytes, 512);
	assert_int_equal(explain((void *)arena->base).what, CAIRN_IS_STACK_GUARD);
	assert_int_equal(explain((void *)(arena->base + window.arena_nbytes - 1)).what, CAIRN_IS_FREE_STACK);
	cairn_stack_ready(&stacks, &stack);
	assert_int_equal(cairn_stack_retire(&stacks, &stack), CAIRN_OK);
	cairn_stack_give(&stacks, &stack);
	assert_int_equal(explain((void *)(stack.base + 100)).what, CAIRN_IS_FREE_STACK);
}

static void every_frame_and_every_byte_of_memory_has_one(void **state)
{
	(void)state;
	void *block = cairn_heap_alloc(&heap, 3000, NULL, NULL);
	void *object = cairn_slab_alloc(&cache);
	for (size_t n = 0; n < MEMORY_NBYTES; n += 61) {
		struct cairn_explanation is = explain(memory + n);
		cairn_pfn pfn = cairn_addr_to_pfn((uintptr_t)memory + n);
		struct cairn_frame_info frame;
		assert_true(cairn_frame_info(&frames, pfn, &frame));
		assert_int_equal(cairn_frame_owner(&frames, pfn), frame.owner);
		assert_int_not_equal(is.what, CAIRN_IS_UNMANAGED);
		/* A block of level 2 has a trailer behind what was asked for. */
		if (CAIRN_CHECK < 2 || is.what != CAIRN_IS_LIVE_BLOCK)
			assert_true((uintptr_t)memory + n - is.base < is.nbytes);
	}
	assert_int_equal(cairn_heap_free(&heap, block), CAIRN_OK);
	assert_int_equal(cairn_slab_free(&cache, object), CAIRN_OK);
}

static void is_a_name(const char *name)
{
	assert_non_null(name);
	assert_true(name[0] != '\0' && name[1] != '\0');
	static const char unknown[] = "unknown";
	size_t same = 0;
	while (unknown[same] != '\0' && name[same] == unknown[same])
		same++;
	assert_true(unknown[same] != '\0');
}

static void every_explanation_and_error_has_a_name(void **state)
{
	(void)state;
	for (int what = 0; what < CAIRN_NWHATS; what++)
		is_a_name(cairn_what_name((enum cairn_what)what));
	for (int err = 0; err < CAIRN_NERRS; err++)
		is_a_name(cairn_err_name((enum cairn_err)err));
	assert_string_equal(cairn_what_name(CAIRN_NWHATS), "unknown");
	assert_string_equal(cairn_err_name(CAIRN_NERRS), "unknown error");
}

static void check_names_what_is_between_the_parts(void **state)
{
	(void)state;
	assert_null(cairn_check_in(&parts));
	static const struct {
		enum cairn_owner owner;
		const char *broken;
	} lost[] = {
		{CAIRN_HEAP, "cairn_frame_count(parts->frames, CAIRN_HEAP) == heap.nframes"},
		{CAIRN_SLAB,
		 "cairn_frame_count(parts->frames, CAIRN_SLAB) == cairn_slab_nframes(parts->slabs)"},
		{CAIRN_STACK, "nframes_owned(s) == cairn_frame_count(s->frames, CAIRN_STACK)"},
	};
	for (size_t n = 0; n < sizeof(lost) / sizeof(lost[0]); n++) {
		cairn_pfn pfn = cairn_frame_alloc(&frames, 0, lost[n].owner, CAIRN_ANY_ZONE);
		assert_non_null(cairn_check_in(&parts));
		assert_string_equal(cairn_check_in(&parts), lost[n].broken);
		assert_int_equal(cairn_frame_free(&frames, pfn, lost[n].owner), CAIRN_OK);
		assert_null(cairn_check_in(&parts));
	}
	frames.zone[0].nframes_of[CAIRN_PAGES]++;
	assert_non_null(cairn_check_in(&parts));
	frames.zone[0].nframes_of[CAIRN_PAGES]--;
	assert_non_null(cairn_check_in(NULL));
}

int test_explain_run(void)
{
#define WITH_PARTS(test) cmocka_unit_test_setup_teardown(test, parts_up, NULL)
	static const struct CMUnitTest tests[] = {
		WITH_PARTS(unmanaged_reserved_and_metadata),
		WITH_PARTS(frames_free_and_in_pages),
		WITH_PARTS(objects_live_free_and_the_gap),
		WITH_PARTS(blocks_live_and_free),
		WITH_PARTS(stacks_their_guards_and_free_space),
		WITH_PARTS(every_frame_and_every_byte_of_memory_has_one),
		cmocka_unit_test(every_explanation_and_error_has_a_name),
		WITH_PARTS(check_names_what_is_between_the_parts),
	};
	return cmocka_run_group_tests_name("explain", tests, NULL, NULL);
}
