/* SPDX-License-Identifier: MIT */
/* Damage planted in records, caches, links and pages: the check names it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "slab_fixture.h"

/* A cache with full, partial and empty slabs, of many words a bitmap where frames allow it. */
static size_t prepare(struct cairn_cache *cache)
{
	size_t per_slab, n;
	slab_make(cache, 4, 4, 0);
	per_slab = slab_info(cache).objects_per_slab;
	n = slab_hold(cache, 2 * per_slab + 1);
	assert_int_equal(cairn_slab_reserve(cache, per_slab), CAIRN_OK);
	assert_non_null(cache->list[CAIRN_SLAB_FULL]->next);
	assert_non_null(cache->list[CAIRN_SLAB_PARTIAL]);
	assert_non_null(cache->list[CAIRN_SLAB_EMPTY]);
	assert_true(cache->first_word == 1);
	slab_assert_sound();
	return n;
}

static void repair(struct cairn_cache *cache, size_t n)
{
	slab_assert_sound();
	slab_free_held(cache, n);
	assert_int_equal(cairn_slab_reserve(cache, 0), CAIRN_OK);
}

#define CHECK_NAMES(what, damage, text)                                 \
	do {                                                            \
		__typeof__(what) before_ = (what);                      \
		damage;                                                 \
		assert_non_null(cairn_slab_check(&at.slabs));           \
		assert_string_equal(cairn_slab_check(&at.slabs), text); \
		(what) = before_;                                       \
		assert_null(cairn_slab_check(&at.slabs));               \
	} while (0)

static void check_names_damage_to_a_record(void **state)
{
	static struct cairn_cache cache;
	size_t n = prepare(&cache);
	struct cairn_slab *partial = cache.list[CAIRN_SLAB_PARTIAL];
	struct cairn_slab *full = cache.list[CAIRN_SLAB_FULL];
	struct cairn_slab *empty = cache.list[CAIRN_SLAB_EMPTY];
	const char *record_sound = "cairn_record_sound(&cache->slabs->records, slab)";
	(void)state;
	CHECK_NAMES(partial->nfree, partial->nfree--, "slab->nfree == nfree");
	CHECK_NAMES(partial->map[1], partial->map[1] |= 1, "slab->nfree == nfree");
	CHECK_NAMES(full->map[1], full->map[1] |= 1, "(slab->map[0] >> i & 1) == (free_bits != 0)");
	CHECK_NAMES(empty->map[0], empty->map[0] &= ~1u, "(slab->map[0] >> i & 1) == (free_bits != 0)");
	CHECK_NAMES(full->map[0], full->map[0] |= 1u << 31, "slab->map[0] >> cache->nwords == 0");
	CHECK_NAMES(partial->cache, partial->cache = NULL, record_sound);
	CHECK_NAMES(partial->cache, partial->cache = &cache + 1, "slab->cache == cache");
	CHECK_NAMES(partial->id, partial->id++, record_sound);
	CHECK_NAMES(partial->base, partial->base += CAIRN_FRAME_NBYTES << cache.order, "*link == slab->id");
	CHECK_NAMES(partial->base, partial->base += 8,
		    "(slab->base & ((CAIRN_FRAME_NBYTES << cache->order) - 1)) == 0");
	CHECK_NAMES(partial->base, partial->base = 0, "link != NULL");
	CHECK_NAMES(full->next->prev, full->next->prev = NULL, "slab->prev == previous");
	CHECK_NAMES(full->next, full->next = (struct cairn_slab *)slab_memory, record_sound);
	CHECK_NAMES(full->next, full->next = (struct cairn_slab *)(uintptr_t)8, record_sound);
	CHECK_NAMES(full->next, full->next = NULL, "here.nslabs == cache->nslabs");
	CHECK_NAMES(full->next, full->next = full, "slab->prev == previous");
	repair(&cache, n);
}

static void check_names_damage_to_a_cache(void **state)
{
	static struct cairn_cache cache;
	size_t n = prepare(&cache);
	struct cairn_slab *full = cache.list[CAIRN_SLAB_FULL];
	struct cairn_slab *empty = cache.list[CAIRN_SLAB_EMPTY];
	(void)state;
	CHECK_NAMES(cache.ntaken, cache.ntaken--, "here.nfree + cache->ntaken == cache->capacity");
	CHECK_NAMES(cache.capacity, cache.capacity++, "here.nobjects == cache->capacity");
	CHECK_NAMES(cache.nslabs, cache.nslabs++, "here.nslabs == cache->nslabs");
	CHECK_NAMES(cache.nempty, cache.nempty = 0, "on[CAIRN_SLAB_EMPTY].nslabs == cache->nempty");
	CHECK_NAMES(cache.ngrowing, cache.ngrowing = 1, "on[CAIRN_SLAB_GROWING].nslabs == cache->ngrowing");
	CHECK_NAMES(cache.nlimbo, cache.nlimbo = 1, "here.nlimbo == cache->nlimbo");
	CHECK_NAMES(cache.high_water, cache.high_water = 1, "cache->ntaken <= cache->high_water");
	CHECK_NAMES(cache.self, cache.self = NULL, "cairn_is_cache(cache) && cache->slabs == s");
	CHECK_NAMES(cache.list[CAIRN_SLAB_FULL], cache.list[CAIRN_SLAB_FULL] = empty, "nfree == 0");
	CHECK_NAMES(cache.list[CAIRN_SLAB_EMPTY], cache.list[CAIRN_SLAB_EMPTY] = full,
		    "nfree == cache->nobjects");
	CHECK_NAMES(cache.list[CAIRN_SLAB_PARTIAL], cache.list[CAIRN_SLAB_PARTIAL] = empty,
		    "nfree != 0 && nfree < cache->nobjects");
	repair(&cache, n);
}

