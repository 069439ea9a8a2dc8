/* SPDX-License-Identifier: MIT */
/* Where an instruction would have moved the stack pointer, had its limit let it: so that a report can tell how
 * far below the stack that is. These are the instructions by which compilers make frames, in the encodings of
 * the ARMv8-M manual, C2.4; the first halfword of a wide one is the upper. */
#include "armv8m.h"

#define SP 13

static uint32_t field(uint32_t op, unsigned low, unsigned nbits)
{
	return op >> low & ((1u << nbits) - 1);
}

/* i:imm3:imm8 of data processing with an immediate. */
static uint32_t imm12(uint32_t op)
{
	return field(op, 26, 1) << 11 | field(op, 12, 3) << 8 | field(op, 0, 8);
}

/* ThumbExpandImm. */
static uint32_t expanded(uint32_t imm)
{
	uint32_t byte = field(imm, 0, 8), pair = byte | byte << 16;
	uint32_t rotated = 0x80u | field(imm, 0, 7);
	unsigned by = field(imm, 7, 5);

	switch (field(imm, 8, 4)) {
	case 0: return byte;
	case 1: return pair;
	case 2: return pair << 8;
	case 3: return pair | pair << 8;
	default: return rotated >> by | rotated << (32 - by);
	}
}

static uintptr_t push_narrow(uint32_t op, const uint32_t *r)
{
	return r[SP] - 4u * (uint32_t)__builtin_popcount(field(op, 16, 9));
}

static uintptr_t push_wide(uint32_t op, const uint32_t *r)
{
	return r[SP] - 4u * (uint32_t)__builtin_popcount(field(op, 0, 16));
}

static uintptr_t store_and_step(uint32_t op, const uint32_t *r)
{
	return r[SP] - field(op, 0, 8);
}

/* A pair, or registers of the floating-point unit. */
static uintptr_t store_words_and_step(uint32_t op, const uint32_t *r)
{
	return r[SP] - 4u * field(op, 0, 8);
}

static uintptr_t subtract_narrow(uint32_t op, const uint32_t *r)
{
	return r[SP] - 4u * field(op, 16, 7);
}

static uintptr_t subtract_expanded(uint32_t op, const uint32_t *r)
{
	return r[field(op, 16, 4)] - expanded(imm12(op));
}

static uintptr_t subtract_plain(uint32_t op, const uint32_t *r)
{
	return r[field(op, 16, 4)] - imm12(op);
}

static uintptr_t subtract_register(uint32_t op, const uint32_t *r)
{
	return r[field(op, 16, 4)] - (r[field(op, 0, 4)] << (field(op, 12, 3) << 2 | field(op, 6, 2)));
}

static uintptr_t add_register(uint32_t op, const uint32_t *r)
{
	return r[SP] + r[field(op, 19, 4)];
}

static uintptr_t move(uint32_t op, const uint32_t *r)
{
	return r[field(op, 19, 4)];
}

static const struct {
	uint32_t mask, op;
	uintptr_t (*sp_after)(uint32_t op, const uint32_t *r);
} moves[] = {
	{0xfe000000, 0xb4000000, push_narrow},          /* push {...} */
	{0xff800000, 0xb0800000, subtract_narrow},      /* sub sp, #i */
	{0xff870000, 0x46850000, move},                 /* mov sp, r */
	{0xff870000, 0x44850000, add_register},         /* add sp, r */
	{0xffff0000, 0xe92d0000, push_wide},            /* push.w {...} */
	{0xffff0f00, 0xf84d0d00, store_and_step},       /* str r, [sp, #-i]! */
	{0xffff0000, 0xe96d0000, store_words_and_step}, /* strd r, r, [sp, #-i]! */
	{0xffbf0e00, 0xed2d0a00, store_words_and_step}, /* vpush {...} */
	{0xfbe08f00, 0xf1a00d00, subtract_expanded},    /* sub.w sp, r, #i */
	{0xfbf08f00, 0xf2a00d00, subtract_plain},       /* subw sp, r, #i */
	{0xffe08f30, 0xeba00d00, subtract_register},    /* sub.w sp, r, r, lsl #i */
};

/* The two lowest bits of the stack pointer are always 0. */
bool armv8m_sp_after(const uint16_t *pc, const uint32_t r[15], uintptr_t *sp)
{
	uint32_t op = (uint32_t)pc[0] << 16 | pc[1];

	for (size_t i = 0; i < sizeof(moves) / sizeof(moves[0]); i++) {
		if ((op & moves[i].mask) == moves[i].op) {
			*sp = moves[i].sp_after(op, r) & ~(uintptr_t)3;
			return true;
		}
	}
	return false;
}
