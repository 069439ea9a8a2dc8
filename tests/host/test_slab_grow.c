/* SPDX-License-Identifier: MIT */
/* How caches grow and give back: constructors, halves, exhaustion, reserves, zones, records. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "slab_fixture.h"
#include "slab_next.h"

/* ---- constructors, zeroing, growing in halves ---- */

static size_t nconstructed;
static bool may_construct;

static void construct(void *object)
{
	assert_true(may_construct);
	nconstructed++;
	*(uintptr_t *)object = (uintptr_t)object;
}

static void constructor_runs_once_per_object_in_its_half(void **state)
{
	struct cairn_cache_spec spec = slab_spec(48, 0, 0);
	static struct cairn_cache cache = {0};
	struct cairn_slab *slab;
	size_t n;
	(void)state;
	spec.construct = construct;
	nconstructed = 0;
	may_construct = false;
	assert_int_equal(cairn_slab_create(&at.slabs, &cache, &spec), CAIRN_OK);
	slab = slab_begin(&cache);
	may_construct = true;
	cairn_slab_construct(slab);
	may_construct = false;
	cairn_slab_grow_end(slab);
	n = slab_info(&cache).objects_per_slab;
	assert_int_equal(nconstructed, n);
	for (unsigned round = 0; round < 2; round++) {
		assert_int_equal(slab_hold(&cache, n), n);
		for (size_t i = 0; i < n; i++)
			assert_int_equal(*(uintptr_t *)at.held[i], (uintptr_t)at.held[i]);
		slab_free_held(&cache, n);
	}
	assert_int_equal(nconstructed, n);
	may_construct = true;
	assert_int_equal(slab_hold(&cache, n + 1), n + 1);
	assert_int_equal(nconstructed, 2 * n);
	slab_free_held(&cache, n + 1);
}

static void zeroed_objects(void **state)
{
	static struct cairn_cache cache;
	(void)state;
	slab_make(&cache, 33, 0, CAIRN_CACHE_ZERO);
	for (unsigned round = 0; round < 2; round++) {
		unsigned char *object = slab_alloc(&cache);
		for (unsigned i = 0; i < 33; i++)
			assert_int_equal(object[i], 0);
		memset(object, 0xff, 33);
		slab_free(&cache, object);
	}
}

static void slabs_that_grow_are_not_visible(void **state)
{
	static struct cairn_cache cache;
	struct cairn_slab *a, *b;
	struct cairn_slab_where where;
	(void)state;
	slab_make(&cache, 32, 0, 0);
	a = slab_begin(&cache);
	b = slab_begin(&cache);
	assert_ptr_not_equal(a, b);
	slab_assert_sound();
	assert_null(cairn_slab_take(&cache));
	assert_null(cairn_slab_next_live(&cache, NULL));
	assert_true(cairn_slab_where(&at.slabs, b->base + 40, &where));
	assert_int_equal(where.state, CAIRN_SLAB_FREE);
	assert_int_equal(where.object, b->base + 32);
	assert_int_equal(cairn_slab_free_check(&cache, (void *)b->base), CAIRN_EDOUBLE);
	assert_int_equal(cairn_slab_destroy(&cache), CAIRN_EBUSY);
	assert_int_equal(slab_info(&cache).nfree, 0);
	assert_int_equal(cairn_slab_shrink_any(&at.slabs), 0);
	cairn_slab_construct(b);
	cairn_slab_grow_end(b);
	slab_assert_sound();
	at.held[0] = cairn_slab_take(&cache);
	assert_ptr_equal(at.held[0], (void *)b->base);
	cairn_slab_construct(a);
	cairn_slab_grow_end(a);
	slab_assert_sound();
	assert_int_equal(slab_info(&cache).nslabs, 2);
	assert_int_equal(cairn_slab_arm(&cache, at.held[0]), CAIRN_OK);
	slab_free(&cache, at.held[0]);
	assert_int_equal(slab_info(&cache).nslabs, 1);
}

/* ---- exhaustion, reserve, shrinking ---- */

