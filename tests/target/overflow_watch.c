/* SPDX-License-Identifier: MIT */
/* What must stay as it is: a sum over all of it, which tells whether anything changed, and for each word a
 * hash of 8 bits, which tell how much. */
#include "overflow_matrix.h"

#define HASH_SHIFT 24

static struct {
	uint8_t *hash; /* of each word in turn */
	uint32_t sum;
} watch;

/* A pass over all words: the first notes them, the second compares. */
struct pass {
	bool compare;
	size_t n, nchanged;
	uint32_t sum;
};

static void see_words(struct pass *pass, uintptr_t base, size_t nbytes)
{
	for (const uint32_t *word = (const uint32_t *)base; nbytes > 0; word++, nbytes -= sizeof(*word)) {
		uint8_t hash = (uint8_t)(*word * 0x9e3779b1u >> HASH_SHIFT);

		pass->sum = (pass->sum ^ *word) * 0x01000193u;
		if (pass->compare)
			pass->nchanged += watch.hash[pass->n] != hash;
		else
			watch.hash[pass->n] = hash;
		pass->n++;
	}
}

/* Stacks that change lawfully: of tasks that run meanwhile. */
static bool may_change(const struct cairn_explanation *is)
{
	const char *const running[] = {"idle", "reaper", "application", "beside"};

	if (is->what != CAIRN_IS_STACK || !is->name)
		return false;
	for (size_t i = 0; i < sizeof(running) / sizeof(running[0]); i++) {
		for (size_t at = 0; running[i][at] == is->name[at]; at++)
			if (is->name[at] == '\0')
				return true;
	}
	return false;
}

static bool is_victims(uintptr_t address)
{
	for (unsigned n = 0; n < stage_nvictims(); n++)
		if (address - victim_stacks[n].base < victim_stacks[n].nbytes)
			return true;
	return false;
}

static void see_arena(struct pass *pass, uintptr_t base, const struct arch_guard_geometry *geometry)
{
	for (size_t at = 0; at < geometry->arena_nbytes; at += geometry->granule_nbytes) {
		struct cairn_explanation is;

		cairn_explain((const void *)(base + at), &is);
		if (!is_victims(base + at) && !may_change(&is))
			see_words(pass, base + at, geometry->granule_nbytes);
		else
			pass->n += geometry->granule_nbytes / sizeof(uint32_t);
	}
}

static void see_all(struct pass *pass)
{
	struct arch_guard_geometry geometry;

	arch_guard_geometry(&geometry);
	if (geometry.arena_nbytes)
		see_arena(pass, victim_stacks[0].base & ~(geometry.arena_nbytes - 1), &geometry);
	for (size_t i = 0; !geometry.arena_nbytes && i < stage_nneighbours(); i++)
		see_words(pass, stage_neighbour(i)->base, stage_neighbour(i)->nbytes);
}

void watch_init(void)
{
	struct arch_guard_geometry geometry;
	size_t nbytes;

	arch_guard_geometry(&geometry);
	nbytes = geometry.arena_nbytes ? geometry.arena_nbytes
				       : NEIGHBOURS_MAX * cairn_stack_rounded(MATRIX_STACK_NBYTES);
	watch.hash = cairn_alloc(nbytes / sizeof(uint32_t));
	matrix_require(watch.hash != NULL, "memory for the hashes");
}

void watch_begin(void)
{
	struct pass pass = {.compare = false};

	see_all(&pass);
	watch.sum = pass.sum;
}

/* A word that changed unseen by its hash still counts as one. */
size_t watch_changed(void)
{
	struct pass pass = {.compare = true};

	see_all(&pass);
	if (pass.sum == watch.sum && pass.nchanged == 0)
		return 0;
	return (pass.nchanged ? pass.nchanged : 1) * sizeof(uint32_t);
}
