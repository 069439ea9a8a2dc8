/* SPDX-License-Identifier: MIT */
/* Every address has an explanation. Read-only, safe on damaged state, never asserts; takes no lock. Used by
 * reports, by fault handlers and by people at a debugger. Cost: O(CAIRN_ORDERS), but in a heap frame, where
 * a chunk is walked, and in a frame of a mapped stack (by its own address, not the mapped one), where the
 * cells of all stack space are. */
#ifndef CAIRN_EXPLAIN_H
#define CAIRN_EXPLAIN_H

#include "heap.h"
#include "slab.h"
#include "stack.h"

/* The parts of one memory manager. */
struct cairn_parts {
	const struct cairn_regions *regions;
	const struct cairn_frames *frames;
	const struct cairn_slabs *slabs;
	const struct cairn_heap *heap;
	const struct cairn_stacks *stacks;
};

enum cairn_what {
	CAIRN_IS_UNMANAGED = 0,
	CAIRN_IS_RESERVED,
	CAIRN_IS_FREE,
	CAIRN_IS_META,
	CAIRN_IS_PAGES,
	CAIRN_IS_LIVE_OBJECT,
	CAIRN_IS_FREE_OBJECT,
	CAIRN_IS_SLAB_GAP,
	CAIRN_IS_LIVE_BLOCK,
	CAIRN_IS_FREE_BLOCK,
	CAIRN_IS_HEAP_OVERHEAD,
	CAIRN_IS_DAMAGED_BLOCK,
	CAIRN_IS_STACK,
	CAIRN_IS_STACK_GUARD,
	CAIRN_IS_FREE_STACK,
	CAIRN_NWHATS
};

struct cairn_explanation {
	enum cairn_what what;
	uintptr_t base;     /* of the thing that holds the address */
	size_t nbytes;      /* its length */
	const char *name;   /* of the cache, task, zone or reserved range; NULL when it has none */
	const void *owner;  /* stacks: the task; heap blocks: the owner (level 2) */
	const void *caller; /* heap blocks: who allocated (level 2) */
};

void cairn_explain_in(const struct cairn_parts *parts, uintptr_t addr, struct cairn_explanation *out);

/* "live object of cache", "guard below stack of task" ...: reads well before a name. */
const char *cairn_what_name(enum cairn_what what);

#endif