static void exhaustion_gives_all_back(void **state)
{
	struct support_rng rng = {support_seed()};
	static struct cairn_cache cache;
	size_t n;
	(void)state;
	slab_make(&cache, CAIRN_FRAME_NBYTES / 4, 0, 0);
	for (unsigned round = 0; round < 3; round++) {
		n = slab_hold(&cache, SLAB_NHELD);
		assert_true(n > 0 && n < SLAB_NHELD);
		assert_int_equal(slab_info(&cache).high_water, n);
		slab_assert_sound();
		unsigned largest = cairn_frame_largest(&at.frames, CAIRN_ANY_ZONE);
		assert_true(largest == CAIRN_ORDERS || largest <= cache.order);
		while (n > 0) {
			size_t i = support_random_below(&rng, (uint32_t)n--);
			slab_free(&cache, at.held[i]);
			at.held[i] = at.held[n];
		}
		assert_int_equal(slab_info(&cache).nslabs, 1);
		slab_shrink_all(&cache);
		assert_int_equal(cairn_frame_count(&at.frames, CAIRN_FREE) + at.slabs.nlink_frames,
				 at.nfree_at_start);
	}
}

/* Growing needs a slab's frames and perhaps one for records: with any less, nothing changes. */
static void growing_fails_whole(void **state)
{
	static struct cairn_cache cache;
	static struct cairn_cache before;
	cairn_pfn chain;
	(void)state;
	slab_make(&cache, 8, 0, 0);
	chain = slab_take_frames(CAIRN_ANY_ZONE);
	before = cache;
	assert_int_equal(cache.order, 0);
	for (size_t nfree = 0; nfree < 2; nfree++) {
		assert_null(cairn_slab_alloc(&cache));
		assert_int_equal(cairn_slab_reserve(&cache, 1), CAIRN_ENOMEM);
		assert_int_equal(cairn_frame_count(&at.frames, CAIRN_FREE), nfree);
		assert_memory_equal(&cache, &before, sizeof(cache));
		slab_assert_sound();
		chain = slab_give_frame(chain);
	}
	slab_free(&cache, slab_alloc(&cache));
	slab_give_frames(chain);
}

static void reserve_holds_when_frames_are_gone(void **state)
{
	static struct cairn_cache cache;
	cairn_pfn chain;
	size_t per_slab, n;
	(void)state;
	slab_make(&cache, 64, 0, 0);
	per_slab = slab_info(&cache).objects_per_slab;
	n = 2 * per_slab + 1;
	at.held[n] = slab_alloc(&cache);
	assert_int_equal(cairn_slab_reserve(&cache, n), CAIRN_OK);
	assert_int_equal(slab_info(&cache).nreserved, n);
	assert_true(slab_info(&cache).nfree >= n);
	chain = slab_take_frames(CAIRN_ANY_ZONE);
	for (unsigned round = 0; round < 3; round++) {
		for (size_t i = 0; i < n; i++) {
			at.held[i] = cairn_slab_take(&cache);
			assert_non_null(at.held[i]);
			assert_int_equal(cairn_slab_arm(&cache, at.held[i]), CAIRN_OK);
			assert_int_equal(cairn_slab_shrink_any(&at.slabs), 0);
		}
		slab_free_held(&cache, n);
		slab_assert_sound();
		slab_shrink_all(&cache);
		assert_true(slab_info(&cache).nfree >= n);
	}
	slab_free(&cache, at.held[n]);
	slab_shrink_all(&cache);
	assert_true(slab_info(&cache).nfree >= n);
	assert_true(slab_info(&cache).nfree < n + per_slab);
	assert_int_equal(cairn_slab_reserve(&cache, 0), CAIRN_OK);
	assert_int_not_equal(cairn_slab_shrink_any(&at.slabs), 0);
	slab_shrink_all(&cache);
	assert_int_equal(slab_info(&cache).nslabs, 0);
	slab_give_frames(chain);
}

