/* SPDX-License-Identifier: MIT */
/* Buddy allocator over zones of page frames: allocate, free, look.
 *
 * Only the owner bytes of heads are written: a block's other bytes say 'interior' from the moment its zone
 * was opened, and a head that merges into a larger block becomes interior again. So nothing here loops
 * over frames. A run is the blocks of its length's set bits, largest first, from an address aligned to
 * more than the largest. So clearing the lowest set bit of a place leads from any frame to its block's
 * head, and from each block of a run to the one before.
 *
 * I1: a free block of order k has its pair's bit set, in k's stretch of the map; no other bit of the
 * stretch is set.
 * I2: below the top order, two free buddies never coexist.
 * I3: every byte is a head, inside a head's block, or a single RESERVED or boot META frame.
 * I4: nframes_of, nfree, nonempty are exact; lowest is a lower bound. Locking: none here; cairn.c
 * serialises. */
#include "frame_map.h"

#define NO_PLACE UINT32_MAX

static bool may_own(enum cairn_owner owner)
{
	return (unsigned)owner - CAIRN_PAGES <= CAIRN_META - CAIRN_PAGES;
}

static uint32_t order_nframes(unsigned order)
{
	return (uint32_t)1 << order;
}

/* ---- allocate ---- */

/* The first of `zones` that has a free block of at least `order`, or NULL. */
static struct cairn_zone *zone_with(struct cairn_frames *f, unsigned order, unsigned zones)
{
	for (struct cairn_zone *z = f->zone; z < f->zone + CAIRN_ZONES; z++, zones >>= 1)
		if ((zones & 1) && z->nonempty >> order)
			return z;
	return NULL;
}

/* Shorten a block that is on no list from order `from` to `to`, keeping its lower end. */
static void split(struct cairn_zone *z, uint32_t place, unsigned from, unsigned to)
{
	while (from > to) {
		from--;
		list_free(z, place + order_nframes(from), from);
	}
}

/* Take the lowest block of the best order off its list, cut to `order`. There is one. */
static uint32_t take_lowest(struct cairn_zone *z, unsigned order)
{
	unsigned from = order + cairn_lowest_bit(z->nonempty >> order);
	struct cairn_order *o = &z->orders[from];
	uint32_t bit = map_next(z->level, o->lowest);
	uint32_t place = (bit - o->first) << pair_shift(z, from);

	if (!is_free_head(z, place, from))
		place += order_nframes(from); /* it is the upper one of the pair */
	o->lowest = bit + 1;
	unlist_free(z, bit, from);
	split(z, place, from, order);
	return place;
}

static void count_taken(struct cairn_zone *z, size_t nframes, enum cairn_owner owner)
{
	z->nframes_of[CAIRN_FREE] -= nframes;
	z->nframes_of[owner] += nframes;
}

cairn_pfn cairn_frame_alloc(struct cairn_frames *f, unsigned order, enum cairn_owner owner, unsigned zones)
{
	struct cairn_zone *z;
	uint32_t place;

	if (f == NULL || order >= CAIRN_ORDERS || !may_own(owner))
		return CAIRN_NOFRAME;
	z = zone_with(f, order, zones);
	if (z == NULL)
		return CAIRN_NOFRAME;
	place = take_lowest(z, order);
	*owner_at(z, place) = head_byte(owner, order);
	count_taken(z, order_nframes(order), owner);
	return pfn_of(z, place);
}

/* Write the heads of a run's blocks. */
static void mark_run(struct cairn_zone *z, uint32_t place, uint32_t nframes, unsigned kind)
{
	while (nframes != 0) {
		unsigned order = cairn_highest_bit(nframes);

		*owner_at(z, place) = head_byte(kind, order);
		place += order_nframes(order);
		nframes -= order_nframes(order);
		kind = KIND_RUN;
	}
}

/* Free what is behind a run, up to `end`. Its blocks' buddies hold parts of the run: nothing merges. */
static void free_tail(struct cairn_zone *z, uint32_t place, uint32_t end)
{
	while (place != end) {
		unsigned order = cairn_lowest_bit(place);

		list_free(z, place, order);
		place += order_nframes(order);
	}
}

