/* SPDX-License-Identifier: MIT */
/* The facade: one instance, through a port that counts. The order of the tests matters: the system is taken
 * over once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cairn.h"
#include "port_test.h"
#include "support.h"

#define FAST_NBYTES ((size_t)320 << 10)
#define SLOW_NBYTES ((size_t)64 << 10)
#define HOLE_AT     ((size_t)256 << 10)
#define HOLE_NBYTES ((size_t)5000)

static unsigned char fast[FAST_NBYTES] __attribute__((aligned(1 << 16)));
static unsigned char slow[SLOW_NBYTES] __attribute__((aligned(1 << 16)));
static struct cairn_cache widgets, gadgets;
static struct cairn_totals at_start;

static int expect_no_misuse(void **state)
{
	(void)state;
	return port_test.misused || port_test.depth != 0 || port_test.pins != 0 ? 1 : 0;
}

/* ---- before ---- */

static void before_init_everything_is_refused(void **state)
{
	(void)state;
	int local;
	struct cairn_stack stack = {0};
	struct cairn_cache_spec spec = {.name = "x", .nbytes = 8};
	struct cairn_totals totals;
	assert_null(cairn_alloc(8));
	assert_null(cairn_pages_alloc(0, CAIRN_ANY_ZONE));
	assert_null(cairn_pages_alloc_run(1, CAIRN_ANY_ZONE));
	assert_null(cairn_realloc(NULL, 8));
	assert_int_equal(cairn_free(&local), CAIRN_EFOREIGN);
	assert_int_equal(cairn_pages_free(fast), CAIRN_EFOREIGN);
	assert_int_equal(cairn_free(NULL), CAIRN_OK);
	assert_int_equal(cairn_stack_create(&stack, 512, "t", NULL), CAIRN_ENOMEM);
	assert_int_equal(cairn_cache_create(&widgets, &spec), CAIRN_EINVAL);
	assert_null(cairn_cache_alloc(&widgets));
	assert_int_equal(cairn_trim(), 0);
	cairn_totals(&totals);
	assert_int_equal(totals.nframes, 0);
	assert_non_null(cairn_check());
	assert_null(cairn_next_cache(NULL));
	assert_int_equal(cairn_usable_size(&local), 0);
}

static void maps_that_make_no_sense_are_refused(void **state)
{
	(void)state;
	struct cairn_range overlapping[] = {
		{(uintptr_t)fast, FAST_NBYTES, "a", CAIRN_RANGE_RAM, 0},
		{(uintptr_t)fast + FAST_NBYTES - 1, 4096, "b", CAIRN_RANGE_RAM, 0},
	};
	struct cairn_range wraps = {UINTPTR_MAX - 100, 4096, "w", CAIRN_RANGE_RAM, 0};
	struct cairn_range empty = {(uintptr_t)fast, 0, "e", CAIRN_RANGE_RAM, 0};
	static struct cairn_range many[CAIRN_RANGES + 1];
	assert_int_equal(cairn_init(NULL, 1), CAIRN_EINVAL);
	assert_int_equal(cairn_init(overlapping, 2), CAIRN_EOVERLAP);
	assert_int_equal(cairn_init(&wraps, 1), CAIRN_EWRAP);
	assert_int_equal(cairn_init(&empty, 1), CAIRN_EEMPTY);
	assert_int_equal(cairn_init(overlapping, 0), CAIRN_EEMPTY);
	for (size_t n = 0; n <= CAIRN_RANGES; n++)
		many[n] =
			(struct cairn_range){(uintptr_t)fast + n * 8192, 4096, "m", CAIRN_RANGE_RESERVED, 0};
	many[0] = overlapping[0];
	assert_int_equal(cairn_init(many, CAIRN_RANGES + 1), CAIRN_ETOOMANY);
	assert_null(cairn_alloc(8));
}

static void init_takes_the_memory_over_once(void **state)
{
	(void)state;
	const struct cairn_range ranges[] = {
		{(uintptr_t)fast, FAST_NBYTES, "fast", CAIRN_RANGE_RAM, CAIRN_ATTR_FAST},
		{(uintptr_t)slow, SLOW_NBYTES, "slow", CAIRN_RANGE_RAM, CAIRN_ATTR_EXTERNAL},
		{(uintptr_t)fast + HOLE_AT + 100, HOLE_NBYTES, "hole", CAIRN_RANGE_RESERVED, 0},
	};
	assert_int_equal(cairn_init(ranges, 3), CAIRN_OK);
	assert_int_equal(cairn_init(ranges, 3), CAIRN_EBUSY);
	assert_null(cairn_check());
	cairn_totals(&at_start);
	assert_int_equal(at_start.nframes, (FAST_NBYTES + SLOW_NBYTES) >> CAIRN_FRAME_SHIFT);
	size_t hole = (100 + HOLE_NBYTES + CAIRN_FRAME_NBYTES - 1) >> CAIRN_FRAME_SHIFT;
	assert_int_equal(at_start.nframes_of[CAIRN_RESERVED], hole);
	assert_int_equal(at_start.nframes_of[CAIRN_FREE] + at_start.nframes_of[CAIRN_META] + hole,
			 at_start.nframes);
}

