/* SPDX-License-Identifier: MIT */
/* Slabs of all sizes and alignments: what a cache makes of them, and that the objects are as asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "slab_fixture.h"

/* The number of each object at its start; in between, and behind the last object, more than any. */
static void index_is_exact(const struct cairn_cache *cache)
{
	size_t slab_nbytes = CAIRN_FRAME_NBYTES << cache->order;
	for (uint32_t index = 0; index < cache->nobjects; index++) {
		size_t start = (size_t)index * cache->stride_nbytes;
		if (cairn_index_of(cache, start) != index)
			fail_msg("stride %u, offset %u", (unsigned)cache->stride_nbytes, (unsigned)start);
		if (cairn_index_of(cache, start + 1) < slab_nbytes ||
		    cairn_index_of(cache, start + cache->stride_nbytes - 1) < slab_nbytes)
			fail_msg("stride %u, near %u", (unsigned)cache->stride_nbytes, (unsigned)start);
	}
	assert_false(cairn_index_of(cache, (size_t)0 - 1) < slab_nbytes);
	assert_false(cairn_index_of(cache, (size_t)0 - cache->stride_nbytes) < cache->nobjects);
}

/* Would a slab of that size waste at most 1/8, on as many objects as it should have: 32, or as many as are in
 * 2 KiB, or four where any slab can hold them? */
static bool suits(size_t slab_nbytes, size_t stride_nbytes)
{
	size_t few = (LARGEST_NBYTES < 2048 ? LARGEST_NBYTES : 2048) / stride_nbytes;
	if (few < 4)
		few = 4 * stride_nbytes <= LARGEST_NBYTES ? 4 : 1;
	if (few > 32)
		few = 32;
	size_t n = slab_nbytes / stride_nbytes;
	if (n > CAIRN_SLAB_MAX_OBJECTS)
		n = CAIRN_SLAB_MAX_OBJECTS;
	return n >= few && (slab_nbytes - n * stride_nbytes) * 8 <= slab_nbytes;
}

static void geometry_is_sound(const struct cairn_cache *cache, size_t nbytes, size_t align)
{
	struct cairn_cache_info info = slab_info(cache);
	size_t slab_nbytes = info.slab_nframes * CAIRN_FRAME_NBYTES;
	size_t used = info.objects_per_slab * info.stride_nbytes;
	assert_int_equal(info.object_nbytes, nbytes);
	assert_true(info.stride_nbytes >= nbytes);
	assert_true(info.stride_nbytes < nbytes + align + 2 * sizeof(size_t));
	assert_int_equal(info.stride_nbytes & (align - 1), 0);
	assert_in_range(info.objects_per_slab, 1, CAIRN_SLAB_MAX_OBJECTS);
	assert_true(used <= slab_nbytes && slab_nbytes <= LARGEST_NBYTES);
	if (info.stride_nbytes <= LARGEST_NBYTES / 4)
		assert_true(info.objects_per_slab >= 4);
	for (size_t nbytes_of = CAIRN_FRAME_NBYTES; nbytes_of < slab_nbytes; nbytes_of *= 2)
		assert_false(suits(nbytes_of, info.stride_nbytes));
	for (size_t nbytes_of = 2 * slab_nbytes; nbytes_of <= LARGEST_NBYTES; nbytes_of *= 2)
		assert_true(suits(slab_nbytes, info.stride_nbytes) || !suits(nbytes_of, info.stride_nbytes));
}

static void every_size_has_a_geometry(void **state)
{
	static const unsigned flags = CAIRN_CHECK >= 2 ? 0 : CAIRN_CACHE_POISON | CAIRN_CACHE_RED_ZONE;
	static struct cairn_cache cache;
	(void)state;
	for (size_t nbytes = 1; nbytes <= LARGEST_NBYTES; nbytes++) {
		slab_make(&cache, nbytes, 1, flags);
		geometry_is_sound(&cache, nbytes, 1);
		index_is_exact(&cache);
		assert_int_equal(cairn_slab_destroy(&cache), CAIRN_OK);
	}
}

