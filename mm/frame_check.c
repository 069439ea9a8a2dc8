/* SPDX-License-Identifier: MIT */
/* Every invariant of the frames, by a walk over all owner bytes and over the map. Reads only, and stays
 * inside the metadata whatever its bytes are: the shape of a zone follows from its base and length, and is
 * compared first. */
#include "frame_map.h"

/* What the walk over the owner bytes has seen. */
struct census {
	size_t nframes_of[CAIRN_NOWNERS];
	size_t nlisted[CAIRN_ORDERS]; /* free blocks that are in the map */
	size_t nspare;                /* frames of those that are spares */
	unsigned kind;                /* of the block or run that was last seen */
	unsigned run_below;           /* a block of this order or above does not continue it */
};

static const char *check_shape(const struct cairn_zone *z)
{
	unsigned largest = cairn_highest_bit(z->nframes);
	uintptr_t owner_end = (uintptr_t)z->owner + z->nowners;

	CAIRN_HOLDS(z->norders == (largest < CAIRN_ORDERS ? largest + 1 : CAIRN_ORDERS));
	CAIRN_HOLDS(z->skew == (z->base & (order_nframes(top_of(z)) - 1)));
	CAIRN_HOLDS(z->last == z->skew + z->nframes - 1 && z->nowners == z->last + 1 - z->even);
	CAIRN_HOLDS(z->even == (z->skew & ~(uint32_t)1) && z->low == z->base - (z->skew - z->even));
	CAIRN_HOLDS(z->nmapped <= z->norders && (void *)z->maps == z->tops + z->norders + 1);
	CAIRN_HOLDS((void *)z->owner == z->maps + z->nmapped);
	CAIRN_HOLDS((uintptr_t)z->words - owner_end < sizeof(size_t));
	CAIRN_HOLDS((uintptr_t)(z->words + z->nwords) - (uintptr_t)z->tops ==
		    cairn_frame_meta_nbytes(z->base, z->nframes));
	return NULL;
}

/* The orders' words lie one behind the other, and behind the last order is one that is never empty. */
static const char *check_orders(const struct cairn_zone *z)
{
	const size_t *word = z->words;

	for (unsigned order = 0; order < z->norders; order++) {
		uint32_t first = bit_of(z, z->skew, order), last = bit_of(z, z->last, order);

		CAIRN_HOLDS((order < z->nmapped) == (last > WORD_MASK));
		CAIRN_HOLDS((order < z->ntall) == (last >> WORD_LOG2 > WORD_MASK));
		CAIRN_HOLDS(order >= z->nmapped || z->maps[order] == word - (first >> WORD_LOG2));
		word += map_order_nwords(z, order);
	}
	CAIRN_HOLDS(word == z->words + z->nwords);
	CAIRN_HOLDS(z->npaired == (z->nmapped < top_of(z) ? z->nmapped : top_of(z)));
	CAIRN_HOLDS(z->nplain == (z->ntall == 0 ? top_of(z) : 0));
	CAIRN_HOLDS(z->tops[z->norders] != 0);
	return NULL;
}

/* Order of the free block that begins at `place`; CAIRN_ORDERS: none does. */
static unsigned free_order(const struct cairn_zone *z, uint32_t place)
{
	if (*owner_at(z, place) == BYTE_SPARE)
		return cairn_frame_spare_order(z, place);
	for (unsigned order = 0; order < z->norders; order++)
		if (cairn_frame_is_free(z, place, order))
			return order;
	return CAIRN_ORDERS;
}

static const char *check_free_block(const struct cairn_zone *z, uint32_t place, unsigned order,
				    struct census *census)
{
	bool buddy_is_free = order < top_of(z) && cairn_frame_is_free(z, place ^ order_nframes(order), order);
	bool is_spare = *owner_at(z, place) == BYTE_SPARE;

	census->nlisted[order] += !is_spare;
	census->nspare += is_spare ? order_nframes(order) : 0;
	CAIRN_HOLDS(is_spare || !buddy_is_free);
	return NULL;
}

/* A byte that is no head's: that of a run's first block is behind the run's head. */
static bool is_interior(uint8_t byte)
{
	return byte == BYTE_INTERIOR || (kind_of(byte) == CAIRN_FREE && byte != BYTE_SPARE);
}

static const char *check_block(const struct cairn_zone *z, uint32_t place, uint32_t *nframes,
			       struct census *census)
{
	const uint8_t *byte = owner_at(z, place);
	bool is_free = is_interior(*byte) || *byte == BYTE_SPARE;
	unsigned kind = is_free ? CAIRN_FREE : kind_of(*byte);
	bool is_run = kind != CAIRN_FREE && order_of(*byte) == ORDER_RUN && place < z->last;
	unsigned order = is_free ? free_order(z, place) : order_of(byte[is_run]);

