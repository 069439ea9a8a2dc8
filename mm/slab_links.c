/* SPDX-License-Identifier: MIT */
/* The link tables: for each frame of the instance's zones the id of the record of the slab there, and the
 * directory that leads from an id to a record. They lie in one run of frames, from the first cache to the last,
 * so that a system without caches has none; but with the boot metadata where they cost no frame there, or where
 * no run is long enough.
 * Locking: none here; cairn.c serialises. */
#include "slab_private.h"

size_t cairn_slab_links_nbytes(const struct cairn_slabs *s)
{
	size_t nbytes = s->records.nentries * sizeof(*s->records.directory);
	for (unsigned z = 0; z < CAIRN_ZONES; z++)
		nbytes += s->zone[z].nframes * sizeof(*s->zone[z].link);
	return nbytes;
}

static size_t links_nframes(const struct cairn_slabs *s)
{
	return (cairn_slab_links_nbytes(s) + CAIRN_FRAME_NBYTES - 1) >> CAIRN_FRAME_SHIFT;
}

static void give_back(struct cairn_slabs *s, const void *links)
{
	s->nlink_frames -= links_nframes(s);
	(void)cairn_frame_free(s->frames, cairn_addr_to_pfn((uintptr_t)links), CAIRN_META);
}

void *cairn_slab_links_begin(struct cairn_slabs *s)
{
	size_t nframes = links_nframes(s);
	cairn_pfn pfn = cairn_frame_alloc_run(s->frames, nframes, CAIRN_META, s->zones);
	if (pfn == CAIRN_NOFRAME)
		return NULL;
	s->nlink_frames += nframes;
	return (void *)cairn_pfn_to_addr(pfn);
}

void cairn_slab_links_clear(const struct cairn_slabs *s, void *links)
{
	if (links != NULL)
		memset(links, 0, links_nframes(s) << CAIRN_FRAME_SHIFT);
}

/* The tables are there, all zero. */
static void put_to_use(struct cairn_slabs *s, void *links)
{
	cairn_record_use(&s->records, links);
	uint16_t *link = (uint16_t *)(s->records.directory + s->records.nentries);
	for (unsigned z = 0; z < CAIRN_ZONES; link += s->zone[z++].nframes)
		s->zone[z].link = link;
}

void cairn_slab_links_end(struct cairn_slabs *s, void *links)
{
	if (links == NULL)
		return;
	if (s->records.directory != NULL)
		give_back(s, links);
	else
		put_to_use(s, links);
}

void cairn_slab_boot(struct cairn_slabs *s, struct cairn_regions *r)
{
	void *links = cairn_region_take_rest(r, cairn_slab_links_nbytes(s), sizeof(uintptr_t));
	if (links == NULL && links_nframes(s) > (size_t)1 << (CAIRN_ORDERS - 1))
		links = cairn_region_take(r, cairn_slab_links_nbytes(s), sizeof(uintptr_t));
	if (links != NULL)
		put_to_use(s, links);
	s->links_stay = links != NULL;
}

/* The last cache went: no slab is there, and no record. */
void cairn_slab_links_give(struct cairn_slabs *s)
{
	if (s->links_stay)
		return;
	give_back(s, s->records.directory);
	cairn_record_use(&s->records, NULL);
	for (unsigned z = 0; z < CAIRN_ZONES; z++)
		s->zone[z].link = NULL;
}
