/* SPDX-License-Identifier: MIT */
/* Looking at slabs: what lies at an address, which objects are live, and every invariant. Read-only.
 * The check trusts no pointer of a record before cairn_record_sound has found it to be one, and ends on
 * damaged lists because it counts what it walks. */
#include "slab_private.h"

/* ---- an address ---- */

/* The slab at addr; NULL, too, when the link there or the record that it names is damaged. */
static const struct cairn_slab *find_slab(const struct cairn_slabs *s, uintptr_t addr)
{
	const uint16_t *link = cairn_slab_link(s, addr);
	return link != NULL && *link != 0 ? cairn_record_find(&s->records, *link) : NULL;
}

bool cairn_slab_where(const struct cairn_slabs *s, uintptr_t addr, struct cairn_slab_where *where)
{
	const struct cairn_slab *slab = s != NULL && where != NULL ? find_slab(s, addr) : NULL;
	const struct cairn_cache *cache = slab != NULL ? slab->cache : NULL;
	if (!cairn_is_cache(cache))
		return false;
	size_t offset = addr - slab->base;
	size_t slab_nbytes = CAIRN_FRAME_NBYTES << cache->order;
	*where =
		(struct cairn_slab_where){.cache = cache, .cache_name = cache->name, .state = CAIRN_SLAB_GAP};
	if (offset >= slab_nbytes)
		return false;
	if (offset >= cache->used_nbytes) {
		where->object = slab->base + cache->used_nbytes;
		where->object_nbytes = slab_nbytes - cache->used_nbytes;
		return true;
	}
	unsigned index = (uint32_t)offset / cache->stride_nbytes;
	size_t start = (size_t)index * cache->stride_nbytes;
	where->object = slab->base + start;
	where->object_nbytes = cache->object_nbytes;
	if (offset - start >= cache->object_nbytes) {
		where->object += cache->object_nbytes;
		where->object_nbytes = cache->stride_nbytes - cache->object_nbytes;
	} else {
		where->state = cairn_is_live(cache, slab, index) ? CAIRN_SLAB_LIVE : CAIRN_SLAB_FREE;
	}
	return true;
}

/* ---- live objects ---- */

/* The first live object of a slab from number `index` on, or NULL. */
static void *live_from(const struct cairn_cache *cache, const struct cairn_slab *slab, unsigned index)
{
	for (; index < cache->nobjects; index++)
		if (cairn_is_live(cache, slab, index))
			return (void *)(slab->base + (size_t)index * cache->stride_nbytes);
	return NULL;
}

/* The slab of a cache after `slab` (NULL: the first), or NULL. */
static const struct cairn_slab *next_slab(const struct cairn_cache *cache, const struct cairn_slab *slab)
{
	do
		slab = cairn_record_next(&cache->slabs->records, slab);
	while (slab != NULL && slab->cache != cache);
	return slab;
}

void *cairn_slab_next_live(const struct cairn_cache *cache, const void *previous)
{
	const struct cairn_slab *slab = NULL;
	void *object = NULL;
	if (!cairn_is_cache(cache))
		return NULL;
	if (previous != NULL) {
		slab = find_slab(cache->slabs, (uintptr_t)previous);
		if (slab == NULL || slab->cache != cache)
			return NULL;
		size_t index = cairn_index_of(cache, (uintptr_t)previous - slab->base);
		if (index >= cache->nobjects || !cairn_is_live(cache, slab, (unsigned)index))
			return NULL;
		object = live_from(cache, slab, (unsigned)index + 1);
	}
	while (object == NULL && (slab = next_slab(cache, slab)) != NULL)
		object = live_from(cache, slab, 0);
	return object;
}

/* ---- invariants ---- */

/* What a walk has counted, of a cache or of the instance. */
struct tally {
	size_t nslabs;
	size_t ngrowing;
	size_t nlisted[CAIRN_SLAB_NLISTS];
	size_t nfree; /* without those that grow */
	size_t nlimbo;
};