/* ---- after ---- */

static void totals_are_as_at_the_start(void)
{
	struct cairn_totals totals;
	cairn_trim();
	cairn_totals(&totals);
	assert_int_equal(totals.nframes_of[CAIRN_HEAP], 0);
	assert_int_equal(totals.nframes_of[CAIRN_SLAB], 0);
	assert_int_equal(totals.nframes_of[CAIRN_PAGES], 0);
	assert_int_equal(totals.nframes, at_start.nframes);
	assert_null(cairn_check());
}

/* The call that was just made was refused, and reported so. */
static void reported(enum cairn_err err, const char *operation, const void *addr)
{
	assert_int_equal(port_test.nreports, 1);
	assert_int_equal(port_test.last.err, err);
	assert_string_equal(port_test.last.operation, operation);
	assert_ptr_equal(port_test.last.addr, addr);
	assert_non_null(port_test.last.caller);
	port_test.nreports = 0;
}

#define REFUSED(err, operation, call, addr)     \
	do {                                    \
		port_test.nreports = 0;         \
		assert_int_equal(call, err);    \
		reported(err, operation, addr); \
		assert_null(cairn_check());     \
	} while (0)

static void pages_come_and_go(void **state)
{
	(void)state;
	unsigned char *pages = cairn_pages_alloc_run(3, CAIRN_ANY_ZONE);
	unsigned char *external = cairn_pages_alloc(0, cairn_zones_with(CAIRN_ATTR_EXTERNAL));
	assert_non_null(pages);
	assert_true(external >= slow && external < slow + SLOW_NBYTES);
	memset(pages, 0x55, 3 * CAIRN_FRAME_NBYTES);
	REFUSED(CAIRN_EMISALIGNED, "cairn_pages_free", cairn_pages_free(pages + 4), pages + 4);
	REFUSED(CAIRN_EINTERIOR, "cairn_pages_free", cairn_pages_free(pages + CAIRN_FRAME_NBYTES),
		pages + CAIRN_FRAME_NBYTES);
	REFUSED(CAIRN_EWRONGKIND, "cairn_pages_free", cairn_pages_free(fast), fast);
	assert_int_equal(cairn_pages_free(pages), CAIRN_OK);
	REFUSED(CAIRN_EDOUBLE, "cairn_pages_free", cairn_pages_free(pages), pages);
	REFUSED(CAIRN_EFOREIGN, "cairn_pages_free", cairn_pages_free(&at_start), &at_start);
	assert_int_equal(cairn_pages_alloc_at(pages, 0), CAIRN_OK);
	assert_int_equal(cairn_pages_alloc_at(pages, 0), CAIRN_ENOMEM);
	assert_int_equal(cairn_pages_alloc_at(pages + 1, 0), CAIRN_EMISALIGNED);
	assert_int_equal(cairn_pages_free(pages), CAIRN_OK);
	assert_int_equal(cairn_pages_free(external), CAIRN_OK);
	assert_null(cairn_pages_alloc(CAIRN_ORDERS, CAIRN_ANY_ZONE));
	assert_null(cairn_pages_alloc(~0u, CAIRN_ANY_ZONE));
	assert_null(cairn_pages_alloc_run(0, CAIRN_ANY_ZONE));
	assert_null(cairn_pages_alloc_run(SIZE_MAX, CAIRN_ANY_ZONE));
	assert_null(cairn_pages_alloc(0, 0));
	totals_are_as_at_the_start();
}

/* Frames that are free in pieces, spares and in the map, while nothing else is. */
#define GROUP_ORDER 4u
#define GROUP       (1u << GROUP_ORDER)
_Static_assert(CAIRN_SLAB_MAX_ORDER <= GROUP_ORDER, "a slab fits");

static unsigned char *taken[(FAST_NBYTES + SLOW_NBYTES) >> CAIRN_FRAME_SHIFT];

static bool is_taken(size_t ntaken, const unsigned char *page)
{
	for (size_t i = 0; i < ntaken; i++)
		if (taken[i] == page)
			return true;
	return false;
}

/* Everything is taken: the lowest group of frames in zone 0 that is. */
static unsigned char *whole_group(size_t ntaken)
{
	struct cairn_zone_info zone;
	assert_true(cairn_zone_info(0, &zone));
	for (cairn_pfn pfn = zone.base & ~(cairn_pfn)(GROUP - 1); pfn - zone.base < zone.nframes;
	     pfn += GROUP) {
		unsigned char *group = (unsigned char *)cairn_pfn_to_addr(pfn);
		unsigned n = 0;
		while (n < GROUP && is_taken(ntaken, group + n * CAIRN_FRAME_NBYTES))
			n++;
		if (n == GROUP)
			return group;
	}
	fail();
	return NULL;
}

static void free_frame_by_frame(unsigned char *group)
{
	for (unsigned i = 0; i < GROUP; i++)
		assert_int_equal(cairn_pages_free(group + i * CAIRN_FRAME_NBYTES), CAIRN_OK);
}

static void take_frame_by_frame(unsigned char *group)
{
	for (unsigned i = 0; i < GROUP; i++)
		assert_int_equal(cairn_pages_alloc_at(group + i * CAIRN_FRAME_NBYTES, 0), CAIRN_OK);
	assert_null(cairn_pages_alloc(0, CAIRN_ANY_ZONE));
}

