/* SPDX-License-Identifier: MIT */
/* Task stacks of any size, each with closed memory below it.
 *
 * What closes the memory depends on the CPU, and stack.c knows no CPU: it is told a geometry and takes space
 * accordingly.
 *   window: arenas, runs of frames that are closed as a whole, aligned to a power of two; a stack is a naturally aligned
 *           piece of an arena, which the CPU opens while its task runs. The pieces come from a buddy
 *           allocator of their own (frame.c, over units of the smallest stack instead of frames), so a stack
 *           of 5/8 of a power of two returns what it can of the other 3/8 at once. Where the CPU closes but a
 *           strip below the running task's stack, each piece begins with room for that. Where the CPU opens any
 *           piece (parts is 0, and there is no strip), the units are granules, and stacks stand side by side.
 *   mapped: each stack has frames of its own, mapped at the upper end of a run of address space whose lower
 *           end stays unmapped. The address space comes from the same kind of allocator.
 * The port opens, closes and maps (port.h); cairn_stack.c calls it between the halves below, outside the
 * lock. A window stack has no halves: what opens it are words in its record.
 *
 * A struct cairn_stack is the caller's memory (in a task's control block, say) and stays put while the stack
 * lives. Costs: O(CAIRN_ORDERS). Contexts: any, when the caller serialises; paint and high_water take time in
 * proportion to the stack and need no lock. */
#ifndef CAIRN_STACK_H
#define CAIRN_STACK_H

#include "frame.h"

/* How stacks are laid out on this machine. All sizes in bytes, all powers of two unless said otherwise. */
struct cairn_guard_geometry {
	size_t granule_nbytes; /* stacks begin and end on multiples of this; at least 8; mapped: the frame size */
	size_t min_nbytes;     /* the smallest stack; a multiple of the granule */
	size_t parts; /* window: lengths are multiples of 1/parts of a power of two; PMSAv7: 8; 0: of any */
	size_t closed_nbytes; /* below a mapped stack, or at an arena's low end; any multiple of the granule */
	size_t below_nbytes;  /* window: closed below each stack, besides; any multiple of the granule */
	/* Window: of an arena, 1 to 2^(CAIRN_ORDERS - 1) frames, any multiple of min_nbytes; 0: mapped. */
	size_t arena_nbytes;
	uintptr_t space_base; /* mapped: the address space for stacks; any multiple of the granule */
	size_t space_nbytes;  /* mapped: its length; any multiple of the granule */
};

enum cairn_stack_state {
	CAIRN_STACK_NONE = 0,
	CAIRN_STACK_TAKEN,
	CAIRN_STACK_LIVE,
	CAIRN_STACK_RETIRED,
	CAIRN_STACK_GIVEN
};

/* One stack. Read the first part; the second is private. */
struct cairn_stack {
	uintptr_t base; /* lowest byte that may be used; the limit */
	size_t nbytes; /* usable, at least what was asked for; the stack starts at base + nbytes and grows down */
	const char *name;   /* of its task, for reports */
	const void *owner;  /* its task */
	uintptr_t guard[2]; /* the port's own words, such as the two of an MPU region */

	uintptr_t space; /* start of the run of space, guard included */
	cairn_pfn pfn;   /* mapped: its first frame */
	uint8_t state;   /* enum cairn_stack_state */
	uint8_t arena;
};

struct cairn_stacks;

struct cairn_stacks_info {
	size_t nstacks;
	size_t nbytes;        /* in stacks */
	size_t free_nbytes;   /* in arenas, that a stack can get; mapped: address space */
	size_t closed_nbytes; /* that hold the shared guards of arenas */
	size_t narenas;
	size_t nframes; /* owned as STACK */
	size_t meta_nframes;
};

/* Prepare an instance on `f`. Mapped geometry: the metadata of the address space is taken from the frames
 * now, O(space). CAIRN_EINVAL: a NULL, or a geometry that breaks the rules above (space that wraps or is
 * too large for one zone included); CAIRN_ENOMEM. */
enum cairn_err cairn_stack_init(struct cairn_stacks *s, struct cairn_frames *f,
				const struct cairn_guard_geometry *g) CAIRN_MUST_USE;

/* The length that a request of nbytes gets; 0 iff nbytes is 0 or more than the geometry can ever hold. */
size_t cairn_stack_round(const struct cairn_stacks *s, size_t nbytes);

/* Take space (and, mapped, frames) for a stack. It is LIVE when its space was kept with the words that open
 * it, and else TAKEN: its memory is the port's to open or map. CAIRN_EINVAL: a NULL, or a length that
 * cairn_stack_round refuses; CAIRN_EBUSY: `stack` is in use; CAIRN_ENOMEM: no space or no frames (window:
 * another arena may help). */