cairn_pfn cairn_frame_alloc_run(struct cairn_frames *f, size_t nframes, enum cairn_owner owner,
				unsigned zones)
{
	unsigned order = cairn_log2_ceil(nframes);
	struct cairn_zone *z;
	uint32_t place;

	if (f == NULL || nframes == 0 || order >= CAIRN_ORDERS || !may_own(owner))
		return CAIRN_NOFRAME;
	z = zone_with(f, order, zones);
	if (z == NULL)
		return CAIRN_NOFRAME;
	place = take_lowest(z, order);
	mark_run(z, place, (uint32_t)nframes, owner);
	free_tail(z, place + (uint32_t)nframes, place + order_nframes(order));
	count_taken(z, nframes, owner);
	return pfn_of(z, place);
}

/* Order of the free block that covers the block of `order` at `place`; CAIRN_ORDERS: not all of that is
 * free. */
static unsigned free_cover(const struct cairn_zone *z, uint32_t place, unsigned order)
{
	for (; order <= z->top; order++) {
		place &= ~(uint32_t)0 << order;
		if (is_free_head(z, place, order))
			return order;
	}
	return CAIRN_ORDERS;
}

/* Take the block of `order` at `place` out of the free block of order `from` that covers it. */
static void carve(struct cairn_zone *z, uint32_t place, unsigned order, unsigned from)
{
	uint32_t head = place & ~(uint32_t)0 << from;

	unlist_free(z, pair_bit(z, head, from), from);
	while (from > order) {
		uint32_t half = order_nframes(--from);

		list_free(z, place & half ? head : head + half, from);
		head += place & half;
	}
}

enum cairn_err cairn_frame_alloc_at(struct cairn_frames *f, cairn_pfn pfn, unsigned order,
				    enum cairn_owner owner)
{
	struct cairn_zone *z;
	unsigned zone, from;
	uint32_t place;

	if (f == NULL || order >= CAIRN_ORDERS || !may_own(owner))
		return CAIRN_EINVAL;
	if (pfn & (order_nframes(order) - 1))
		return CAIRN_EALIGN;
	zone = zone_number(f, pfn);
	if (zone == CAIRN_ZONES)
		return CAIRN_EFOREIGN;
	z = &f->zone[zone];
	if (z->nframes - (uint32_t)(pfn - z->base) < order_nframes(order))
		return CAIRN_EFOREIGN;
	place = place_of(z, pfn);
	from = free_cover(z, place, order);
	if (from == CAIRN_ORDERS)
		return CAIRN_ENOMEM;
	carve(z, place, order, from);
	*owner_at(z, place) = head_byte(owner, order);
	count_taken(z, order_nframes(order), owner);
	return CAIRN_OK;
}

/* ---- free ---- */

/* The head of the block or run that holds a place; NO_PLACE: damage has left none. */
static uint32_t head_of(const struct cairn_zone *z, uint32_t place)
{
	for (unsigned i = 0; i < CAIRN_ORDERS && in_zone(z, place); i++) {
		uint8_t byte = *owner_at(z, place);

		if (byte != BYTE_INTERIOR && kind_of(byte) != KIND_RUN)
			return place;
		place &= place - 1;
	}
	return NO_PLACE;
}

static enum cairn_err why_not_free(const struct cairn_zone *z, uint32_t place, enum cairn_owner owner)
{
	uint32_t head = head_of(z, place);
	unsigned kind = head == NO_PLACE ? CAIRN_RESERVED : kind_of(*owner_at(z, head));

	if (kind == CAIRN_FREE)
		return CAIRN_EDOUBLE;
	return kind == owner && may_own(owner) ? CAIRN_EINTERIOR : CAIRN_EWRONGKIND;
}

enum cairn_err cairn_frame_free(struct cairn_frames *f, cairn_pfn pfn, enum cairn_owner owner)
{
	uint32_t place, nframes = 0;
	struct cairn_zone *z;
	unsigned zone;
	uint8_t byte;

	if (f == NULL)
		return CAIRN_EINVAL;
	zone = zone_number(f, pfn);
	if (zone == CAIRN_ZONES)
		return CAIRN_EFOREIGN;
	z = &f->zone[zone];
	place = place_of(z, pfn);
	byte = *owner_at(z, place);
	if (CAIRN_CHECK >= 1 && (kind_of(byte) != owner || !may_own(owner)))
		return why_not_free(z, place, owner);
	do {
		uint32_t block = order_nframes(order_of(byte));

		release(z, place, order_of(byte));
		nframes += block;
		place += block;
	} while (in_zone(z, place) && kind_of(byte = *owner_at(z, place)) == KIND_RUN);
	z->nframes_of[owner] -= nframes;
	z->nframes_of[CAIRN_FREE] += nframes;
	return CAIRN_OK;
}

/* ---- look ---- */

