/* SPDX-License-Identifier: MIT */
/* The boot map, made fit for use in three steps: check every range, join touching RAM into banks, and cut
 * what is RESERVED or META into disjoint holes. Then metadata is taken from the gaps that banks leave
 * between holes.
 *
 * I1: banks and holes consist of whole frames, banks are disjoint, holes are disjoint and sorted.
 * I2: a gap holds at most one taken run, so frames are never shared between two runs.
 * I3: banks keep clear of the first and the last frame of the address space, so in no module an address of
 * memory is
 *     NULL, or an end wraps to it.
 * Locking: none here; this is for boot, and read-only after it. */
#include "region.h"

#define FRAME_NBYTES ((uintptr_t)1 << CAIRN_FRAME_SHIFT)

/* Frames lie from the second of the address space to the last but one. */
#define SPACE_BASE FRAME_NBYTES
#define SPACE_END  (~(uintptr_t)0 << CAIRN_FRAME_SHIFT)

/* What a frame may be covered by. */
#define RESERVED (1u << CAIRN_RANGE_RESERVED)
#define META     (1u << CAIRN_RANGE_META)
#define TAKEN    (1u << (CAIRN_RANGE_META + 1))

static uintptr_t frame_down(uintptr_t addr)
{
	return addr & SPACE_END;
}

/* Of addresses up to SPACE_END. */
static uintptr_t frame_up(uintptr_t addr)
{
	return frame_down(addr + (FRAME_NBYTES - 1));
}

static uintptr_t lower(uintptr_t a, uintptr_t b)
{
	return a < b ? a : b;
}

static uintptr_t higher(uintptr_t a, uintptr_t b)
{
	return a > b ? a : b;
}

/* The last byte: unlike the end it always has an address. */
static uintptr_t last_of(const struct cairn_range *range)
{
	return range->base + (range->nbytes - 1);
}

static uintptr_t bank_end(const struct cairn_bank *bank)
{
	return bank->base + (bank->nframes << CAIRN_FRAME_SHIFT);
}

static bool overlap(const struct cairn_range *a, const struct cairn_range *b)
{
	return a->base <= last_of(b) && b->base <= last_of(a);
}

static enum cairn_err range_ok(const struct cairn_range *range)
{
	if (range->kind > CAIRN_RANGE_META)
		return CAIRN_EINVAL;
	if (range->nbytes == 0)
		return CAIRN_EEMPTY;
	if (last_of(range) < range->base)
		return CAIRN_EWRAP;
	return CAIRN_OK;
}

static enum cairn_err ranges_ok(const struct cairn_range *ranges, size_t nranges)
{
	for (size_t i = 0; i < nranges; i++) {
		enum cairn_err err = range_ok(&ranges[i]);

		if (err != CAIRN_OK)
			return err;
		for (size_t j = 0; j < i; j++)
			if (ranges[i].kind == CAIRN_RANGE_RAM && ranges[j].kind == CAIRN_RANGE_RAM &&
			    overlap(&ranges[i], &ranges[j]))
				return CAIRN_EOVERLAP;
	}
	return CAIRN_OK;
}

/* ---- banks ---- */

/* RAM that is being joined: first and last byte, and the first of its ranges in the board's order. */
struct join {
	uintptr_t base;
	uintptr_t last;
	size_t first;
};

/* Extend `join` by a range that touches it. false: none does. */
static bool join_one(struct join *join, const struct cairn_range *ranges, size_t nranges)
{
	uint8_t attr = ranges[join->first].attr;

	for (size_t i = 0; i < nranges; i++) {
		const struct cairn_range *range = &ranges[i];

		if (range->kind != CAIRN_RANGE_RAM || range->attr != attr)
			continue;
		if (join->last != UINTPTR_MAX && range->base == join->last + 1)
			join->last = last_of(range);
		else if (range->base < join->base && last_of(range) == join->base - 1)
			join->base = range->base;
		else
			continue;
		if (i < join->first)
			join->first = i;
		return true;
	}
	return false;
}

