/* SPDX-License-Identifier: MIT */
/* Task stacks: the frames of a stack leave their own address and appear at the upper end of a slot in a
 * window of address space that is otherwise unmapped. So what lies below a stack faults, and no other
 * address reaches into it. Needs no lock: two stacks share no page, and so no word of the tables. */
#include "armv7a.h"
#include "board.h"
#include "mmu.h"

/* At least as large as the largest frame that the build lets a function have. */
#define CLOSED_NBYTES 16384u

void arch_guard_geometry(struct arch_guard_geometry *geometry)
{
	*geometry = (struct arch_guard_geometry){
		.kind = ARCH_GUARD_UNMAPPED,
		.granule_nbytes = MMU_PAGE_NBYTES,
		.min_nbytes = MMU_PAGE_NBYTES,
		.closed_nbytes = CLOSED_NBYTES,
		.space_base = board.stack_space_base,
		.space_nbytes = board.stack_space_nbytes,
	};
}

/* There are no arenas: stacks are closed one by one. */
bool arch_arena_close(uintptr_t base, size_t nbytes)
{
	(void)base;
	(void)nbytes;
	return false;
}

static bool in_stack_space(uintptr_t base, size_t nbytes)
{
	uintptr_t offset = base - board.stack_space_base;

	return offset < board.stack_space_nbytes && nbytes <= board.stack_space_nbytes - offset;
}

static bool whole_pages(uintptr_t base, size_t nbytes, uintptr_t physical)
{
	return nbytes != 0 && ((base | nbytes | physical) & (MMU_PAGE_NBYTES - 1)) == 0 &&
	       physical + (nbytes - 1) >= physical;
}

bool arch_stack_map(uintptr_t base, size_t nbytes, uintptr_t physical, uintptr_t guard[2])
{
	if (!whole_pages(base, nbytes, physical) || !in_stack_space(base, nbytes))
		return false;
	if (!mmu_is_mapped(base, nbytes, 0, MMU_NONE) || !mmu_is_mapped(physical, nbytes, physical, MMU_DATA))
		return false;
	mmu_map(physical, nbytes, 0, MMU_NONE);
	mmu_map(base, nbytes, physical, MMU_DATA);
	guard[0] = guard[1] = 0;
	return true;
}

void arch_stack_unmap(uintptr_t base, size_t nbytes, uintptr_t physical)
{
	mmu_map(base, nbytes, 0, MMU_NONE);
	mmu_map(physical, nbytes, physical, MMU_DATA);
}
