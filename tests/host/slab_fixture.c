/* SPDX-License-Identifier: MIT */
/* See slab_fixture.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "slab_fixture.h"

unsigned char slab_memory[SLAB_MEMORY_NBYTES] __attribute__((aligned(1 << 16)));
struct slab_fixture at;

void slab_up_with(const struct cairn_range *ranges, size_t nranges)
{
	memset(&at.slabs, 0xa5, sizeof(at.slabs));
	assert_int_equal(cairn_region_init(&at.regions, ranges, nranges), CAIRN_OK);
	cairn_frame_init(&at.frames);
	assert_int_equal(cairn_frame_zones(&at.frames, &at.regions), CAIRN_OK);
	assert_int_equal(cairn_frame_open(&at.frames, &at.regions), CAIRN_OK);
	assert_int_equal(cairn_slab_init(&at.slabs, &at.frames), CAIRN_OK);
	at.nfree_at_start = cairn_frame_count(&at.frames, CAIRN_FREE);
}

int slab_up(void **state)
{
	struct cairn_range ram = {(uintptr_t)slab_memory, SLAB_MEMORY_NBYTES, "ram", CAIRN_RANGE_RAM, 0};
	(void)state;
	slab_up_with(&ram, 1);
	return 0;
}

void slab_assert_sound(void)
{
	const char *broken = cairn_slab_check(&at.slabs);
	if (broken == NULL)
		broken = cairn_frame_check(&at.frames);
	if (broken != NULL)
		fail_msg("broken: %s", broken);
	assert_int_equal(cairn_frame_count(&at.frames, CAIRN_SLAB), cairn_slab_nframes(&at.slabs));
}

/* Frames until none is left, chained through themselves; and back. */
cairn_pfn slab_take_frames(unsigned zones)
{
	cairn_pfn chain = CAIRN_NOFRAME, pfn;
	while ((pfn = cairn_frame_alloc(&at.frames, 0, CAIRN_PAGES, zones)) != CAIRN_NOFRAME) {
		*(cairn_pfn *)cairn_pfn_to_addr(pfn) = chain;
		chain = pfn;
	}
	return chain;
}

cairn_pfn slab_give_frame(cairn_pfn chain)
{
	cairn_pfn next = *(cairn_pfn *)cairn_pfn_to_addr(chain);
	assert_int_equal(cairn_frame_free(&at.frames, chain, CAIRN_PAGES), CAIRN_OK);
	return next;
}

void slab_give_frames(cairn_pfn chain)
{
	while (chain != CAIRN_NOFRAME)
		chain = slab_give_frame(chain);
}

/* After each test: nothing is live, giving back what is kept gives all slabs and records back, and ending the
 * caches gives the links back. */
int slab_all_back(void **state)
{
	(void)state;
	while (cairn_slab_shrink_any(&at.slabs) != 0)
		continue;
	slab_assert_sound();
	assert_int_equal(cairn_slab_nframes(&at.slabs), 0);
	assert_int_equal(at.slabs.records.npages, 0);
	while (at.slabs.first != NULL)
		assert_int_equal(cairn_slab_destroy(at.slabs.first), CAIRN_OK);
	assert_int_equal(cairn_slab_meta_nframes(&at.slabs), 0);
	assert_int_equal(cairn_frame_count(&at.frames, CAIRN_FREE), at.nfree_at_start);
	return 0;
}

struct cairn_cache_spec slab_spec(size_t nbytes, size_t align, unsigned flags)
{
	return (struct cairn_cache_spec){.name = "test", .nbytes = nbytes, .align = align, .flags = flags};
}

void slab_make(struct cairn_cache *cache, size_t nbytes, size_t align, unsigned flags)
{
	struct cairn_cache_spec spec = slab_spec(nbytes, align, flags);
	memset(cache, 0, sizeof(*cache));
	assert_int_equal(cairn_slab_create(&at.slabs, cache, &spec), CAIRN_OK);
}

struct cairn_cache_info slab_info(const struct cairn_cache *cache)
{
	struct cairn_cache_info info;
	assert_true(cairn_slab_info(cache, &info));
	return info;
}

void *slab_alloc(struct cairn_cache *cache)
{
	void *object = cairn_slab_alloc(cache);
	assert_non_null(object);
	return object;
}

void slab_free(struct cairn_cache *cache, void *object)
{
	assert_int_equal(cairn_slab_free(cache, object), CAIRN_OK);
}

void slab_shrink_all(struct cairn_cache *cache)
{
	while (cairn_slab_shrink_one(cache) != 0)
		continue;
}

/* Objects into held[] until refused, or until there are n: their number. */
size_t slab_hold(struct cairn_cache *cache, size_t n)
{
	size_t nheld = 0;
	while (nheld < n && (at.held[nheld] = cairn_slab_alloc(cache)) != NULL)
		nheld++;
	return nheld;
}

void slab_free_held(struct cairn_cache *cache, size_t nheld)
{
	for (size_t i = 0; i < nheld; i++)
		slab_free(cache, at.held[i]);
}

struct cairn_slab *slab_begin(struct cairn_cache *cache)
{
	struct cairn_slab *slab = cairn_slab_grow_begin(cache);
	assert_non_null(slab);
	return slab;
}