static enum cairn_err add_bank(struct cairn_regions *r, const struct join *join,
			       const struct cairn_range *range)
{
	uintptr_t end = frame_down(lower(join->last, SPACE_END - 1) + 1);
	uintptr_t base = frame_up(higher(lower(join->base, SPACE_END), SPACE_BASE));

	if (base >= end)
		return CAIRN_OK;
	if (r->nbanks == CAIRN_ZONES)
		return CAIRN_ETOOMANY;
	r->banks[r->nbanks++] = (struct cairn_bank){.base = base,
						    .nframes = (end - base) >> CAIRN_FRAME_SHIFT,
						    .name = range->name,
						    .attr = range->attr};
	return CAIRN_OK;
}

static enum cairn_err make_banks(struct cairn_regions *r, const struct cairn_range *ranges, size_t nranges)
{
	for (size_t i = 0; i < nranges; i++) {
		struct join join = {.base = ranges[i].base, .last = last_of(&ranges[i]), .first = i};
		enum cairn_err err;

		if (ranges[i].kind != CAIRN_RANGE_RAM)
			continue;
		while (join_one(&join, ranges, nranges))
			continue;
		if (join.first < i)
			continue; /* its first range has made this bank already */
		err = add_bank(r, &join, &ranges[i]);
		if (err != CAIRN_OK)
			return err;
	}
	return r->nbanks ? CAIRN_OK : CAIRN_EEMPTY;
}

/* ---- holes ---- */

static struct cairn_span frames_of(const struct cairn_range *range)
{
	uintptr_t end = frame_down(last_of(range));

	return (struct cairn_span){frame_down(range->base),
				   lower(end, SPACE_END - FRAME_NBYTES) + FRAME_NBYTES};
}

static bool beats(const struct cairn_range *a, const struct cairn_range *b)
{
	return b == NULL || (a->kind == CAIRN_RANGE_RESERVED && b->kind == CAIRN_RANGE_META);
}

/* The range that the frame at `at` belongs to, or NULL; *next is where that may change. */
static const struct cairn_range *winner(const struct cairn_range *ranges, size_t nranges, uintptr_t at,
					uintptr_t *next)
{
	const struct cairn_range *best = NULL;

	*next = SPACE_END;
	for (size_t i = 0; i < nranges; i++) {
		struct cairn_span span = frames_of(&ranges[i]);

		if (ranges[i].kind == CAIRN_RANGE_RAM || span.end <= at)
			continue;
		*next = lower(*next, span.base > at ? span.base : span.end);
		if (span.base <= at && beats(&ranges[i], best))
			best = &ranges[i];
	}
	return best;
}

static void make_holes(struct cairn_regions *r, const struct cairn_range *ranges, size_t nranges)
{
	const struct cairn_range *before = NULL;
	uintptr_t next;

	for (uintptr_t at = 0; at < SPACE_END; at = next) {
		const struct cairn_range *range = winner(ranges, nranges, at, &next);

		if (range != NULL && range == before)
			r->holes[r->nholes - 1].span.end = next;
		else if (range != NULL)
			r->holes[r->nholes++] = (struct cairn_hole){{at, next}, range->name, range->kind};
		before = range;
	}
}

enum cairn_err cairn_region_init(struct cairn_regions *r, const struct cairn_range *ranges, size_t nranges)
{
	enum cairn_err err;

	if (r == NULL)
		return CAIRN_EINVAL;
	memset(r, 0, sizeof(*r));
	if (ranges == NULL)
		return CAIRN_EINVAL;
	if (nranges > CAIRN_RANGES)
		return CAIRN_ETOOMANY;
	err = ranges_ok(ranges, nranges);
	if (err == CAIRN_OK)
		err = make_banks(r, ranges, nranges);
	if (err == CAIRN_OK)
		make_holes(r, ranges, nranges);
	else
		memset(r, 0, sizeof(*r));
	return err;
}

/* ---- gaps, and what is taken from them ---- */