	CAIRN_HOLDS(kind != CAIRN_RESERVED); /* no byte of ours */
	CAIRN_HOLDS(!is_run || (kind != KIND_RUN && kind_of(byte[1]) == KIND_RUN && order > 0));
	CAIRN_HOLDS(order < z->norders);
	*nframes = order_nframes(order);
	CAIRN_HOLDS((place & (*nframes - 1)) == 0);
	CAIRN_HOLDS(*nframes + is_run <= z->last + 1 - place);
	CAIRN_HOLDS(kind != KIND_RUN || order < census->run_below);
	for (uint32_t i = 1 + is_run; i < *nframes; i++)
		CAIRN_HOLDS(is_interior(byte[i]));
	CAIRN_HOLDS(!is_run || kind_of(byte[*nframes]) == KIND_RUN);
	if (kind != KIND_RUN)
		census->kind = kind;
	census->run_below = is_run || kind == KIND_RUN ? order : 0;
	census->nframes_of[census->kind] += *nframes;
	return is_free ? check_free_block(z, place, order, census) : NULL;
}

static const char *check_owners(const struct cairn_zone *z, struct census *census)
{
	const char *broken = NULL;
	uint32_t nframes;

	for (uint32_t place = z->skew; place <= z->last && broken == NULL; place += nframes) {
		nframes = 1;
		switch (*owner_at(z, place)) {
		case BYTE_RESERVED: census->nframes_of[CAIRN_RESERVED]++; break;
		case BYTE_BOOT_META: census->nframes_of[CAIRN_META]++; break;
		default: broken = check_block(z, place, &nframes, census); continue;
		}
		census->run_below = 0;
	}
	return broken;
}

static size_t nbits_set(const size_t *word, size_t nwords)
{
	size_t nbits = 0;

	for (const size_t *end = word + nwords; word < end; word++)
		for (size_t rest = *word; rest != 0; rest &= rest - 1)
			nbits++;
	return nbits;
}

static size_t string_nbits_set(const struct cairn_zone *z, unsigned order)
{
	struct map_level level;

	if (order >= z->nmapped)
		return nbits_set(&z->tops[order], 1);
	level = map_lowest_level(z, order);
	return nbits_set(level.word + level.first, level.last - level.first + 1);
}

/* The summaries of an order say which words below are not 0, and nothing else. */
static const char *check_summaries(const struct cairn_zone *z, unsigned order)
{
	struct map_level below = map_lowest_level(z, order), level = below;
	bool is_top = false;

	while (!is_top) {
		const size_t *summary = &z->tops[order];
		uint32_t nwords = 1;

		is_top = !map_climb(&level);
		if (!is_top) {
			summary = level.word + level.first;
			nwords = level.last - level.first + 1;
		}
		for (uint32_t bit = 0; bit < nwords << WORD_LOG2; bit++) {
			uint32_t word = bit + (is_top ? 0 : level.first << WORD_LOG2);
			bool is_there = word >= below.first && word <= below.last;
			bool expected = is_there && below.word[word] != 0;
			bool summed_up = (summary[bit >> WORD_LOG2] & word_bit(bit)) != 0;

			CAIRN_HOLDS(summed_up == expected);
		}
		below = level;
	}
	return NULL;
}

/* Each free block has a bit, so as many bits as blocks means that none is set in vain. */
static const char *check_map(const struct cairn_zone *z, const struct census *census)
{
	for (unsigned order = 0; order < z->norders; order++) {
		const char *broken = order < z->nmapped ? check_summaries(z, order) : NULL;

		if (broken != NULL)
			return broken;
		CAIRN_HOLDS(string_nbits_set(z, order) == census->nlisted[order]);
	}
	return NULL;
}

static const char *check_counts(const struct cairn_zone *z, const struct census *census)
{
	for (unsigned owner = 0; owner < CAIRN_NOWNERS; owner++)
		if (owner != CAIRN_FREE && owner != CAIRN_PAGES)
			CAIRN_HOLDS(z->nframes_of[owner] == census->nframes_of[owner]);
	CAIRN_HOLDS(census->nspare == cairn_frame_spare_nframes(z));
	CAIRN_HOLDS(z->nframes_of[CAIRN_FREE] == census->nframes_of[CAIRN_FREE] - census->nspare);
	CAIRN_HOLDS(z->nframes_of[CAIRN_PAGES] == 0); /* not counted */
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
		CAIRN_HOLDS(z->nframes != 0 || (z->norders == 0 && z->nowners == 0));
		CAIRN_HOLDS(z->spares == (i == 0 && z->nframes != 0 && !f->ordered ? f->spares : NULL));
		for (unsigned j = 0; j < i && z->nframes; j++)
			CAIRN_HOLDS(z->base - f->zone[j].base >= f->zone[j].nframes &&
				    f->zone[j].base - z->base >= z->nframes);
	}
	return NULL;
}

size_t cairn_frame_nfree_blocks(const struct cairn_frames *f, unsigned zone, unsigned order)
{
	if (f == NULL || zone >= CAIRN_ZONES || order >= f->zone[zone].norders)
		return 0;
	return string_nbits_set(&f->zone[zone], order) + cairn_frame_nspares(&f->zone[zone], order);
}
