/* SPDX-License-Identifier: MIT */
/* Buddy allocator over zones of page frames: allocate, free, look.
 *
 * Only the owner bytes of heads are written: a block's other bytes say 'interior' from the moment its zone
 * was opened, or FREE, left from a time when they were heads. So nothing here loops over frames. A run is the
 * blocks of its length's set bits, largest first, from an address aligned to more than the largest. So
 * clearing the lowest set bit of a place leads from any frame to its block's head, and from each block of a
 * run to the one before.
 *
 * I1: a free block of order k has its pair's bit set, in k's string of the map, or is a spare of order k; no
 * other bit of the string is set.
 * I2: below the top order, two free buddies never coexist in the map.
 * I3: every byte is a head, inside a head's block, or a single RESERVED or boot META frame.
 * I4: a free block's head says FREE and its order, but for the upper half of a split above order 0; a spare's
 * says that it is one.
 * I5: nframes_of is exact, FREE there being what the map has, and PAGES the rest.
 * Locking: none here; cairn.c serialises. */
#include "frame_fast.h"

static bool may_own(enum cairn_owner owner)
{
	return (unsigned)owner - CAIRN_PAGES <= CAIRN_META - CAIRN_PAGES;
}

/* ---- allocate ---- */

/* A block has become `owner`'s. What PAGES has is the rest. */
static inline void count_up(struct cairn_zone *z, enum cairn_owner owner, size_t nframes)
{
	if (owner != CAIRN_PAGES)
		z->nframes_of[owner] += nframes;
}

/* Take a free block from the first of `zones` that has one: its zone, or NULL. The owner byte and the count are
 * the caller's to write. */
static inline struct cairn_zone *take(struct cairn_frames *f, unsigned order, unsigned zones, uint32_t *place)
{
	struct cairn_zone *z = f->zone;

	for (; zones != 0 && z < f->zone + CAIRN_ZONES; zones >>= 1, z++) {
		if ((zones & 1) == 0 || order >= z->norders)
			continue;
		*place = cairn_frame_cut(z, order);
		if (*place == NO_PLACE)
			continue;
		z->nframes_of[CAIRN_FREE] -= order_nframes(order);
		return z;
	}
	return NULL;
}

cairn_pfn cairn_frame_alloc(struct cairn_frames *f, unsigned order, enum cairn_owner owner, unsigned zones)
{
	struct cairn_zone *z;
	uint32_t place;
	cairn_pfn pfn;

	if (f == NULL || order >= CAIRN_ORDERS || !may_own(owner))
		return CAIRN_NOFRAME;
	if (frame_alloc_spare(f, order, owner, zones, &pfn))
		return pfn;
	z = take(f, order, zones, &place);
	if (z == NULL)
		return CAIRN_NOFRAME;
	*owner_at(z, place) = head_byte(owner, order);
	count_up(z, owner, order_nframes(order));
	return pfn_of(z, place);
}

/* Write the bytes of a run of more than one block. */
static void mark_run(struct cairn_zone *z, uint32_t place, uint32_t nframes, enum cairn_owner owner)
{
	uint8_t *head = owner_at(z, place);

	head[0] = head_byte(owner, ORDER_RUN);
	for (uint8_t *byte = head + 1; nframes != 0; byte = head) {
		unsigned order = cairn_highest_bit(nframes);

		*byte = head_byte(KIND_RUN, order);
		head += order_nframes(order);
		nframes -= order_nframes(order);
	}
}