/* The lowest span of those kinds that ends above `at`, in whole frames. false: none. */
static bool next_span(const struct cairn_regions *r, unsigned kinds, uintptr_t at, struct cairn_span *found)
{
	*found = (struct cairn_span){SPACE_END, SPACE_END};
	for (size_t i = 0; i < r->nholes; i++) {
		const struct cairn_span *span = &r->holes[i].span;

		if ((kinds & 1u << r->holes[i].kind) && span->end > at && span->base < found->base)
			*found = *span;
	}
	for (size_t i = 0; (kinds & TAKEN) && i < r->ntaken; i++) {
		struct cairn_span span = {frame_down(r->taken[i].base), frame_up(r->taken[i].end)};

		if (span.end > at && span.base < found->base)
			*found = span;
	}
	return found->base < SPACE_END;
}

/* The next piece of `bank` at or above `at` that nothing of those kinds covers. false: none. */
static bool next_clear(const struct cairn_regions *r, const struct cairn_bank *bank, unsigned kinds,
		       uintptr_t at, struct cairn_span *clear)
{
	struct cairn_span span;

	at = higher(at, bank->base);
	while (next_span(r, kinds, at, &span) && span.base <= at)
		at = span.end;
	*clear = (struct cairn_span){at, lower(bank_end(bank), span.base)};
	return clear->base < clear->end;
}

/* The run that has been started in `gap`, or NULL. */
static struct cairn_span *run_in(struct cairn_regions *r, const struct cairn_span *gap)
{
	for (size_t i = 0; i < r->ntaken; i++)
		if (r->taken[i].base >= gap->base && r->taken[i].base < gap->end)
			return &r->taken[i];
	return NULL;
}

/* 0: no room. */
static uintptr_t take_from(struct cairn_regions *r, const struct cairn_span *gap, size_t nbytes, size_t align)
{
	struct cairn_span *run = run_in(r, gap);
	size_t base;

	if (!cairn_round_up(run ? run->end : gap->base, align, &base))
		return 0;
	if (base > gap->end || nbytes > gap->end - base)
		return 0;
	if (run == NULL) {
		run = &r->taken[r->ntaken++];
		run->base = base;
	}
	run->end = base + nbytes;
	return base;
}

void *cairn_region_take(struct cairn_regions *r, size_t nbytes, size_t align)
{
	if (r == NULL || nbytes == 0 || !cairn_is_pow2(align))
		return NULL;
	for (size_t i = 0; i < r->nbanks; i++) {
		struct cairn_span gap = {0, 0};

		while (next_clear(r, &r->banks[i], RESERVED | META, gap.end, &gap)) {
			uintptr_t base = take_from(r, &gap, nbytes, align);

			if (base != 0)
				return memset((void *)base, 0, nbytes);
		}
	}
	return NULL;
}

void *cairn_region_take_rest(struct cairn_regions *r, size_t nbytes, size_t align)
{
	if (r == NULL || nbytes == 0 || !cairn_is_pow2(align))
		return NULL;
	for (size_t i = 0; i < r->ntaken; i++) {
		struct cairn_span rest = {r->taken[i].base, frame_up(r->taken[i].end)};
		uintptr_t base = take_from(r, &rest, nbytes, align);

		if (base != 0)
			return memset((void *)base, 0, nbytes);
	}
	return NULL;
}

bool cairn_region_next_free(const struct cairn_regions *r, size_t bank, uintptr_t *at, uintptr_t *end)
{
	struct cairn_span clear;

	if (r == NULL || bank >= r->nbanks || *at >= SPACE_END ||
	    !next_clear(r, &r->banks[bank], RESERVED | META | TAKEN, frame_up(*at), &clear))
		return false;
	*at = clear.base;
	*end = clear.end;
	return true;
}

