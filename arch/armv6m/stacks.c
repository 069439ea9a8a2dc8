/* SPDX-License-Identifier: MIT */
/* Task stacks where nothing can be closed: pieces of arenas, each with a tripwire at its lower end (armv6m.h). */
#include "armv6m.h"
#include "board.h"

#define GRANULE_NBYTES 64u
#define MIN_NBYTES     256u

extern const size_t board_arena_nbytes;

/* There is no protection to turn on, and there are no faults but HardFault. */
void mprofile_protection_init(void)
{
}

void mprofile_faults_init(void)
{
}

void arch_guard_geometry(struct arch_guard_geometry *geometry)
{
	*geometry = (struct arch_guard_geometry){
		.kind = ARCH_GUARD_LATE,
		.granule_nbytes = GRANULE_NBYTES,
		.min_nbytes = MIN_NBYTES,
		.arena_nbytes = board_arena_nbytes,
	};
}

/* Nothing is closed, and as much is said: arch_guard_geometry has the kind. */
bool arch_arena_close(uintptr_t base, size_t nbytes)
{
	(void)base;
	return nbytes != 0;
}

bool arch_stack_map(uintptr_t base, size_t nbytes, uintptr_t physical, uintptr_t guard[2])
{
	(void)physical;
	guard[0] = base;
	guard[1] = nbytes;
	return nbytes >= MIN_NBYTES;
}

void arch_stack_unmap(uintptr_t base, size_t nbytes, uintptr_t physical)
{
	(void)base;
	(void)nbytes;
	(void)physical;
}

void armv6m_tripwire_paint(const uintptr_t guard[2])
{
	uint32_t *wire = (uint32_t *)guard[0];

	for (size_t i = 0; i < TRIPWIRE_NWORDS; i++)
		wire[i] = ARCH_STACK_PAINT;
}

void mprofile_guard_open(const uintptr_t guard[2])
{
	armv6m_tripwire_paint(guard);
}

/* From PendSV: the first frame of a fresh context. */
uintptr_t armv6m_begin(struct arch_context *context)
{
	armv6m_tripwire_paint(context->guard);
	return mprofile_begin(context);
}
