/* SPDX-License-Identifier: MIT */
/* What those share who read a heap without changing it. Private to heap_check.c and heap_view.c. */
#ifndef CAIRN_HEAP_VIEW_H
#define CAIRN_HEAP_VIEW_H

#include "heap_site.h"

/* `head`, which may be anything, is the start of a chunk of this heap: which one. */
static inline bool chunk_is_ours(const struct cairn_heap *h, const struct cairn_heap_chunk *head,
				 struct cairn_heap_span *chunk)
{
	struct cairn_frame_info info;
	cairn_pfn pfn = cairn_addr_to_pfn((uintptr_t)head);

	if ((uintptr_t)head == h->main.base && h->main.nbytes != 0) {
		*chunk = h->main;
		return head->heap == h;
	}
	if (cairn_pfn_to_addr(pfn) != (uintptr_t)head || !cairn_frame_info(h->frames, pfn, &info))
		return false;
	chunk->base = (uintptr_t)head;
	chunk->nbytes = info.nframes << CAIRN_FRAME_SHIFT;
	return info.owner == CAIRN_HEAP && info.head == pfn && head->heap == h;
}

#endif
