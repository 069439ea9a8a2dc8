/* SPDX-License-Identifier: MIT */
/* Each part by its own check, then what holds between them: every frame is owned by the part that says so. */
#include "check.h"

/* P5: the owners' frames are all frames, zone by zone. */
static const char *zones_add_up(const struct cairn_frames *frames)
{
	struct cairn_zone_info zone;
	for (unsigned z = 0; z < CAIRN_ZONES; z++) {
		size_t sum = 0;
		if (!cairn_frame_zone_info(frames, z, &zone))
			continue;
		for (unsigned owner = 0; owner < CAIRN_NOWNERS; owner++)
			sum += zone.nframes_of[owner];
		CAIRN_HOLDS(zone.nframes == sum);
		CAIRN_HOLDS(zone.nfree == zone.nframes_of[CAIRN_FREE]);
	}
	return NULL;
}

static const char *owners_add_up(const struct cairn_parts *parts)
{
	struct cairn_heap_info heap;
	struct cairn_stacks_info stacks;
	cairn_heap_info(parts->heap, &heap);
	cairn_stack_info(parts->stacks, &stacks);
	CAIRN_HOLDS(cairn_frame_count(parts->frames, CAIRN_HEAP) == heap.nframes);
	CAIRN_HOLDS(heap.live_nbytes + heap.free_nbytes + heap.overhead_nbytes ==
		    heap.nframes << CAIRN_FRAME_SHIFT);
	CAIRN_HOLDS(cairn_frame_count(parts->frames, CAIRN_SLAB) == cairn_slab_nframes(parts->slabs));
	CAIRN_HOLDS(cairn_frame_count(parts->frames, CAIRN_STACK) == stacks.nframes);
	CAIRN_HOLDS(cairn_frame_count(parts->frames, CAIRN_META) >=
		    cairn_slab_meta_nframes(parts->slabs) + stacks.meta_nframes);
	return NULL;
}

const char *cairn_check_in(const struct cairn_parts *parts)
{
	const char *broken;
	CAIRN_HOLDS(parts != NULL);
	if ((broken = cairn_region_check(parts->regions)) != NULL)
		return broken;
	if ((broken = cairn_frame_check(parts->frames)) != NULL)
		return broken;
	if ((broken = cairn_slab_check(parts->slabs)) != NULL)
		return broken;
	if ((broken = cairn_heap_check(parts->heap)) != NULL)
		return broken;
	if ((broken = cairn_stack_check(parts->stacks)) != NULL)
		return broken;
	if ((broken = zones_add_up(parts->frames)) != NULL)
		return broken;
	return owners_add_up(parts);
}