bool cairn_region_next_meta(const struct cairn_regions *r, size_t bank, uintptr_t *at, uintptr_t *end)
{
	struct cairn_span span;
	uintptr_t from;

	if (r == NULL || bank >= r->nbanks || *at >= SPACE_END)
		return false;
	from = higher(frame_up(*at), r->banks[bank].base);
	if (!next_span(r, META | TAKEN, from, &span) || span.base >= bank_end(&r->banks[bank]) ||
	    from >= bank_end(&r->banks[bank]))
		return false;
	*at = higher(span.base, from);
	*end = lower(span.end, bank_end(&r->banks[bank]));
	return true;
}

const char *cairn_region_name(const struct cairn_regions *r, uintptr_t addr)
{
	if (r == NULL)
		return NULL;
	for (size_t i = 0; i < r->nholes; i++)
		if (addr >= r->holes[i].span.base && addr < r->holes[i].span.end)
			return r->holes[i].name;
	for (size_t i = 0; i < r->ntaken; i++)
		if (frame_down(addr) >= frame_down(r->taken[i].base) && addr < frame_up(r->taken[i].end))
			return "boot metadata";
	return NULL;
}

/* ---- check ---- */

static const char *check_banks(const struct cairn_regions *r)
{
	for (size_t i = 0; i < r->nbanks; i++) {
		const struct cairn_bank *bank = &r->banks[i];

		CAIRN_HOLDS(bank->nframes > 0);
		CAIRN_HOLDS(bank->base >= SPACE_BASE && bank->base < SPACE_END);
		CAIRN_HOLDS(bank->base == frame_down(bank->base));
		CAIRN_HOLDS(bank->nframes <= (SPACE_END - bank->base) >> CAIRN_FRAME_SHIFT);
		for (size_t j = 0; j < i; j++)
			CAIRN_HOLDS(bank->base >= bank_end(&r->banks[j]) ||
				    bank_end(bank) <= r->banks[j].base);
	}
	return NULL;
}

static const char *check_holes(const struct cairn_regions *r)
{
	uintptr_t end = 0;

	for (size_t i = 0; i < r->nholes; i++) {
		const struct cairn_hole *hole = &r->holes[i];

		CAIRN_HOLDS(hole->kind == CAIRN_RANGE_RESERVED || hole->kind == CAIRN_RANGE_META);
		CAIRN_HOLDS(hole->span.base < hole->span.end && hole->span.end <= SPACE_END);
		CAIRN_HOLDS(hole->span.base == frame_down(hole->span.base));
		CAIRN_HOLDS(hole->span.end == frame_down(hole->span.end));
		CAIRN_HOLDS(hole->span.base >= end);
		end = hole->span.end;
	}
	return NULL;
}

/* The gap between holes that addr lies in. false: none. */
static bool gap_of(const struct cairn_regions *r, uintptr_t addr, struct cairn_span *gap)
{
	for (size_t i = 0; i < r->nbanks; i++) {
		gap->end = 0;
		while (next_clear(r, &r->banks[i], RESERVED | META, gap->end, gap))
			if (addr >= gap->base && addr < gap->end)
				return true;
	}
	return false;
}

static const char *check_taken(const struct cairn_regions *r)
{
	for (size_t i = 0; i < r->ntaken; i++) {
		const struct cairn_span *run = &r->taken[i];
		struct cairn_span gap;

		CAIRN_HOLDS(run->base < run->end);
		CAIRN_HOLDS(gap_of(r, run->base, &gap));
		CAIRN_HOLDS(run->end <= gap.end);
		for (size_t j = 0; j < i; j++)
			CAIRN_HOLDS(r->taken[j].base < gap.base || r->taken[j].base >= gap.end);
	}
	return NULL;
}

const char *cairn_region_check(const struct cairn_regions *r)
{
	const char *broken;

	CAIRN_HOLDS(r != NULL);
	CAIRN_HOLDS(r->nbanks <= CAIRN_ZONES);
	CAIRN_HOLDS(r->nholes <= sizeof(r->holes) / sizeof(r->holes[0]));
	CAIRN_HOLDS(r->ntaken <= CAIRN_TAKEN_RUNS);
	broken = check_banks(r);
	if (broken == NULL)
		broken = check_holes(r);
	if (broken == NULL)
		broken = check_taken(r);
	return broken;
}
