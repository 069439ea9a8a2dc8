/* SPDX-License-Identifier: MIT */
/* What the files of the slab module share: the record of a slab, where records live, and how an address
 * becomes an object's number. Clients: slab*.c. */
#ifndef CAIRN_SLAB_PRIVATE_H
#define CAIRN_SLAB_PRIVATE_H

#include "slab_fast.h"

#define CAIRN_SLAB_WORD_BITS    32u
#define CAIRN_RED_ZONE_NBYTES   sizeof(size_t)
#define CAIRN_SLAB_LARGEST_LOG2 (CAIRN_FRAME_SHIFT + CAIRN_SLAB_MAX_ORDER)

/* The record of a slab. map: a summary, with a bit for each word that is not 0; the bitmap of free objects;
 * and, for caches that poison (level 2), a bitmap of objects in limbo: between the halves of a free. */
struct cairn_slab {
	struct cairn_slab_node node;
	struct cairn_cache *cache; /* NULL: a free record, nfree is the slot of the next one */
	uintptr_t base;
	uint16_t nfree;
	uint16_t id; /* directory entry and slot */
	uint32_t map[];
};
_Static_assert(sizeof(struct cairn_slab) == 4 * sizeof(void *) + (sizeof(void *) == 8 ? 8 : 4) &&
		       offsetof(struct cairn_slab, map) == 4 * sizeof(void *) + 4,
	       "CAIRN_SLAB_MAX_SLOTS counts on it");

/* A page of records of one length. Its head takes the first slot. */
struct cairn_record_page {
	struct cairn_record_page *next, *prev; /* pages with room */
	uint16_t entry;                        /* of the directory */
	uint16_t nslots;                       /* of a record */
	uint16_t free_slot;                    /* the first record that is free again; 0: none */
	uint16_t fresh_slot;                   /* slots from here on were never used */
	uint16_t nrecords;                     /* in use */
};

#define CAIRN_SLOT_NBYTES ((size_t)1 << CAIRN_SLAB_SLOT_LOG2)
#define CAIRN_SLOT_BITS   (CAIRN_FRAME_SHIFT - CAIRN_SLAB_SLOT_LOG2)
#define CAIRN_PAGE_SLOTS  ((size_t)1 << CAIRN_SLOT_BITS)
_Static_assert(sizeof(struct cairn_record_page) <= CAIRN_SLOT_NBYTES, "a page's head takes one slot");
_Static_assert(CAIRN_SLAB_MAX_SLOTS < CAIRN_PAGE_SLOTS, "a frame holds the longest record");

static inline __attribute__((returns_nonnull)) void *cairn_slot(uintptr_t page, size_t slot)
{
	return (void *)(page + (slot << CAIRN_SLAB_SLOT_LOG2));
}

/* A page's entry is so much less than its address that the whole id leads on from it. */
static inline uintptr_t cairn_entry_bias(size_t entry)
{
	return entry << CAIRN_FRAME_SHIFT;
}

static inline struct cairn_slab *cairn_record_in(const uintptr_t *directory, unsigned id)
{
	return cairn_slot(directory[id >> CAIRN_SLOT_BITS], id);
}

static inline struct cairn_slab *cairn_record_of(const struct cairn_records *r, unsigned id)
{
	return cairn_record_in(r->directory, id);
}

void cairn_record_init(struct cairn_records *r, struct cairn_frames *f, size_t nframes, unsigned zones);
/* The directory is there, all zero; NULL: gone, and so are all records. */
void cairn_record_use(struct cairn_records *r, uintptr_t *directory);
/* A record of nslots slots with its id set; NULL: no memory, or no ids. O(CAIRN_ORDERS), as is giving it
 * back. */
struct cairn_slab *cairn_record_take(struct cairn_records *r, unsigned nslots) CAIRN_MUST_USE;
void cairn_record_give(struct cairn_records *r, struct cairn_slab *slab);

