/* SPDX-License-Identifier: MIT */
/* Making and ending caches: the instance, how objects of a size lie in slabs, and the figures of a cache.
 * A cache gets no slab here; slab.c grows it when an object is asked for. */
#include "slab_private.h"

#define MIN_STRIDE_NBYTES 4
#define FEW_OBJECTS       4 /* a slab should hold as many */
#define WASTE_SHIFT       3 /* and waste at most 1/8 */
#define KNOWN_FLAGS       (CAIRN_CACHE_ZERO | CAIRN_CACHE_POISON | CAIRN_CACHE_RED_ZONE)

#define EFFECTIVE_FLAGS (CAIRN_CHECK >= 2 ? KNOWN_FLAGS : CAIRN_CACHE_ZERO)

#define LARGEST_NBYTES ((size_t)1 << CAIRN_SLAB_LARGEST_LOG2)

/* A small slab: up to 2 KiB, and 1/128 of memory. */
#define SMALL_NBYTES (LARGEST_NBYTES < 2048 ? LARGEST_NBYTES : 2048)
#define MEMORY_SHIFT 7

/* ---- instance ---- */

enum cairn_err cairn_slab_init(struct cairn_slabs *s, struct cairn_frames *f)
{
	struct cairn_zone_info info;
	size_t nframes = 0;
	if (s == NULL || f == NULL)
		return CAIRN_EINVAL;
	*s = (struct cairn_slabs){.frames = f};
	for (unsigned z = 0; z < CAIRN_ZONES; z++) {
		if (!cairn_frame_zone_info(f, z, &info))
			continue;
		s->zone[z] = (struct cairn_link_zone){.base = info.base, .nframes = info.nframes};
		s->zones |= 1u << z;
		nframes += info.nframes;
	}
	cairn_record_init(&s->records, f, nframes, s->zones);
	return CAIRN_OK;
}

size_t cairn_slab_nframes(const struct cairn_slabs *s)
{
	return s != NULL ? s->nframes : 0;
}

size_t cairn_slab_meta_nframes(const struct cairn_slabs *s)
{
	return s != NULL ? s->nlink_frames + s->records.npages : 0;
}

/* ---- how objects lie in a slab ---- */

struct geometry {
	unsigned order;
	uint32_t nobjects;
};

static uint32_t objects_in(size_t nbytes, size_t stride_nbytes)
{
	size_t n = nbytes / stride_nbytes;
	return (uint32_t)(n < CAIRN_SLAB_MAX_OBJECTS ? n : CAIRN_SLAB_MAX_OBJECTS);
}

/* As many as a window has, in a slab that is still small; or else a few, if any slab holds as many. */
static uint32_t wanted_objects(size_t stride_nbytes, size_t memory_nframes)
{
	size_t nbytes = memory_nframes << (CAIRN_FRAME_SHIFT - MEMORY_SHIFT);
	uint32_t n = objects_in(nbytes < SMALL_NBYTES ? nbytes : SMALL_NBYTES, stride_nbytes);
	if (n > CAIRN_SLAB_WORD_BITS)
		return CAIRN_SLAB_WORD_BITS;
	if (n < FEW_OBJECTS)
		return objects_in(LARGEST_NBYTES, stride_nbytes) < FEW_OBJECTS ? 1 : FEW_OBJECTS;
	return n;
}

/* The smallest order that holds the objects wanted and wastes little; or else the one that wastes fewest
 * bytes. */
static struct geometry geometry_for(size_t stride_nbytes, size_t memory_nframes)
{
	struct geometry best = {0, 0};
	size_t best_waste = 0;
	uint32_t wanted = wanted_objects(stride_nbytes, memory_nframes);
	for (unsigned order = 0; order <= CAIRN_SLAB_MAX_ORDER; order++) {
		size_t nbytes = CAIRN_FRAME_NBYTES << order;
		struct geometry g = {order, objects_in(nbytes, stride_nbytes)};
		if (g.nobjects < wanted)
			continue;
		size_t waste = nbytes - g.nobjects * stride_nbytes;
		if (waste <= nbytes >> WASTE_SHIFT)
			return g;
		if (best.nobjects == 0 || waste < best_waste) {
			best = g;
			best_waste = waste;
		}
	}
	return best;
}

/* From object to object, or 0 iff no slab holds one. */
static size_t stride_for(const struct cairn_cache_spec *spec, size_t align)
{
	size_t nbytes = spec->nbytes;
	if (CAIRN_CHECK >= 2 && (spec->flags & CAIRN_CACHE_RED_ZONE) != 0)
		nbytes += CAIRN_RED_ZONE_NBYTES;
	if (nbytes < MIN_STRIDE_NBYTES)
		nbytes = MIN_STRIDE_NBYTES;
	nbytes = cairn_round_down(nbytes + align - 1, align);
	return nbytes <= LARGEST_NBYTES ? nbytes : 0;
}

/* ---- making and ending a cache ---- */

static bool is_listed(const struct cairn_slabs *s, const struct cairn_cache *cache)
{
	if (!cairn_is_cache(cache) || cache->slabs != s)
		return false;
	return (cache->prev != NULL ? cache->prev->next : s->first) == cache;
}

static enum cairn_err spec_ok(const struct cairn_cache_spec *spec, size_t align)
{
	if (spec->name == NULL || spec->nbytes - 1 >= LARGEST_NBYTES || (spec->flags & ~KNOWN_FLAGS) != 0)
		return CAIRN_EINVAL;
	if (spec->construct != NULL && (spec->flags & (CAIRN_CACHE_ZERO | CAIRN_CACHE_POISON)) != 0)
		return CAIRN_EINVAL;
	return cairn_is_pow2(align) && align <= CAIRN_FRAME_NBYTES ? CAIRN_OK : CAIRN_EALIGN;
}