/* Frames that were freed one by one are one block for whoever needs it. */
static void spares_merge_before_a_request_fails(void **state)
{
	(void)state;
	const struct cairn_cache_spec spec = {.name = "large", .nbytes = 2 * CAIRN_FRAME_NBYTES};
	const size_t heap_nbytes = GROUP * CAIRN_FRAME_NBYTES - 256;
	size_t n = 0, nobjects = 0;
	unsigned char *object[GROUP];
	struct cairn_cache_info info;
	assert_int_equal(cairn_cache_create(&widgets, &spec), CAIRN_OK);
	do {
		object[nobjects++] = cairn_cache_alloc(&widgets);
		assert_true(cairn_cache_stats(&widgets, &info));
	} while (nobjects < info.objects_per_slab);
	while ((taken[n] = cairn_pages_alloc(0, CAIRN_ANY_ZONE)) != NULL)
		n++;
	unsigned char *group = whole_group(n);
	free_frame_by_frame(group);
	assert_ptr_equal(cairn_pages_alloc(GROUP_ORDER, CAIRN_ANY_ZONE), group);
	assert_int_equal(cairn_pages_free(group), CAIRN_OK);
	take_frame_by_frame(group);
	free_frame_by_frame(group);
	assert_ptr_equal(cairn_pages_alloc_run(GROUP - 1, CAIRN_ANY_ZONE), group);
	assert_int_equal(cairn_pages_free(group), CAIRN_OK);
	take_frame_by_frame(group);
	free_frame_by_frame(group);
	assert_int_equal(cairn_pages_alloc_at(group, GROUP_ORDER), CAIRN_OK);
	assert_int_equal(cairn_pages_free(group), CAIRN_OK);
	take_frame_by_frame(group);
	free_frame_by_frame(group);
	object[nobjects] = cairn_cache_alloc(&widgets);
	assert_true((size_t)(object[nobjects] - group) < GROUP * CAIRN_FRAME_NBYTES);
	assert_int_equal(cairn_cache_free(&widgets, object[nobjects]), CAIRN_OK);
	cairn_cache_shrink(&widgets);
	take_frame_by_frame(group);
	free_frame_by_frame(group);
	unsigned char *block = cairn_alloc(heap_nbytes);
	assert_true(block != NULL && (size_t)(block - group) < GROUP * CAIRN_FRAME_NBYTES);
	assert_int_equal(cairn_free(block), CAIRN_OK);
	cairn_trim();
	take_frame_by_frame(group);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(cairn_pages_free(taken[i]), CAIRN_OK);
	while (nobjects > 0)
		assert_int_equal(cairn_cache_free(&widgets, object[--nobjects]), CAIRN_OK);
	assert_int_equal(cairn_cache_destroy(&widgets), CAIRN_OK);
	totals_are_as_at_the_start();
}

/* ... and each of them in a lock of its own. */
static void spares_merge_one_a_lock(void **state)
{
	(void)state;
	size_t n = 0;
	while ((taken[n] = cairn_pages_alloc(0, CAIRN_ANY_ZONE)) != NULL)
		n++;
	unsigned char *group = whole_group(n);
	free_frame_by_frame(group);
	unsigned nlocks = port_test.nlocks;
	assert_ptr_equal(cairn_pages_alloc(GROUP_ORDER, CAIRN_ANY_ZONE), group);
	assert_int_equal(port_test.nlocks - nlocks, 4); /* not found; two frames merge; found */
	assert_int_equal(cairn_pages_free(group), CAIRN_OK);
	take_frame_by_frame(group);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(cairn_pages_free(taken[i]), CAIRN_OK);
	totals_are_as_at_the_start();
}

static void requests_that_make_no_sense_get_null(void **state)
{
	(void)state;
	port_test.nreports = 0;
	assert_null(cairn_alloc(0));
	assert_null(cairn_alloc(SIZE_MAX));
	assert_null(cairn_alloc(SIZE_MAX - 7));
	assert_null(cairn_alloc(CAIRN_HEAP_MAX_NBYTES + 1));
	assert_null(cairn_zalloc(0));
	assert_null(cairn_calloc(SIZE_MAX / 2, 3));
	assert_null(cairn_calloc(0, 8));
	assert_null(cairn_alloc_aligned(0, 8));
	assert_null(cairn_alloc_aligned(24, 8));
	assert_null(cairn_alloc_aligned(SIZE_MAX / 2 + 1, 8));
	assert_null(cairn_alloc_aligned(64, SIZE_MAX - 32));
	assert_null(cairn_alloc_aligned(64, 0));
	assert_null(cairn_realloc(NULL, 0));
	assert_int_equal(port_test.nreports, 0);
	totals_are_as_at_the_start();
}

