/* SPDX-License-Identifier: MIT */
/* What an instruction was about to do when it faulted: nothing else tells, on a core without fault status
 * registers. Encodings: ARMv6-M manual, A5.2. */
#include "armv6m.h"

extern const uint16_t text_start[], text_end[];

#define WORD 4u
#define HALF 2u
#define BYTE 1u

/* Of the registers that an address is made of the hardware stacks the first four. */
#define NSTACKED 4u

static uint32_t field(uint32_t instruction, unsigned shift, unsigned nbits)
{
	return instruction >> shift & ((1u << nbits) - 1);
}

static bool base_of(const struct exception_frame *frame, uint32_t number, uintptr_t *value)
{
	const uint32_t stacked[NSTACKED] = {frame->r0, frame->r1, frame->r2, frame->r3};

	if (number < NSTACKED)
		*value = stacked[number];
	return number < NSTACKED;
}

static void register_and(struct armv6m_access *access, const struct exception_frame *frame, uint32_t number,
			 uintptr_t offset)
{
	uintptr_t base;

	access->addr_known = base_of(frame, number, &base);
	if (access->addr_known)
		access->addr = base + offset;
}

/* Stores and loads by register and register: A5.2.4. Length of what is accessed. */
static size_t decode_two_registers(struct armv6m_access *access, const struct exception_frame *frame,
				   uint32_t instruction)
{
	static const uint8_t nbytes[] = {WORD, HALF, BYTE, BYTE, WORD, HALF, BYTE, HALF};
	uintptr_t offset;

	if (base_of(frame, field(instruction, 6, 3), &offset))
		register_and(access, frame, field(instruction, 3, 3), offset);
	return nbytes[field(instruction, 9, 3)];
}

static size_t decode_immediate(struct armv6m_access *access, const struct exception_frame *frame,
			       uint32_t instruction)
{
	static const uint8_t nbytes[] = {WORD, BYTE, HALF}; /* by the upper four bits, from 6 on */
	size_t length = nbytes[field(instruction, 12, 4) - 6];

	register_and(access, frame, field(instruction, 3, 3), field(instruction, 6, 5) * length);
	return length;
}

static unsigned count_bits(uint32_t bits)
{
	unsigned nbits = 0;

	for (; bits != 0; bits &= bits - 1)
		nbits++;
	return nbits;
}

static size_t decode_push_or_pop(struct armv6m_access *access, uintptr_t sp, uint32_t instruction)
{
	const uint32_t pop = 1u << 11;
	unsigned nregisters = count_bits(field(instruction, 0, 9));

	access->addr_known = true;
	access->addr = instruction & pop ? sp : sp - nregisters * WORD;
	return WORD;
}

/* Length of what it accesses; 0: it is no load or store. */
static size_t decode(struct armv6m_access *access, const struct exception_frame *frame, uintptr_t sp,
		     uint32_t instruction)
{
	const uint32_t push_or_pop_mask = 0xf600, push_or_pop = 0xb400, literal_mask = 0xf800,
		       literal = 0x4800;

	if ((instruction & push_or_pop_mask) == push_or_pop)
		return decode_push_or_pop(access, sp, instruction);
	if ((instruction & literal_mask) == literal)
		return WORD;
	switch (field(instruction, 12, 4)) {
	case 5: return decode_two_registers(access, frame, instruction);
	case 6:
	case 7:
	case 8: return decode_immediate(access, frame, instruction);
	case 9:
		access->addr_known = true;
		access->addr = sp + field(instruction, 0, 8) * WORD;
		return WORD;
	case 12: register_and(access, frame, field(instruction, 8, 3), 0); return WORD;
	default: return 0;
	}
}

static bool is_code(uintptr_t pc)
{
	return pc >= (uintptr_t)text_start && pc < (uintptr_t)text_end;
}

void armv6m_decode(const struct exception_frame *frame, uintptr_t sp, struct armv6m_access *access)
{
	size_t nbytes;

	*access = (struct armv6m_access){.cause = ARCH_FAULT_UNDEFINED};
	if ((frame->xpsr & XPSR_T) == 0)
		return;
	if (!is_code(frame->pc)) {
		*access = (struct armv6m_access){ARCH_FAULT_FETCH, true, frame->pc};
		return;
	}
	nbytes = decode(access, frame, sp, *(const uint16_t *)(uintptr_t)frame->pc);
	if (nbytes == 0)
		return;
	access->cause = access->addr_known && (access->addr & (nbytes - 1)) != 0 ? ARCH_FAULT_ALIGNMENT
										 : ARCH_FAULT_BUS;
}