enum cairn_err cairn_stack_take(struct cairn_stacks *s, struct cairn_stack *stack, size_t nbytes,
				const char *name, const void *owner) CAIRN_MUST_USE;

/* TAKEN to LIVE, once its memory is there; nothing in any other state. */
void cairn_stack_ready(struct cairn_stacks *s, struct cairn_stack *stack);

/* Give a window stack back; mapped: LIVE to RETIRED, the first half of that. Unless CAIRN_OK nothing has
 * changed: CAIRN_EINVAL: a NULL; CAIRN_EDOUBLE: retired or given back already; CAIRN_EBUSY: TAKEN, its memory
 * is still being made ready; CAIRN_EDESTROYED: not a stack of this instance. */
enum cairn_err cairn_stack_retire(struct cairn_stacks *s, struct cairn_stack *stack) CAIRN_MUST_USE;

/* The second half, once its memory is unmapped; or of a stack whose memory cannot be had. Nothing iff it is
 * not a stack of this instance. */
void cairn_stack_give(struct cairn_stacks *s, struct cairn_stack *stack);

/* Window: the run of the stack that was given back last is kept for the next stack of that length, entered
 * nowhere, with the words that open it. Let go of it: false iff there was none. */
bool cairn_stack_trim(struct cairn_stacks *s);

/* Another arena (window), in halves: begin takes its frames (locked), NULL iff arenas or frames are used up,
 * or the geometry is mapped; prepare builds its metadata (unlocked), false iff it cannot be used; then end
 * lets stacks be taken from it (locked), or abandon gives it back (locked). The three take what begin has
 * returned, each once. */
struct cairn_arena *cairn_stack_arena_begin(struct cairn_stacks *s) CAIRN_MUST_USE;
bool cairn_stack_arena_prepare(struct cairn_stacks *s, struct cairn_arena *arena) CAIRN_MUST_USE;
void cairn_stack_arena_end(struct cairn_stacks *s, struct cairn_arena *arena);
void cairn_stack_arena_abandon(struct cairn_stacks *s, struct cairn_arena *arena);

/* Fill the stack from its limit up to `sp`, excluded, so that high_water can be told later. The running
 * task does it to itself: what this call needs of the stack is left alone. */
void cairn_stack_paint(const struct cairn_stack *stack, uintptr_t sp);

/* Most bytes in use so far, to 4 B; the whole length when the paint at the limit is gone. */
size_t cairn_stack_high_water(const struct cairn_stack *stack);

/* What lies at an address in stack space, or in a frame of a mapped stack. false: nothing of this
 * instance's. Read-only. */
enum cairn_stack_part { CAIRN_STACK_PART_LIVE, CAIRN_STACK_PART_GUARD, CAIRN_STACK_PART_FREE };
struct cairn_stack_where {
	enum cairn_stack_part part;
	const struct cairn_stack
		*stack; /* the stack, or the one above the guard; NULL: free, or an arena's shared guard */
	uintptr_t base;
	size_t nbytes;
};
bool cairn_stack_where(const struct cairn_stacks *s, uintptr_t addr, struct cairn_stack_where *where);

void cairn_stack_info(const struct cairn_stacks *s, struct cairn_stacks_info *info);

/* Every invariant: space against records, records against frames, counts. */
const char *cairn_stack_check(const struct cairn_stacks *s) CAIRN_MUST_USE;

/* ---- private ---- */

struct cairn_arena {
	struct cairn_stack **cell; /* the stack that starts in each cell */
	size_t first_cell;         /* numbers of cells are addresses, shifted; this is the base's */
	size_t ncells;             /* 0: no stack may be taken from it */
	uintptr_t base;
	size_t nbytes;             /* 0: there is no such arena */
	cairn_pfn gap;             /* packed: the unit where free space may begin */
	cairn_pfn meta_pfn;        /* frames of its metadata */
	struct cairn_frames space; /* one zone; its "frames" are units */
};

struct cairn_stacks {
	struct cairn_frames *frames;
	size_t most_nbytes; /* the longest stack; 0: not initialised */
	unsigned unit_shift;
	unsigned cell_shift;
	unsigned parts_shift;
	size_t arena_nbytes; /* mapped: all address space is one arena */
	size_t ncells;       /* of an arena */
	size_t arena_meta_nframes;
	size_t below_nbytes; /* of space, closed, below each stack */
	bool packed;         /* window: stacks begin at any granule */
	size_t nstacks;
	size_t nbytes;
	struct cairn_stack spare; /* window: given back, its run kept; nbytes 0: none */
	struct cairn_guard_geometry geometry;
	struct cairn_arena arena[CAIRN_STACK_ARENAS];
};

/* Which geometry it is; also before there is one. */
static inline bool cairn_stacks_mapped(const struct cairn_stacks *s)
{
	return s->geometry.arena_nbytes == 0;
}

#endif