/* What is kept for speed is not given up for a request that nothing could satisfy. */
static void requests_that_make_no_sense_trim_nothing(void **state)
{
	(void)state;
	struct cairn_totals before, after;
	assert_int_equal(cairn_free(cairn_alloc(8)), CAIRN_OK);
	cairn_totals(&before);
	assert_int_not_equal(before.nframes_of[CAIRN_HEAP], 0);
	assert_null(cairn_alloc(SIZE_MAX));
	assert_null(cairn_alloc_aligned(SIZE_MAX / 2 + 1, 8));
	assert_null(cairn_pages_alloc(CAIRN_ORDERS, CAIRN_ANY_ZONE));
	assert_null(cairn_pages_alloc(0, 0));
	assert_null(cairn_pages_alloc_run(SIZE_MAX, CAIRN_ANY_ZONE));
	assert_null(cairn_pages_alloc_run(0, CAIRN_ANY_ZONE));
	port_test.nreports = 0;
	assert_null(cairn_cache_alloc(NULL));
	reported(CAIRN_EDESTROYED, "cairn_cache_alloc", NULL);
	cairn_totals(NULL);
	cairn_totals(&after);
	assert_memory_equal(&before, &after, sizeof(before));
	totals_are_as_at_the_start();
}

static void heap_blocks_are_refused_by_name(void **state)
{
	(void)state;
	unsigned char *p = cairn_alloc(100), *q = cairn_alloc(100);
	assert_non_null(p);
	REFUSED(CAIRN_EFOREIGN, "cairn_free", cairn_free(&at_start), &at_start);
	REFUSED(CAIRN_EMISALIGNED, "cairn_free", cairn_free(p + 1), p + 1);
	REFUSED(CAIRN_EWRONGKIND, "cairn_free", cairn_free(fast + 16), fast + 16);
	REFUSED(CAIRN_ESIZE, "cairn_free_sized", cairn_free_sized(p, 300), p);
	REFUSED(CAIRN_ESIZE, "cairn_free_sized", cairn_free_sized(p, 0), p);
	assert_int_equal(cairn_free_sized(p, 100), CAIRN_OK);
	REFUSED(CAIRN_EDOUBLE, "cairn_free", cairn_free(p), p);
	assert_int_equal(port_test.last.is.what, CAIRN_IS_FREE_BLOCK);
	REFUSED(CAIRN_EDOUBLE, "cairn_free_sized", cairn_free_sized(p, 100), p);
	port_test.nreports = 0;
	assert_null(cairn_realloc(p, 200));
	reported(CAIRN_EDOUBLE, "cairn_realloc", p);
	REFUSED(CAIRN_EDOUBLE, "cairn_grow_in_place", cairn_grow_in_place(p, 200), p);
	REFUSED(CAIRN_EDOUBLE, "cairn_shrink_in_place", cairn_shrink_in_place(p, 50), p);
	assert_int_equal(cairn_free(q), CAIRN_OK);
	totals_are_as_at_the_start();
}

static void a_write_after_free_is_reported_and_nothing_is_built_on_it(void **state)
{
	(void)state;
	void **first = cairn_alloc(200), *wall = cairn_alloc(16);
	assert_int_equal(cairn_free(first), CAIRN_OK);
	void *kept = *first;
	*first = &at_start; /* the link to the next free block, or what stands in its place */
	port_test.nreports = 0;
	assert_null(cairn_alloc(200));
	/* Level 3 sees it at each step, and says so. */
	if (CAIRN_CHECK >= 3)
		assert_true(port_test.nreports > 1);
	else
		reported(CAIRN_EUSEAFTER, "cairn_alloc", first);
	*first = kept;
	assert_int_equal(cairn_free(wall), CAIRN_OK);
	totals_are_as_at_the_start();
}

static void realloc_keeps_the_contents(void **state)
{
	(void)state;
	struct support_rng rng = {support_seed()};
	unsigned char *p = cairn_zalloc(40), *wall = NULL;
	for (int n = 0; n < 40; n++)
		assert_int_equal(p[n], 0);
	size_t nbytes = 40;
	memset(p, 7, nbytes);
	for (int step = 0; step < 300; step++) {
		size_t want = 1 + support_random_below(&rng, 3000);
		size_t kept = want < nbytes ? want : nbytes;
		unsigned char *moved = cairn_realloc(p, want);
		assert_non_null(moved);
		for (size_t n = 0; n < kept; n++)
			assert_int_equal(moved[n], (unsigned char)(step + 7));
		p = moved;
		nbytes = want;
		memset(p, step + 8, nbytes);
		if (step % 3 == 0) {
			assert_int_equal(cairn_free(wall), CAIRN_OK);
			wall = cairn_alloc(16);
		}
	}
	assert_null(cairn_realloc(p, 0));
	assert_null(cairn_realloc(p, SIZE_MAX));
	assert_null(cairn_realloc(p, FAST_NBYTES));
	assert_int_equal(p[0], (unsigned char)(299 + 8));
	assert_int_equal(cairn_free(p), CAIRN_OK);
	assert_int_equal(cairn_free(wall), CAIRN_OK);
	totals_are_as_at_the_start();
}

static void aligned_blocks_are_aligned(void **state)
{
	(void)state;
	for (size_t align = 1; align <= 4096; align *= 2) {
		void *p = cairn_alloc_aligned(align, 100);
		assert_non_null(p);
		assert_int_equal((uintptr_t)p & (align - 1), 0);
		assert_true(cairn_usable_size(p) >= 100);
		assert_int_equal(cairn_free(p), CAIRN_OK);
	}
	totals_are_as_at_the_start();
}

