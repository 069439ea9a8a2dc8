/* SPDX-License-Identifier: MIT */
/* Object caches: making, listing and ending them, and what is refused on the way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "slab_fixture.h"

static void init_refuses_null(void **state)
{
	(void)state;
	assert_int_equal(cairn_slab_init(NULL, &at.frames), CAIRN_EINVAL);
	assert_int_equal(cairn_slab_init(&at.slabs, NULL), CAIRN_EINVAL);
}

static void links_come_with_the_first_cache_and_go_with_the_last(void **state)
{
	struct cairn_cache_spec spec = slab_spec(8, 0, 0);
	static struct cairn_cache a, b;
	cairn_pfn chain = slab_take_frames(CAIRN_ANY_ZONE);
	struct cairn_slab_where where;
	(void)state;
	assert_int_equal(cairn_slab_create(&at.slabs, &a, &spec), CAIRN_ENOMEM);
	assert_null(cairn_slab_links_begin(&at.slabs));
	cairn_slab_links_clear(&at.slabs, NULL);
	cairn_slab_links_end(&at.slabs, NULL);
	assert_false(cairn_slab_where(&at.slabs, (uintptr_t)slab_memory, &where));
	assert_null(cairn_slab_first_cache(&at.slabs));
	slab_assert_sound();
	slab_give_frames(chain);
	slab_make(&a, 8, 0, 0);
	slab_make(&b, 8, 0, 0);
	size_t nbytes = cairn_slab_links_nbytes(&at.slabs);
	assert_true(nbytes >= cairn_frame_nframes(&at.frames) * sizeof(uint16_t));
	assert_int_equal(cairn_slab_meta_nframes(&at.slabs),
			 (nbytes + CAIRN_FRAME_NBYTES - 1) / CAIRN_FRAME_NBYTES);
	assert_int_equal(cairn_slab_destroy(&a), CAIRN_OK);
	assert_int_not_equal(cairn_slab_meta_nframes(&at.slabs), 0);
	slab_free(&b, slab_alloc(&b));
	assert_int_equal(cairn_slab_destroy(&b), CAIRN_OK);
	assert_int_equal(cairn_slab_meta_nframes(&at.slabs), 0);
	slab_make(&a, 8, 0, 0);
	slab_free(&a, slab_alloc(&a));
}

/* An instance whose links may be boot metadata. */
static void boot(uintptr_t base, size_t nbytes)
{
	struct cairn_range ram = {base, nbytes, "ram", CAIRN_RANGE_RAM, 0};
	assert_int_equal(cairn_region_init(&at.regions, &ram, 1), CAIRN_OK);
	cairn_frame_init(&at.frames);
	assert_int_equal(cairn_frame_zones(&at.frames, &at.regions), CAIRN_OK);
	assert_int_equal(cairn_slab_init(&at.slabs, &at.frames), CAIRN_OK);
	cairn_slab_boot(&at.slabs, &at.regions);
	assert_int_equal(cairn_frame_open(&at.frames, &at.regions), CAIRN_OK);
	at.nfree_at_start = cairn_frame_count(&at.frames, CAIRN_FREE);
}

static void use_caches_with_links_of_boot(void)
{
	static struct cairn_cache cache;
	size_t nmeta = cairn_frame_count(&at.frames, CAIRN_META);
	for (unsigned round = 0; round < 2; round++) {
		slab_make(&cache, 64, 0, 0);
		assert_int_equal(cairn_frame_count(&at.frames, CAIRN_META), nmeta);
		assert_int_equal(cairn_slab_meta_nframes(&at.slabs), 0);
		slab_free(&cache, slab_alloc(&cache));
		assert_non_null(at.slabs.zone[0].link);
		slab_assert_sound();
		assert_int_equal(cairn_slab_destroy(&cache), CAIRN_OK);
		slab_assert_sound();
	}
}

/* In small memory, the frame that boot metadata begin has room for the links; in larger, they would take
 * another. */