/* Free what is behind a run, up to `end`. Its blocks' buddies hold parts of the run: nothing merges. */
static void free_tail(struct cairn_zone *z, uint32_t place, uint32_t end)
{
	while (place != end) {
		unsigned order = cairn_lowest_bit(place);

		cairn_frame_release(z, place, order);
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
	z = take(f, order, zones, &place);
	if (z == NULL)
		return CAIRN_NOFRAME;
	if (nframes == order_nframes(order)) {
		*owner_at(z, place) = head_byte(owner, order);
	} else {
		mark_run(z, place, (uint32_t)nframes, owner);
		free_tail(z, place + (uint32_t)nframes, place + order_nframes(order));
	}
	count_up(z, owner, nframes);
	return pfn_of(z, place);
}

/* Take the block of the map that the block of `order` at `place` is, or lies in: its order; CAIRN_ORDERS: there
 * is none. Where one of a pair of buddies is free, no larger block covers the other. */
static unsigned take_cover(struct cairn_zone *z, uint32_t place, unsigned order)
{
	for (; order < z->norders; order++) {
		uint32_t bit = bit_of(z, place, order), half = order_nframes(order);

		if ((*map_word(z, order, bit) & word_bit(bit)) == 0)
			continue;
		if (order < top_of(z) &&
		    lower_is_free(z, place >> order >> 1 << order << 1, order) != ((place & half) == 0))
			break;
		cairn_frame_map_toggle(z, order, bit);
		return order;
	}
	return CAIRN_ORDERS;
}

/* What is left of the block of order `from` that covers the block of `order` at `place`, taken out of it, goes into
 * the map. */
static void carve(struct cairn_zone *z, uint32_t place, unsigned order, unsigned from)
{
	uint32_t head = place & ~(uint32_t)0 << from;

	while (from > order) {
		uint32_t half = order_nframes(--from);
		uint32_t other = place & half ? head : head + half;

		*owner_at(z, other) = head_byte(CAIRN_FREE, from);
		cairn_frame_map_toggle(z, from, bit_of(z, other, from));
		head += place & half;
	}
}

enum cairn_err cairn_frame_alloc_at(struct cairn_frames *f, cairn_pfn pfn, unsigned order,
				    enum cairn_owner owner)
{
	struct cairn_zone *z;
	uint32_t place;
	unsigned from;

	if (f == NULL || order >= CAIRN_ORDERS || !may_own(owner))
		return CAIRN_EINVAL;
	if (pfn & (order_nframes(order) - 1))
		return CAIRN_EALIGN;
	z = zone_of(f, pfn);
	if (z == NULL || z->nframes - (uint32_t)(pfn - z->base) < order_nframes(order))
		return CAIRN_EFOREIGN;
	place = place_of(z, pfn);
	if (!is_free_or_interior(*owner_at(z, place)))
		return CAIRN_ENOMEM;
	from = take_cover(z, place, order);
	if (from == CAIRN_ORDERS)
		from = cairn_frame_take_cover(z, place, order);
	if (from == CAIRN_ORDERS)
		return CAIRN_ENOMEM;
	carve(z, place, order, from);
	z->nframes_of[CAIRN_FREE] -= order_nframes(order);
	*owner_at(z, place) = head_byte(owner, order);
	count_up(z, owner, order_nframes(order));
	return CAIRN_OK;
}

/* ---- what holds a frame ---- */

static uint32_t block_nframes(const struct cairn_zone *z, unsigned order)
{
	return order < z->norders ? order_nframes(order) : 1;
}

/* Frames of the block or run that begins at `head`. Bounded, whatever the bytes say. */
static uint32_t length_of(const struct cairn_zone *z, uint32_t head)
{
	uint32_t begin = head, end = head + 1;

	if (order_of(*owner_at(z, head)) != ORDER_RUN)
		return block_nframes(z, order_of(*owner_at(z, head)));
	for (unsigned i = 0; i < CAIRN_ORDERS && in_zone(z, end); i++) {
		uint8_t byte = *owner_at(z, end);

		if (kind_of(byte) != KIND_RUN)
			break;
		end = begin + block_nframes(z, order_of(byte));
		begin = end;
	}
	return end - head;
}

/* What holds a frame: RESERVED and boot META hold themselves. */
struct holder {
	uint32_t head;
	uint32_t nframes;
	enum cairn_owner owner;
};

/* A block or run that is in use. Only its head's byte says so; what begins between that and `place` is free. */
static bool used_holder(const struct cairn_zone *z, uint32_t place, struct holder *holder)
{
	uint32_t head = place;

	for (unsigned i = 0; i < CAIRN_ORDERS && in_zone(z, head); i++, head &= head - 1) {
		uint8_t byte = *owner_at(z, head);

		if (!may_own((enum cairn_owner)kind_of(byte)))
			continue;
		*holder = (struct holder){head, length_of(z, head), (enum cairn_owner)kind_of(byte)};
		return place - head < holder->nframes;
	}
	return false;
}

/* Frames of the free block that begins at `head`; 0: none does. What a byte says of a free frame is true only where
 * a free block begins; where the upper half of a split begins, it may be anything. */
static uint32_t free_nframes(const struct cairn_zone *z, uint32_t head)
{
	uint8_t byte = *owner_at(z, head);
	unsigned order = order_of(byte);

	if (byte == BYTE_SPARE)
		order = cairn_frame_spare_order(z, head);
	else if (kind_of(byte) != CAIRN_FREE || !cairn_frame_is_free(z, head, order))
		order = cairn_lowest_bit(head | order_nframes(top_of(z)));
	if (order >= z->norders || (byte != BYTE_SPARE && !cairn_frame_is_free(z, head, order)))
		return 0;
	return order_nframes(order);
}

static bool free_holder(const struct cairn_zone *z, uint32_t place, struct holder *holder)
{
	uint32_t head = place;

	for (unsigned i = 0; i < CAIRN_ORDERS && in_zone(z, head); i++, head &= head - 1) {
		uint32_t nframes = is_free_or_interior(*owner_at(z, head)) ? free_nframes(z, head) : 0;

		*holder = (struct holder){head, nframes, CAIRN_FREE};
		if (place - head < nframes)
			return true;
	}
	return false;
}

/* A frame whose head is lost is RESERVED. */
static struct holder holder_of(const struct cairn_zone *z, uint32_t place)
{
	uint8_t byte = *owner_at(z, place);
	struct holder holder;

	if (byte != BYTE_RESERVED && byte != BYTE_BOOT_META &&
	    (used_holder(z, place, &holder) || free_holder(z, place, &holder)))
		return holder;
	return (struct holder){place, 1, byte == BYTE_BOOT_META ? CAIRN_META : CAIRN_RESERVED};
}

/* ---- free ---- */

static CAIRN_SLOW enum cairn_err why_not_free(const struct cairn_zone *z, uint32_t place,
					      enum cairn_owner owner)
{
	struct holder holder = holder_of(z, place);

	if (holder.owner == CAIRN_FREE)
		return CAIRN_EDOUBLE;
	return holder.owner == owner && holder.head != place ? CAIRN_EINTERIOR : CAIRN_EWRONGKIND;
}

/* Free the blocks of a run: their number of frames. */
static CAIRN_SLOW uint32_t free_run(struct cairn_zone *z, uint32_t place)
{
	uint32_t begin = place;
	uint8_t *byte = owner_at(z, place) + 1;

	do {
		unsigned order = order_of(*byte);

		*byte = BYTE_INTERIOR;
		cairn_frame_release(z, place, order);
		place += order_nframes(order);
		byte = owner_at(z, place);
	} while (in_zone(z, place) && kind_of(*byte) == KIND_RUN);
	return place - begin;
}

enum cairn_err cairn_frame_free(struct cairn_frames *f, cairn_pfn pfn, enum cairn_owner owner)
{
	uint32_t place, nframes;
	struct cairn_zone *z;
	unsigned order;
	uint8_t *byte;

	if (f == NULL)
		return CAIRN_EINVAL;
	z = zone_of(f, pfn);
	if (z == NULL)
		return CAIRN_EFOREIGN;
	place = place_of(z, pfn);
	byte = owner_at(z, place);
	if (CAIRN_CHECK >= 1 && (kind_of(*byte) != owner || !may_own(owner)))
		return why_not_free(z, place, owner);
	order = order_of(*byte);
	*byte = BYTE_INTERIOR;
	if (order == ORDER_RUN) {
		nframes = free_run(z, place);
	} else {
		nframes = order_nframes(order);
		cairn_frame_put(z, place, order);
	}
	if (owner != CAIRN_PAGES)
		z->nframes_of[owner] -= nframes;
	return CAIRN_OK;
}

/* ---- look ---- */

enum cairn_owner cairn_frame_owner(const struct cairn_frames *f, cairn_pfn pfn)
{
	const struct cairn_zone *z = f ? zone_of(f, pfn) : NULL;

	return z ? holder_of(z, place_of(z, pfn)).owner : CAIRN_RESERVED;
}

bool cairn_frame_info(const struct cairn_frames *f, cairn_pfn pfn, struct cairn_frame_info *info)
{
	const struct cairn_zone *z = f ? zone_of(f, pfn) : NULL;
	struct holder holder;

	if (z == NULL || info == NULL)
		return false;
	holder = holder_of(z, place_of(z, pfn));
	*info = (struct cairn_frame_info){.owner = holder.owner,
					  .head = pfn_of(z, holder.head),
					  .nframes = holder.nframes,
					  .zone = (unsigned)(z - f->zone)};
	return true;
}

/* Add a zone's frames by owner. What the zone does not count is what the others leave. */
static void count_zone(const struct cairn_zone *z, size_t nframes_of[CAIRN_NOWNERS])
{
	size_t nspare = cairn_frame_spare_nframes(z), npages = z->nframes - nspare;

	for (unsigned owner = 0; owner < CAIRN_NOWNERS; owner++) {
		npages -= z->nframes_of[owner];
		nframes_of[owner] += z->nframes_of[owner];
	}
	nframes_of[CAIRN_FREE] += nspare;
	nframes_of[CAIRN_PAGES] += npages;
}

void cairn_frame_counts(const struct cairn_frames *f, size_t nframes_of[CAIRN_NOWNERS])
{
	for (unsigned owner = 0; owner < CAIRN_NOWNERS; owner++)
		nframes_of[owner] = 0;
	for (const struct cairn_zone *z = f->zone; z < f->zone + CAIRN_ZONES; z++)
		if (z->nframes != 0)
			count_zone(z, nframes_of);
}

size_t cairn_frame_nframes(const struct cairn_frames *f)
{
	size_t nframes = 0;

	for (const struct cairn_zone *z = f->zone; z < f->zone + CAIRN_ZONES; z++)
		nframes += z->nframes;
	return nframes;
}

size_t cairn_frame_count(const struct cairn_frames *f, enum cairn_owner owner)
{
	size_t nframes_of[CAIRN_NOWNERS];

	if (f == NULL || (unsigned)owner >= CAIRN_NOWNERS)
		return 0;
	cairn_frame_counts(f, nframes_of);
	return nframes_of[owner];
}

static unsigned largest_in(const struct cairn_zone *z)
{
	unsigned order = z->norders;

	while (order-- > 0)
		if (z->tops[order] != 0 || cairn_frame_nspares(z, order) != 0)
			return order;
	return CAIRN_ORDERS;
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
					 .largest_order = cairn_frame_largest(f, 1u << zone)};
	count_zone(z, info->nframes_of);
	info->nfree = info->nframes_of[CAIRN_FREE];
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
	unsigned largest = CAIRN_ORDERS;

	for (unsigned i = 0; f && i < CAIRN_ZONES; i++) {
		unsigned order = zones >> i & 1 ? largest_in(&f->zone[i]) : CAIRN_ORDERS;

		if (order != CAIRN_ORDERS && (largest == CAIRN_ORDERS || order > largest))
			largest = order;
	}
	return largest;
}
