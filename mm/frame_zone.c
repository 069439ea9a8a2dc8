/* SPDX-License-Identifier: MIT */
/* Zones of page frames: how much metadata, what lies where in it, and the way from the boot map to free
 * frames.
 *
 * Metadata of a zone, in this order: a struct cairn_order for each order, the words of the map level by
 * level, the owner bytes. Everything here is for boot (or for a zone that nobody uses yet) and takes time
 * in proportion to the zone. Locking: none here; cairn.c serialises. */
#include "frame_map.h"

/* Shape of a zone. */
struct plan {
	uint32_t skew;
	unsigned top;
	unsigned nlevels;
	uint32_t nbits; /* of all orders, and the one that is always set */
	size_t nwords[CAIRN_MAP_LEVELS];
	size_t nbytes;
};

static unsigned plan_shift(const struct plan *plan, unsigned order)
{
	return order < plan->top ? order + 1 : order;
}

static uint32_t plan_nbits(const struct plan *plan, size_t nframes, unsigned order)
{
	unsigned shift = plan_shift(plan, order);
	uint32_t last = plan->skew + (uint32_t)nframes - 1;

	return (last >> shift) - (plan->skew >> shift) + 1;
}

static size_t plan_orders_nbytes(const struct plan *plan)
{
	size_t nbytes = (plan->top + 1) * sizeof(struct cairn_order);

	return cairn_round_down(nbytes + sizeof(size_t) - 1, sizeof(size_t));
}

/* false: no zone can be like that. */
static bool make_plan(struct plan *plan, cairn_pfn base, size_t nframes)
{
	size_t nwords;

	if (nframes == 0 || nframes > (size_t)1 << CAIRN_ZONE_FRAMES_LOG2 || nframes > CAIRN_NOFRAME - base)
		return false;
	*plan = (struct plan){.top = cairn_highest_bit(nframes), .nbits = 1};
	if (plan->top > CAIRN_ORDERS - 1)
		plan->top = CAIRN_ORDERS - 1;
	plan->skew = (uint32_t)(base & (((cairn_pfn)1 << plan->top) - 1));
	for (unsigned order = 0; order <= plan->top; order++)
		plan->nbits += plan_nbits(plan, nframes, order);
	plan->nbytes = plan_orders_nbytes(plan) + nframes;
	nwords = plan->nbits;
	do {
		nwords = (nwords + WORD_MASK) >> WORD_LOG2;
		plan->nwords[plan->nlevels++] = nwords;
		plan->nbytes += nwords * sizeof(size_t);
	} while (nwords > 1);
	return true;
}

size_t cairn_frame_meta_nbytes(cairn_pfn base, size_t nframes)
{
	struct plan plan;

	return make_plan(&plan, base, nframes) ? plan.nbytes : 0;
}

void cairn_frame_init(struct cairn_frames *f)
{
	if (f != NULL)
		memset(f, 0, sizeof(*f));
}

/* Lay the parts out in `meta`, which is all 0: no bit set, every frame RESERVED. */
static void lay_out(struct cairn_zone *z, const struct plan *plan, uint8_t *meta)
{
	uint32_t first = 0;

	z->orders = (struct cairn_order *)(void *)meta;
	for (unsigned order = 0; order <= plan->top; order++) {
		z->orders[order].first = first - (plan->skew >> plan_shift(plan, order));
		z->orders[order].lowest = first;
		first += plan_nbits(plan, z->nframes, order);
	}
	meta += plan_orders_nbytes(plan);
	for (unsigned i = 0; i < plan->nlevels; i++) {
		uint32_t always = (plan->nbits - 1) >> i * WORD_LOG2;

		z->level[i] = (size_t *)(void *)meta;
		z->level[i][always >> WORD_LOG2] = word_bit(always);
		meta += plan->nwords[i] * sizeof(size_t);
	}
	z->owner = meta;
}

/* A free slot, or CAIRN_ZONES. */
static unsigned free_zone(const struct cairn_frames *f)
{
	unsigned i = 0;

	while (i < CAIRN_ZONES && f->zone[i].nframes != 0)
		i++;
	return i;
}

static bool overlaps(const struct cairn_frames *f, cairn_pfn base, size_t nframes)
{
	for (const struct cairn_zone *z = f->zone; z < f->zone + CAIRN_ZONES; z++)
		if (z->nframes != 0 && base - z->base < z->nframes)
			return true;
		else if (z->nframes != 0 && z->base - base < nframes)
			return true;
	return false;
}

