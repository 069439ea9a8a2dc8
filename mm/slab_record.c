/* SPDX-License-Identifier: MIT */
/* Records of slabs, in metadata frames of their own. The directory is made with the links (slab_links.c).
 *
 * A record is named by an id of 16 bits: directory entry and slot within the page. So a link costs two bytes
 * a frame, and the way from an id to its record is two loads. A page holds records of one length; it is taken
 * when no page of that length has room, and given back when its last record goes.
 * I1: a page is on the list roomy[nslots] iff it has room. I2: a directory entry holds a page, or chains to
 * the next free entry, or was never used; it is the entry that its page names. The first leads to a record of
 * no cache, id 0, which is that of every frame that is no slab's. I3: a record in use has a
 * cache. Locking: none here; cairn.c serialises. */
#include "slab_private.h"

#define IDS_LOG2    16
#define FIRST_ENTRY 1u

static const struct cairn_slab no_slab;

static uintptr_t chain_to(uint32_t entry)
{
	return (uintptr_t)entry << 1 | 1;
}

static bool is_page(uintptr_t entry_word)
{
	return (entry_word & 1) == 0;
}

/* Enough for every frame of nframes to be a slab with the longest record, or in a page of such records. A
 * mix of lengths in which all pages are nearly empty can need more; then growing fails as if memory were
 * short. */
static uint32_t entries_for(size_t nframes)
{
	size_t records_per_page = (CAIRN_PAGE_SLOTS - 1) / CAIRN_SLAB_MAX_SLOTS;
	size_t npages = FIRST_ENTRY + nframes / (records_per_page + 1) + CAIRN_SLAB_MAX_SLOTS;
	size_t limit = (size_t)1 << (IDS_LOG2 - CAIRN_SLOT_BITS);
	return (uint32_t)(npages < limit ? npages : limit);
}

void cairn_record_init(struct cairn_records *r, struct cairn_frames *f, size_t nframes, unsigned zones)
{
	uint32_t nentries = entries_for(nframes);
	*r = (struct cairn_records){.frames = f, .nentries = nentries, .zones = zones};
	cairn_record_use(r, NULL);
}

void cairn_record_use(struct cairn_records *r, uintptr_t *directory)
{
	r->directory = directory;
	r->nused_entries = FIRST_ENTRY;
	r->free_entry = r->nentries;
	if (directory != NULL)
		directory[0] = (uintptr_t)&no_slab;
}

static struct cairn_record_page *page_at(const struct cairn_records *r, size_t entry)
{
	return cairn_slot(r->directory[entry] + cairn_entry_bias(entry), 0);
}

static bool has_room(const struct cairn_record_page *page)
{
	return page->free_slot != 0 || (size_t)page->fresh_slot + page->nslots <= CAIRN_PAGE_SLOTS;
}

static void list_insert(struct cairn_records *r, struct cairn_record_page *page)
{
	struct cairn_record_page **head = &r->roomy[page->nslots];
	page->next = *head;
	page->prev = NULL;
	if (*head != NULL)
		(*head)->prev = page;
	*head = page;
}

static void list_remove(struct cairn_records *r, struct cairn_record_page *page)
{
	if (page->next != NULL)
		page->next->prev = page->prev;
	if (page->prev != NULL)
		page->prev->next = page->next;
	else
		r->roomy[page->nslots] = page->next;
}

/* A directory entry to use; nentries: all are in use. */
static uint32_t take_entry(struct cairn_records *r)
{
	uint32_t entry = r->free_entry;
	if (entry != r->nentries)
		r->free_entry = (uint32_t)(r->directory[entry] >> 1);
	else if (r->nused_entries != r->nentries)
		entry = r->nused_entries++;
	return entry;
}

static void give_entry(struct cairn_records *r, uint32_t entry)
{
	r->directory[entry] = chain_to(r->free_entry);
	r->free_entry = entry;
}

