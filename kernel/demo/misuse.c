/* SPDX-License-Identifier: MIT */
/* Part 5: misuse. Each wrong call is refused with an error that says what was wrong, is reported once, and
 * changes nothing. */
#include "cairn.h"
#include "console.h"
#include "demo.h"
#include "port.h"

#define BLOCK_NBYTES  100u
#define OBJECT_NBYTES 64u
#define PAGES_ORDER   (CAIRN_ORDERS > 9 ? 2u : 1u)
#define STACK_NBYTES  TASK_STACK_NBYTES
/* Inside a block, aligned as a block's start would be. */
#define INTERIOR_NBYTES (2 * CAIRN_HEAP_ALIGN)

/* Everything that a refused call must leave as it was. */
struct state {
	struct cairn_totals totals;
	struct cairn_heap_info heap;
	size_t nlive, nother_live, nstacks;
};

/* Things to misuse. The freed block lies between two live ones, so that its header stands. */
static struct props {
	unsigned char *block, *freed_block, *block_behind;
	unsigned char *object, *freed_object;
	unsigned char *pages, *freed_pages;
	struct cairn_stack stack;
	struct cairn_cache cache, other_cache;
} * props; /* borrowed while this part lasts */

/* ---- the wrong calls: each says in *addr what it was called with ---- */

static enum cairn_err free_at(void *addr, void **at)
{
	*at = addr;
	return cairn_free(addr);
}

static enum cairn_err pages_free_at(void *addr, void **at)
{
	*at = addr;
	return cairn_pages_free(addr);
}

static enum cairn_err object_free_at(struct cairn_cache *cache, void *addr, void **at)
{
	*at = addr;
	return cairn_cache_free(cache, addr);
}

static enum cairn_err block_twice(void **at)
{
	return free_at(props->freed_block, at);
}

static enum cairn_err object_twice(void **at)
{
	return object_free_at(&props->cache, props->freed_object, at);
}

static enum cairn_err pages_twice(void **at)
{
	return pages_free_at(props->freed_pages, at);
}

static enum cairn_err block_interior(void **at)
{
	return free_at(props->block + INTERIOR_NBYTES, at);
}

static enum cairn_err object_interior(void **at)
{
	return object_free_at(&props->cache, props->object + INTERIOR_NBYTES, at);
}

static enum cairn_err pages_interior(void **at)
{
	return pages_free_at(props->pages + CAIRN_FRAME_NBYTES, at);
}

static enum cairn_err foreign(void **at)
{
	struct cairn_zone_info info;
	uintptr_t end = 0;

	for (unsigned zone = 0; cairn_zone_info(zone, &info); zone++)
		if (cairn_pfn_to_addr(info.base) + (info.nframes << CAIRN_FRAME_SHIFT) > end)
			end = cairn_pfn_to_addr(info.base) + (info.nframes << CAIRN_FRAME_SHIFT);
	return free_at((void *)end, at);
}

static enum cairn_err wrong_cache(void **at)
{
	return object_free_at(&props->other_cache, props->object, at);
}

static enum cairn_err stack_as_block(void **at)
{
	return free_at((void *)(props->stack.base + INTERIOR_NBYTES), at);
}

static enum cairn_err pages_as_block(void **at)
{
	return free_at(props->pages, at);
}

static enum cairn_err misaligned(void **at)
{
	return free_at(props->block + 1, at);
}

static enum cairn_err wrong_size(void **at)
{
	*at = props->block;
	return cairn_free_sized(props->block, BLOCK_NBYTES / 2);
}

static enum cairn_err busy_cache(void **at)
{
	*at = props->object;
	return cairn_cache_destroy(&props->cache);
}

static const struct misuse {
	const char *call;
	enum cairn_err (*commit)(void **at);
	enum cairn_err expected;
} misuses[] = {
	{"free a block twice", block_twice, CAIRN_EDOUBLE},
	{"free an object twice", object_twice, CAIRN_EDOUBLE},
	{"free pages twice", pages_twice, CAIRN_EDOUBLE},
	/* Exact only with the map of block starts; without it a block's header does not pass its check. */
	{"free inside a block", block_interior, CAIRN_HEAP_MAP ? CAIRN_EINTERIOR : CAIRN_ECORRUPT},
	{"free inside an object", object_interior, CAIRN_EINTERIOR},
	{"free inside pages", pages_interior, CAIRN_EINTERIOR},
	{"free a foreign address", foreign, CAIRN_EFOREIGN},
	{"free to the wrong cache", wrong_cache, CAIRN_EWRONGCACHE},
	{"free a stack as a block", stack_as_block, CAIRN_EWRONGKIND},
	{"free pages as a block", pages_as_block, CAIRN_EWRONGKIND},
	{"free a block misaligned", misaligned, CAIRN_EMISALIGNED},
	{"free with the wrong size", wrong_size, CAIRN_ESIZE},
	{"destroy a cache in use", busy_cache, CAIRN_EBUSY},
};

/* ---- the props ---- */

