/* SPDX-License-Identifier: MIT */
/* Object caches: what is refused, geometry of all sizes, constructors, growing, reserves, random use against
 * a naive model. Wrong frees and planted damage have files of their own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "slab_fixture.h"

#define NMODEL 96

/* ---- making and ending ---- */

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

/* ---- geometry ---- */

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

/* ---- random use ---- */

struct model {
	struct cairn_cache cache;
	size_t nbytes;
	size_t nlive;
	size_t most;
	struct {
		unsigned char *object;
		unsigned char stamp;
	} live[NMODEL];
};

static struct model models[5];

static void model_alloc(struct model *m, struct support_rng *rng)
{
	unsigned char *object;
	if (m->nlive == NMODEL || (object = cairn_slab_alloc(&m->cache)) == NULL)
		return;
	m->live[m->nlive].object = object;
	m->live[m->nlive].stamp = (unsigned char)support_random(rng);
	memset(object, m->live[m->nlive].stamp, m->nbytes);
	if (++m->nlive > m->most)
		m->most = m->nlive;
}

/* First a few wrong frees, whose errors the model knows; then the right one, of an object that is as it was.
 * */
static void model_free(struct model *m, struct support_rng *rng)
{
	struct model *other = &models[support_random_below(rng, 5)];
	size_t i;
	unsigned char *object;
	if (m->nlive == 0)
		return;
	i = support_random_below(rng, (uint32_t)m->nlive);
	object = m->live[i].object;
	for (size_t j = 0; j < m->nbytes; j++)
		assert_int_equal(object[j], m->live[i].stamp);
	if (m->nbytes > 1)
		assert_int_equal(
			cairn_slab_put(&other->cache,
				       object + 1 + support_random_below(rng, (uint32_t)m->nbytes - 1)),
			CAIRN_EINTERIOR);
	if (other != m)
		assert_int_equal(cairn_slab_put(&other->cache, object), CAIRN_EWRONGCACHE);
	assert_int_equal(cairn_slab_put(&m->cache, object), CAIRN_OK);
	assert_int_not_equal(cairn_slab_free_check(&m->cache, object), CAIRN_OK);
	m->live[i] = m->live[--m->nlive];
}

static void model_agrees(const struct model *m)
{
	struct cairn_cache_info info = slab_info(&m->cache);
	size_t nlisted = 0;
	assert_int_equal(info.nlive, m->nlive);
	assert_int_equal(info.high_water, m->most);
	assert_int_equal(info.nfree, info.nslabs * info.objects_per_slab - m->nlive);
	for (void *p = cairn_slab_next_live(&m->cache, NULL); p != NULL;
	     p = cairn_slab_next_live(&m->cache, p)) {
		size_t i = 0;
		while (i < m->nlive && m->live[i].object != p)
			i++;
		assert_true(i < m->nlive);
		nlisted++;
	}
	assert_int_equal(nlisted, m->nlive);
}

static void model_step(struct model *m, struct support_rng *rng, bool growing)
{
	uint32_t dice = support_random_below(rng, 100);
	if (dice < 3)
		(void)cairn_slab_shrink_any(&at.slabs);
	else if (dice < 5)
		(void)cairn_slab_shrink_one(&m->cache);
	else if (dice < 8)
		(void)!cairn_slab_reserve(&m->cache, support_random_below(rng, 2 * m->cache.nobjects + 1));
	else if (dice < (growing ? 65 : 43))
		model_alloc(m, rng);
	else
		model_free(m, rng);
}

static void random_use_agrees_with_a_model(void **state)
{
	static const size_t sizes[5] = {8, 40, 100, CAIRN_FRAME_NBYTES / 3, LARGEST_NBYTES / 8};
	static const unsigned flags[5] = {0, CAIRN_CACHE_POISON, CAIRN_CACHE_RED_ZONE,
					  CAIRN_CACHE_ZERO | CAIRN_CACHE_POISON, 0};
	struct support_rng rng = {support_seed()};
	(void)state;
	memset(models, 0, sizeof(models));
	for (unsigned i = 0; i < 5; i++) {
		slab_make(&models[i].cache, sizes[i], 0, flags[i]);
		models[i].nbytes = sizes[i];
	}
	for (unsigned step = 0; step < SUPPORT_STEPS(10000); step++) {
		struct model *m = &models[support_random_below(&rng, 5)];
		model_step(m, &rng, step % 1000 < 500);
		slab_assert_sound();
		model_agrees(m);
		assert_int_equal(cairn_frame_count(&at.frames, CAIRN_FREE) + cairn_slab_nframes(&at.slabs) +
					 cairn_slab_meta_nframes(&at.slabs),
				 at.nfree_at_start);
	}
	for (unsigned i = 0; i < 5; i++)
		while (models[i].nlive != 0)
			model_free(&models[i], &rng);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(cairn_slab_destroy(&models[i].cache), CAIRN_OK);
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
		SLAB_TEST(every_size_has_a_geometry),
		SLAB_TEST(every_alignment_has_a_geometry),
		SLAB_TEST(slabs_are_small_in_small_memory),
		SLAB_TEST(objects_of_all_shapes),
		SLAB_TEST(objects_start_at_the_slabs_first_byte),
		SLAB_TEST(random_use_agrees_with_a_model),
	};
	return cmocka_run_group_tests_name("slab", tests, NULL, NULL) + test_slab_grow_run() +
	       test_slab_window_run() + test_slab_misuse_run() + test_slab_check_run();
}