static const char *bitmap_check(const struct cairn_cache *cache, const struct cairn_slab *slab,
				struct tally *t)
{
	size_t nfree = 0;
	for (unsigned i = 0; i < cache->nwords; i++) {
		unsigned first = i * CAIRN_SLAB_WORD_BITS;
		unsigned nobjects = cache->nobjects - first;
		uint32_t free_bits = *cairn_free_word(slab, first);
		uint32_t limbo = cairn_cache_has_limbo(cache) ? *cairn_limbo_word(cache, slab, first) : 0;
		if (nobjects < CAIRN_SLAB_WORD_BITS)
			CAIRN_HOLDS((free_bits | limbo) >> nobjects == 0);
		CAIRN_HOLDS((free_bits & limbo) == 0);
		CAIRN_HOLDS((slab->map[0] >> i & 1) == (free_bits != 0));
		nfree += cairn_count_bits(free_bits);
		t->nlimbo += cairn_count_bits(limbo);
	}
	CAIRN_HOLDS(slab->map[0] >> cache->nwords == 0);
	if (slab->nfree == 0 && nfree == cache->nobjects) {
		t->ngrowing++;
		return NULL;
	}
	CAIRN_HOLDS(slab->nfree == nfree);
	t->nfree += nfree;
	if (nfree != 0)
		t->nlisted[nfree == cache->nobjects ? CAIRN_SLAB_EMPTY : CAIRN_SLAB_PARTIAL]++;
	return NULL;
}

static const char *frames_check(const struct cairn_cache *cache, const struct cairn_slab *slab)
{
	struct cairn_frame_info frame;
	size_t nframes = (size_t)1 << cache->order;
	CAIRN_HOLDS((slab->base & ((CAIRN_FRAME_NBYTES << cache->order) - 1)) == 0);
	for (size_t i = 0; i < nframes; i++) {
		const uint16_t *link = cairn_slab_link(cache->slabs, slab->base + (i << CAIRN_FRAME_SHIFT));
		CAIRN_HOLDS(link != NULL);
		CAIRN_HOLDS(*link == slab->id);
	}
	CAIRN_HOLDS(cairn_frame_info(cache->slabs->frames, cairn_addr_to_pfn(slab->base), &frame));
	CAIRN_HOLDS(frame.owner == CAIRN_SLAB && frame.nframes == nframes);
	CAIRN_HOLDS(frame.head == cairn_addr_to_pfn(slab->base));
	return NULL;
}

/* Every slab that a list should hold is there: as many are as were counted. */
static const char *list_check(const struct cairn_cache *cache, enum cairn_slab_list list, size_t ncounted)
{
	const struct cairn_slab_node *head = &cache->list[list], *previous = head;
	size_t nlisted = 0;
	for (const struct cairn_slab_node *node = head->next; node != head; node = node->next) {
		const struct cairn_slab *slab = (const struct cairn_slab *)node;
		CAIRN_HOLDS(cairn_record_sound(&cache->slabs->records, slab));
		CAIRN_HOLDS(slab->cache == cache);
		CAIRN_HOLDS(slab->nfree != 0);
		CAIRN_HOLDS((slab->nfree == cache->nobjects) == (list == CAIRN_SLAB_EMPTY));
		CAIRN_HOLDS(node->prev == previous);
		CAIRN_HOLDS(++nlisted <= ncounted);
		previous = node;
	}
	CAIRN_HOLDS(head->prev == previous);
	CAIRN_HOLDS(nlisted == ncounted);
	return NULL;
}

static const char *window_check(const struct cairn_cache *cache)
{
	const struct cairn_slab *slab = cache->window_slab;
	CAIRN_HOLDS(cache->unwindowed || cache->slabs->watched || cairn_window_allowed(cache));
	if (cache->window_nobjects == 0) {
		CAIRN_HOLDS(cache->window_free == 0 && slab == NULL);
		return NULL;
	}
	CAIRN_HOLDS(!cache->unwindowed);
	CAIRN_HOLDS(cairn_record_sound(&cache->slabs->records, slab));
	CAIRN_HOLDS(slab->cache == cache && slab->nfree < cache->nobjects);
	CAIRN_HOLDS(cache->window_first % CAIRN_SLAB_WORD_BITS == 0);
	CAIRN_HOLDS(cache->window_nobjects <= CAIRN_SLAB_WORD_BITS);
	CAIRN_HOLDS(cache->window_first + cache->window_nobjects <= cache->nobjects);
	CAIRN_HOLDS(cache->window_base == slab->base + cache->window_first * cache->stride_nbytes);
	uint32_t inside = UINT32_MAX >> (CAIRN_SLAB_WORD_BITS - cache->window_nobjects);
	CAIRN_HOLDS((cache->window_free & ~inside) == 0);
	CAIRN_HOLDS((*cairn_free_word(slab, cache->window_first) & inside) == 0);
	return NULL;
}