enum cairn_owner cairn_frame_owner(const struct cairn_frames *f, cairn_pfn pfn)
{
	unsigned zone = f ? zone_number(f, pfn) : CAIRN_ZONES;
	const struct cairn_zone *z;
	uint32_t head;

	if (zone == CAIRN_ZONES)
		return CAIRN_RESERVED;
	z = &f->zone[zone];
	head = head_of(z, place_of(z, pfn));
	if (head == NO_PLACE)
		return CAIRN_RESERVED;
	if (*owner_at(z, head) == BYTE_BOOT_META)
		return CAIRN_META;
	return (enum cairn_owner)kind_of(*owner_at(z, head));
}

static uint32_t block_nframes(const struct cairn_zone *z, uint8_t byte)
{
	return order_of(byte) <= z->top ? order_nframes(order_of(byte)) : 1;
}

/* Length of the block or run that begins at `head`. Bounded, whatever the bytes say. */
static uint32_t length_of(const struct cairn_zone *z, uint32_t head)
{
	uint32_t end = head + block_nframes(z, *owner_at(z, head));

	for (unsigned i = 0; i < CAIRN_ORDERS && in_zone(z, end); i++) {
		uint8_t byte = *owner_at(z, end);

		if (kind_of(byte) != KIND_RUN)
			break;
		end += block_nframes(z, byte);
	}
	return end - head;
}

bool cairn_frame_info(const struct cairn_frames *f, cairn_pfn pfn, struct cairn_frame_info *info)
{
	unsigned zone = f ? zone_number(f, pfn) : CAIRN_ZONES;
	const struct cairn_zone *z;
	uint32_t place, head, length;
	uint8_t byte;

	if (zone == CAIRN_ZONES || info == NULL)
		return false;
	z = &f->zone[zone];
	place = place_of(z, pfn);
	*info = (struct cairn_frame_info){.owner = CAIRN_RESERVED, .head = pfn, .nframes = 1, .zone = zone};
	head = head_of(z, place);
	if (head == NO_PLACE)
		return true;
	byte = *owner_at(z, head);
	if (byte == BYTE_BOOT_META)
		info->owner = CAIRN_META;
	if (kind_of(byte) == CAIRN_RESERVED)
		return true;
	length = length_of(z, head);
	if (place - head >= length)
		return true;
	info->owner = (enum cairn_owner)kind_of(byte);
	info->head = pfn_of(z, head);
	info->nframes = length;
	return true;
}

size_t cairn_frame_count(const struct cairn_frames *f, enum cairn_owner owner)
{
	size_t nframes = 0;

	if (f == NULL || (unsigned)owner >= CAIRN_NOWNERS)
		return 0;
	for (unsigned i = 0; i < CAIRN_ZONES; i++)
		nframes += f->zone[i].nframes_of[owner];
	return nframes;
}

static unsigned largest_in(const struct cairn_zone *z)
{
	return z->nonempty ? cairn_highest_bit(z->nonempty) : CAIRN_ORDERS;
}

bool cairn_frame_zone_info(const struct cairn_frames *f, unsigned zone, struct cairn_zone_info *info)
{
	const struct cairn_zone *z;

	if (f == NULL || info == NULL || zone >= CAIRN_ZONES || f->zone[zone].nframes == 0)
		return false;
	z = &f->zone[zone];
	*info = (struct cairn_zone_info){.base = z->base,
					 .nframes = z->nframes,
					 .name = z->name,
					 .attr = z->attr,
					 .nfree = z->nframes_of[CAIRN_FREE],
					 .largest_order = largest_in(z)};
	for (unsigned owner = 0; owner < CAIRN_NOWNERS; owner++)
		info->nframes_of[owner] = z->nframes_of[owner];
	for (unsigned order = 0; order <= z->top; order++)
		info->nfree_blocks[order] = z->orders[order].nfree;
	return true;
}

unsigned cairn_frame_zones_with(const struct cairn_frames *f, unsigned attr)
{
	unsigned zones = 0;

	for (unsigned i = 0; f && i < CAIRN_ZONES; i++)
		if (f->zone[i].nframes != 0 && (f->zone[i].attr & attr) == attr)
			zones |= 1u << i;
	return zones;
}

unsigned cairn_frame_largest(const struct cairn_frames *f, unsigned zones)
{
	uint32_t nonempty = 0;

	for (unsigned i = 0; f && i < CAIRN_ZONES; i++)
		if (zones >> i & 1)
			nonempty |= f->zone[i].nonempty;
	return nonempty ? cairn_highest_bit(nonempty) : CAIRN_ORDERS;
}