static void links_are_boot_metadata_where_that_costs_nothing(void **state)
{
	(void)state;
	boot((uintptr_t)slab_memory, 32 * CAIRN_FRAME_NBYTES);
	assert_int_equal(cairn_frame_count(&at.frames, CAIRN_META), 1);
	use_caches_with_links_of_boot();
	boot((uintptr_t)slab_memory, SLAB_MEMORY_NBYTES);
	assert_true(CAIRN_FRAME_SHIFT > 9 || at.slabs.zone[0].link == NULL);
}

/* More frames than the links that a run can hold: with no memory behind them, but where metadata and a slab
 * are. */
#define BLOCK_NBYTES   (CAIRN_FRAME_NBYTES << (CAIRN_ORDERS - 1))
#define LINKED_NFRAMES (BLOCK_NBYTES / sizeof(uint16_t))
#define MANY_POSSIBLE  (LINKED_NFRAMES < SIZE_MAX >> CAIRN_FRAME_SHIFT >> 2)
#define MANY_NBYTES    (LINKED_NFRAMES * 33 / 10 + 64 * CAIRN_FRAME_NBYTES)

static void links_of_many_frames_are_boot_metadata(void **state)
{
	static unsigned char memory[MANY_POSSIBLE ? MANY_NBYTES : 1]
		__attribute__((aligned(1 << CAIRN_FRAME_SHIFT)));
	(void)state;
	if (!MANY_POSSIBLE)
		return;
	/* It ends with a whole block, so that what is small is in front. */
	size_t nbytes = LINKED_NFRAMES << CAIRN_FRAME_SHIFT;
	boot((uintptr_t)memory, nbytes - ((uintptr_t)memory + nbytes) % BLOCK_NBYTES + BLOCK_NBYTES);
	use_caches_with_links_of_boot();
}

static void links_made_by_two_at_once(void **state)
{
	static struct cairn_cache cache;
	struct cairn_cache_spec spec = slab_spec(8, 0, 0);
	void *first = cairn_slab_links_begin(&at.slabs), *second = cairn_slab_links_begin(&at.slabs);
	(void)state;
	assert_int_equal(cairn_slab_setup(&at.slabs, &cache, &spec), CAIRN_ENOMEM);
	assert_int_equal(cairn_frame_count(&at.frames, CAIRN_FREE) + cairn_slab_meta_nframes(&at.slabs),
			 at.nfree_at_start);
	cairn_slab_links_clear(&at.slabs, second);
	cairn_slab_links_end(&at.slabs, second);
	assert_int_equal(cairn_slab_setup(&at.slabs, &cache, &spec), CAIRN_OK);
	void *object = slab_alloc(&cache);
	cairn_slab_links_clear(&at.slabs, first);
	cairn_slab_links_end(&at.slabs, first);
	slab_assert_sound();
	slab_free(&cache, object);
	assert_int_equal(cairn_frame_count(&at.frames, CAIRN_FREE) + cairn_slab_nframes(&at.slabs) +
				 cairn_slab_meta_nframes(&at.slabs),
			 at.nfree_at_start);
}

static void nop(void *object)
{
	(void)object;
}

static void create_refuses(struct cairn_cache_spec spec, enum cairn_err err)
{
	static struct cairn_cache cache, before;
	memset(&cache, 0, sizeof(cache));
	before = cache;
	assert_int_equal(cairn_slab_create(&at.slabs, &cache, &spec), err);
	assert_memory_equal(&cache, &before, sizeof(cache));
	assert_null(cairn_slab_first_cache(&at.slabs));
}

