/* SPDX-License-Identifier: MIT */
/* Wrong use of object caches: every wrong free, frees in halves, writes where nothing is to be written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "slab_fixture.h"

/* ---- wrong frees ---- */

/* Every way of freeing refuses with err and changes neither the cache nor the record. */
static void refused(struct cairn_cache *cache, void *object, enum cairn_err err)
{
	struct cairn_cache before = *cache;
	assert_int_equal(cairn_slab_free_check(cache, object), err);
	assert_int_equal(cairn_slab_put(cache, object), err);
	assert_int_equal(cairn_slab_free(cache, object), err);
	assert_int_equal(cairn_slab_free_begin(cache, object), err);
	assert_memory_equal(cache, &before, sizeof(before));
	slab_assert_sound();
}

static void wrong_frees_of_one_cache(void **state)
{
	static struct cairn_cache cache;
	char *object, *other;
	size_t last;
	(void)state;
	slab_make(&cache, 24, 32, 0);
	last = (slab_info(&cache).objects_per_slab - 1) * 32;
	object = slab_alloc(&cache);
	other = slab_alloc(&cache);
	for (unsigned i = 1; i < 24; i++)
		refused(&cache, object + i, CAIRN_EINTERIOR);
	for (unsigned i = 24; i < 32; i++)
		refused(&cache, object + i, CAIRN_EMISALIGNED);
	slab_free(&cache, object);
	refused(&cache, object, CAIRN_EDOUBLE);
	refused(&cache, object + 5, CAIRN_EDOUBLE);
	refused(&cache, object + 25, CAIRN_EMISALIGNED);
	refused(&cache, object + last, CAIRN_EDOUBLE);
	slab_free(&cache, other);
	refused(&cache, other, CAIRN_EDOUBLE);
	slab_shrink_all(&cache);
	refused(&cache, other, CAIRN_EDOUBLE);
	assert_int_equal(cairn_slab_put(&cache, NULL), CAIRN_OK);
	assert_int_equal(cairn_slab_free(&cache, NULL), CAIRN_OK);
}

static void frees_behind_the_last_object(void **state)
{
	static struct cairn_cache cache;
	struct cairn_cache_info info;
	char *object;
	(void)state;
	slab_make(&cache, CAIRN_FRAME_NBYTES / 4 - 4, 4, 0);
	info = slab_info(&cache);
	object = slab_alloc(&cache);
	for (size_t offset = info.objects_per_slab * info.stride_nbytes;
	     offset < info.slab_nframes * CAIRN_FRAME_NBYTES; offset++)
		refused(&cache, object + offset, CAIRN_EMISALIGNED);
	slab_free(&cache, object);
}

static void wrong_frees_of_foreign_memory(void **state)
{
	static struct cairn_cache cache;
	cairn_pfn pfn = cairn_frame_alloc(&at.frames, 0, CAIRN_PAGES, CAIRN_ANY_ZONE);
	void *object;
	char local;
	(void)state;
	slab_make(&cache, 24, 0, 0);
	object = slab_alloc(&cache);
	refused(&cache, &local, CAIRN_EFOREIGN);
	refused(&cache, &cache, CAIRN_EFOREIGN);
	refused(&cache, (void *)UINTPTR_MAX, CAIRN_EFOREIGN);
	refused(&cache, (void *)((uintptr_t)slab_memory - 1), CAIRN_EFOREIGN);
	refused(&cache, slab_memory + SLAB_MEMORY_NBYTES, CAIRN_EFOREIGN);
	if (sizeof(void *) == 8) /* right but for its upper bits */
		refused(&cache, (void *)((uintptr_t)object | (uintptr_t)1 << (sizeof(void *) * 8 - 2)),
			CAIRN_EFOREIGN);
	refused(&cache, (void *)cairn_pfn_to_addr(pfn), CAIRN_EWRONGKIND);
	refused(&cache, slab_memory, CAIRN_EWRONGKIND);                                   /* boot metadata */
	refused(&cache, at.slabs.first->list[CAIRN_SLAB_PARTIAL].next, CAIRN_EWRONGKIND); /* a record */
	slab_free(&cache, object);
	assert_int_equal(cairn_frame_free(&at.frames, pfn, CAIRN_PAGES), CAIRN_OK);
	refused(&cache, (void *)cairn_pfn_to_addr(pfn), CAIRN_EDOUBLE);
}

