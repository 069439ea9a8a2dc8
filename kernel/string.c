/* SPDX-License-Identifier: MIT */
/* The four functions that a freestanding compiler expects: by blocks of words where the addresses allow it,
 * else by bytes. The compiler must not recognise the loops, and make them calls of what they implement. */
#include "cairn.h" /* declares them */

#if defined(__clang__)
#define IS_NOT_A_LIBRARY_CALL __attribute__((no_builtin("memcpy", "memmove", "memset", "memcmp")))
#else
#define IS_NOT_A_LIBRARY_CALL __attribute__((optimize("no-tree-loop-distribute-patterns")))
#endif

#define BLOCK_WORDS 4

/* Any memory, a word or a block at a time. */
struct word {
	size_t value;
} __attribute__((may_alias));

struct block {
	size_t value[BLOCK_WORDS];
} __attribute__((may_alias));

static inline bool word_aligned(uintptr_t addr)
{
	return addr % sizeof(size_t) == 0;
}

static inline bool same_alignment(const void *a, const void *b)
{
	return word_aligned((uintptr_t)a ^ (uintptr_t)b);
}

IS_NOT_A_LIBRARY_CALL void *memcpy(void *restrict to, const void *restrict from, size_t nbytes)
{
	const unsigned char *source = from;
	unsigned char *target = to;

	if (same_alignment(source, target)) {
		for (; nbytes && !word_aligned((uintptr_t)target); nbytes--)
			*target++ = *source++;
		for (; nbytes >= sizeof(struct block); nbytes -= sizeof(struct block)) {
			*(struct block *)(void *)target = *(const struct block *)(const void *)source;
			target += sizeof(struct block);
			source += sizeof(struct block);
		}
	}
	for (; nbytes; nbytes--)
		*target++ = *source++;
	return to;
}

/* From the end, for a target that begins inside the source. */
IS_NOT_A_LIBRARY_CALL static void copy_down(unsigned char *target, const unsigned char *source, size_t nbytes)
{
	target += nbytes;
	source += nbytes;
	if (same_alignment(source, target)) {
		for (; nbytes && !word_aligned((uintptr_t)target); nbytes--)
			*--target = *--source;
		for (; nbytes >= sizeof(struct word); nbytes -= sizeof(struct word)) {
			target -= sizeof(struct word);
			source -= sizeof(struct word);
			*(struct word *)(void *)target = *(const struct word *)(const void *)source;
		}
	}
	for (; nbytes; nbytes--)
		*--target = *--source;
}

/* From the start; a word is read whole before it is written, so a target below the source is safe. */
IS_NOT_A_LIBRARY_CALL static void copy_up(unsigned char *target, const unsigned char *source, size_t nbytes)
{
	if (same_alignment(source, target)) {
		for (; nbytes && !word_aligned((uintptr_t)target); nbytes--)
			*target++ = *source++;
		for (; nbytes >= sizeof(struct word); nbytes -= sizeof(struct word)) {
			*(struct word *)(void *)target = *(const struct word *)(const void *)source;
			target += sizeof(struct word);
			source += sizeof(struct word);
		}
	}
	for (; nbytes; nbytes--)
		*target++ = *source++;
}

IS_NOT_A_LIBRARY_CALL void *memmove(void *to, const void *from, size_t nbytes)
{
	if ((uintptr_t)to - (uintptr_t)from >= nbytes)
		copy_up(to, from, nbytes);
	else
		copy_down(to, from, nbytes);
	return to;
}

IS_NOT_A_LIBRARY_CALL void *memset(void *to, int byte, size_t nbytes)
{
	const size_t word = (size_t)-1 / 0xff * (unsigned char)byte;
	const struct block block = {{word, word, word, word}};
	unsigned char *target = to;

	for (; nbytes && !word_aligned((uintptr_t)target); nbytes--)
		*target++ = (unsigned char)byte;
	for (; nbytes >= sizeof(block); nbytes -= sizeof(block)) {
		*(struct block *)(void *)target = block;
		target += sizeof(block);
	}
	for (; nbytes; nbytes--)
		*target++ = (unsigned char)byte;
	return to;
}

IS_NOT_A_LIBRARY_CALL int memcmp(const void *a, const void *b, size_t nbytes)
{
	const unsigned char *left = a;
	const unsigned char *right = b;

	if (same_alignment(left, right)) {
		for (; nbytes && !word_aligned((uintptr_t)left) && *left == *right; nbytes--) {
			left++;
			right++;
		}
		while (word_aligned((uintptr_t)left) && nbytes >= sizeof(struct word) &&
		       ((const struct word *)(const void *)left)->value ==
			       ((const struct word *)(const void *)right)->value) {
			left += sizeof(struct word);
			right += sizeof(struct word);
			nbytes -= sizeof(struct word);
		}
	}
	for (; nbytes; nbytes--, left++, right++) {
		if (*left != *right)
			return *left - *right;
	}
	return 0;
}
