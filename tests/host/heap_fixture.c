/* SPDX-License-Identifier: MIT */
/* One heap for each test, on frames of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "heap_fixture.h"

unsigned char heap_memory[HEAP_MEMORY_NBYTES] __attribute__((aligned(1 << 16)));
static struct cairn_regions regions;
struct cairn_frames frames;
struct cairn_heap heap;
size_t nfree_at_start;
size_t heap_key;

int heap_up(void **state)
{
	struct cairn_range ram = {(uintptr_t)heap_memory, HEAP_MEMORY_NBYTES, "ram", CAIRN_RANGE_RAM, 0};

	(void)state;
	assert_int_equal(cairn_region_init(&regions, &ram, 1), CAIRN_OK);
	cairn_frame_init(&frames);
	assert_int_equal(cairn_frame_zones(&frames, &regions), CAIRN_OK);
	assert_int_equal(cairn_frame_open(&frames, &regions), CAIRN_OK);
	nfree_at_start = cairn_frame_count(&frames, CAIRN_FREE);
	/* Headers that another test has left in the memory are not this one's. */
	heap_key = heap_key * 5 + support_seed();
	assert_int_equal(cairn_heap_init(&heap, &frames, 0, heap_key), CAIRN_OK);
	return 0;
}

int heap_up_uncached(void **state)
{
	int failed = heap_up(state);

	cairn_heap_watch(&heap, true);
	return failed;
}

void assert_sound(void)
{
	const char *broken = cairn_heap_check(&heap);
	struct cairn_heap_info info;

	if (broken)
		fail_msg("seed %u: %s", (unsigned)support_seed(), broken);
	cairn_heap_info(&heap, &info);
	assert_int_equal(info.live_nbytes + info.free_nbytes + info.overhead_nbytes,
			 info.nframes << CAIRN_FRAME_SHIFT);
	assert_int_equal(info.nframes, cairn_frame_count(&frames, CAIRN_HEAP));
}

int heap_down(void **state)
{
	(void)state;
	return cairn_heap_check(&heap) == NULL && cairn_frame_check(&frames) == NULL ? 0 : 1;
}

void assert_all_back(void)
{
	struct cairn_heap_info info;

	assert_sound();
	(void)cairn_heap_trim(&heap);
	assert_sound();
	cairn_heap_info(&heap, &info);
	assert_int_equal(info.live_nblocks, 0);
	assert_int_equal(info.nchunks, 0);
	assert_int_equal(cairn_frame_count(&frames, CAIRN_FREE), nfree_at_start);
}

size_t fingerprint(void)
{
	const size_t *word = (const size_t *)heap_memory;
	const unsigned char *byte = (const unsigned char *)&heap;
	size_t sum = 0;

	for (size_t n = 0; n < HEAP_MEMORY_NBYTES / sizeof(size_t); n++)
		sum = sum * 31 + word[n];
	for (size_t n = 0; n < sizeof(heap); n++)
		sum = sum * 31 + byte[n];
	return sum;
}

void assert_refused(const void *p, enum cairn_err err)
{
	size_t before = fingerprint();
	void *q = (void *)(uintptr_t)p;

	assert_int_equal(cairn_heap_free_check(&heap, q), err);
	assert_int_equal(cairn_heap_free(&heap, q), err);
	assert_int_equal(cairn_heap_free_sized(&heap, q, 8), err);
	assert_int_equal(cairn_heap_free_begin(&heap, q), err);
	assert_int_equal(cairn_heap_resize(&heap, q, 8), err);
	assert_int_equal(cairn_heap_grow_in_place(&heap, q, 8), err);
	assert_int_equal(cairn_heap_shrink_in_place(&heap, q, 8), err);
	assert_int_equal(cairn_heap_usable(&heap, q), 0);
	assert_int_equal(fingerprint(), before);
}

unsigned char *take(size_t nbytes)
{
	unsigned char *p = cairn_heap_alloc(&heap, nbytes, NULL, NULL);

	assert_non_null(p);
	assert_int_equal((uintptr_t)p % CAIRN_HEAP_ALIGN, 0);
	return p;
}

void give(void *p)
{
	assert_int_equal(cairn_heap_free(&heap, p), CAIRN_OK);
}

void stamp(unsigned char *p, size_t nbytes, unsigned seed)
{
	for (size_t n = 0; n < nbytes; n++)
		p[n] = (unsigned char)(seed + n * 7);
}

void assert_stamped(const unsigned char *p, size_t nbytes, unsigned seed)
{
	for (size_t n = 0; n < nbytes; n++)
		if (p[n] != (unsigned char)(seed + n * 7))
			fail_msg("seed %u: byte %u of %u was changed", (unsigned)support_seed(), (unsigned)n,
				 (unsigned)nbytes);
}

struct cairn_heap_span chunk_of(const void *p)
{
	struct cairn_heap_span chunk;

	assert_int_equal(cairn_heap_chunk_find(&heap, (uintptr_t)p, &chunk), CAIRN_OK);
	return chunk;
}

size_t random_word(struct support_rng *rng)
{
	return (size_t)((uint64_t)support_random(rng) << 32 | support_random(rng));
}

void assert_only_live_are_freeable(const void *p, size_t nlive)
{
	struct cairn_heap_span chunk = chunk_of(p);
	size_t nfreeable = 0;

	for (uintptr_t addr = chunk.base; addr < chunk.base + chunk.nbytes; addr += CAIRN_HEAP_ALIGN)
		nfreeable += cairn_heap_free_check(&heap, (void *)addr) == CAIRN_OK;
	assert_int_equal(nfreeable, nlive);
}