static void blocks_grow_and_shrink_where_they_stand(void **state)
{
	(void)state;
	void *p = cairn_alloc(64);
	assert_int_equal(cairn_grow_in_place(p, 640), CAIRN_OK);
	assert_true(cairn_usable_size(p) >= 640);
	assert_int_equal(cairn_shrink_in_place(p, 64), CAIRN_OK);
	void *wall = cairn_alloc(64);
	port_test.nreports = 0;
	assert_int_equal(cairn_grow_in_place(p, 6400), CAIRN_ENOMEM);
	assert_int_equal(port_test.nreports, 0);
	assert_int_equal(cairn_free(p), CAIRN_OK);
	assert_int_equal(cairn_free(wall), CAIRN_OK);
	totals_are_as_at_the_start();
}

/* What another task does while an object is being constructed, once. */
static void (*during_construction)(void);

/* A new one each time, so that no old object looks constructed. */
static unsigned char stamp = 0x10;

static void construct(void *object)
{
	void (*others)(void) = during_construction;
	if (port_test.depth != 0)
		port_test.misused = true;
	during_construction = NULL;
	if (others != NULL)
		others();
	memset(object, stamp, 48);
}

static void caches_up(void)
{
	stamp++;
	struct cairn_cache_spec spec = {.name = "widget", .nbytes = 48, .construct = construct};
	assert_int_equal(cairn_cache_create(&widgets, &spec), CAIRN_OK);
	assert_int_equal(cairn_cache_create(&widgets, &spec), CAIRN_EINVAL);
	spec = (struct cairn_cache_spec){.name = "gadget", .nbytes = 24, .flags = CAIRN_CACHE_ZERO};
	assert_int_equal(cairn_cache_create(&gadgets, &spec), CAIRN_OK);
}

static void caches_down(void)
{
	assert_int_equal(cairn_cache_destroy(&widgets), CAIRN_OK);
	assert_int_equal(cairn_cache_destroy(&gadgets), CAIRN_OK);
	REFUSED(CAIRN_EDESTROYED, "cairn_cache_destroy", cairn_cache_destroy(&gadgets), &gadgets);
	totals_are_as_at_the_start();
}

static void objects_are_constructed_and_refused_by_name(void **state)
{
	(void)state;
	caches_up();
	unsigned char *w = cairn_cache_alloc(&widgets), *g = cairn_cache_alloc(&gadgets);
	assert_int_equal(w[0], stamp);
	assert_int_equal(w[47], stamp);
	assert_int_equal(g[0] + g[23], 0);
	REFUSED(CAIRN_EWRONGCACHE, "cairn_cache_free", cairn_cache_free(&gadgets, w), w);
	assert_string_equal(port_test.last.name, "gadget");
	assert_string_equal(port_test.last.is.name, "widget");
	REFUSED(CAIRN_EINTERIOR, "cairn_cache_free", cairn_cache_free(&widgets, w + 8), w + 8);
	REFUSED(CAIRN_EFOREIGN, "cairn_cache_free", cairn_cache_free(&widgets, &at_start), &at_start);
	REFUSED(CAIRN_EWRONGKIND, "cairn_cache_free", cairn_cache_free(&widgets, fast), fast);
	REFUSED(CAIRN_EWRONGKIND, "cairn_free", cairn_free(w), w);
	REFUSED(CAIRN_EBUSY, "cairn_cache_destroy", cairn_cache_destroy(&widgets), w);
	assert_int_equal(cairn_cache_free(&widgets, w), CAIRN_OK);
	REFUSED(CAIRN_EDOUBLE, "cairn_cache_free", cairn_cache_free(&widgets, w), w);
	assert_int_equal(cairn_cache_free(&widgets, NULL), CAIRN_OK);
	assert_int_equal(cairn_cache_free(&gadgets, g), CAIRN_OK);
	caches_down();
	REFUSED(CAIRN_EDESTROYED, "cairn_cache_free", cairn_cache_free(&widgets, w), w);
	port_test.nreports = 0;
	assert_null(cairn_cache_alloc(&widgets));
	reported(CAIRN_EDESTROYED, "cairn_cache_alloc", &widgets);
}

static unsigned char *stolen[64];
static void steal_objects(void)
{
	for (size_t n = 0; n < 64; n++) {
		stolen[n] = cairn_cache_alloc(&widgets);
		if (stolen[n] == NULL || stolen[n][0] != stamp || stolen[n][47] != stamp)
			port_test.misused = true;
	}
}

static void two_tasks_may_grow_a_cache_at_once(void **state)
{
	(void)state;
	caches_up();
	during_construction = steal_objects;
	void *w = cairn_cache_alloc(&widgets);
	assert_non_null(w);
	assert_null(cairn_check());
	for (size_t n = 0; n < 64; n++) {
		assert_ptr_not_equal(stolen[n], w);
		assert_int_equal(cairn_cache_free(&widgets, stolen[n]), CAIRN_OK);
	}
	assert_int_equal(cairn_cache_free(&widgets, w), CAIRN_OK);
	caches_down();
}