static void reserve_that_fails_changes_nothing(void **state)
{
	static struct cairn_cache cache;
	size_t nfree;
	(void)state;
	slab_make(&cache, 64, 0, 0);
	assert_int_equal(cairn_slab_reserve(&cache, 3), CAIRN_OK);
	nfree = cairn_frame_count(&at.frames, CAIRN_FREE);
	assert_int_equal(cairn_slab_reserve(&cache, SLAB_MEMORY_NBYTES / 64), CAIRN_ENOMEM);
	assert_int_equal(cairn_slab_reserve(&cache, SIZE_MAX), CAIRN_ENOMEM);
	assert_int_equal(cairn_frame_count(&at.frames, CAIRN_FREE), nfree);
	assert_int_equal(slab_info(&cache).nreserved, 3);
	slab_assert_sound();
	assert_int_equal(cairn_slab_reserve_set(&cache, SIZE_MAX), CAIRN_OK);
	assert_true(cairn_slab_short(&cache));
	slab_assert_sound();
	assert_int_equal(cairn_slab_reserve_set(&cache, 0), CAIRN_OK);
	assert_false(cairn_slab_short(&cache));
}

static void one_empty_slab_is_kept(void **state)
{
	static struct cairn_cache a, b;
	size_t per_slab, n;
	(void)state;
	slab_make(&a, 64, 0, 0);
	slab_make(&b, 64, 0, 0);
	per_slab = slab_info(&a).objects_per_slab;
	n = slab_hold(&a, 3 * per_slab);
	assert_int_equal(slab_info(&a).nslabs, 3);
	slab_free_held(&a, n);
	assert_int_equal(slab_info(&a).nslabs, 1);
	slab_free(&b, slab_alloc(&b));
	assert_int_equal(cairn_slab_shrink_any(&at.slabs), slab_info(&a).slab_nframes);
	assert_int_equal(cairn_slab_shrink_any(&at.slabs), slab_info(&a).slab_nframes);
	assert_int_equal(cairn_slab_shrink_any(&at.slabs), 0);
	assert_int_equal(slab_info(&a).nslabs + slab_info(&b).nslabs, 0);
}

/* Free objects of partial slabs count for the reserve, so an empty slab becomes superfluous by a free
 * elsewhere. */
static void surplus_follows_every_take_and_put(void **state)
{
	static struct cairn_cache cache;
	size_t per_slab, n;
	(void)state;
	slab_make(&cache, 64, 0, 0);
	per_slab = slab_info(&cache).objects_per_slab;
	n = slab_hold(&cache, per_slab);
	assert_int_equal(cairn_slab_reserve(&cache, 2), CAIRN_OK);
	assert_int_equal(slab_info(&cache).nslabs, 2);
	slab_free(&cache, at.held[--n]);
	slab_assert_sound();
	assert_int_equal(cairn_slab_shrink_any(&at.slabs), 0);
	slab_free(&cache, at.held[--n]);
	slab_assert_sound();
	at.held[n++] = cairn_slab_take(&cache);
	assert_int_equal(cairn_slab_arm(&cache, at.held[n - 1]), CAIRN_OK);
	slab_assert_sound();
	assert_int_equal(cairn_slab_shrink_any(&at.slabs), 0);
	slab_free(&cache, at.held[--n]);
	assert_int_not_equal(cairn_slab_shrink_any(&at.slabs), 0);
	assert_int_equal(cairn_slab_shrink_any(&at.slabs), 0);
	slab_free_held(&cache, n);
	assert_int_equal(cairn_slab_reserve(&cache, 0), CAIRN_OK);
}

static void slabs_lie_in_the_zones_asked_for(void **state)
{
	uintptr_t middle = (uintptr_t)slab_memory + SLAB_MEMORY_NBYTES / 2;
	struct cairn_range ram[2] = {
		{(uintptr_t)slab_memory, SLAB_MEMORY_NBYTES / 2, "slow", CAIRN_RANGE_RAM, 0},
		{middle, SLAB_MEMORY_NBYTES / 2, "fast", CAIRN_RANGE_RAM, CAIRN_ATTR_FAST},
	};
	struct cairn_cache_spec spec = slab_spec(CAIRN_FRAME_NBYTES / 4, 0, 0);
	static struct cairn_cache cache;
	size_t n;
	(void)state;
	memset(&cache, 0, sizeof(cache));
	slab_up_with(ram, 2);
	spec.zones = cairn_frame_zones_with(&at.frames, CAIRN_ATTR_FAST);
	assert_int_equal(cairn_slab_create(&at.slabs, &cache, &spec), CAIRN_OK);
	n = slab_hold(&cache, SLAB_NHELD);
	assert_in_range(n, 4, SLAB_NHELD - 1);
	for (size_t i = 0; i < n; i++)
		assert_true((uintptr_t)at.held[i] >= middle);
	assert_true(cairn_slab_put_next(&cache, at.held[0]));
	slab_assert_sound();
	at.held[0] = slab_alloc(&cache);
	slab_free_held(&cache, n);
	assert_int_equal(cairn_slab_destroy(&cache), CAIRN_OK);
	spec.zones = 1u << (CAIRN_ZONES - 1);
	assert_int_equal(cairn_slab_create(&at.slabs, &cache, &spec), CAIRN_EINVAL);
	assert_null(cairn_slab_alloc(&cache));
	assert_null(cairn_slab_first_cache(&at.slabs));
}