static void wrong_frees_to_another_cache(void **state)
{
	static struct cairn_cache a, b;
	char *object, *other;
	(void)state;
	slab_make(&a, 24, 32, 0);
	slab_make(&b, 48, 0, 0);
	object = slab_alloc(&a);
	refused(&b, object, CAIRN_EWRONGCACHE);
	other = slab_alloc(&b);
	refused(&b, object, CAIRN_EWRONGCACHE);
	refused(&a, other, CAIRN_EWRONGCACHE);
	refused(&b, object + 8, CAIRN_EINTERIOR);
	refused(&b, object + 24, CAIRN_EMISALIGNED);
	slab_free(&a, object);
	refused(&b, object, CAIRN_EDOUBLE);
	slab_free(&b, other);
}

static void where_is_everything(void **state)
{
	static struct cairn_cache cache;
	struct cairn_slab_where where;
	uintptr_t object, end;
	(void)state;
	slab_make(&cache, CAIRN_FRAME_NBYTES / 4 - 12, 8, 0);
	object = (uintptr_t)slab_alloc(&cache);
	end = object + cache.used_nbytes;
	assert_true(cairn_slab_where(&at.slabs, object + 5, &where));
	assert_ptr_equal(where.cache, &cache);
	assert_string_equal(where.cache_name, "test");
	assert_int_equal(where.state, CAIRN_SLAB_LIVE);
	assert_int_equal(where.object, object);
	assert_int_equal(where.object_nbytes, CAIRN_FRAME_NBYTES / 4 - 12);
	assert_true(cairn_slab_where(&at.slabs, object + cache.stride_nbytes, &where));
	assert_int_equal(where.state, CAIRN_SLAB_FREE);
	assert_int_equal(where.object, object + cache.stride_nbytes);
	assert_true(cairn_slab_where(&at.slabs, object + cache.object_nbytes, &where));
	assert_int_equal(where.state, CAIRN_SLAB_GAP);
	assert_int_equal(where.object, object + cache.object_nbytes);
	assert_int_equal(where.object_nbytes, 4);
	assert_true(cairn_slab_where(&at.slabs, end + 3, &where));
	assert_int_equal(where.state, CAIRN_SLAB_GAP);
	assert_int_equal(where.object, end);
	assert_int_equal(end + where.object_nbytes, object + (CAIRN_FRAME_NBYTES << cache.order));
	assert_false(cairn_slab_where(&at.slabs, (uintptr_t)slab_memory, &where));
	assert_false(cairn_slab_where(&at.slabs, (uintptr_t)&where, &where));
	slab_free(&cache, (void *)object);
}

static void null_is_an_answer(void **state)
{
	struct cairn_slab_where where;
	char object;
	(void)state;
	assert_int_equal(cairn_slab_shrink_any(NULL), 0);
	assert_int_equal(cairn_slab_shrink_one(NULL), 0);
	assert_int_equal(cairn_slab_nframes(NULL), 0);
	assert_int_equal(cairn_slab_meta_nframes(NULL), 0);
	assert_null(cairn_slab_first_cache(NULL));
	assert_null(cairn_slab_next_cache(NULL));
	assert_null(cairn_slab_next_live(NULL, NULL));
	assert_null(cairn_slab_grow_begin(NULL));
	cairn_slab_construct(NULL);
	cairn_slab_grow_end(NULL);
	assert_int_equal(cairn_slab_arm(NULL, &object), CAIRN_EDESTROYED);
	cairn_slab_disarm(NULL, &object);
	cairn_slab_free_end(NULL, &object);
	assert_int_equal(cairn_slab_put(NULL, NULL), CAIRN_OK);
	assert_false(cairn_slab_where(NULL, (uintptr_t)slab_memory, &where));
	assert_false(cairn_slab_where(&at.slabs, (uintptr_t)slab_memory, NULL));
	if (CAIRN_CHECK < 1)
		return;
	assert_null(cairn_slab_take(NULL));
	assert_int_equal(cairn_slab_put(NULL, &object), CAIRN_EDESTROYED);
	assert_int_equal(cairn_slab_free_begin(NULL, &object), CAIRN_EDESTROYED);
}

/* ---- frees in halves, and level 2 ---- */