static enum cairn_err second_reserve;
static void reserve_too(void)
{
	second_reserve = cairn_cache_reserve(&widgets, 5);
}

static void one_reserve_at_a_time(void **state)
{
	(void)state;
	struct cairn_cache_info info;
	caches_up();
	during_construction = reserve_too;
	assert_int_equal(cairn_cache_reserve(&widgets, 200), CAIRN_OK);
	assert_int_equal(second_reserve, CAIRN_EBUSY);
	assert_true(cairn_cache_stats(&widgets, &info));
	assert_int_equal(info.nreserved, 200);
	assert_true(info.nfree >= 200);
	caches_down();
}

static void a_reserve_that_cannot_be_had_leaves_things_as_they_were(void **state)
{
	(void)state;
	struct cairn_cache_info before, after;
	caches_up();
	assert_int_equal(cairn_cache_reserve(&widgets, 10), CAIRN_OK);
	assert_true(cairn_cache_stats(&widgets, &before));
	assert_int_equal(cairn_cache_reserve(&widgets, SIZE_MAX), CAIRN_ENOMEM);
	/* Every frame would be needed. */
	size_t all = at_start.nframes / before.slab_nframes * before.objects_per_slab;
	assert_int_equal(cairn_cache_reserve(&widgets, all), CAIRN_ENOMEM);
	assert_true(cairn_cache_stats(&widgets, &after));
	assert_int_equal(before.nreserved, after.nreserved);
	assert_int_equal(before.nslabs, after.nslabs);
	assert_int_equal(before.nfree, after.nfree);
	caches_down();
}

/* Everything that can be had, in one list. */
static void **eat_everything(void)
{
	void **last = NULL;
	for (size_t nbytes = 8192; nbytes >= 16; nbytes /= 2) {
		void **p;
		while ((p = cairn_alloc(nbytes)) != NULL) {
			*p = last;
			last = p;
		}
	}
	return last;
}

static void give_back(void **list)
{
	while (list != NULL) {
		void **next = *list;
		assert_int_equal(cairn_free(list), CAIRN_OK);
		list = next;
	}
}

static void a_reserve_holds_when_memory_is_gone(void **state)
{
	(void)state;
	static void *objects[100];
	caches_up();
	assert_int_equal(cairn_cache_reserve(&widgets, 100), CAIRN_OK);
	void **all = eat_everything();
	for (size_t n = 0; n < 100; n++) {
		objects[n] = cairn_cache_alloc(&widgets);
		assert_non_null(objects[n]);
	}
	struct cairn_cache_info info;
	assert_int_equal(cairn_cache_reserve(&gadgets, 100000), CAIRN_ENOMEM);
	assert_true(cairn_cache_stats(&gadgets, &info));
	assert_int_equal(info.nreserved, 0);
	assert_int_equal(cairn_cache_reserve(NULL, 1), CAIRN_EDESTROYED);
	assert_null(cairn_check());
	for (size_t n = 0; n < 100; n++)
		assert_int_equal(cairn_cache_free(&widgets, objects[n]), CAIRN_OK);
	give_back(all);
	caches_down();
}

static void exhaustion_trims_first_and_everything_comes_back(void **state)
{
	(void)state;
	caches_up();
	void *w = cairn_cache_alloc(&widgets);
	assert_int_equal(cairn_cache_free(&widgets, w), CAIRN_OK);
	port_test.nreports = 0;
	void **all = eat_everything();
	struct cairn_totals totals;
	cairn_totals(&totals);
	assert_int_equal(totals.nframes_of[CAIRN_SLAB], 0);
	assert_int_equal(totals.nframes_of[CAIRN_FREE], 0);
	assert_null(cairn_pages_alloc(0, CAIRN_ANY_ZONE));
	assert_null(cairn_cache_alloc(&widgets));
	assert_int_equal(port_test.nreports, 0);
	give_back(all);
	caches_down();
}

/* ---- stacks ---- */

/* Pages until only `nleft` frames are free, in one list. */
static void **eat_pages(size_t nleft)
{
	struct cairn_totals totals;
	void **last = NULL;
	for (cairn_totals(&totals); totals.nframes_of[CAIRN_FREE] > nleft; cairn_totals(&totals)) {
		void **page = cairn_pages_alloc(0, CAIRN_ANY_ZONE);
		assert_non_null(page);
		*page = last;
		last = page;
	}
	return last;
}

/* The frames that the first arena needs are held back by the heap, which keeps an empty chunk. */
static void a_stack_trims_for_its_arena(void **state)
{
	(void)state;
	static struct cairn_stack stack;
	port_test.narenas = 0;
	assert_null(cairn_pages_alloc(CAIRN_ORDERS - 1, CAIRN_ANY_ZONE)); /* all that is free is merged */
	assert_int_equal(cairn_free(cairn_alloc(8)), CAIRN_OK);
	void **pages = eat_pages(8);
	assert_int_equal(cairn_stack_create(&stack, 600, "t", NULL), CAIRN_OK);
	assert_int_equal(port_test.narenas, 1);
	assert_int_equal(cairn_stack_destroy(&stack), CAIRN_OK);
	while (pages != NULL) {
		void **next = *pages;
		assert_int_equal(cairn_pages_free(pages), CAIRN_OK);
		pages = next;
	}
	totals_are_as_at_the_start();
}