static void later_zones_are_not_used(void **state)
{
	static struct cairn_cache cache;
	static size_t zone_meta[512];
	cairn_pfn chain, far = cairn_addr_to_pfn((uintptr_t)slab_memory) + 4 * SLAB_MEMORY_NBYTES;
	size_t n;
	(void)state;
	slab_make(&cache, CAIRN_FRAME_NBYTES / 4, 0, 0);
	assert_int_equal(
		cairn_frame_zone_add(&at.frames, far, 16, 0, "later", zone_meta, sizeof(zone_meta), NULL),
		CAIRN_OK);
	assert_int_equal(cairn_frame_zone_open(&at.frames, far, 16, CAIRN_FREE), CAIRN_OK);
	at.nfree_at_start += 16;
	/* Nobody wrote to the memory of the later zone, for there is none. */
	n = slab_hold(&cache, SLAB_NHELD);
	assert_in_range(n, 1, SLAB_NHELD - 1);
	assert_true(cairn_frame_count(&at.frames, CAIRN_FREE) >= 16);
	slab_free_held(&cache, n);
	slab_shrink_all(&cache);
	/* One frame for the slab, none for its record. */
	chain = slab_give_frame(slab_take_frames(1u << 0));
	assert_null(cairn_slab_grow_begin(&cache));
	slab_give_frames(chain);
}

/* Records come and go in pages, ids are used again. */
static void records_are_used_again(void **state)
{
	static struct cairn_cache cache;
	size_t n, npages;
	(void)state;
	slab_make(&cache, CAIRN_FRAME_NBYTES, 0, 0);
	for (unsigned round = 0; round < 3; round++) {
		n = slab_hold(&cache, SLAB_NHELD);
		npages = cairn_slab_meta_nframes(&at.slabs);
		for (size_t i = 0; i < n; i += 2)
			slab_free(&cache, at.held[i]);
		slab_shrink_all(&cache);
		slab_assert_sound();
		for (size_t i = 0; i < n; i += 2)
			at.held[i] = cairn_slab_alloc(&cache);
		assert_true(cairn_slab_meta_nframes(&at.slabs) <= npages);
		slab_assert_sound();
		for (size_t i = 0; i < n; i++)
			assert_int_equal(cairn_slab_free(&cache, at.held[i]), CAIRN_OK);
		slab_shrink_all(&cache);
		assert_int_equal(at.slabs.records.npages, 0);
	}
}

int test_slab_grow_run(void)
{
	static const struct CMUnitTest tests[] = {
		SLAB_TEST(constructor_runs_once_per_object_in_its_half),
		SLAB_TEST(zeroed_objects),
		SLAB_TEST(slabs_that_grow_are_not_visible),
		SLAB_TEST(exhaustion_gives_all_back),
		SLAB_TEST(growing_fails_whole),
		SLAB_TEST(reserve_holds_when_frames_are_gone),
		SLAB_TEST(reserve_that_fails_changes_nothing),
		SLAB_TEST(one_empty_slab_is_kept),
		SLAB_TEST(surplus_follows_every_take_and_put),
		SLAB_TEST(slabs_lie_in_the_zones_asked_for),
		SLAB_TEST(later_zones_are_not_used),
		SLAB_TEST(records_are_used_again),
	};
	return cmocka_run_group_tests_name("slab growing", tests, NULL, NULL);
}
