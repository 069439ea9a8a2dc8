/* SPDX-License-Identifier: MIT */
/* Damage planted in records, caches, links and pages: the check names it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "slab_fixture.h"

/* The slab of held[i], for writing. */
static struct cairn_slab *slab_of(size_t i)
{
	return cairn_slab_at(&at.slabs, (uintptr_t)at.held[i]);
}

static void free_swapped(struct cairn_cache *cache, size_t i, size_t *n)
{
	slab_free(cache, at.held[i]);
	at.held[i] = at.held[--*n];
}

/* A cache of many words a bitmap where frames allow it, with four slabs: the window on the first, which has
 * nothing else free, as has the third; the second has one free object, the last one live one. And two empty
 * slabs. */
static size_t prepare(struct cairn_cache *cache)
{
	size_t per_slab, n;
	slab_make(cache, 4, 4, 0);
	per_slab = slab_info(cache).objects_per_slab;
	n = slab_hold(cache, 3 * per_slab + 2);
	free_swapped(cache, 0, &n);
	free_swapped(cache, per_slab, &n);
	assert_int_equal(cairn_slab_reserve(cache, 2 * per_slab + 2), CAIRN_OK);
	assert_int_equal(slab_of(2)->nfree, 0);
	assert_int_equal(slab_of(per_slab + 1)->nfree, 1);
	assert_int_equal(slab_of(2 * per_slab)->nfree, 0);
	assert_ptr_equal(cache->window_slab, slab_of(2));
	assert_ptr_not_equal(cache->list[CAIRN_SLAB_PARTIAL].next, cache->list[CAIRN_SLAB_PARTIAL].prev);
	assert_false(cairn_list_is_empty(cache, CAIRN_SLAB_EMPTY));
	assert_true(cache->nwords > 1);
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
	struct cairn_slab *partial = cairn_list_first(&cache, CAIRN_SLAB_PARTIAL);
	struct cairn_slab *full = slab_of(2 * cache.nobjects);
	struct cairn_slab *empty = cairn_list_first(&cache, CAIRN_SLAB_EMPTY);
	const char *record_sound = "cairn_record_sound(&cache->slabs->records, slab)";
	(void)state;
	CHECK_NAMES(partial->nfree, partial->nfree--, "slab->nfree == nfree");
	CHECK_NAMES(full->nfree, full->nfree++, "slab->nfree == nfree");
	CHECK_NAMES(empty->nfree, empty->nfree = 0, "slab->nfree != 0");
	CHECK_NAMES(partial->map[1], partial->map[1] ^= 2, "slab->nfree == nfree");
	CHECK_NAMES(full->map[1], full->map[1] |= 1, "(slab->map[0] >> i & 1) == (free_bits != 0)");
	CHECK_NAMES(empty->map[0], empty->map[0] &= ~1u, "(slab->map[0] >> i & 1) == (free_bits != 0)");
	CHECK_NAMES(full->map[0], full->map[0] |= 1u << 31, "slab->map[0] >> cache->nwords == 0");
	CHECK_NAMES(partial->cache, partial->cache = NULL, record_sound);
	CHECK_NAMES(full->cache, full->cache = NULL, "t->nslabs == cache->nslabs + cache->ngrowing");
	CHECK_NAMES(partial->cache, partial->cache = &cache + 1, "slab->cache == cache");
	CHECK_NAMES(partial->id, partial->id++, record_sound);
	CHECK_NAMES(partial->base, partial->base += CAIRN_FRAME_NBYTES << cache.order, "*link == slab->id");
	CHECK_NAMES(partial->base, partial->base += 8,
		    "(slab->base & ((CAIRN_FRAME_NBYTES << cache->order) - 1)) == 0");
	CHECK_NAMES(partial->base, partial->base = 0, "link != NULL");
	CHECK_NAMES(partial->node.next->prev, partial->node.next->prev = NULL, "node->prev == previous");
	CHECK_NAMES(partial->node.next, partial->node.next = (struct cairn_slab_node *)slab_memory,
		    record_sound);
	CHECK_NAMES(partial->node.next, partial->node.next = (struct cairn_slab_node *)(uintptr_t)8,
		    record_sound);
	CHECK_NAMES(partial->node.next, partial->node.next = NULL, record_sound);
	CHECK_NAMES(partial->node.next, partial->node.next = &partial->node, "node->prev == previous");
	repair(&cache, n);
}