static void stacks_are_closed_mapped_and_given_back(void **state)
{
	(void)state;
	static struct cairn_stack stack, other;
	port_test.nmapped = 0;
	assert_int_equal(cairn_stack_create(&stack, 1500, "t", &stack), CAIRN_OK);
	assert_int_equal(port_test.nmapped, 1);
	assert_int_equal(stack.nbytes, cairn_stack_rounded(1500));
	assert_int_equal(stack.guard[0], stack.base);
	assert_int_equal(cairn_stack_create(&stack, 1500, "t", &stack), CAIRN_EBUSY);
	assert_int_equal(cairn_stack_create(&other, 0, "t", NULL), CAIRN_EINVAL);
	assert_int_equal(cairn_stack_create(&other, SIZE_MAX, "t", NULL), CAIRN_EINVAL);
	assert_int_equal(cairn_stack_create(NULL, 1500, "t", NULL), CAIRN_EINVAL);
	REFUSED(CAIRN_EWRONGKIND, "cairn_free", cairn_free((void *)(stack.base + 64)),
		(void *)(stack.base + 64));

	port_test.refuse_map = true;
	assert_int_equal(cairn_stack_create(&other, 1500, "t", NULL), CAIRN_EINVAL);
	port_test.refuse_map = false;
	assert_null(cairn_check());

	assert_int_equal(cairn_stack_destroy(&stack), CAIRN_OK);
	assert_int_equal(cairn_stack_create(&other, stack.nbytes, "u", &other), CAIRN_OK);
	assert_int_equal(other.base, stack.base);
	assert_int_equal(other.guard[1], stack.nbytes);
	assert_string_equal(other.name, "u");
	assert_ptr_equal(other.owner, &other);
	assert_int_equal(port_test.nmapped, 1);
	assert_null(cairn_check());
	assert_int_equal(cairn_stack_destroy(&other), CAIRN_OK);
	REFUSED(CAIRN_EDOUBLE, "cairn_stack_destroy", cairn_stack_destroy(&stack), &stack);
	REFUSED(CAIRN_EINVAL, "cairn_stack_destroy", cairn_stack_destroy(NULL), NULL);
	struct cairn_stacks_info info;
	cairn_stack_stats(&info);
	assert_int_equal(info.nstacks, 0);
	assert_int_equal(info.narenas, 1);
}

static void what_is_kept_of_a_stack_is_in_nobodys_way(void **state)
{
	(void)state;
	static struct cairn_stack quarter, split, half;
	port_test.refuse_arena = true;
	assert_int_equal(cairn_stack_create(&quarter, PORT_TEST_ARENA_NBYTES / 4, "t", NULL), CAIRN_OK);
	assert_int_equal(cairn_stack_create(&split, PORT_TEST_ARENA_NBYTES / 4, "t", NULL), CAIRN_OK);
	assert_int_equal(cairn_stack_destroy(&split), CAIRN_OK);
	assert_int_equal(cairn_stack_create(&half, PORT_TEST_ARENA_NBYTES / 2, "t", NULL), CAIRN_OK);
	assert_int_equal(half.base, split.base);
	port_test.refuse_arena = false;
	assert_null(cairn_check());
	assert_int_equal(cairn_stack_destroy(&half), CAIRN_OK);
	assert_int_equal(cairn_stack_destroy(&quarter), CAIRN_OK);
}

static void an_arena_the_port_cannot_close_is_not_used(void **state)
{
	(void)state;
	static struct cairn_stack many[128];
	struct cairn_totals before, after;
	size_t n = 0;
	cairn_totals(&before);
	port_test.refuse_arena = true;
	while (cairn_stack_create(&many[n], 1024, "t", NULL) == CAIRN_OK)
		n++;
	port_test.refuse_arena = false;
	assert_in_range(n, 8, (PORT_TEST_ARENA_NBYTES - PORT_TEST_CLOSED_NBYTES) / 1024);
	assert_null(cairn_check());
	while (n-- > 0)
		assert_int_equal(cairn_stack_destroy(&many[n]), CAIRN_OK);
	cairn_totals(&after);
	assert_memory_equal(&before, &after, sizeof(before));
}

/* ---- watchers, tables ---- */

static void watchers_hear_of_frees(void **state)
{
	(void)state;
	void *p = cairn_alloc(8);
	port_test.nfreed = 0;
	assert_int_equal(cairn_free(p), CAIRN_OK);
	assert_int_equal(port_test.nfreed, 0);
	p = cairn_alloc(8);
	cairn_watch_frees(true);
	assert_int_equal(cairn_free(p), CAIRN_OK);
	assert_int_equal(port_test.nfreed, 1);
	assert_int_not_equal(cairn_free(p), CAIRN_OK);
	assert_int_equal(port_test.nfreed, 1);
	p = cairn_realloc(cairn_alloc(4000), 16);
	assert_int_equal(port_test.nfreed, 2);
	assert_int_equal(cairn_free(p), CAIRN_OK);
	cairn_watch_frees(false);
	cairn_watch_frees(false);
	p = cairn_alloc(8);
	assert_int_equal(cairn_free(p), CAIRN_OK);
	assert_int_equal(port_test.nfreed, 3);
}