static void set_up_heap_and_pages(void)
{
	props->block = cairn_zalloc(BLOCK_NBYTES);
	props->freed_block = cairn_alloc(BLOCK_NBYTES);
	props->block_behind = cairn_alloc(BLOCK_NBYTES);
	props->pages = cairn_pages_alloc(PAGES_ORDER, CAIRN_ANY_ZONE);
	props->freed_pages = cairn_pages_alloc(PAGES_ORDER, CAIRN_ANY_ZONE);
	EXPECT(props->block != NULL && props->freed_block != NULL && props->block_behind != NULL,
	       "there is heap");
	EXPECT(props->pages != NULL && props->freed_pages != NULL, "there are pages");
}

static void set_up_objects_and_stack(void)
{
	static const struct cairn_cache_spec spec = {.name = "bolt", .nbytes = OBJECT_NBYTES};
	static const struct cairn_cache_spec other = {.name = "nut", .nbytes = OBJECT_NBYTES};

	EXPECT(cairn_cache_create(&props->cache, &spec) == CAIRN_OK, "a cache is created");
	EXPECT(cairn_cache_create(&props->other_cache, &other) == CAIRN_OK, "a cache is created");
	props->object = cairn_cache_alloc(&props->cache);
	props->freed_object = cairn_cache_alloc(&props->cache);
	EXPECT(props->object != NULL && props->freed_object != NULL, "there are objects");
	EXPECT(cairn_stack_create(&props->stack, STACK_NBYTES, "spare", NULL) == CAIRN_OK,
	       "a stack is created");
}

/* Last of all, so that nobody else is given what was freed. */
static void free_once(void)
{
	EXPECT(cairn_free(props->freed_block) == CAIRN_OK, "a block is freed");
	EXPECT(cairn_pages_free(props->freed_pages) == CAIRN_OK, "pages are freed");
	EXPECT(cairn_cache_free(&props->cache, props->freed_object) == CAIRN_OK, "an object is freed");
}

static void take_down(void)
{
	EXPECT(cairn_free(props->block) == CAIRN_OK, "a block that was misused is freed");
	EXPECT(cairn_free(props->block_behind) == CAIRN_OK, "a block is freed");
	EXPECT(cairn_pages_free(props->pages) == CAIRN_OK, "pages that were misused are freed");
	EXPECT(cairn_cache_free(&props->cache, props->object) == CAIRN_OK,
	       "an object that was misused is freed");
	EXPECT(cairn_stack_destroy(&props->stack) == CAIRN_OK, "a stack that was misused is destroyed");
	EXPECT(cairn_cache_destroy(&props->cache) == CAIRN_OK, "a cache is destroyed");
	EXPECT(cairn_cache_destroy(&props->other_cache) == CAIRN_OK, "a cache is destroyed");
}

/* ---- what is verified ---- */

static void take_state(struct state *state)
{
	struct cairn_cache_info cache, other;
	struct cairn_stacks_info stacks;

	EXPECT(cairn_cache_stats(&props->cache, &cache), "a cache has figures");
	EXPECT(cairn_cache_stats(&props->other_cache, &other), "a cache has figures");
	cairn_totals(&state->totals);
	cairn_heap_stats(&state->heap);
	cairn_stack_stats(&stacks);
	state->nlive = cache.nlive;
	state->nother_live = other.nlive;
	state->nstacks = stacks.nstacks;
}

static void expect_same(const struct state *a, const struct state *b)
{
	EXPECT(totals_equal(&a->totals, &b->totals), "a refused call leaves the totals as they were");
	EXPECT(a->heap.live_nblocks == b->heap.live_nblocks && a->heap.live_nbytes == b->heap.live_nbytes &&
		       a->heap.free_nbytes == b->heap.free_nbytes,
	       "a refused call leaves the heap as it was");
	EXPECT(a->nlive == b->nlive && a->nother_live == b->nother_live,
	       "a refused call leaves the caches as they were");
	EXPECT(a->nstacks == b->nstacks, "a refused call leaves the stacks as they were");
}

static void show_misuse(const struct misuse *misuse)
{
	char text[DESCRIPTION_NBYTES];
	static struct state before, after; /* not on the stack, for boards with little */
	struct cairn_explanation is;
	enum cairn_err err, reported;
	uint32_t nreports = port_report_count();
	void *at;

	take_state(&before);
	err = misuse->commit(&at);
	take_state(&after);
	port_last_report(&is, &reported);
	describe(at, text);
	console_print("   %-25s %-22s %s\n", misuse->call, cairn_err_name(err), text);
	EXPECT(err == misuse->expected, "a wrong call has the error of its own");
	EXPECT(port_report_count() == nreports + 1 && reported == err, "a wrong call is reported once");
	expect_same(&before, &after);
	expect_sound("after a wrong call");
}

void misuse_memory(void)
{
	struct cairn_totals before, after;

	print_heading("5. Misuse: each wrong call is refused with an error of its own, and changes nothing");
	props = borrow(sizeof(*props));
	settled_totals(&before);
	set_up_heap_and_pages();
	set_up_objects_and_stack();
	free_once();
	console_print("   call                      refused as             what lies at the address\n");
	port_expect_reports(true);
	for (size_t i = 0; i < ARRAY_COUNT(misuses); i++)
		show_misuse(&misuses[i]);
	port_expect_reports(false);
	take_down();
	settled_totals(&after);
	EXPECT(totals_equal(&before, &after), "after the misuse the totals are as before");
	give_back(props);
	expect_sound("after the misuse");
	console_print("\n   The totals never changed, and cairn_check found nothing after any of them.\n");
}