/* Is `slab` the address of a record in use? Never reads what may not be read, whatever `slab` is. */
bool cairn_record_sound(const struct cairn_records *r, const struct cairn_slab *slab);
/* The record of that id, or NULL: for those who only look, and may find a damaged link. */
struct cairn_slab *cairn_record_find(const struct cairn_records *r, unsigned id);
/* The record in use after `slab` (NULL: the first), in the order of their ids, or NULL. O(records). */
struct cairn_slab *cairn_record_next(const struct cairn_records *r, const struct cairn_slab *slab);
/* Every page; *nrecords is the sum of those in use. */
const char *cairn_record_check(const struct cairn_records *r, size_t *nrecords) CAIRN_MUST_USE;

/* slab_cache.c: the cache whose turn it is, or NULL: there is none. */
struct cairn_cache *cairn_slab_turn(struct cairn_slabs *s);
/* slab_links.c: the last cache went. */
void cairn_slab_links_give(struct cairn_slabs *s);
/* slab_grow.c: both halves of growing; an empty slab, on no list, goes back: its frames. */
bool cairn_slab_grow(struct cairn_cache *cache);
size_t cairn_slab_release(struct cairn_cache *cache, struct cairn_slab *slab);

/* slab_window.c. init: the geometry and the zones of the cache are known. close: what is free in the window is
 * free by its record. over: of a slab on no list, all free, the window takes what the mark allows, one object at
 * least. settle: to be called after any change to what I7 depends on; closes what may not be. */
void cairn_window_init(struct cairn_cache *cache);
void cairn_window_over(struct cairn_cache *cache, struct cairn_slab *slab);
void cairn_window_close(struct cairn_cache *cache);
void cairn_window_settle(struct cairn_cache *cache);
bool cairn_window_allowed(const struct cairn_cache *cache);
unsigned cairn_count_bits(uint32_t word);

static inline bool cairn_list_is_empty(const struct cairn_cache *cache, enum cairn_slab_list list)
{
	return cache->list[list].next == &cache->list[list];
}

/* The first slab of a list that is not empty. */
static inline struct cairn_slab *cairn_list_first(const struct cairn_cache *cache, enum cairn_slab_list list)
{
	return (struct cairn_slab *)cache->list[list].next;
}

/* Behind the others: until a slab is first, more of its objects get free, and a window takes them at once. */
static inline void cairn_list_insert(struct cairn_cache *cache, struct cairn_slab *slab,
				     enum cairn_slab_list list)
{
	struct cairn_slab_node *head = &cache->list[list], *node = &slab->node;
	node->next = head;
	node->prev = head->prev;
	head->prev->next = node;
	head->prev = node;
}

static inline void cairn_list_remove(struct cairn_slab *slab)
{
	struct cairn_slab_node *next = slab->node.next, *prev = slab->node.prev;
	next->prev = prev;
	prev->next = next;
}

/* Objects of the word that begins at object `first`. */
static inline unsigned cairn_word_nobjects(const struct cairn_cache *cache, unsigned first)
{
	unsigned nobjects = cache->nobjects - first;
	return nobjects < CAIRN_SLAB_WORD_BITS ? nobjects : CAIRN_SLAB_WORD_BITS;
}

/* The window is nobjects long from `first` on, and nothing is free in it yet. */
static inline void cairn_window_place(struct cairn_cache *cache, struct cairn_slab *slab, unsigned first,
				      unsigned nobjects)
{
	cache->window_base = slab->base + first * cache->stride_nbytes;
	cache->window_nobjects = nobjects;
	cache->window_first = first;
	cache->window_slab = slab;
}

/* Where frees look first. */
static inline const struct cairn_link_zone *cairn_first_zone(const struct cairn_cache *cache)
{
	return &cache->slabs->zone[cairn_lowest_bit(cache->zones)];
}

static inline bool cairn_pocket_is_full(const struct cairn_cache *cache)
{
	return CAIRN_CHECK == 0 && cache->pocket != NULL;
}