static struct cairn_record_page *page_take(struct cairn_records *r, unsigned nslots)
{
	uint32_t entry = take_entry(r);
	if (entry == r->nentries)
		return NULL;
	cairn_pfn pfn = cairn_frame_alloc(r->frames, 0, CAIRN_META, r->zones);
	if (pfn == CAIRN_NOFRAME) {
		give_entry(r, entry);
		return NULL;
	}
	r->directory[entry] = cairn_pfn_to_addr(pfn) - cairn_entry_bias(entry);
	r->npages++;
	struct cairn_record_page *page = page_at(r, entry);
	*page = (struct cairn_record_page){
		.entry = (uint16_t)entry, .nslots = (uint16_t)nslots, .fresh_slot = 1};
	list_insert(r, page);
	return page;
}

static void page_give(struct cairn_records *r, struct cairn_record_page *page)
{
	list_remove(r, page);
	give_entry(r, page->entry);
	r->npages--;
	(void)cairn_frame_free(r->frames, cairn_addr_to_pfn((uintptr_t)page), CAIRN_META);
}

struct cairn_slab *cairn_record_take(struct cairn_records *r, unsigned nslots)
{
	struct cairn_record_page *page = r->roomy[nslots];
	if (page == NULL && (page = page_take(r, nslots)) == NULL)
		return NULL;
	unsigned slot = page->free_slot;
	struct cairn_slab *slab = cairn_slot((uintptr_t)page, slot != 0 ? slot : page->fresh_slot);
	if (slot != 0) {
		page->free_slot = slab->nfree;
	} else {
		slot = page->fresh_slot;
		page->fresh_slot = (uint16_t)(slot + nslots);
	}
	page->nrecords++;
	if (!has_room(page))
		list_remove(r, page);
	slab->id = (uint16_t)((unsigned)page->entry << CAIRN_SLOT_BITS | slot);
	return slab;
}

static struct cairn_record_page *page_of(const struct cairn_slab *slab)
{
	return (struct cairn_record_page *)cairn_round_down((uintptr_t)slab, CAIRN_FRAME_NBYTES);
}

void cairn_record_give(struct cairn_records *r, struct cairn_slab *slab)
{
	struct cairn_record_page *page = page_of(slab);
	if (!has_room(page))
		list_insert(r, page);
	slab->cache = NULL;
	slab->nfree = page->free_slot;
	page->free_slot = (uint16_t)(slab->id & (CAIRN_PAGE_SLOTS - 1));
	if (--page->nrecords == 0)
		page_give(r, page);
}

/* ---- checks ---- */

static bool page_sound(const struct cairn_records *r, const struct cairn_record_page *page)
{
	struct cairn_frame_info info;
	cairn_pfn pfn = cairn_addr_to_pfn((uintptr_t)page);
	if (cairn_pfn_to_addr(pfn) != (uintptr_t)page || !cairn_frame_info(r->frames, pfn, &info) ||
	    info.owner != CAIRN_META || info.nframes != 1)
		return false;
	return page->entry >= FIRST_ENTRY && page->entry < r->nused_entries &&
	       page_at(r, page->entry) == page && page->nslots >= 1 && page->nslots <= CAIRN_SLAB_MAX_SLOTS &&
	       page->fresh_slot >= 1 && page->fresh_slot <= CAIRN_PAGE_SLOTS;
}

bool cairn_record_sound(const struct cairn_records *r, const struct cairn_slab *slab)
{
	const struct cairn_record_page *page = page_of(slab);
	size_t offset = (uintptr_t)slab - (uintptr_t)page;
	size_t slot = offset >> CAIRN_SLAB_SLOT_LOG2;
	if ((offset & (CAIRN_SLOT_NBYTES - 1)) != 0 || slot == 0 || !page_sound(r, page))
		return false;
	return slot < page->fresh_slot && (slot - 1) % page->nslots == 0 && slab->cache != NULL &&
	       slab->id == ((size_t)page->entry << CAIRN_SLOT_BITS | slot);
}