static void create_refuses_nonsense(void **state)
{
	struct cairn_cache_spec spec = slab_spec(8, 0, 0);
	static struct cairn_cache cache = {0};
	struct cairn_slabs none = {0};
	(void)state;
	assert_int_equal(cairn_slab_create(NULL, &cache, &spec), CAIRN_EINVAL);
	assert_int_equal(cairn_slab_create(&none, &cache, &spec), CAIRN_EINVAL);
	assert_int_equal(cairn_slab_create(&at.slabs, NULL, &spec), CAIRN_EINVAL);
	assert_int_equal(cairn_slab_create(&at.slabs, &cache, NULL), CAIRN_EINVAL);
	spec.name = NULL;
	create_refuses(spec, CAIRN_EINVAL);
	create_refuses(slab_spec(0, 0, 0), CAIRN_EINVAL);
	create_refuses(slab_spec(LARGEST_NBYTES + 1, 1, 0), CAIRN_EINVAL);
	create_refuses(slab_spec(SIZE_MAX, 0, 0), CAIRN_EINVAL);
	create_refuses(slab_spec(SIZE_MAX - 3, CAIRN_FRAME_NBYTES, 0), CAIRN_EINVAL);
	create_refuses(slab_spec(8, 0, 8), CAIRN_EINVAL);
	create_refuses(slab_spec(8, 3, 0), CAIRN_EALIGN);
	create_refuses(slab_spec(8, 2 * CAIRN_FRAME_NBYTES, 0), CAIRN_EALIGN);
	create_refuses(slab_spec(8, ~(SIZE_MAX >> 1), 0), CAIRN_EALIGN);
	spec = slab_spec(8, 0, CAIRN_CACHE_ZERO);
	spec.construct = nop;
	create_refuses(spec, CAIRN_EINVAL);
	spec.flags = CAIRN_CACHE_POISON;
	create_refuses(spec, CAIRN_EINVAL);
	if (CAIRN_CHECK >= 2)
		create_refuses(slab_spec(LARGEST_NBYTES, 1, CAIRN_CACHE_RED_ZONE), CAIRN_EINVAL);
}

static void create_refuses_a_cache_twice(void **state)
{
	struct cairn_cache_spec spec = slab_spec(8, 0, 0);
	static struct cairn_cache a, b;
	(void)state;
	slab_make(&a, 8, 0, 0);
	slab_make(&b, 8, 0, 0);
	assert_int_equal(cairn_slab_create(&at.slabs, &a, &spec), CAIRN_EINVAL);
	assert_int_equal(cairn_slab_create(&at.slabs, &b, &spec), CAIRN_EINVAL);
	assert_int_equal(cairn_slab_destroy(&a), CAIRN_OK);
	assert_int_equal(cairn_slab_create(&at.slabs, &a, &spec), CAIRN_OK);
	slab_assert_sound();
}

static void create_accepts_what_an_older_instance_left(void **state)
{
	struct cairn_cache_spec spec = slab_spec(8, 0, 0);
	static struct cairn_cache cache;
	slab_make(&cache, 8, 0, 0);
	assert_int_equal(slab_up(state), 0);
	assert_int_equal(cairn_slab_create(&at.slabs, &cache, &spec), CAIRN_OK);
	assert_ptr_equal(cairn_slab_first_cache(&at.slabs), &cache);
}

static void caches_are_listed_oldest_first(void **state)
{
	static struct cairn_cache cache[3];
	(void)state;
	for (unsigned i = 0; i < 3; i++)
		slab_make(&cache[i], 8, 0, 0);
	assert_ptr_equal(cairn_slab_first_cache(&at.slabs), &cache[0]);
	assert_ptr_equal(cairn_slab_next_cache(&cache[0]), &cache[1]);
	assert_int_equal(cairn_slab_destroy(&cache[1]), CAIRN_OK);
	assert_ptr_equal(cairn_slab_next_cache(&cache[0]), &cache[2]);
	assert_null(cairn_slab_next_cache(&cache[2]));
	assert_null(cairn_slab_next_cache(&cache[1]));
	assert_int_equal(cairn_slab_destroy(&cache[2]), CAIRN_OK);
	slab_assert_sound();
	assert_int_equal(cairn_slab_destroy(&cache[0]), CAIRN_OK);
	assert_null(cairn_slab_first_cache(&at.slabs));
}