static void check_names_damage_to_an_instance(void **state)
{
	static struct cairn_cache cache;
	size_t n = prepare(&cache);
	struct cairn_slab *partial = cache.list[CAIRN_SLAB_PARTIAL];
	struct cairn_record_page *page = (void *)cairn_round_down((uintptr_t)partial, CAIRN_FRAME_NBYTES);
	uint16_t *link = cairn_slab_link(&at.slabs, partial->base);
	uint16_t *other = cairn_slab_link(&at.slabs, (uintptr_t)slab_memory);
	struct cairn_frame_info frame;
	(void)state;
	CHECK_NAMES(*link, *link = 0, "*link == slab->id");
	CHECK_NAMES(*other, *other = partial->id, "count_links(s) == s->nframes");
	CHECK_NAMES(at.slabs.nframes, at.slabs.nframes--, "all.nframes == s->nframes");
	CHECK_NAMES(at.slabs.last, at.slabs.last = NULL, "s->last == previous");
	CHECK_NAMES(at.slabs.ncaches, at.slabs.ncaches++, "ncaches == s->ncaches");
	CHECK_NAMES(at.slabs.records.npages, at.slabs.records.npages++, "npages == r->npages");
	CHECK_NAMES(page->nrecords, page->nrecords++, "page->nrecords + nfree_records == nrecords_ever");
	CHECK_NAMES(page->entry, page->entry++, "page_sound(r, page) && page->entry == entry");
	CHECK_NAMES(page->free_slot, page->free_slot = page->fresh_slot,
		    "slot < page->fresh_slot && (slot - 1) % page->nslots == 0");
	CHECK_NAMES(page->free_slot, page->free_slot = 1, "free_record->cache == NULL");
	CHECK_NAMES(at.slabs.records.roomy[page->nslots], at.slabs.records.roomy[page->nslots] = NULL,
		    "nlisted == nroomy");
	assert_true(cairn_frame_info(&at.frames, cairn_addr_to_pfn(partial->base), &frame));
	CHECK_NAMES(at.frames.zone[0].owner[frame.head - at.frames.zone[0].base],
		    at.frames.zone[0].owner[frame.head - at.frames.zone[0].base] = 0,
		    "frame.owner == CAIRN_SLAB && frame.nframes == nframes");
	repair(&cache, n);
}

/* Whatever a link says, looking at an address finds its own slab or none. */
static void damaged_links_are_not_followed(void **state)
{
	static struct cairn_cache cache;
	struct cairn_slab_where where;
	size_t n = prepare(&cache);
	uintptr_t base = cache.list[CAIRN_SLAB_PARTIAL]->base;
	uint16_t *link = cairn_slab_link(&at.slabs, base);
	uint16_t id = *link;
	(void)state;
	for (uint32_t wrong = 0; wrong <= UINT16_MAX; wrong++) {
		*link = (uint16_t)wrong;
		assert_int_equal(cairn_slab_where(&at.slabs, base, &where), wrong == id);
		if (wrong != id)
			assert_null(cairn_slab_next_live(&cache, (void *)base));
	}
	*link = id;
	repair(&cache, n);
}

static void a_link_to_a_page_that_went_back_is_not_followed(void **state)
{
	static struct cairn_cache cache;
	struct cairn_slab_where where;
	(void)state;
	slab_make(&cache, 24, 0, 0);
	void *object = slab_alloc(&cache);
	uint16_t *link = cairn_slab_link(&at.slabs, (uintptr_t)object);
	uint16_t id = *link;
	slab_free(&cache, object);
	slab_shrink_all(&cache);
	assert_int_equal(cairn_slab_meta_nframes(&at.slabs), 0);
	*link = id;
	assert_false(cairn_slab_where(&at.slabs, (uintptr_t)object, &where));
	*link = 0;
}

int test_slab_check_run(void)
{
	static const struct CMUnitTest tests[] = {
		SLAB_TEST(check_names_damage_to_a_record),
		SLAB_TEST(check_names_damage_to_a_cache),
		SLAB_TEST(check_names_damage_to_an_instance),
		SLAB_TEST(damaged_links_are_not_followed),
		SLAB_TEST(a_link_to_a_page_that_went_back_is_not_followed),
	};
	return cmocka_run_group_tests_name("slab check", tests, NULL, NULL);
}
