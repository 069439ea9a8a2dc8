/* SPDX-License-Identifier: MIT */
/* General heap: blocks of any size, by two-level segregated fit (Masmano, Ripoll, Crespo and Real, "TLSF: a
 * New Dynamic Memory Allocator for Real-Time Systems", ECRTS 2004), in chunks of page frames that it takes when
 * it must and gives back when they are empty, with a cache of freed small blocks in front.
 *
 * A small block that is freed is kept, as it is, for the next request of its length, for as long as memory is
 * not short; any other is merged at once with what is free around it. Cached blocks are merged, a few at a
 * time, before an allocation fails, and by cairn_heap_trim. Nothing is cached from level 2 on, with
 * CAIRN_HEAP_MAP, or while someone waits for memory (cairn_heap_watch).
 *
 * A block costs one word, its header: size and state, sealed with its address and the heap's key
 * (heap_block.h). A header is validated before it is believed. While a freed block's header stands (of a cached
 * one: its header and its first word), freeing it again is told for certain; it is refused in any case. A
 * pointer to no block start passes only if the word before it happens to be right: see CAIRN_HEAP_CHECK_BITS.
 * With CAIRN_HEAP_MAP a bit for each possible block start leaves no chance at all.
 *
 * Sizes in bytes. Blocks are aligned to CAIRN_HEAP_ALIGN (8 B on 32-bit machines, 16 B on 64-bit) at
 * least. Costs: O(1); growing and giving back O(CAIRN_ORDERS), and so is finding out whose a block is that
 * does not lie in the main chunk, which grows in place as long as the frames beside it are free (with
 * CAIRN_HEAP_MAP, growing also clears a map of 1/64 or 1/128 of the new chunk, and no chunk grows in place).
 * Emptying the cache takes a step for each block. Nothing here copies or fills payloads: callers do, outside
 * their lock. Contexts: any, when the caller serialises. */
#ifndef CAIRN_HEAP_H
#define CAIRN_HEAP_H

#include "frame.h"

#define CAIRN_HEAP_ALIGN      (2 * sizeof(size_t))
#define CAIRN_HEAP_MAX_NBYTES (((size_t)1 << CAIRN_HEAP_MAX_LOG2) - 4 * CAIRN_HEAP_ALIGN)

/* Bits of the keyed check in a header, 10 on a 32-bit machine with blocks up to 4 MiB, 40 on a 64-bit one with
 * blocks up to 16 MiB. Of random words one in 2^bits opens as some header. One in less than 2^25 (2^59) opens as
 * that of a live block short enough to be cached, which is then freed. Any other pointer that is no block start
 * is freed only if two words pass, the one before it and the one that its size leads to, and their states and
 * sizes fit too: less than one in 2^(2 * bits + 3). No change of one byte of a small block's header passes as
 * that of another small block. */
#define CAIRN_HEAP_CHECK_BITS (CAIRN_WORD_BITS - CAIRN_HEAP_MAX_LOG2)

struct cairn_heap;

struct cairn_heap_info {
	size_t nframes; /* taken from the frames */
	size_t nchunks;
	size_t live_nblocks;
	size_t live_nbytes;    /* in live blocks, headers included */
	size_t free_nbytes;    /* in free blocks, headers included, cached ones too */
	size_t cached_nblocks; /* freed, and kept for the next request of their length */
	size_t cached_nbytes;
	size_t overhead_nbytes;   /* chunk headers and ends; live + free + overhead = nframes in bytes */
	size_t largest_nbytes;    /* request that would surely succeed without growth; 0: none */
	size_t high_water_nbytes; /* most live_nbytes and cached_nbytes so far */
	uintptr_t damaged; /* payload of a free block that the last allocation found damaged; 0: none */
};

/* Prepare an empty heap on `f`, in `zones` (0: any). `key` seeds the header check: a different one each
 * boot is best, any will do. CAIRN_EINVAL: a NULL. */
enum cairn_err cairn_heap_init(struct cairn_heap *h, struct cairn_frames *f, unsigned zones,
			       size_t key) CAIRN_MUST_USE;