static void is_no_cache(struct cairn_cache *cache, void *object)
{
	struct cairn_cache_info info;
	assert_null(cairn_slab_take(cache));
	assert_null(cairn_slab_alloc(cache));
	assert_null(cairn_slab_grow_begin(cache));
	assert_null(cairn_slab_next_live(cache, NULL));
	assert_int_equal(cairn_slab_free_check(cache, object), CAIRN_EDESTROYED);
	assert_int_equal(cairn_slab_put(cache, object), CAIRN_EDESTROYED);
	assert_int_equal(cairn_slab_free(cache, object), CAIRN_EDESTROYED);
	assert_int_equal(cairn_slab_free_begin(cache, object), CAIRN_EDESTROYED);
	assert_int_equal(cairn_slab_destroy(cache), CAIRN_EDESTROYED);
	assert_int_equal(cairn_slab_reserve_set(cache, 1), CAIRN_EDESTROYED);
	assert_int_equal(cairn_slab_reserve(cache, 1), CAIRN_EDESTROYED);
	assert_int_equal(cairn_slab_shrink_one(cache), 0);
	assert_false(cairn_slab_short(cache));
	assert_false(cairn_slab_frees_in_halves(cache));
	assert_false(cairn_slab_info(cache, &info));
}

static void no_cache_is_refused_everywhere(void **state)
{
	static struct cairn_cache cache, copy, zero = {0};
	void *object;
	(void)state;
	slab_make(&cache, 24, 0, 0);
	object = slab_alloc(&cache);
	copy = cache; /* its back pointer is wrong */
	is_no_cache(NULL, object);
	is_no_cache(&zero, object);
	is_no_cache(&copy, object);
	slab_assert_sound();
	slab_free(&cache, object);
	assert_int_equal(cairn_slab_destroy(&cache), CAIRN_OK);
	is_no_cache(&cache, object);
}

static void destroy_refuses_and_lists_live_objects(void **state)
{
	static struct cairn_cache cache;
	struct cairn_cache_info info;
	size_t n, nlisted = 0;
	(void)state;
	slab_make(&cache, 40, 0, 0);
	info = slab_info(&cache);
	n = slab_hold(&cache, 3 * info.objects_per_slab + 1);
	for (size_t i = 0; i < n; i += 2)
		slab_free(&cache, at.held[i]);
	assert_int_equal(cairn_slab_destroy(&cache), CAIRN_EBUSY);
	for (void *p = cairn_slab_next_live(&cache, NULL); p != NULL; p = cairn_slab_next_live(&cache, p)) {
		size_t i = 1;
		while (i < n && at.held[i] != p)
			i += 2;
		assert_true(i < n);
		nlisted++;
	}
	assert_int_equal(nlisted, n / 2);
	assert_null(cairn_slab_next_live(&cache, slab_memory));
	assert_null(cairn_slab_next_live(&cache, at.held[0]));
	assert_null(cairn_slab_next_live(&cache, (char *)at.held[1] + 1));
	for (size_t i = 1; i < n; i += 2)
		slab_free(&cache, at.held[i]);
	assert_int_equal(cairn_slab_reserve(&cache, 2 * info.objects_per_slab), CAIRN_OK);
	assert_int_equal(cairn_slab_destroy(&cache), CAIRN_OK);
	assert_int_equal(cairn_frame_count(&at.frames, CAIRN_FREE), at.nfree_at_start);
	assert_int_equal(cairn_slab_destroy(&cache), CAIRN_EDESTROYED);
}

int test_slab_run(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(init_refuses_null, slab_up, NULL),
		SLAB_TEST(links_come_with_the_first_cache_and_go_with_the_last),
		SLAB_TEST(links_are_boot_metadata_where_that_costs_nothing),
		SLAB_TEST(links_of_many_frames_are_boot_metadata),
		SLAB_TEST(links_made_by_two_at_once),
		SLAB_TEST(create_refuses_nonsense),
		SLAB_TEST(create_refuses_a_cache_twice),
		SLAB_TEST(create_accepts_what_an_older_instance_left),
		SLAB_TEST(caches_are_listed_oldest_first),
		SLAB_TEST(no_cache_is_refused_everywhere),
		SLAB_TEST(destroy_refuses_and_lists_live_objects),
	};
	return cmocka_run_group_tests_name("slab", tests, NULL, NULL) + test_slab_geometry_run() +
	       test_slab_model_run() + test_slab_grow_run() + test_slab_window_run() +
	       test_slab_misuse_run() + test_slab_check_run();
}