static void check_names_damage_to_a_cache(void **state)
{
	static struct cairn_cache cache;
	size_t n = prepare(&cache);
	struct cairn_slab *partial = cairn_list_first(&cache, CAIRN_SLAB_PARTIAL);
	struct cairn_slab *empty = cairn_list_first(&cache, CAIRN_SLAB_EMPTY);
	struct cairn_slab_node *head = cache.list, *no_one = &head[CAIRN_SLAB_EMPTY];
	const char *on_list = "(slab->nfree == cache->nobjects) == (list == CAIRN_SLAB_EMPTY)";
	(void)state;
	CHECK_NAMES(cache.ntaken, cache.ntaken--, "t->nfree + cache->ntaken == cache->capacity");
	CHECK_NAMES(cache.capacity, cache.capacity++, "cache->nslabs * cache->nobjects == cache->capacity");
	CHECK_NAMES(cache.nslabs, cache.nslabs++, "t->nslabs == cache->nslabs + cache->ngrowing");
	CHECK_NAMES(cache.nempty, cache.nempty = 0, "t->nlisted[CAIRN_SLAB_EMPTY] == cache->nempty");
	CHECK_NAMES(cache.ngrowing, cache.ngrowing = 1, "t->ngrowing == cache->ngrowing");
	CHECK_NAMES(cache.nlimbo, cache.nlimbo = 1, "t->nlimbo == cache->nlimbo");
	CHECK_NAMES(cache.high_water, cache.high_water = 1, "cache->ntaken <= cache->high_water");
	CHECK_NAMES(cache.self, cache.self = NULL, "cairn_is_cache(cache) && cache->slabs == s");
	CHECK_NAMES(head[CAIRN_SLAB_EMPTY].next, head[CAIRN_SLAB_EMPTY].next = &partial->node, on_list);
	CHECK_NAMES(head[CAIRN_SLAB_PARTIAL].next, head[CAIRN_SLAB_PARTIAL].next = &empty->node, on_list);
	CHECK_NAMES(cache, no_one->next = no_one->prev = no_one, "nlisted == ncounted");
	CHECK_NAMES(head[CAIRN_SLAB_EMPTY].next, head[CAIRN_SLAB_EMPTY].next = head + CAIRN_SLAB_EMPTY,
		    "head->prev == previous");
	CHECK_NAMES(head[CAIRN_SLAB_PARTIAL].prev, head[CAIRN_SLAB_PARTIAL].prev = &partial->node,
		    "head->prev == previous");
	repair(&cache, n);
}

static void check_names_damage_to_a_window(void **state)
{
	static struct cairn_cache cache;
	size_t n = prepare(&cache);
	struct cairn_slab *other = slab_of(cache.nobjects + 1);
	(void)state;
	CHECK_NAMES(cache.unwindowed, cache.unwindowed = 1, "!cache->unwindowed");
	CHECK_NAMES(cache, (cache.flags = CAIRN_CACHE_ZERO, cache.lookup.nframes = 0),
		    "cache->unwindowed || cache->slabs->watched || cairn_window_allowed(cache)");
	CHECK_NAMES(cache.window_slab, cache.window_slab = NULL,
		    "cairn_record_sound(&cache->slabs->records, slab)");
	CHECK_NAMES(cache.window_slab, cache.window_slab = cairn_list_first(&cache, CAIRN_SLAB_EMPTY),
		    "slab->cache == cache && slab->nfree < cache->nobjects");
	CHECK_NAMES(cache.window_slab, cache.window_slab = other,
		    "cache->window_base == slab->base + cache->window_first * cache->stride_nbytes");
	CHECK_NAMES(cache.window_base, cache.window_base += 4,
		    "cache->window_base == slab->base + cache->window_first * cache->stride_nbytes");
	CHECK_NAMES(cache.window_first, cache.window_first++,
		    "cache->window_first % CAIRN_SLAB_WORD_BITS == 0");
	CHECK_NAMES(cache.window_nobjects, cache.window_nobjects = CAIRN_SLAB_WORD_BITS + 1,
		    "cache->window_nobjects <= CAIRN_SLAB_WORD_BITS");
	CHECK_NAMES(cache.window_nobjects, cache.window_nobjects = 0,
		    "cache->window_free == 0 && slab == NULL");
	CHECK_NAMES(cache, (cache.window_nobjects = 1, cache.window_free = 2),
		    "(cache->window_free & ~inside) == 0");
	CHECK_NAMES(cache, (cache.window_slab = other, cache.window_base = other->base),
		    "(*cairn_free_word(slab, cache->window_first) & inside) == 0");
	repair(&cache, n);
}