/* A block of at least nbytes, contents undefined. NULL iff h is NULL, nbytes is 0 or above
 * CAIRN_HEAP_MAX_NBYTES, neither the free block that the index finds nor free frames can hold it, or that
 * free block is damaged (then cairn_heap_info tells where, and nothing has changed). `owner` and `caller`
 * are remembered from level 2 on; both may be NULL. The index finds a block whenever one of the next
 * larger class is free (1/2^CAIRN_HEAP_SL_LOG2 more at most), or the one freed last in the request's own
 * class is large enough. Before NULL is answered the cache has been emptied. */
void *cairn_heap_alloc(struct cairn_heap *h, size_t nbytes, const void *owner,
		       const void *caller) CAIRN_MUST_USE;

/* The same, aligned to `align`: NULL also iff align is not a power of two or above half the largest block.
 * It is looked for as if it were longer by `align` and one smallest block, since any gap in front must be
 * a block. */
void *cairn_heap_alloc_aligned(struct cairn_heap *h, size_t align, size_t nbytes, const void *owner,
			       const void *caller) CAIRN_MUST_USE;

/* May `p` be freed? CAIRN_OK, or
 *   CAIRN_EINVAL      h is NULL
 *   CAIRN_EFOREIGN    p is in no zone
 *   CAIRN_EWRONGKIND  its frame is not this heap's
 *   CAIRN_EMISALIGNED no block can start there
 *   CAIRN_EDOUBLE     the header says free (or between the two halves of a free), or the frame is free
 *   CAIRN_EINTERIOR   p is no block start, but lies in a live block whose header stands (only with
 *                     CAIRN_HEAP_MAP, and only up to CAIRN_HEAP_MAP_REACH bytes into it: O(1))
 *   CAIRN_ECORRUPT    the header fails its check otherwise; or, of a block that is not going to be cached,
 *                     that of the block behind does, or a free neighbour was written to
 *   CAIRN_EOVERRUN    (level 2) bytes behind the block were written
 * O(CAIRN_ORDERS). No memory at p is read before its frame is known to be the heap's. */
enum cairn_err cairn_heap_free_check(const struct cairn_heap *h, const void *p);

/* Free a block; p NULL: CAIRN_OK. Unless CAIRN_OK nothing has changed. From level 2 on it also fills the
 * block, in O(nbytes): callers that hold a lock use the two halves below instead. */
enum cairn_err cairn_heap_free(struct cairn_heap *h, void *p);

/* The same for a caller who knows the size it asked for: CAIRN_ESIZE iff a request of nbytes cannot have
 * given this block. */
enum cairn_err cairn_heap_free_sized(struct cairn_heap *h, void *p, size_t nbytes);

/* Free in two halves (level 2 poisons between them, unlocked): begin checks and marks, disarm fills, end
 * merges. Should a neighbour have been damaged in between, the block stays marked for good: never used,
 * never merged. */
enum cairn_err cairn_heap_free_begin(struct cairn_heap *h, void *p) CAIRN_MUST_USE;
void cairn_heap_disarm(struct cairn_heap *h, void *p);
void cairn_heap_free_end(struct cairn_heap *h, void *p);

/* Bytes that a live block can hold (at level 2: exactly those asked for); 0 iff p may not be freed. */
size_t cairn_heap_usable(const struct cairn_heap *h, const void *p);

/* Resize where it stands. CAIRN_OK, an error of cairn_heap_free_check, CAIRN_EINVAL (nbytes 0, shrinking
 * to more than it has, or, at level 2, growing to less), or CAIRN_ENOMEM (the block behind is not free or
 * too small; growing only). Below level 2 what was asked for is not known: growing to what is usable
 * already, or less, is CAIRN_OK and does nothing. Unless CAIRN_OK nothing has changed. */
enum cairn_err cairn_heap_grow_in_place(struct cairn_heap *h, void *p, size_t nbytes) CAIRN_MUST_USE;
enum cairn_err cairn_heap_shrink_in_place(struct cairn_heap *h, void *p, size_t nbytes) CAIRN_MUST_USE;

/* Either of the two, whichever nbytes asks for. */
enum cairn_err cairn_heap_resize(struct cairn_heap *h, void *p, size_t nbytes) CAIRN_MUST_USE;

/* Empty the cache, and give back to the frames what is free at the end of the main chunk: frames. */
size_t cairn_heap_trim(struct cairn_heap *h);