static void a_free_in_halves(void **state)
{
	static struct cairn_cache cache;
	struct cairn_slab_where where;
	bool poisons = CAIRN_CHECK >= 2;
	void *object;
	(void)state;
	slab_make(&cache, 24, 0, CAIRN_CACHE_POISON);
	assert_int_equal(cairn_slab_frees_in_halves(&cache), poisons);
	object = slab_alloc(&cache);
	assert_int_equal(cairn_slab_free_begin(&cache, object), CAIRN_OK);
	if (poisons) {
		refused(&cache, object, CAIRN_EDOUBLE);
		assert_null(cairn_slab_next_live(&cache, NULL));
		assert_true(cairn_slab_where(&at.slabs, (uintptr_t)object, &where));
		assert_int_equal(where.state, CAIRN_SLAB_FREE);
		assert_int_equal(slab_info(&cache).nlive, 0);
		assert_int_equal(cairn_slab_destroy(&cache), CAIRN_EBUSY);
		assert_int_equal(cairn_slab_shrink_one(&cache), 0);
	}
	cairn_slab_disarm(&cache, object);
	cairn_slab_free_end(&cache, object);
	refused(&cache, object, CAIRN_EDOUBLE);
	assert_int_equal(slab_info(&cache).nlive, 0);
	assert_ptr_equal(cairn_slab_alloc(&cache), object);
	slab_free(&cache, object);
}

static void limbo_of_many(void **state)
{
	static struct cairn_cache cache;
	size_t n;
	(void)state;
	slab_make(&cache, 5, 1, CAIRN_CACHE_POISON);
	n = slab_hold(&cache, slab_info(&cache).objects_per_slab);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(cairn_slab_free_begin(&cache, at.held[i]), CAIRN_OK);
		cairn_slab_disarm(&cache, at.held[i]);
		slab_assert_sound();
	}
	for (size_t i = n; i-- > 0;)
		cairn_slab_free_end(&cache, at.held[i]);
	assert_int_equal(slab_info(&cache).nfree, slab_info(&cache).objects_per_slab);
	assert_int_equal(slab_hold(&cache, n), n);
	slab_free_held(&cache, n);
}

static void flags_cost_nothing_below_level_2(void **state)
{
	static struct cairn_cache plain, both;
	(void)state;
	slab_make(&plain, 40, 8, 0);
	slab_make(&both, 40, 8, CAIRN_CACHE_POISON | CAIRN_CACHE_RED_ZONE);
	if (CAIRN_CHECK < 2)
		assert_int_equal(slab_info(&plain).stride_nbytes, slab_info(&both).stride_nbytes);
	else
		assert_true(slab_info(&plain).stride_nbytes < slab_info(&both).stride_nbytes);
}

static void a_use_after_free_is_seen(void **state)
{
	static struct cairn_cache cache;
	unsigned char *object, *next;
	(void)state;
	if (CAIRN_CHECK < 2)
		return;
	slab_make(&cache, 24, 0, CAIRN_CACHE_POISON);
	for (unsigned i = 0; i < 24; i++) {
		object = slab_alloc(&cache);
		memset(object, 0, 24);
		slab_free(&cache, object);
		assert_int_equal(object[i], CAIRN_POISON_FREE);
		object[i] = 0;
		assert_ptr_equal(cairn_slab_take(&cache), object);
		assert_int_equal(cairn_slab_arm(&cache, object), CAIRN_EUSEAFTER);
		assert_int_equal(cairn_slab_put(&cache, object), CAIRN_OK);
	}
	object[3] = 0;
	next = slab_alloc(&cache);
	assert_ptr_not_equal(next, object);
	slab_free(&cache, next);
	assert_int_equal(slab_info(&cache).nlive, 1);
	slab_free(&cache, object);
}

static void an_overrun_is_seen(void **state)
{
	static struct cairn_cache cache;
	unsigned char *object;
	(void)state;
	if (CAIRN_CHECK < 2)
		return;
	slab_make(&cache, 21, 0, CAIRN_CACHE_RED_ZONE);
	object = slab_alloc(&cache);
	for (size_t i = 21; i < 21 + CAIRN_RED_ZONE_NBYTES; i++) {
		unsigned char before = object[i];
		object[i] ^= 1;
		refused(&cache, object, CAIRN_EOVERRUN);
		object[i] = before;
	}
	memset(object, 0, 21);
	slab_free(&cache, object);
}

int test_slab_misuse_run(void)
{
	static const struct CMUnitTest tests[] = {
		SLAB_TEST(wrong_frees_of_one_cache),
		SLAB_TEST(frees_behind_the_last_object),
		SLAB_TEST(wrong_frees_of_foreign_memory),
		SLAB_TEST(wrong_frees_to_another_cache),
		SLAB_TEST(where_is_everything),
		SLAB_TEST(null_is_an_answer),
		SLAB_TEST(a_free_in_halves),
		SLAB_TEST(limbo_of_many),
		SLAB_TEST(flags_cost_nothing_below_level_2),
		SLAB_TEST(a_use_after_free_is_seen),
		SLAB_TEST(an_overrun_is_seen),
	};
	return cmocka_run_group_tests_name("slab misuse", tests, NULL, NULL);
}
