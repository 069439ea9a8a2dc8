/* SPDX-License-Identifier: MIT */
/* Every invariant of the frames, by a walk over all owner bytes and over the map. Reads only, and stays
 * inside the metadata whatever its bytes are: the shape of a zone follows from its base and length, and is
 * compared first. */
#include "frame_map.h"

/* What the walk over the owner bytes has seen. */
struct census {
	size_t nframes_of[CAIRN_NOWNERS];
	uint32_t nfree[CAIRN_ORDERS];
	size_t nfree_blocks;
	unsigned kind;      /* of the block or run that was last seen */
	unsigned run_below; /* a block of this order or above does not continue it */
};

static size_t level_nwords(const struct cairn_zone *z, unsigned i)
{
	const void *end = i + 1 < z->nlevels ? (const void *)z->level[i + 1] : z->owner;

	return ((uintptr_t)end - (uintptr_t)z->level[i]) / sizeof(size_t);
}

static const char *check_shape(const struct cairn_zone *z)
{
	unsigned largest = cairn_highest_bit(z->nframes);
	size_t meta_nbytes = (uintptr_t)z->owner + z->nframes - (uintptr_t)z->orders;

	CAIRN_HOLDS(z->top == (largest < CAIRN_ORDERS ? largest : CAIRN_ORDERS - 1));
	CAIRN_HOLDS(z->skew == (z->base & (((cairn_pfn)1 << z->top) - 1)));
	CAIRN_HOLDS(meta_nbytes == cairn_frame_meta_nbytes(z->base, z->nframes));
	CAIRN_HOLDS(z->nlevels >= 1 && z->nlevels <= CAIRN_MAP_LEVELS);
	CAIRN_HOLDS(level_nwords(z, z->nlevels - 1u) == 1);
	for (unsigned i = 1; i < z->nlevels; i++)
		CAIRN_HOLDS(level_nwords(z, i) == (level_nwords(z, i - 1) + WORD_MASK) >> WORD_LOG2);
	return NULL;
}

/* The orders' stretches lie one behind the other, and behind the last is the bit that is always set. */
static const char *check_orders(const struct cairn_zone *z)
{
	uint32_t begin = 0;

	for (unsigned order = 0; order <= z->top; order++) {
		const struct cairn_order *o = &z->orders[order];
		unsigned shift = pair_shift(z, order);
		uint32_t last = (z->skew + z->nframes - 1) >> shift;

		CAIRN_HOLDS(o->first == begin - (z->skew >> shift));
		CAIRN_HOLDS(o->lowest >= begin && o->lowest <= o->first + last + 1);
		begin = o->first + last + 1;
	}
	CAIRN_HOLDS((size_t)begin >> WORD_LOG2 == level_nwords(z, 0) - 1);
	CAIRN_HOLDS(map_test(z->level, begin));
	return NULL;
}

static const char *check_free_block(const struct cairn_zone *z, uint32_t place, unsigned order)
{
	uint32_t bit = pair_bit(z, place, order);
	bool buddy_is_free = order < z->top && is_free_head(z, place ^ (uint32_t)1 << order, order);

	CAIRN_HOLDS(!buddy_is_free);
	CAIRN_HOLDS(map_test(z->level, bit));
	CAIRN_HOLDS(bit >= z->orders[order].lowest);
	return NULL;
}

static const char *check_block(const struct cairn_zone *z, uint32_t place, uint32_t *nframes,
			       struct census *census)
{
	uint8_t head = *owner_at(z, place);
	unsigned kind = kind_of(head), order = order_of(head);
	bool run_may_follow = kind != CAIRN_FREE;