/* Where memory is small, no slab takes more than 1/128 of it for the sake of speed. */
static void slabs_are_small_in_small_memory(void **state)
{
	static struct cairn_cache cache;
	struct cairn_range ram = {(uintptr_t)slab_memory, 32 * CAIRN_FRAME_NBYTES, "ram", CAIRN_RANGE_RAM, 0};
	size_t stride_nbytes = CAIRN_FRAME_NBYTES / 4;
	(void)state;
	slab_make(&cache, stride_nbytes, 0, 0);
	assert_int_equal(slab_info(&cache).objects_per_slab * stride_nbytes,
			 CAIRN_FRAME_NBYTES < 2048 ? 2048 : CAIRN_FRAME_NBYTES);
	assert_int_equal(cairn_slab_destroy(&cache), CAIRN_OK);
	slab_up_with(&ram, 1);
	slab_make(&cache, stride_nbytes, 0, 0);
	assert_int_equal(slab_info(&cache).slab_nframes, 1);
}

static void every_alignment_has_a_geometry(void **state)
{
	static struct cairn_cache cache;
	(void)state;
	for (size_t align = 1; align <= CAIRN_FRAME_NBYTES; align *= 2)
		for (size_t nbytes = 1; nbytes <= LARGEST_NBYTES; nbytes += nbytes / 16 + 1) {
			slab_make(&cache, nbytes, align, 0);
			geometry_is_sound(&cache, nbytes, align);
			index_is_exact(&cache);
			assert_int_equal(cairn_slab_destroy(&cache), CAIRN_OK);
		}
	slab_make(&cache, 1, 0, 0);
	assert_int_equal(slab_info(&cache).stride_nbytes, sizeof(void *));
	assert_int_equal(cairn_slab_destroy(&cache), CAIRN_OK);
	/* No slab suits; the largest wastes least. */
	slab_make(&cache, LARGEST_NBYTES / 32 * 9, 1, 0);
	assert_int_equal(slab_info(&cache).objects_per_slab, 3);
}

/* A slab and one object more, stamped; nothing overlaps, all are aligned; everything goes back. */
static void use(size_t nbytes, size_t align, unsigned flags)
{
	static struct cairn_cache cache;
	size_t n;
	slab_make(&cache, nbytes, align, flags);
	n = slab_hold(&cache, slab_info(&cache).objects_per_slab + 1);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal((uintptr_t)at.held[i] & (align - 1), 0);
		memset(at.held[i], (int)(i % 251), nbytes);
	}
	slab_assert_sound();
	for (size_t i = 0; i < n; i++) {
		unsigned char *bytes = at.held[i];
		for (size_t j = 0; j < nbytes; j += 1 + nbytes / 64)
			assert_int_equal(bytes[j], i % 251);
		assert_int_equal(bytes[nbytes - 1], i % 251);
		slab_free(&cache, at.held[i]);
	}
	assert_int_equal(cairn_slab_destroy(&cache), CAIRN_OK);
	assert_int_equal(cairn_frame_count(&at.frames, CAIRN_FREE), at.nfree_at_start);
}

static void objects_of_all_shapes(void **state)
{
	(void)state;
	for (size_t nbytes = 1; nbytes <= LARGEST_NBYTES; nbytes += 1 + nbytes / 3)
		for (size_t align = 1; align <= CAIRN_FRAME_NBYTES; align *= 4)
			use(nbytes, align, 0);
	for (size_t nbytes = 16; nbytes <= LARGEST_NBYTES; nbytes *= 2)
		use(nbytes, sizeof(void *), 0);
	for (size_t nbytes = 1; nbytes < CAIRN_FRAME_NBYTES; nbytes = 2 * nbytes + 1)
		if (nbytes + CAIRN_RED_ZONE_NBYTES <= LARGEST_NBYTES)
			use(nbytes, sizeof(void *),
			    CAIRN_CACHE_RED_ZONE | CAIRN_CACHE_POISON | CAIRN_CACHE_ZERO);
}

static void objects_start_at_the_slabs_first_byte(void **state)
{
	static struct cairn_cache cache;
	void *object;
	(void)state;
	slab_make(&cache, 256, 64, 0);
	object = slab_alloc(&cache);
	assert_int_equal((uintptr_t)object & (CAIRN_FRAME_NBYTES - 1), 0);
	assert_int_equal(slab_info(&cache).objects_per_slab * 256,
			 slab_info(&cache).slab_nframes * CAIRN_FRAME_NBYTES);
	slab_free(&cache, object);
}

int test_slab_geometry_run(void)
{
	static const struct CMUnitTest tests[] = {
		SLAB_TEST(every_size_has_a_geometry),
		SLAB_TEST(every_alignment_has_a_geometry),
		SLAB_TEST(slabs_are_small_in_small_memory),
		SLAB_TEST(objects_of_all_shapes),
		SLAB_TEST(objects_start_at_the_slabs_first_byte),
	};

	return cmocka_run_group_tests_name("slab_geometry", tests, NULL, NULL);
}