struct cairn_slab *cairn_record_find(const struct cairn_records *r, unsigned id)
{
	unsigned entry = id >> CAIRN_SLOT_BITS;
	if (entry < FIRST_ENTRY || entry >= r->nused_entries || !is_page(r->directory[entry]))
		return NULL;
	struct cairn_slab *slab = cairn_record_of(r, id);
	return cairn_record_sound(r, slab) ? slab : NULL;
}

struct cairn_slab *cairn_record_next(const struct cairn_records *r, const struct cairn_slab *slab)
{
	size_t entry = slab != NULL ? page_of(slab)->entry : FIRST_ENTRY;
	size_t slot = slab != NULL ? ((uintptr_t)slab - (uintptr_t)page_of(slab)) >> CAIRN_SLAB_SLOT_LOG2 : 0;
	for (; entry < r->nused_entries; entry++, slot = 0) {
		const struct cairn_record_page *page = page_at(r, entry);
		if (!is_page(r->directory[entry]) || !page_sound(r, page))
			continue;
		for (slot += slot != 0 ? page->nslots : 1u; slot < page->fresh_slot; slot += page->nslots) {
			struct cairn_slab *next = cairn_slot((uintptr_t)page, slot);
			if (next->cache != NULL)
				return next;
		}
	}
	return NULL;
}

static const char *page_check(const struct cairn_record_page *page)
{
	size_t nrecords_ever = (page->fresh_slot - 1u) / page->nslots;
	size_t nfree_records = 0;
	for (size_t slot = page->free_slot; slot != 0;) {
		CAIRN_HOLDS(slot < page->fresh_slot && (slot - 1) % page->nslots == 0);
		const struct cairn_slab *free_record = cairn_slot((uintptr_t)page, slot);
		CAIRN_HOLDS(free_record->cache == NULL);
		CAIRN_HOLDS(++nfree_records <= nrecords_ever);
		slot = free_record->nfree;
	}
	CAIRN_HOLDS(page->nrecords != 0);
	CAIRN_HOLDS(page->nrecords + nfree_records == nrecords_ever);
	return NULL;
}

/* Every page that has room is on the list of its length: as many are there as were counted. */
static const char *roomy_check(const struct cairn_records *r, size_t nroomy)
{
	size_t nlisted = 0;
	for (unsigned nslots = 1; nslots <= CAIRN_SLAB_MAX_SLOTS; nslots++) {
		const struct cairn_record_page *previous = NULL;
		for (const struct cairn_record_page *page = r->roomy[nslots]; page != NULL;
		     page = page->next) {
			CAIRN_HOLDS(page_sound(r, page));
			CAIRN_HOLDS(page->prev == previous);
			CAIRN_HOLDS(page->nslots == nslots && has_room(page));
			CAIRN_HOLDS(++nlisted <= nroomy);
			previous = page;
		}
	}
	CAIRN_HOLDS(nlisted == nroomy);
	return NULL;
}

const char *cairn_record_check(const struct cairn_records *r, size_t *nrecords)
{
	const char *broken;
	size_t npages = 0, nroomy = 0;
	*nrecords = 0;
	CAIRN_HOLDS(r->nused_entries <= r->nentries && r->free_entry <= r->nentries);
	for (uint32_t entry = FIRST_ENTRY; entry < r->nused_entries; entry++) {
		if (!is_page(r->directory[entry]))
			continue;
		const struct cairn_record_page *page = page_at(r, entry);
		CAIRN_HOLDS(page_sound(r, page) && page->entry == entry);
		if ((broken = page_check(page)) != NULL)
			return broken;
		npages++;
		nroomy += has_room(page);
		*nrecords += page->nrecords;
	}
	CAIRN_HOLDS(npages == r->npages);
	return roomy_check(r, nroomy);
}
