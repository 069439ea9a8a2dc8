/* SPDX-License-Identifier: MIT */
/* What is known when a stack pointer was not let below its limit (STKOF).
 * An instruction that would have moved it there has done nothing: the frame of the fault lies above the limit
 * and tells where it is. Unless there was no room for that frame, or it was the frame of any other exception
 * that found none: then nothing was stored, and the stack pointer stands at the limit. A frame that ends just
 * there looks the same, so it counts only when the instruction that it names would have passed the limit. */
#include "armv8m.h"

uint32_t armv8m_r4_to_r11[8];

extern const uint16_t text_start[], text_end[];
extern uint32_t fault_stack_limit[];

static uintptr_t task_limit(void)
{
	uintptr_t limit;

	__asm__ volatile("mrs %0, psplim" : "=r"(limit));
	return limit;
}

/* That of the stack on which the frame was to lie: MSPLIM is the fault stack's by now. */
static uintptr_t limit_of(const struct arch_fault *fault)
{
	if (!fault->in_handler)
		return task_limit();
	return fault->sp == (uintptr_t)fault_stack_limit ? fault->sp : (uintptr_t)handler_stack_limit;
}

static void registers_of(const struct exception_frame *frame, uintptr_t sp, uint32_t r[15])
{
	const uint32_t low[4] = {frame->r0, frame->r1, frame->r2, frame->r3};

	for (size_t i = 0; i < 12; i++)
		r[i] = i < 4 ? low[i] : armv8m_r4_to_r11[i - 4];
	r[12] = frame->r12;
	r[13] = sp;
	r[14] = frame->lr;
}

/* The instruction that the frame names would have passed the limit. */
static bool explains(const struct exception_frame *frame, uintptr_t sp, uintptr_t limit, uintptr_t *wanted)
{
	uint32_t r[15];

	if (frame->pc < (uintptr_t)text_start || frame->pc >= (uintptr_t)text_end)
		return false;
	registers_of(frame, sp, r);
	return armv8m_sp_after((const uint16_t *)frame->pc, r, wanted) && *wanted < limit;
}

bool mprofile_was_stacked(struct arch_fault *fault, const struct fault_status *status, size_t frame_nbytes)
{
	const struct exception_frame *frame = (const struct exception_frame *)fault->sp;
	uintptr_t limit = limit_of(fault), wanted = limit - sizeof(uint32_t);

	if (status->cfsr & CFSR_ANY_STACKING)
		return false;
	if ((status->cfsr & CFSR_STKOF) == 0)
		return true;
	fault->over_exact = explains(frame, mprofile_sp_before(frame, frame_nbytes), limit, &wanted);
	fault->over_nbytes = limit - wanted;
	return fault->over_exact || fault->sp != limit;
}