	CAIRN_HOLDS(kind != CAIRN_RESERVED); /* interior of nothing, or no byte of ours */
	CAIRN_HOLDS(order <= z->top);
	*nframes = (uint32_t)1 << order;
	CAIRN_HOLDS((place & (*nframes - 1)) == 0);
	CAIRN_HOLDS(*nframes <= z->nframes - (place - z->skew));
	for (uint32_t i = 1; i < *nframes; i++)
		CAIRN_HOLDS(owner_at(z, place)[i] == BYTE_INTERIOR);
	if (kind == KIND_RUN) {
		CAIRN_HOLDS(order < census->run_below);
	} else {
		census->kind = kind;
		run_may_follow = run_may_follow && (place & *nframes) == 0;
	}
	census->run_below = run_may_follow ? order : 0;
	census->nframes_of[census->kind] += *nframes;
	if (kind != CAIRN_FREE)
		return NULL;
	census->nfree[order]++;
	census->nfree_blocks++;
	return check_free_block(z, place, order);
}

static const char *check_owners(const struct cairn_zone *z, struct census *census)
{
	const char *broken = NULL;
	uint32_t nframes;

	for (uint32_t i = 0; i < z->nframes && broken == NULL; i += nframes) {
		nframes = 1;
		switch (z->owner[i]) {
		case BYTE_RESERVED: census->nframes_of[CAIRN_RESERVED]++; break;
		case BYTE_BOOT_META: census->nframes_of[CAIRN_META]++; break;
		default: broken = check_block(z, i + z->skew, &nframes, census); continue;
		}
		census->run_below = 0;
	}
	return broken;
}

/* Each free block has a bit, so as many bits as blocks means that none is set in vain. */
static const char *check_map(const struct cairn_zone *z, const struct census *census)
{
	size_t nbits_set = 0;

	for (size_t i = 0; i < level_nwords(z, 0); i++)
		for (size_t word = z->level[0][i]; word != 0; word &= word - 1)
			nbits_set++;
	CAIRN_HOLDS(nbits_set == census->nfree_blocks + 1);
	for (unsigned above = 1; above < z->nlevels; above++) {
		size_t nwords = level_nwords(z, above - 1);

		for (uint32_t bit = 0; bit < level_nwords(z, above) << WORD_LOG2; bit++) {
			bool below = bit < nwords && z->level[above - 1][bit] != 0;

			CAIRN_HOLDS(map_test(&z->level[above], bit) == below);
		}
	}
	return NULL;
}

static const char *check_counts(const struct cairn_zone *z, const struct census *census)
{
	for (unsigned owner = 0; owner < CAIRN_NOWNERS; owner++)
		CAIRN_HOLDS(z->nframes_of[owner] == census->nframes_of[owner]);
	for (unsigned order = 0; order <= z->top; order++) {
		bool nonempty = z->nonempty >> order & 1;

		CAIRN_HOLDS(z->orders[order].nfree == census->nfree[order]);
		CAIRN_HOLDS(nonempty == (census->nfree[order] != 0));
	}
	CAIRN_HOLDS(z->nonempty >> z->top <= 1);
	return NULL;
}

static const char *check_zone(const struct cairn_zone *z)
{
	struct census census = {.run_below = 0};
	const char *broken = check_shape(z);

	if (broken == NULL)
		broken = check_orders(z);
	if (broken == NULL)
		broken = check_owners(z, &census);
	if (broken == NULL)
		broken = check_map(z, &census);
	if (broken == NULL)
		broken = check_counts(z, &census);
	return broken;
}

const char *cairn_frame_check(const struct cairn_frames *f)
{
	CAIRN_HOLDS(f != NULL);
	for (unsigned i = 0; i < CAIRN_ZONES; i++) {
		const struct cairn_zone *z = &f->zone[i];
		const char *broken = z->nframes ? check_zone(z) : NULL;

		if (broken != NULL)
			return broken;
		CAIRN_HOLDS(z->nframes != 0 || z->nonempty == 0);
		for (unsigned j = 0; j < i && z->nframes; j++)
			CAIRN_HOLDS(z->base - f->zone[j].base >= f->zone[j].nframes &&
				    f->zone[j].base - z->base >= z->nframes);
	}
	return NULL;
}