/* The same calls step by step, for a caller that lets others in between: each step is O(CAIRN_ORDERS).
 * take, take_aligned: as alloc, but from what the heap holds. grow: more frames, so that they may succeed
 *   then; false: there are none, or it would not help. flush: one block out of the cache, merged; false: it is
 *   empty. To be tried in this order, and after CAIRN_HEAP_FLUSH_NBLOCKS of the latter to be begun anew.
 * put: as free, or, if nbytes is not 0, as free_sized. shrink: frames given back because of it, one run at
 *   most; 0: there is no more to give.
 * trim_step: one block or run; false: nothing is left to do. Adds frames to *nframes. */
void *cairn_heap_take(struct cairn_heap *h, size_t nbytes, const void *owner,
		      const void *caller) CAIRN_MUST_USE;
void *cairn_heap_take_aligned(struct cairn_heap *h, size_t align, size_t nbytes, const void *owner,
			      const void *caller) CAIRN_MUST_USE;
bool cairn_heap_grow(struct cairn_heap *h, size_t align, size_t nbytes) CAIRN_MUST_USE;
bool cairn_heap_flush(struct cairn_heap *h) CAIRN_MUST_USE;
enum cairn_err cairn_heap_put(struct cairn_heap *h, void *p, size_t nbytes) CAIRN_MUST_USE;
size_t cairn_heap_shrink(struct cairn_heap *h);
bool cairn_heap_trim_step(struct cairn_heap *h, size_t *nframes) CAIRN_MUST_USE;

#define CAIRN_HEAP_FLUSH_NBLOCKS 8

/* Someone waits for memory: what is freed is merged at once. */
void cairn_heap_watch(struct cairn_heap *h, bool watched);

void cairn_heap_info(const struct cairn_heap *h, struct cairn_heap_info *info);

/* The free block that the last allocation found damaged and refused to touch, once: 0 when there is none
 * to tell of. Its memory was written after it was freed. If it was cached, what it says of the others of its
 * length may be wrong as well: they are given up with it, count as cached for good, and the next allocation of
 * that length is served otherwise. */
uintptr_t cairn_heap_tell_damage(struct cairn_heap *h);

/* What lies at an address inside a HEAP frame; false: not this heap's. Read-only, safe on damaged headers.
 * Walks one chunk from its start: O(blocks of the chunk), so never called under a lock; a change meanwhile
 * can make the answer wrong, but the walk ends inside the chunk. A block's own
 * header counts as OVERHEAD, a block between the halves of a free as FREE. DAMAGED: the walk met a header
 * that fails its check; payload and nbytes are then what lies between it and the end of the chunk. */
enum cairn_heap_state { CAIRN_HEAP_LIVE, CAIRN_HEAP_FREE, CAIRN_HEAP_OVERHEAD, CAIRN_HEAP_DAMAGED };
struct cairn_heap_where {
	enum cairn_heap_state state;
	uintptr_t payload; /* start of the block's payload, or of the overhead */
	size_t nbytes;     /* usable */
	const void *owner; /* level 2, live blocks */
	const void *caller;
};
bool cairn_heap_where(const struct cairn_heap *h, uintptr_t addr, struct cairn_heap_where *where);

/* The live block after `previous` (NULL: the first) whose owner is `owner` (level 2; NULL: any). NULL at
 * the end, or when `previous` is no longer live. Walks; the caller keeps others out. What lies behind a
 * damaged header in its chunk is left out. */
void *cairn_heap_next_live(const struct cairn_heap *h, const void *previous, const void *owner);

/* Every invariant, by a walk over all blocks and lists. */
const char *cairn_heap_check(const struct cairn_heap *h) CAIRN_MUST_USE;

/* ---- private: visible so that an instance can be allocated statically ---- */

_Static_assert(CAIRN_HEAP_MAX_LOG2 >= CAIRN_FRAME_SHIFT, "a chunk of one frame must fit into a header");

#define CAIRN_HEAP_ALIGN_LOG2 (sizeof(size_t) == 8 ? 4u : 3u)

/* Bins of the index, by size: in steps of CAIRN_HEAP_ALIGN up to the first power of two with
 * 2^CAIRN_HEAP_SL_LOG2 steps in it, then that many to each power of two. */