/* Objects that are not free: live, or in limbo. */
static inline size_t cairn_cache_nused(const struct cairn_cache *cache)
{
	return cache->ntaken - cairn_count_bits(cache->window_free) - cairn_pocket_is_full(cache);
}

/* Is an empty slab there that the reserve does not need? */
static inline bool cairn_cache_has_surplus(const struct cairn_cache *cache)
{
	if (cache->nempty == 0 || cache->nreserved == 0)
		return cache->nempty != 0;
	return cache->capacity - cache->nobjects - cairn_cache_nused(cache) >= cache->nreserved;
}

static inline bool cairn_cache_has_limbo(const struct cairn_cache *cache)
{
	return CAIRN_CHECK >= 2 && (cache->flags & CAIRN_CACHE_POISON) != 0;
}

static inline bool cairn_cache_has_red_zone(const struct cairn_cache *cache)
{
	return CAIRN_CHECK >= 2 && (cache->flags & CAIRN_CACHE_RED_ZONE) != 0;
}

/* The link of the frame at addr, or NULL: no zone with links holds it. */
static inline uint16_t *cairn_slab_link(const struct cairn_slabs *s, uintptr_t addr)
{
	cairn_pfn pfn = cairn_addr_to_pfn(addr);
	for (unsigned z = 0; z < CAIRN_ZONES; z++) {
		const struct cairn_link_zone *zone = &s->zone[z];
		if (zone->link != NULL && pfn - zone->base < zone->nframes)
			return &zone->link[pfn - zone->base];
	}
	return NULL;
}

/* The slab at addr by a link that is believed: of a pointer that was handed out, or is to be freed. There is
 * a cache, so there are links. */
static inline struct cairn_slab *cairn_slab_at(const struct cairn_slabs *s, uintptr_t addr)
{
	cairn_pfn pfn = cairn_addr_to_pfn(addr);
	const struct cairn_link_zone *zone = s->zone;
	for (unsigned z = 0; z < CAIRN_ZONES; z++, zone++) {
		if (pfn - zone->base >= zone->nframes)
			continue;
		unsigned id = zone->link[pfn - zone->base];
		return id != 0 ? cairn_record_of(&s->records, id) : NULL;
	}
	return NULL;
}

/* The number of the object that starts at `offset` in a slab, or more than any number. */
static inline size_t cairn_index_of(const struct cairn_cache *cache, size_t offset)
{
	return cairn_exact_quotient(offset, cache->inverse, cache->rotate);
}

/* The word of the bitmap of free objects that holds `index`, the same word of the limbo, and the bit. */
static inline uint32_t *cairn_free_word(const struct cairn_slab *slab, unsigned index)
{
	return (uint32_t *)&slab->map[1 + index / CAIRN_SLAB_WORD_BITS];
}

static inline uint32_t *cairn_limbo_word(const struct cairn_cache *cache, const struct cairn_slab *slab,
					 unsigned index)
{
	return cairn_free_word(slab, index) + cache->nwords;
}

static inline uint32_t cairn_bit_of(unsigned index)
{
	return (uint32_t)1 << index % CAIRN_SLAB_WORD_BITS;
}

/* n low bits, 1 to the bits of a word. */
static inline uint32_t cairn_low_bits(unsigned n)
{
	return UINT32_MAX >> (CAIRN_SLAB_WORD_BITS - n);
}

/* Neither free, by the record, in the window or in the pocket, nor in limbo. */
static inline bool cairn_is_live(const struct cairn_cache *cache, const struct cairn_slab *slab,
				 unsigned index)
{
	uint32_t gone = *cairn_free_word(slab, index);
	if (cairn_cache_has_limbo(cache))
		gone |= *cairn_limbo_word(cache, slab, index);
	if (slab == cache->window_slab && (index ^ cache->window_first) < CAIRN_SLAB_WORD_BITS)
		gone |= cache->window_free;
	if (CAIRN_CHECK == 0 && slab->base + index * cache->stride_nbytes == (uintptr_t)cache->pocket)
		return false;
	return (gone & cairn_bit_of(index)) == 0;
}

#endif