/* A cache in use frees by its own fields, but not while someone watches. */
static void watchers_hear_of_objects(void **state)
{
	(void)state;
	caches_up();
	port_test.nfreed = 0;
	for (unsigned round = 0; round < 3; round++) {
		void *w[3];
		for (unsigned i = 0; i < 3; i++)
			w[i] = cairn_cache_alloc(&widgets);
		assert_int_equal(cairn_cache_free(&widgets, w[0]), CAIRN_OK);
		assert_int_equal(port_test.nfreed, 2 * round);
		cairn_watch_frees(true);
		assert_int_equal(cairn_cache_free(&widgets, w[1]), CAIRN_OK);
		assert_int_equal(port_test.nfreed, 2 * round + 1);
		REFUSED(CAIRN_EDOUBLE, "cairn_cache_free", cairn_cache_free(&widgets, w[0]), w[0]);
		w[0] = cairn_cache_alloc(&widgets);
		assert_int_equal(cairn_cache_free(&widgets, w[0]), CAIRN_OK);
		assert_int_equal(port_test.nfreed, 2 * round + 2);
		cairn_watch_frees(false);
		assert_int_equal(cairn_cache_free(&widgets, w[2]), CAIRN_OK);
		assert_null(cairn_check());
	}
	assert_int_equal(port_test.nfreed, 6);
	caches_down();
}

static void tables_list_caches_zones_and_live_blocks(void **state)
{
	(void)state;
	struct cairn_cache_info info;
	struct cairn_zone_info zone;
	struct cairn_heap_info heap;
	caches_up();
	size_t ncaches = 0;
	for (struct cairn_cache *cache = cairn_next_cache(NULL); cache != NULL;
	     cache = cairn_next_cache(cache))
		ncaches++;
	assert_int_equal(ncaches, 2);
	assert_true(cairn_cache_stats(&widgets, &info));
	assert_string_equal(info.name, "widget");
	assert_true(cairn_zone_info(0, &zone));
	assert_string_equal(zone.name, "fast");
	assert_true(cairn_zone_info(1, &zone));
	assert_string_equal(zone.name, "slow");
	assert_false(cairn_zone_info(2, &zone));
	assert_false(cairn_zone_info(0, NULL));

	int me;
	port_test.owner = &me;
	void *mine = cairn_alloc(50);
	port_test.owner = NULL;
	void *other = cairn_alloc(50);
	assert_ptr_equal(cairn_next_live_of(&me, NULL), CAIRN_CHECK >= 2 ? mine : NULL);
	assert_null(cairn_next_live_of(&me, mine));
	cairn_heap_stats(&heap);
	assert_int_equal(heap.live_nblocks, 2);
	assert_int_equal(cairn_free(mine), CAIRN_OK);
	assert_int_equal(cairn_free(other), CAIRN_OK);
	caches_down();
}

int test_cairn_run(void)
{
#define LOCKS_HELD(test) cmocka_unit_test_setup_teardown(test, NULL, expect_no_misuse)
	static const struct CMUnitTest tests[] = {
		LOCKS_HELD(before_init_everything_is_refused),
		LOCKS_HELD(maps_that_make_no_sense_are_refused),
		LOCKS_HELD(init_takes_the_memory_over_once),
		LOCKS_HELD(pages_come_and_go),
		LOCKS_HELD(spares_merge_before_a_request_fails),
		LOCKS_HELD(spares_merge_one_a_lock),
		LOCKS_HELD(requests_that_make_no_sense_get_null),
		LOCKS_HELD(requests_that_make_no_sense_trim_nothing),
		LOCKS_HELD(heap_blocks_are_refused_by_name),
		LOCKS_HELD(a_write_after_free_is_reported_and_nothing_is_built_on_it),
		LOCKS_HELD(realloc_keeps_the_contents),
		LOCKS_HELD(aligned_blocks_are_aligned),
		LOCKS_HELD(blocks_grow_and_shrink_where_they_stand),
		LOCKS_HELD(objects_are_constructed_and_refused_by_name),
		LOCKS_HELD(two_tasks_may_grow_a_cache_at_once),
		LOCKS_HELD(one_reserve_at_a_time),
		LOCKS_HELD(a_reserve_that_cannot_be_had_leaves_things_as_they_were),
		LOCKS_HELD(a_reserve_holds_when_memory_is_gone),
		LOCKS_HELD(exhaustion_trims_first_and_everything_comes_back),
		LOCKS_HELD(a_stack_trims_for_its_arena),
		LOCKS_HELD(stacks_are_closed_mapped_and_given_back),
		LOCKS_HELD(what_is_kept_of_a_stack_is_in_nobodys_way),
		LOCKS_HELD(an_arena_the_port_cannot_close_is_not_used),
		LOCKS_HELD(watchers_hear_of_frees),
		LOCKS_HELD(watchers_hear_of_objects),
		LOCKS_HELD(tables_list_caches_zones_and_live_blocks),
	};
	return cmocka_run_group_tests_name("cairn", tests, NULL, NULL);
}
