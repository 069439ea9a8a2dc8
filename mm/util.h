/* SPDX-License-Identifier: MIT */
/* Arithmetic that every module shares: checked sizes, powers of two, bit search. */
#ifndef CAIRN_UTIL_H
#define CAIRN_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The four functions that a freestanding compiler expects to exist. */
void *memcpy(void *restrict to, const void *restrict from, size_t nbytes);
void *memmove(void *to, const void *from, size_t nbytes);
void *memset(void *to, int byte, size_t nbytes);
int memcmp(const void *a, const void *b, size_t nbytes);

/* The first invariant that does not hold, as text; used by every cairn_*_check. */
#define CAIRN_HOLDS(cond)             \
	do {                          \
		if (!(cond))          \
			return #cond; \
	} while (0)

/* A condition that a fast path leaves by. */
#define CAIRN_RARE(cond) __builtin_expect(!!(cond), 0)
/* What it leaves to, by a tail call: not inlined into it. */
#define CAIRN_SLOW __attribute__((noinline))

/* Built for size: then nothing is there twice for the sake of speed. */
#ifdef __OPTIMIZE_SIZE__
#define CAIRN_SMALL  1
#define CAIRN_INLINE inline
#else
#define CAIRN_SMALL  0
#define CAIRN_INLINE inline __attribute__((always_inline)) /* a copy in each caller */
#endif

/* The compiler moves no access to memory across; no instruction. Fields that lie side by side are then
 * loaded in pairs, and registers get free before they run out. */
static inline __attribute__((always_inline)) void cairn_keep_order(void)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

#define CAIRN_WORD_BITS        (sizeof(size_t) * 8)
#define CAIRN_WORD_NBYTES_LOG2 (sizeof(size_t) == 8 ? 3u : 2u)

/* Index of the lowest and of the highest set bit. word != 0. */
static inline unsigned cairn_lowest_bit(size_t word)
{
	return (unsigned)__builtin_ctzl(word);
}

static inline unsigned cairn_highest_bit(size_t word)
{
	return (unsigned)(CAIRN_WORD_BITS - 1) - (unsigned)__builtin_clzl(word);
}
_Static_assert(sizeof(size_t) == sizeof(unsigned long), "bit search works on unsigned long");

static inline bool cairn_is_pow2(size_t n)
{
	return n != 0 && (n & (n - 1)) == 0;
}

/* Smallest k with 2^k >= n. n >= 1. */
static inline unsigned cairn_log2_ceil(size_t n)
{
	return n <= 1 ? 0 : cairn_highest_bit(n - 1) + 1;
}

static inline size_t cairn_round_down(size_t n, size_t pow2)
{
	return n & ~(pow2 - 1);
}

static inline size_t cairn_rotate_right(size_t word, unsigned nbits)
{
	return word >> nbits | word << (CAIRN_WORD_BITS - nbits);
}

/* Have the word as it is in a register here: what is computed from it is not computed anew from what it was made
 * of. */
#define CAIRN_AT_HAND(a) __asm__("" : "+r"(a))

/* Have both words at hand here, so that where they lie side by side one instruction can move the two. */
#define CAIRN_TOGETHER(a, b) __asm__("" : "+r"(a), "+r"(b))

/* Checked arithmetic: false on overflow, *out is then undefined. */
static inline bool cairn_add(size_t a, size_t b, size_t *out)
{
	return !__builtin_add_overflow(a, b, out);
}

static inline bool cairn_mul(size_t a, size_t b, size_t *out)
{
	return !__builtin_mul_overflow(a, b, out);
}

static inline bool cairn_round_up(size_t n, size_t pow2, size_t *out)
{
	if (!cairn_add(n, pow2 - 1, out))
		return false;
	*out = cairn_round_down(*out, pow2);
	return true;
}

/* The inverse of an odd number modulo the word. odd * odd = 1 modulo 8, so three bits are right to begin with;
 * each step doubles them (Newton, Hensel). */
static inline size_t cairn_inverse(size_t odd)
{
	size_t inverse = odd;

	for (unsigned nbits = 3; nbits < CAIRN_WORD_BITS; nbits *= 2)
		inverse *= 2 - odd * inverse;
	return inverse;
}

#endif
