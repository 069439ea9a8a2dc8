/* SPDX-License-Identifier: MIT */
/* Zones of page frames: how much metadata, what lies where in it, and the way from the boot map to free
 * frames.
 *
 * Metadata of a zone, in this order: the tops of the orders, and one more; where the maps are; the owner
 * bytes; the words of the maps, order by order. Everything here is for boot (or for a zone that nobody uses yet) and takes time
 * in proportion to the zone. Locking: none here; cairn.c serialises. */
#include "frame_map.h"

/* Give a zone its shape: all but what lies in its metadata. false: no zone can be like that. */
static bool shape(struct cairn_zone *z, cairn_pfn base, size_t nframes)
{
	unsigned top;

	if (nframes == 0 || nframes > (size_t)1 << CAIRN_ZONE_FRAMES_LOG2 || nframes > CAIRN_NOFRAME - base)
		return false;
	top = cairn_highest_bit(nframes);
	if (top > CAIRN_ORDERS - 1)
		top = CAIRN_ORDERS - 1;
	memset(z, 0, sizeof(*z));
	z->base = base;
	z->nframes = (uint32_t)nframes;
	z->norders = (uint8_t)(top + 1);
	z->skew = (uint32_t)base & (order_nframes(top) - 1);
	z->even = z->skew & ~(uint32_t)1;
	z->low = base - (z->skew - z->even);
	z->last = z->skew + (z->nframes - 1);
	z->nowners = z->last + 1 - z->even;
	z->nframes_of[CAIRN_RESERVED] = nframes;
	for (unsigned order = 0; order <= top; order++) {
		z->nwords += map_order_nwords(z, order);
		z->nmapped = (uint8_t)(z->nmapped + (bit_of(z, z->last, order) > WORD_MASK));
		z->ntall = (uint8_t)(z->ntall + (bit_of(z, z->last, order) >> WORD_LOG2 > WORD_MASK));
	}
	z->npaired = z->nmapped < top ? z->nmapped : (uint8_t)top;
	if (z->ntall == 0)
		z->nplain = (uint8_t)top;
	return true;
}

static size_t orders_nbytes(const struct cairn_zone *z)
{
	return (z->norders + 1u) * sizeof(*z->tops) + z->nmapped * sizeof(*z->maps);
}

static size_t owners_nbytes(const struct cairn_zone *z)
{
	return cairn_round_down((size_t)z->nowners + sizeof(size_t) - 1, sizeof(size_t));
}

/* Bytes of metadata. */
static size_t zone_nbytes(const struct cairn_zone *z)
{
	return orders_nbytes(z) + owners_nbytes(z) + z->nwords * sizeof(size_t);
}

size_t cairn_frame_meta_nbytes(cairn_pfn base, size_t nframes)
{
	struct cairn_zone z;

	return shape(&z, base, nframes) ? zone_nbytes(&z) : 0;
}

void cairn_frame_init(struct cairn_frames *f)
{
	if (f != NULL)
		memset(f, 0, sizeof(*f));
}

void cairn_frame_init_ordered(struct cairn_frames *f)
{
	cairn_frame_init(f);
	if (f != NULL)
		f->ordered = true;
}

/* Lay the parts out in `meta`, which is all 0: no bit set, every frame RESERVED. A string's first word is the
 * one that has the bit of the zone's first frame; what is before it in `meta` are more bytes than that. */
static void lay_out(struct cairn_zone *z, uint8_t *meta)
{
	size_t *word;

	z->tops = (size_t *)(void *)meta;
	z->maps = (size_t **)(void *)(z->tops + z->norders + 1);
	z->owner = meta + orders_nbytes(z);
	z->words = (size_t *)(void *)(z->owner + owners_nbytes(z));
	word = z->words;
	for (unsigned order = 0; order < z->nmapped; order++) {
		z->maps[order] = word - (bit_of(z, z->skew, order) >> WORD_LOG2);
		word += map_order_nwords(z, order);
	}
	z->tops[z->norders] = 1;
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
	struct cairn_zone z;
	unsigned slot;

	if (f == NULL || meta == NULL || (uintptr_t)meta % sizeof(size_t) != 0 || !shape(&z, base, nframes) ||
	    meta_nbytes < zone_nbytes(&z))
		return CAIRN_EINVAL;
	if (overlaps(f, base, nframes))
		return CAIRN_EOVERLAP;
	slot = free_zone(f);
	if (slot == CAIRN_ZONES)
		return CAIRN_ETOOMANY;
	memset(meta, 0, zone_nbytes(&z));
	z.attr = attr;
	z.name = name;
	if (slot == 0 && !f->ordered)
		z.spares = f->spares;
	lay_out(&z, meta);
	f->zone[slot] = z;
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
	if (z->nframes_of[CAIRN_RESERVED] + z->nframes_of[CAIRN_FREE] + cairn_frame_spare_nframes(z) !=
	    z->nframes)
		return CAIRN_EBUSY;
	if (z->spares != NULL)
		memset(z->spares, 0, sizeof(f->spares));
	memset(z, 0, sizeof(*z));
	return CAIRN_OK;
}

/* Free frames that are interior of nothing yet, as the largest blocks that fit. */
static void open_free(struct cairn_zone *z, uint32_t place, uint32_t nframes)
{
	while (nframes != 0) {
		unsigned order = cairn_lowest_bit(place | order_nframes(top_of(z)));

		if (order > cairn_highest_bit(nframes))
			order = cairn_highest_bit(nframes);
		cairn_frame_release(z, place, order);
		place += order_nframes(order);
		nframes -= order_nframes(order);
	}
}

enum cairn_err cairn_frame_zone_open(struct cairn_frames *f, cairn_pfn pfn, size_t nframes,
				     enum cairn_owner owner)
{
	struct cairn_zone *z;
	uint8_t *bytes;

	if (f == NULL || nframes == 0 || (owner != CAIRN_FREE && owner != CAIRN_META))
		return CAIRN_EINVAL;
	z = zone_of(f, pfn);
	if (z == NULL || nframes > z->nframes - (size_t)(pfn - z->base))
		return CAIRN_EFOREIGN;
	bytes = owner_at(z, place_of(z, pfn));
	for (size_t i = 0; i < nframes; i++)
		if (bytes[i] != BYTE_RESERVED)
			return CAIRN_EWRONGKIND;
	memset(bytes, owner == CAIRN_FREE ? BYTE_INTERIOR : BYTE_BOOT_META, nframes);
	if (owner == CAIRN_FREE)
		open_free(z, place_of(z, pfn), (uint32_t)nframes);
	z->nframes_of[CAIRN_RESERVED] -= nframes;
	if (owner == CAIRN_META)
		z->nframes_of[CAIRN_META] += nframes;
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