static void lay_out(struct cairn_cache *cache, size_t stride_nbytes)
{
	struct geometry g = geometry_for(stride_nbytes, cairn_frame_nframes(cache->slabs->frames));
	cache->stride_nbytes = (uint32_t)stride_nbytes;
	cache->rotate = cairn_lowest_bit(stride_nbytes);
	cache->inverse = cairn_inverse(stride_nbytes >> cache->rotate);
	cache->order = (uint8_t)g.order;
	cache->nobjects = g.nobjects;
	cache->used_nbytes = g.nobjects * cache->stride_nbytes;
	cache->nwords = (uint8_t)((g.nobjects + CAIRN_SLAB_WORD_BITS - 1) / CAIRN_SLAB_WORD_BITS);
	size_t nwords = 1 + cache->nwords * (cairn_cache_has_limbo(cache) ? 2u : 1u);
	size_t nbytes = offsetof(struct cairn_slab, map) + nwords * sizeof(uint32_t);
	cache->nslots = (uint8_t)((nbytes + CAIRN_SLOT_NBYTES - 1) >> CAIRN_SLAB_SLOT_LOG2);
}

enum cairn_err cairn_slab_setup(struct cairn_slabs *s, struct cairn_cache *cache,
				const struct cairn_cache_spec *spec)
{
	if (s == NULL || s->frames == NULL || cache == NULL || spec == NULL || is_listed(s, cache))
		return CAIRN_EINVAL;
	size_t align = spec->align != 0 ? spec->align : sizeof(void *);
	unsigned zones = (spec->zones != 0 ? spec->zones : CAIRN_ANY_ZONE) & s->zones;
	enum cairn_err err = spec_ok(spec, align);
	if (err != CAIRN_OK)
		return err;
	size_t stride_nbytes = stride_for(spec, align);
	if (stride_nbytes == 0 || zones == 0)
		return CAIRN_EINVAL;
	if (s->records.directory == NULL)
		return CAIRN_ENOMEM;
	*cache = (struct cairn_cache){
		.self = cache,
		.slabs = s,
		.name = spec->name,
		.object_nbytes = spec->nbytes,
		.construct = spec->construct,
		.flags = (uint8_t)(spec->flags & EFFECTIVE_FLAGS),
		.zones = zones,
		.prev = s->last,
	};
	for (unsigned list = 0; list < CAIRN_SLAB_NLISTS; list++)
		cache->list[list].next = cache->list[list].prev = &cache->list[list];
	lay_out(cache, stride_nbytes);
	cairn_window_init(cache);
	*(s->last != NULL ? &s->last->next : &s->first) = cache;
	s->last = cache;
	s->ncaches++;
	return CAIRN_OK;
}

enum cairn_err cairn_slab_create(struct cairn_slabs *s, struct cairn_cache *cache,
				 const struct cairn_cache_spec *spec)
{
	enum cairn_err err = cairn_slab_setup(s, cache, spec);
	void *links = err == CAIRN_ENOMEM ? cairn_slab_links_begin(s) : NULL;
	if (links == NULL)
		return err;
	cairn_slab_links_clear(s, links);
	cairn_slab_links_end(s, links);
	return cairn_slab_setup(s, cache, spec);
}

enum cairn_err cairn_slab_destroy(struct cairn_cache *cache)
{
	if (!cairn_is_cache(cache))
		return CAIRN_EDESTROYED;
	if (cairn_cache_nused(cache) != 0 || cache->ngrowing != 0)
		return CAIRN_EBUSY;
	struct cairn_slabs *s = cache->slabs;
	cache->nreserved = 0;
	while (cairn_slab_shrink_one(cache) != 0)
		continue;
	*(cache->prev != NULL ? &cache->prev->next : &s->first) = cache->next;
	*(cache->next != NULL ? &cache->next->prev : &s->last) = cache->prev;
	if (s->turn == cache)
		s->turn = cache->next;
	cache->self = NULL;
	if (--s->ncaches == 0)
		cairn_slab_links_give(s);
	return CAIRN_OK;
}

struct cairn_cache *cairn_slab_first_cache(const struct cairn_slabs *s)
{
	return s != NULL ? s->first : NULL;
}

struct cairn_cache *cairn_slab_next_cache(const struct cairn_cache *cache)
{
	return cairn_is_cache(cache) ? cache->next : NULL;
}

size_t cairn_slab_ncaches(const struct cairn_slabs *s)
{
	return s != NULL ? s->ncaches : 0;
}

struct cairn_cache *cairn_slab_turn(struct cairn_slabs *s)
{
	struct cairn_cache *cache = s->turn != NULL ? s->turn : s->first;
	s->turn = cache != NULL ? cache->next : NULL;
	return cache;
}

bool cairn_slab_info(const struct cairn_cache *cache, struct cairn_cache_info *info)
{
	if (!cairn_is_cache(cache) || info == NULL)
		return false;
	size_t nused = cairn_cache_nused(cache);
	*info = (struct cairn_cache_info){
		.name = cache->name,
		.object_nbytes = cache->object_nbytes,
		.stride_nbytes = cache->stride_nbytes,
		.slab_nframes = (size_t)1 << cache->order,
		.objects_per_slab = cache->nobjects,
		.nslabs = cache->nslabs,
		.nlive = nused - cache->nlimbo,
		.nfree = cache->capacity - nused,
		.nreserved = cache->nreserved,
		.high_water = cache->high_water,
	};
	return true;
}