static void check_names_damage_to_what_frees_go_by(void **state)
{
	static struct cairn_cache cache;
	size_t n = prepare(&cache);
	const char *zone_is_right = "cache->lookup.base == zone->base && cache->lookup.link == zone->link";
	(void)state;
	CHECK_NAMES(cache.whole, cache.whole ^= 1, "cache->whole == one_word");
	CHECK_NAMES(cache.lookup.base, cache.lookup.base++, zone_is_right);
	CHECK_NAMES(cache.lookup.link, cache.lookup.link++, zone_is_right);
	CHECK_NAMES(cache.lookup.directory, cache.lookup.directory++,
		    "cache->lookup.directory == cache->slabs->records.directory");
	CHECK_NAMES(cache.lookup.nframes, cache.lookup.nframes++,
		    "cache->lookup.nframes == 0 || cache->lookup.nframes == zone->nframes");
	CHECK_NAMES(cache.flags, cache.flags = CAIRN_CACHE_ZERO,
		    "cache->lookup.nframes == 0 || cache->flags == 0");
	repair(&cache, n);
}

static void check_names_damage_to_an_instance(void **state)
{
	static struct cairn_cache cache;
	size_t n = prepare(&cache);
	struct cairn_slab *partial = cairn_list_first(&cache, CAIRN_SLAB_PARTIAL);
	struct cairn_record_page *page = (void *)cairn_round_down((uintptr_t)partial, CAIRN_FRAME_NBYTES);
	uint16_t *link = cairn_slab_link(&at.slabs, partial->base);
	uint16_t *other = cairn_slab_link(&at.slabs, (uintptr_t)slab_memory);
	struct cairn_frame_info frame;
	(void)state;
	CHECK_NAMES(*link, *link = 0, "*link == slab->id");
	CHECK_NAMES(*other, *other = partial->id, "count_links(s) == s->nframes");
	CHECK_NAMES(at.slabs.nframes, at.slabs.nframes--, "nframes == s->nframes");
	CHECK_NAMES(at.slabs.records, at.slabs.records = (struct cairn_records){.frames = &at.frames},
		    "s->first == NULL || s->records.directory != NULL");
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
	uintptr_t base = cairn_list_first(&cache, CAIRN_SLAB_PARTIAL)->base;
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
	assert_int_equal(at.slabs.records.npages, 0);
	*link = id;
	assert_false(cairn_slab_where(&at.slabs, (uintptr_t)object, &where));
	*link = 0;
}

int test_slab_check_run(void)
{
	static const struct CMUnitTest tests[] = {
		SLAB_TEST(check_names_damage_to_a_record),
		SLAB_TEST(check_names_damage_to_a_cache),
		SLAB_TEST(check_names_damage_to_a_window),
		SLAB_TEST(check_names_damage_to_what_frees_go_by),
		SLAB_TEST(check_names_damage_to_an_instance),
		SLAB_TEST(damaged_links_are_not_followed),
		SLAB_TEST(a_link_to_a_page_that_went_back_is_not_followed),
	};
	return cmocka_run_group_tests_name("slab check", tests, NULL, NULL);
}