enum cairn_err cairn_frame_zone_add(struct cairn_frames *f, cairn_pfn base, size_t nframes, uint8_t attr,
				    const char *name, void *meta, size_t meta_nbytes, unsigned *zone)
{
	struct plan plan;
	unsigned slot;

	if (f == NULL || meta == NULL || (uintptr_t)meta % sizeof(size_t) != 0 ||
	    !make_plan(&plan, base, nframes) || meta_nbytes < plan.nbytes)
		return CAIRN_EINVAL;
	if (overlaps(f, base, nframes))
		return CAIRN_EOVERLAP;
	slot = free_zone(f);
	if (slot == CAIRN_ZONES)
		return CAIRN_ETOOMANY;
	memset(meta, 0, plan.nbytes);
	f->zone[slot] = (struct cairn_zone){.base = base,
					    .nframes = (uint32_t)nframes,
					    .skew = plan.skew,
					    .top = (uint8_t)plan.top,
					    .nlevels = (uint8_t)plan.nlevels,
					    .attr = attr,
					    .name = name,
					    .nframes_of = {[CAIRN_RESERVED] = nframes}};
	lay_out(&f->zone[slot], &plan, meta);
	if (zone != NULL)
		*zone = slot;
	return CAIRN_OK;
}

enum cairn_err cairn_frame_zone_remove(struct cairn_frames *f, unsigned zone)
{
	struct cairn_zone *z;

	if (f == NULL || zone >= CAIRN_ZONES || f->zone[zone].nframes == 0)
		return CAIRN_EINVAL;
	z = &f->zone[zone];
	if (z->nframes_of[CAIRN_RESERVED] + z->nframes_of[CAIRN_FREE] != z->nframes)
		return CAIRN_EBUSY;
	memset(z, 0, sizeof(*z));
	return CAIRN_OK;
}

/* Free frames that are interior of nothing yet, as the largest blocks that fit. */
static void open_free(struct cairn_zone *z, uint32_t place, uint32_t nframes)
{
	while (nframes != 0) {
		unsigned order = cairn_lowest_bit(place | (size_t)1 << z->top);

		if (order > cairn_highest_bit(nframes))
			order = cairn_highest_bit(nframes);
		release(z, place, order);
		place += (uint32_t)1 << order;
		nframes -= (uint32_t)1 << order;
	}
}

enum cairn_err cairn_frame_zone_open(struct cairn_frames *f, cairn_pfn pfn, size_t nframes,
				     enum cairn_owner owner)
{
	struct cairn_zone *z;
	uint8_t *bytes;
	unsigned zone;

	if (f == NULL || nframes == 0 || (owner != CAIRN_FREE && owner != CAIRN_META))
		return CAIRN_EINVAL;
	zone = zone_number(f, pfn);
	if (zone == CAIRN_ZONES || nframes > f->zone[zone].nframes - (size_t)(pfn - f->zone[zone].base))
		return CAIRN_EFOREIGN;
	z = &f->zone[zone];
	bytes = owner_at(z, place_of(z, pfn));
	for (size_t i = 0; i < nframes; i++)
		if (bytes[i] != BYTE_RESERVED)
			return CAIRN_EWRONGKIND;
	memset(bytes, owner == CAIRN_FREE ? BYTE_INTERIOR : BYTE_BOOT_META, nframes);
	if (owner == CAIRN_FREE)
		open_free(z, place_of(z, pfn), (uint32_t)nframes);
	z->nframes_of[CAIRN_RESERVED] -= nframes;
	z->nframes_of[owner] += nframes;
	return CAIRN_OK;
}

/* ---- boot ---- */

static enum cairn_err add_bank(struct cairn_frames *f, struct cairn_regions *r, const struct cairn_bank *bank)
{
	cairn_pfn base = cairn_addr_to_pfn(bank->base);
	size_t nbytes = cairn_frame_meta_nbytes(base, bank->nframes);
	void *meta;

	if (nbytes == 0)
		return CAIRN_EINVAL;
	meta = cairn_region_take(r, nbytes, sizeof(size_t));
	if (meta == NULL)
		return CAIRN_ENOMEM;
	return cairn_frame_zone_add(f, base, bank->nframes, bank->attr, bank->name, meta, nbytes, NULL);
}

enum cairn_err cairn_frame_zones(struct cairn_frames *f, struct cairn_regions *r)
{
	if (f == NULL || r == NULL)
		return CAIRN_EINVAL;
	cairn_frame_init(f);
	for (size_t i = 0; i < r->nbanks; i++) {
		enum cairn_err err = add_bank(f, r, &r->banks[i]);

		if (err != CAIRN_OK) {
			cairn_frame_init(f);
			return err;
		}
	}
	return CAIRN_OK;
}

static enum cairn_err open_run(struct cairn_frames *f, uintptr_t at, uintptr_t end, enum cairn_owner owner)
{
	return cairn_frame_zone_open(f, cairn_addr_to_pfn(at), (end - at) >> CAIRN_FRAME_SHIFT, owner);
}

enum cairn_err cairn_frame_open(struct cairn_frames *f, const struct cairn_regions *r)
{
	enum cairn_err err = CAIRN_OK;
	uintptr_t end;

	if (f == NULL || r == NULL)
		return CAIRN_EINVAL;
	for (size_t i = 0; i < r->nbanks; i++) {
		for (uintptr_t at = 0; err == CAIRN_OK && cairn_region_next_free(r, i, &at, &end); at = end)
			err = open_run(f, at, end, CAIRN_FREE);
		for (uintptr_t at = 0; err == CAIRN_OK && cairn_region_next_meta(r, i, &at, &end); at = end)
			err = open_run(f, at, end, CAIRN_META);
	}
	return err;
}