#define CAIRN_HEAP_NBINS \
	((CAIRN_HEAP_MAX_LOG2 + 1 - CAIRN_HEAP_SL_LOG2 - CAIRN_HEAP_ALIGN_LOG2) << CAIRN_HEAP_SL_LOG2)
#define CAIRN_HEAP_NWORDS \
	(CAIRN_HEAP_NBINS / CAIRN_WORD_BITS + 2) /* the last is 0: nothing_near() may look */

/* Classes of small blocks, one for each length: class c is c * CAIRN_HEAP_ALIGN bytes, 0 and 1 are empty. */
#define CAIRN_HEAP_NCLASSES ((CAIRN_HEAP_CACHE_MAX + sizeof(size_t) - 1) / CAIRN_HEAP_ALIGN + 2)
_Static_assert(CAIRN_HEAP_NCLASSES <= (size_t)1 << (CAIRN_HEAP_MAX_LOG2 - 8 - CAIRN_HEAP_ALIGN_LOG2),
	       "all lengths of small blocks in the highest byte of a header: see CAIRN_HEAP_MAX_LOG2");

/* How far back a free of no block start looks for the block that it lies in, with CAIRN_HEAP_MAP: words of
 * the map, and the bytes that they stand for. */
#define CAIRN_HEAP_MAP_REACH_WORDS 32
#define CAIRN_HEAP_MAP_REACH       ((CAIRN_HEAP_MAP_REACH_WORDS - 1) * CAIRN_WORD_BITS * CAIRN_HEAP_ALIGN)

struct cairn_heap_block;
struct cairn_heap_chunk;

/* A stretch of memory. */
struct cairn_heap_span {
	uintptr_t base;
	size_t nbytes; /* 0: none */
};

/* Freed blocks of one length, newest first: see heap_fast.h. */
struct cairn_heap_class {
	uintptr_t newest; /* payload; 0: none */
	size_t seal;      /* how many more may come, and a tag */
};

struct cairn_heap {
	/* What the fast paths read stands first, in the pairs in which it is used. */
	uintptr_t main_first; /* first payload of the main chunk, and */
	size_t main_nplaces;  /* how many payloads could start from there to its end */
	size_t mix;           /* opens headers; odd */
	size_t ncached;       /* blocks of the classes below are cached: NCLASSES, or 0 */
	size_t unmix;         /* closes headers: mix * unmix = 1 */
	struct cairn_heap_class class[CAIRN_HEAP_NCLASSES];

	/* What was left of the block that was cut last is kept out of the index, to be cut again. It has no
	 * header. */
	struct cairn_heap_block *rest; /* NULL: none, and */
	size_t rest_nbytes;            /* 0 */
	size_t taken_nblocks;          /* live and cached */
	size_t taken_nbytes;
	size_t words_in_use; /* bit w: bin_in_use[w] != 0 */
	size_t bin_in_use[CAIRN_HEAP_NWORDS];
	struct cairn_heap_block *list[CAIRN_HEAP_NBINS];

	size_t high_water_nbytes; /* before they were last given back */
	uintptr_t damaged;
	size_t cache_tag;                 /* of all seals */
	size_t flush_class;               /* whose blocks a flush has come to, and */
	size_t flush_left;                /* how many of them are next */
	struct cairn_heap_block *surplus; /* a free block that may hold whole frames to give back; or NULL */
	size_t roomy_nbytes;              /* once tight, the heap is so until less than this is taken */
	bool watched;                     /* someone waits for memory: nothing is cached */
	bool tight;                       /* memory is short: nothing is cached */
	bool nothing_cached;              /* any more, and nothing will be */

	struct cairn_frames *frames;
	struct cairn_heap_span main; /* the chunk that grows */
	unsigned norders_above; /* no block of frames of this order, or a higher one, is free behind it */
	unsigned norders_below; /* nor in front of it; as far as known */
	struct cairn_heap_chunk *chunks; /* all of them */
	size_t nframes;
	size_t nchunks;
	size_t overhead_nbytes;
	size_t all_nframes; /* free, when the heap was made */
	unsigned zones;
};
_Static_assert(sizeof(struct cairn_heap_class) == CAIRN_HEAP_ALIGN, "a length is an offset into the classes");

#endif
