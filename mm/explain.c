/* SPDX-License-Identifier: MIT */
/* From an address to its owner: the frame says which part holds it, that part says the rest. */
#include "explain.h"

static const char *const what_names[CAIRN_NWHATS] = {
	[CAIRN_IS_UNMANAGED] = "memory outside every zone",
	[CAIRN_IS_RESERVED] = "reserved memory",
	[CAIRN_IS_FREE] = "free frames",
	[CAIRN_IS_META] = "metadata",
	[CAIRN_IS_PAGES] = "page frames",
	[CAIRN_IS_LIVE_OBJECT] = "live object of cache",
	[CAIRN_IS_FREE_OBJECT] = "free object of cache",
	[CAIRN_IS_SLAB_GAP] = "unused end of a slab of cache",
	[CAIRN_IS_LIVE_BLOCK] = "live heap block",
	[CAIRN_IS_FREE_BLOCK] = "free heap block",
	[CAIRN_IS_HEAP_OVERHEAD] = "heap overhead",
	[CAIRN_IS_DAMAGED_BLOCK] = "heap behind a damaged header",
	[CAIRN_IS_STACK] = "stack of task",
	[CAIRN_IS_STACK_GUARD] = "guard below stack of task",
	[CAIRN_IS_FREE_STACK] = "free stack space",
};

const char *cairn_what_name(enum cairn_what what)
{
	return (unsigned)what < CAIRN_NWHATS ? what_names[what] : "unknown";
}

static void explain_object(const struct cairn_slabs *slabs, uintptr_t addr, struct cairn_explanation *out)
{
	static const enum cairn_what whats[] = {
		[CAIRN_SLAB_LIVE] = CAIRN_IS_LIVE_OBJECT,
		[CAIRN_SLAB_FREE] = CAIRN_IS_FREE_OBJECT,
		[CAIRN_SLAB_GAP] = CAIRN_IS_SLAB_GAP,
	};
	struct cairn_slab_where where;
	out->what = CAIRN_IS_SLAB_GAP;
	if (!cairn_slab_where(slabs, addr, &where))
		return;
	out->what = whats[where.state];
	out->base = where.object;
	out->nbytes = where.object_nbytes;
	out->name = where.cache_name;
}

static void explain_block(const struct cairn_heap *heap, uintptr_t addr, struct cairn_explanation *out)
{
	static const enum cairn_what whats[] = {
		[CAIRN_HEAP_LIVE] = CAIRN_IS_LIVE_BLOCK,
		[CAIRN_HEAP_FREE] = CAIRN_IS_FREE_BLOCK,
		[CAIRN_HEAP_OVERHEAD] = CAIRN_IS_HEAP_OVERHEAD,
		[CAIRN_HEAP_DAMAGED] = CAIRN_IS_DAMAGED_BLOCK,
	};
	struct cairn_heap_where where;
	out->what = CAIRN_IS_HEAP_OVERHEAD;
	if (!cairn_heap_where(heap, addr, &where))
		return;
	out->what = whats[where.state];
	if (where.state == CAIRN_HEAP_LIVE || where.state == CAIRN_HEAP_FREE) {
		out->base = where.payload;
		out->nbytes = where.nbytes;
		out->owner = where.owner;
		out->caller = where.caller;
	}
}

static bool explain_stack(const struct cairn_stacks *stacks, uintptr_t addr, struct cairn_explanation *out)
{
	static const enum cairn_what whats[] = {
		[CAIRN_STACK_PART_LIVE] = CAIRN_IS_STACK,
		[CAIRN_STACK_PART_GUARD] = CAIRN_IS_STACK_GUARD,
		[CAIRN_STACK_PART_FREE] = CAIRN_IS_FREE_STACK,
	};
	struct cairn_stack_where where;
	if (!cairn_stack_where(stacks, addr, &where))
		return false;
	out->what = whats[where.part];
	out->base = where.base;
	out->nbytes = where.nbytes;
	if (where.stack != NULL) {
		out->name = where.stack->name;
		out->owner = where.stack->owner;
	}
	return true;
}

static void explain_frame(const struct cairn_parts *parts, uintptr_t addr,
			  const struct cairn_frame_info *frame, struct cairn_explanation *out)
{
	static const enum cairn_what whats[CAIRN_NOWNERS] = {
		[CAIRN_RESERVED] = CAIRN_IS_RESERVED,  [CAIRN_FREE] = CAIRN_IS_FREE,
		[CAIRN_PAGES] = CAIRN_IS_PAGES,        [CAIRN_SLAB] = CAIRN_IS_SLAB_GAP,
		[CAIRN_HEAP] = CAIRN_IS_HEAP_OVERHEAD, [CAIRN_STACK] = CAIRN_IS_FREE_STACK,
		[CAIRN_META] = CAIRN_IS_META,
	};
	struct cairn_zone_info zone;
	out->base = cairn_pfn_to_addr(frame->head);
	out->nbytes = frame->nframes << CAIRN_FRAME_SHIFT;
	out->what = whats[frame->owner];
	switch (frame->owner) {
	case CAIRN_SLAB: explain_object(parts->slabs, addr, out); return;
	case CAIRN_HEAP: explain_block(parts->heap, addr, out); return;
	case CAIRN_RESERVED:
	case CAIRN_META: out->name = cairn_region_name(parts->regions, addr); return;
	case CAIRN_STACK: return;
	default: break;
	}
	if (cairn_frame_zone_info(parts->frames, frame->zone, &zone))
		out->name = zone.name;
}

void cairn_explain_in(const struct cairn_parts *parts, uintptr_t addr, struct cairn_explanation *out)
{
	struct cairn_frame_info frame;
	if (out == NULL)
		return;
	*out = (struct cairn_explanation){.what = CAIRN_IS_UNMANAGED, .base = addr};
	if (parts == NULL || explain_stack(parts->stacks, addr, out))
		return;
	if (cairn_frame_info(parts->frames, cairn_addr_to_pfn(addr), &frame))
		explain_frame(parts, addr, &frame, out);
}