/* What the second halves of taking and freeing go by. */
static const char *next_check(const struct cairn_cache *cache)
{
	const struct cairn_link_zone *zone = cairn_first_zone(cache);
	bool one_word = cache->nwords == 1 && cache->unwindowed == 0;
	CAIRN_HOLDS(cache->whole == one_word);
	CAIRN_HOLDS(cache->lookup.base == zone->base && cache->lookup.link == zone->link);
	CAIRN_HOLDS(cache->lookup.directory == cache->slabs->records.directory);
	CAIRN_HOLDS(cache->lookup.nframes == 0 || cache->lookup.nframes == zone->nframes);
	CAIRN_HOLDS(cache->lookup.nframes == 0 || cache->flags == 0);
	return NULL;
}

static const char *cache_check(const struct cairn_cache *cache, struct tally *t)
{
	const char *broken;
	for (const struct cairn_slab *slab = NULL; (slab = next_slab(cache, slab)) != NULL;) {
		t->nslabs++;
		CAIRN_HOLDS(cairn_record_sound(&cache->slabs->records, slab));
		if ((broken = bitmap_check(cache, slab, t)) != NULL)
			return broken;
		if ((broken = frames_check(cache, slab)) != NULL)
			return broken;
	}
	for (unsigned list = 0; list < CAIRN_SLAB_NLISTS; list++)
		if ((broken = list_check(cache, (enum cairn_slab_list)list, t->nlisted[list])) != NULL)
			return broken;
	CAIRN_HOLDS(t->ngrowing == cache->ngrowing);
	CAIRN_HOLDS(t->nslabs == cache->nslabs + cache->ngrowing);
	CAIRN_HOLDS(t->nlisted[CAIRN_SLAB_EMPTY] == cache->nempty);
	CAIRN_HOLDS(cache->nslabs * cache->nobjects == cache->capacity);
	CAIRN_HOLDS(t->nfree + cache->ntaken == cache->capacity);
	CAIRN_HOLDS(t->nlimbo == cache->nlimbo);
	CAIRN_HOLDS(cache->ntaken <= cache->high_water);
	if ((broken = next_check(cache)) != NULL)
		return broken;
	return window_check(cache);
}

static size_t count_links(const struct cairn_slabs *s)
{
	size_t nlinks = 0;
	for (unsigned z = 0; z < CAIRN_ZONES; z++)
		for (size_t i = 0; s->zone[z].link != NULL && i < s->zone[z].nframes; i++)
			nlinks += s->zone[z].link[i] != 0;
	return nlinks;
}

const char *cairn_slab_check(const struct cairn_slabs *s)
{
	const struct cairn_cache *previous = NULL;
	size_t nrecords, ncaches = 0, nslabs = 0, nframes = 0;
	const char *broken;
	CAIRN_HOLDS(s != NULL);
	CAIRN_HOLDS(s->first == NULL || s->records.directory != NULL);
	if ((broken = cairn_record_check(&s->records, &nrecords)) != NULL)
		return broken;
	for (const struct cairn_cache *cache = s->first; cache != NULL; cache = cache->next) {
		CAIRN_HOLDS(cairn_is_cache(cache) && cache->slabs == s);
		CAIRN_HOLDS(cache->prev == previous);
		struct tally t = {0};
		if ((broken = cache_check(cache, &t)) != NULL)
			return broken;
		ncaches++;
		nslabs += t.nslabs;
		nframes += t.nslabs << cache->order;
		previous = cache;
	}
	CAIRN_HOLDS(s->last == previous);
	CAIRN_HOLDS(ncaches == s->ncaches);
	CAIRN_HOLDS(nslabs == nrecords);
	CAIRN_HOLDS(nframes == s->nframes);
	CAIRN_HOLDS(count_links(s) == s->nframes);
	return NULL;
}
