/* SPDX-License-Identifier: MIT */
/* The heap: sizes and alignments, every refusal, in-place resizing, chunks, exhaustion, random use against a naive
 * model, how often the keyed check is fooled, late writes, planted damage, and level 2. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "heap_chunk.h"
#include "support.h"

#define MEMORY_NBYTES ((size_t)256 << 10)
#define USUAL_NBYTES  (CHUNK_USUAL_NFRAMES << CAIRN_FRAME_SHIFT)
#define NMODEL	      96
#define NMANY	      4096

static unsigned char memory[MEMORY_NBYTES] __attribute__((aligned(1 << 16)));
static struct cairn_regions regions;
static struct cairn_frames frames;
static struct cairn_heap heap;
static size_t nfree_at_start;
static size_t key;

static int heap_up(void **state)
{
	struct cairn_range ram = {(uintptr_t)memory, MEMORY_NBYTES, "ram", CAIRN_RANGE_RAM, 0};

	(void)state;
	assert_int_equal(cairn_region_init(&regions, &ram, 1), CAIRN_OK);
	cairn_frame_init(&frames);
	assert_int_equal(cairn_frame_zones(&frames, &regions), CAIRN_OK);
	assert_int_equal(cairn_frame_open(&frames, &regions), CAIRN_OK);
	nfree_at_start = cairn_frame_count(&frames, CAIRN_FREE);
	/* Headers that another test has left in the memory are not this one's. */
	key = key * 5 + support_seed();
	assert_int_equal(cairn_heap_init(&heap, &frames, 0, key), CAIRN_OK);
	return 0;
}

static void assert_sound(void)
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

static int heap_down(void **state)
{
	(void)state;
	return cairn_heap_check(&heap) == NULL && cairn_frame_check(&frames) == NULL ? 0 : 1;
}

static void assert_all_back(void)
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

/* All memory and the heap's own state in one number: a refused call must not change it. */
static size_t fingerprint(void)
{
	const size_t *word = (const size_t *)memory;
	const unsigned char *byte = (const unsigned char *)&heap;
	size_t sum = 0;

	for (size_t n = 0; n < MEMORY_NBYTES / sizeof(size_t); n++)
		sum = sum * 31 + word[n];
	for (size_t n = 0; n < sizeof(heap); n++)
		sum = sum * 31 + byte[n];
	return sum;
}

static void assert_refused(const void *p, enum cairn_err err)
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

static unsigned char *take(size_t nbytes)
{
	unsigned char *p = cairn_heap_alloc(&heap, nbytes, NULL, NULL);

	assert_non_null(p);
	assert_int_equal((uintptr_t)p % CAIRN_HEAP_ALIGN, 0);
	return p;
}

static void give(void *p)
{
	assert_int_equal(cairn_heap_free(&heap, p), CAIRN_OK);
}

static void stamp(unsigned char *p, size_t nbytes, unsigned seed)
{
	for (size_t n = 0; n < nbytes; n++)
		p[n] = (unsigned char)(seed + n * 7);
}

static void assert_stamped(const unsigned char *p, size_t nbytes, unsigned seed)
{
	for (size_t n = 0; n < nbytes; n++)
		if (p[n] != (unsigned char)(seed + n * 7))
			fail_msg("seed %u: byte %u of %u was changed", (unsigned)support_seed(), (unsigned)n,
				 (unsigned)nbytes);
}

static struct cairn_heap_span chunk_of(const void *p)
{
	struct cairn_heap_span chunk;

	assert_int_equal(cairn_heap_chunk_find(&heap, (uintptr_t)p, &chunk), CAIRN_OK);
	return chunk;
}

/* ---- arguments, sizes, alignments ---- */

static void init_refuses_null(void **state)
{
	(void)state;
	assert_int_equal(cairn_heap_init(NULL, &frames, 0, 0), CAIRN_EINVAL);
	assert_int_equal(cairn_heap_init(&heap, NULL, 0, 0), CAIRN_EINVAL);
	assert_null(cairn_heap_alloc(NULL, 8, NULL, NULL));
	assert_null(cairn_heap_alloc_aligned(NULL, 64, 8, NULL, NULL));
	assert_int_equal(cairn_heap_free_check(NULL, memory), CAIRN_EINVAL);
	assert_int_equal(cairn_heap_trim(NULL), 0);
	assert_null(cairn_heap_next_live(NULL, NULL, NULL));
	assert_string_equal(cairn_heap_check(NULL), "h != NULL");
}

static void absurd_sizes_are_refused(void **state)
{
	static const size_t sizes[] = {0,
				       CAIRN_HEAP_MAX_NBYTES + 1,
				       (size_t)1 << CAIRN_HEAP_MAX_LOG2,
				       SIZE_MAX / 2,
				       SIZE_MAX / 2 + 1,
				       SIZE_MAX - 64,
				       SIZE_MAX - 1,
				       SIZE_MAX};
	unsigned char *p = take(40);
	size_t before = fingerprint();

	(void)state;
	for (size_t n = 0; n < sizeof(sizes) / sizeof(sizes[0]); n++) {
		assert_null(cairn_heap_alloc(&heap, sizes[n], NULL, NULL));
		assert_null(cairn_heap_alloc_aligned(&heap, 64, sizes[n], NULL, NULL));
		assert_int_equal(cairn_heap_resize(&heap, p, sizes[n]), sizes[n] ? CAIRN_ENOMEM : CAIRN_EINVAL);
		assert_int_equal(cairn_heap_free_sized(&heap, p, sizes[n]), CAIRN_ESIZE);
	}
	/* More than these frames have, and so is the largest that a header could hold. */
	assert_null(cairn_heap_alloc(&heap, MEMORY_NBYTES, NULL, NULL));
	assert_int_equal(fingerprint(), before);
	give(p);
	assert_all_back();
}

static void absurd_alignments_are_refused(void **state)
{
	static const size_t aligns[] = {0, 3, 24, SIZE_MAX, SIZE_MAX / 2, SIZE_MAX / 2 + 1,
					(size_t)1 << CAIRN_HEAP_MAX_LOG2};

	(void)state;
	for (size_t n = 0; n < sizeof(aligns) / sizeof(aligns[0]); n++)
		assert_null(cairn_heap_alloc_aligned(&heap, aligns[n], 8, NULL, NULL));
	assert_null(cairn_heap_alloc_aligned(&heap, (size_t)1 << (CAIRN_HEAP_MAX_LOG2 - 1),
					     CAIRN_HEAP_MAX_NBYTES, NULL, NULL));
	assert_all_back();
}

static void every_size_can_be_used_whole(void **state)
{
	size_t least = 0;

	(void)state;
	for (size_t nbytes = 1; nbytes < MEMORY_NBYTES / 3; nbytes += 1 + nbytes / 37) {
		unsigned char *p = take(nbytes), *q = take(nbytes);

		least = cairn_heap_usable(&heap, p);
		assert_true(least >= nbytes);
		assert_true(CAIRN_CHECK < 2 || least == nbytes);
		assert_true(CAIRN_CHECK >= 2 || least < nbytes + 2 * CAIRN_HEAP_ALIGN);
		stamp(p, nbytes, 1);
		stamp(q, nbytes, 2);
		assert_stamped(p, nbytes, 1);
		assert_sound();
		assert_int_equal(cairn_heap_free_sized(&heap, p, nbytes), CAIRN_OK);
		assert_stamped(q, nbytes, 2);
		assert_int_equal(cairn_heap_free_sized(&heap, q, nbytes), CAIRN_OK);
	}
	assert_all_back();
}

static void every_alignment_is_kept(void **state)
{
	(void)state;
	for (size_t align = 1; align <= MEMORY_NBYTES / 8; align *= 2) {
		for (size_t nbytes = 1; nbytes < 3000; nbytes = nbytes * 3 + 1) {
			unsigned char *p = take(nbytes);
			unsigned char *q = cairn_heap_alloc_aligned(&heap, align, nbytes, NULL, NULL);
			unsigned char *r = take(1);

			assert_non_null(q);
			assert_int_equal((uintptr_t)q % align, 0);
			assert_int_equal((uintptr_t)q % CAIRN_HEAP_ALIGN, 0);
			stamp(q, nbytes, 3);
			assert_sound();
			give(p);
			assert_stamped(q, nbytes, 3);
			give(q);
			assert_sound();
			give(r);
		}
	}
	assert_all_back();
}

static void sized_free_knows_the_size(void **state)
{
	unsigned char *p = take(100);
	size_t before = fingerprint();

	(void)state;
	assert_int_equal(cairn_heap_free_sized(&heap, p, 0), CAIRN_ESIZE);
	assert_int_equal(cairn_heap_free_sized(&heap, p, 100 + CAIRN_HEAP_ALIGN), CAIRN_ESIZE);
	assert_int_equal(cairn_heap_free_sized(&heap, p, 100 - 3 * CAIRN_HEAP_ALIGN), CAIRN_ESIZE);
	assert_int_equal(cairn_heap_free_sized(&heap, p, SIZE_MAX), CAIRN_ESIZE);
	assert_int_equal(fingerprint(), before);
	assert_int_equal(cairn_heap_free_sized(&heap, p, 100), CAIRN_OK);
	assert_int_equal(cairn_heap_free_sized(&heap, NULL, 100), CAIRN_OK);
	assert_int_equal(cairn_heap_free(&heap, NULL), CAIRN_OK);
	assert_all_back();
}

/* ---- wrong frees ---- */

/* Blocks a b c with d behind; around b, which is freed twice, a or c or both or neither are free. */
static void double_free_is_seen_whatever_merged(void **state)
{
	(void)state;
	for (unsigned free_around = 0; free_around < 16; free_around++) {
		unsigned char *a = take(60), *b = take(60), *c = take(60), *d = take(60);

		if (free_around & 1)
			give(a);
		if (free_around & 2)
			give(c);
		give(b);
		assert_refused(b, CAIRN_EDOUBLE);
		if (!(free_around & 1) && free_around & 4)
			give(a);
		if (!(free_around & 2) && free_around & 8)
			give(c);
		assert_refused(b, CAIRN_EDOUBLE);
		assert_sound();
		if (!(free_around & 5))
			give(a);
		if (!(free_around & 10))
			give(c);
		give(d);
		/* All of the chunk is free, and kept; then it is a free frame. */
		assert_refused(b, CAIRN_EDOUBLE);
		assert_all_back();
		assert_refused(b, CAIRN_EDOUBLE);
	}
}

static void halves_of_a_free(void **state)
{
	unsigned char *a = take(60), *b = take(60), *c = take(60);
	struct cairn_heap_where where;

	(void)state;
	assert_int_equal(cairn_heap_free_begin(&heap, b), CAIRN_OK);
	assert_refused(b, CAIRN_EDOUBLE);
	assert_sound();
	assert_true(cairn_heap_where(&heap, (uintptr_t)b + 5, &where));
	assert_int_equal(where.state, CAIRN_HEAP_FREE);
	/* The neighbours may go while it is between the halves. */
	give(a);
	cairn_heap_disarm(&heap, b);
	for (size_t n = 0; CAIRN_CHECK >= 2 && n < 60; n++)
		assert_int_equal(b[n], CAIRN_POISON_FREE);
	give(c);
	assert_sound();
	cairn_heap_free_end(&heap, b);
	assert_refused(b, CAIRN_EDOUBLE);
	/* Ending what was never begun does nothing. */
	a = take(60);
	cairn_heap_free_end(&heap, a);
	assert_int_equal(cairn_heap_free_check(&heap, a), CAIRN_OK);
	give(a);
	assert_all_back();
}

static void a_neighbour_damaged_between_the_halves(void **state)
{
	unsigned char *a = take(60), *b = take(60), *c = take(60);
	size_t saved;

	(void)state;
	give(a);
	assert_int_equal(cairn_heap_free_begin(&heap, b), CAIRN_OK);
	saved = *(size_t *)a;
	*(size_t *)a = 1;
	cairn_heap_free_end(&heap, b);
	*(size_t *)a = saved;
	assert_refused(b, CAIRN_EDOUBLE);
	assert_sound();
	cairn_heap_free_end(&heap, b);
	give(c);
	assert_all_back();
}

static void foreign_pointers_are_refused(void **state)
{
	static size_t elsewhere[8];
	unsigned char *p = take(100);
	struct cairn_heap_span chunk = chunk_of(p);
	cairn_pfn pages = cairn_frame_alloc(&frames, 0, CAIRN_PAGES, CAIRN_ANY_ZONE);
	static struct cairn_heap other;
	void *others;

	(void)state;
	assert_refused(&elsewhere[4], CAIRN_EFOREIGN);
	assert_refused((void *)(CAIRN_HEAP_ALIGN), CAIRN_EFOREIGN);
	assert_refused((void *)(UINTPTR_MAX - CAIRN_HEAP_ALIGN + 1), CAIRN_EFOREIGN);
	assert_refused((void *)cairn_pfn_to_addr(pages), CAIRN_EWRONGKIND);
	assert_refused(memory + MEMORY_NBYTES - CAIRN_HEAP_ALIGN, CAIRN_EDOUBLE);
	assert_int_equal(cairn_heap_init(&other, &frames, 0, key), CAIRN_OK);
	others = cairn_heap_alloc(&other, 100, NULL, NULL);
	assert_non_null(others);
	assert_refused(others, CAIRN_EWRONGKIND);
	assert_int_equal(cairn_heap_free_check(&other, p), CAIRN_EWRONGKIND);
	assert_int_equal(cairn_heap_free(&other, others), CAIRN_OK);
	assert_true(cairn_heap_trim(&other) > 0);
	for (size_t offset = 1; offset < CAIRN_HEAP_ALIGN; offset++)
		assert_refused(p + offset, CAIRN_EMISALIGNED);
	for (uintptr_t addr = chunk.base; addr < (uintptr_t)chunk_first(&chunk); addr++)
		assert_int_equal(cairn_heap_free_check(&heap, (void *)addr), CAIRN_EMISALIGNED);
	assert_int_equal(cairn_frame_free(&frames, pages, CAIRN_PAGES), CAIRN_OK);
	give(p);
	assert_all_back();
}

/* Of all places in a chunk, exactly the live blocks may be freed: no header is left behind that says so. */
static void assert_only_live_are_freeable(const void *p, size_t nlive)
{
	struct cairn_heap_span chunk = chunk_of(p);
	size_t nfreeable = 0;

	for (uintptr_t addr = chunk.base; addr < chunk.base + chunk.nbytes; addr += CAIRN_HEAP_ALIGN)
		nfreeable += cairn_heap_free_check(&heap, (void *)addr) == CAIRN_OK;
	assert_int_equal(nfreeable, nlive);
}

static void interior_pointers_are_refused(void **state)
{
	enum cairn_err err = CAIRN_HEAP_MAP ? CAIRN_EINTERIOR : CAIRN_ECORRUPT;
	unsigned char *a = take(60), *p = take(400), *b = take(60);

	(void)state;
	stamp(p, 400, 9);
	for (size_t offset = CAIRN_HEAP_ALIGN; offset < 400; offset += CAIRN_HEAP_ALIGN)
		assert_refused(p + offset, err);
	assert_only_live_are_freeable(p, 3);
	give(a);
	give(p);
	assert_only_live_are_freeable(b, 1);
	p = take(300);
	assert_only_live_are_freeable(b, 2);
	give(p);
	give(b);
	assert_all_back();
}

/* A perfect forgery inside a live block, both headers: only the map can tell. */
static void the_map_is_exact(void **state)
{
	unsigned char *p = take(400);
	struct cairn_heap_block *forged = block_of(p + 8 * CAIRN_HEAP_ALIGN);

	(void)state;
	block_seal(&heap, forged, 6 * CAIRN_HEAP_ALIGN);
	block_seal(&heap, block_at(forged, 6 * CAIRN_HEAP_ALIGN), 6 * CAIRN_HEAP_ALIGN);
	if (CAIRN_HEAP_MAP) {
		assert_refused(block_payload(forged), CAIRN_EINTERIOR);
		assert_only_live_are_freeable(p, 1);
	}
	give(p);
	assert_all_back();
}

/* ---- the keyed check ---- */

static size_t random_word(struct support_rng *rng)
{
	return (size_t)((uint64_t)support_random(rng) << 32 | support_random(rng));
}

/* ntrials * share / 2^CAIRN_HEAP_CHECK_BITS, and that the count found is near. */
static void assert_rate(const char *what, size_t nseen, size_t ntrials, size_t numerator, size_t denominator)
{
	size_t expected = (size_t)((uint64_t)ntrials * numerator / denominator >> CAIRN_HEAP_CHECK_BITS);

	print_message("%s: %u of %u passed, %u expected of %u bits\n", what, (unsigned)nseen, (unsigned)ntrials,
		      (unsigned)expected, (unsigned)CAIRN_HEAP_CHECK_BITS);
	assert_in_range(nseen, expected / 3, expected * 2 + (CAIRN_WORD_BITS == 64 ? 0 : 6));
}

/* A random word before the pointer. It passes the check when free_check believes it: with FREE or RETIRED set, three
 * times in four, that shows as EDOUBLE. */
static void random_headers_pass_as_stated(void **state)
{
	struct support_rng rng = {support_seed()};
	size_t ntrials = SUPPORT_STEPS((size_t)1 << 20), npassed = 0;
	unsigned char *p = take(1024);

	(void)state;
	for (size_t n = 0; n < ntrials; n++) {
		unsigned char *q = p + CAIRN_HEAP_ALIGN * (1 + support_random_below(&rng, 40));

		block_of(q)->header = random_word(&rng);
		npassed += cairn_heap_free_check(&heap, q) == CAIRN_EDOUBLE;
		block_of(q)->header = 0;
	}
	assert_rate("random headers", npassed, ntrials, 3, 4);
	give(p);
	assert_all_back();
}

/* A right header before the pointer, a random one where it leads: one in four says neither FREE nor PREV_FREE. */
static void the_block_behind_is_checked_too(void **state)
{
	struct support_rng rng = {support_seed()};
	size_t ntrials = SUPPORT_STEPS((size_t)1 << 20), npassed = 0;
	unsigned char *p = take(1024);

	(void)state;
	for (size_t n = 0; n < ntrials; n++) {
		unsigned char *q = p + CAIRN_HEAP_ALIGN * (1 + support_random_below(&rng, 20));
		struct cairn_heap_block *behind = block_at(block_of(q), 16 * CAIRN_HEAP_ALIGN);
		enum cairn_err err;

		block_seal(&heap, block_of(q), 16 * CAIRN_HEAP_ALIGN);
		behind->header = random_word(&rng);
		err = cairn_heap_free_check(&heap, q);
		npassed += err == CAIRN_OK || err == CAIRN_EOVERRUN;
		block_of(q)->header = behind->header = 0;
	}
	if (CAIRN_HEAP_MAP)
		assert_int_equal(npassed, 0);
	else
		assert_rate("random headers behind", npassed, ntrials, 1, 4);
	give(p);
	assert_all_back();
}

/* ---- resizing in place ---- */

static void growing_takes_what_is_behind(void **state)
{
	unsigned char *a = take(100), *b = take(100), *c = take(100);

	(void)state;
	stamp(a, 100, 5);
	stamp(c, 100, 6);
	assert_int_equal(cairn_heap_grow_in_place(&heap, a, 150), CAIRN_ENOMEM);
	assert_int_equal(cairn_heap_grow_in_place(&heap, a, cairn_heap_usable(&heap, a) - 1), CAIRN_EINVAL);
	assert_int_equal(cairn_heap_grow_in_place(&heap, a, cairn_heap_usable(&heap, a)), CAIRN_OK);
	give(b);
	assert_int_equal(cairn_heap_grow_in_place(&heap, a, 400), CAIRN_ENOMEM);
	assert_int_equal(cairn_heap_grow_in_place(&heap, a, 150), CAIRN_OK);
	assert_sound();
	assert_true(cairn_heap_usable(&heap, a) >= 150);
	assert_int_equal(cairn_heap_grow_in_place(&heap, a, 200), CAIRN_OK);
	assert_sound();
	assert_stamped(a, 100, 5);
	assert_stamped(c, 100, 6);
	/* The header that was swallowed must not be one. */
	assert_int_not_equal(cairn_heap_free_check(&heap, b), CAIRN_OK);
	assert_only_live_are_freeable(a, 2);
	give(a);
	give(c);
	assert_all_back();
}

static void shrinking_gives_the_tail_back(void **state)
{
	unsigned char *a = take(600), *b = take(100), *c;

	(void)state;
	stamp(a, 600, 5);
	assert_int_equal(cairn_heap_shrink_in_place(&heap, a, 0), CAIRN_EINVAL);
	assert_int_equal(cairn_heap_shrink_in_place(&heap, a, cairn_heap_usable(&heap, a) + 1), CAIRN_EINVAL);
	assert_int_equal(cairn_heap_shrink_in_place(&heap, a, 200), CAIRN_OK);
	assert_sound();
	assert_stamped(a, 200, 5);
	assert_true(cairn_heap_usable(&heap, a) < 200 + 2 * CAIRN_HEAP_ALIGN);
	c = take(300);
	assert_true(c > a && c < b);
	give(c);
	/* By little: the few bytes join the free block behind. */
	assert_int_equal(cairn_heap_shrink_in_place(&heap, a, 200 - CAIRN_HEAP_ALIGN), CAIRN_OK);
	assert_sound();
	assert_int_equal(cairn_heap_free_sized(&heap, a, 200 - CAIRN_HEAP_ALIGN), CAIRN_OK);
	give(b);
	assert_all_back();
}

static void resizing_goes_both_ways(void **state)
{
	unsigned char *a = take(500), *b = take(8);

	(void)state;
	stamp(a, 500, 4);
	for (size_t nbytes = 500; nbytes > 3; nbytes -= 3) {
		assert_int_equal(cairn_heap_resize(&heap, a, nbytes), CAIRN_OK);
		assert_sound();
		assert_true(cairn_heap_usable(&heap, a) >= nbytes);
	}
	for (size_t nbytes = 4; nbytes <= 500; nbytes += 3) {
		assert_int_equal(cairn_heap_resize(&heap, a, nbytes), CAIRN_OK);
		assert_sound();
	}
	assert_stamped(a, 4, 4);
	assert_int_equal(cairn_heap_resize(&heap, a, 600), CAIRN_ENOMEM);
	give(a);
	give(b);
	assert_all_back();
}

/* ---- chunks ---- */

static void one_empty_chunk_stays(void **state)
{
	static void *blocks[NMANY];
	struct cairn_heap_info info;
	size_t nblocks = 0;

	(void)state;
	while (nblocks < NMANY && (blocks[nblocks] = cairn_heap_alloc(&heap, USUAL_NBYTES / 4, NULL, NULL)) != NULL)
		nblocks++;
	cairn_heap_info(&heap, &info);
	assert_true(info.nchunks > 1);
	for (size_t n = 0; n < nblocks; n++)
		give(blocks[n]);
	cairn_heap_info(&heap, &info);
	assert_int_equal(info.nchunks, 1);
	assert_in_range(info.nframes, 1, CHUNK_USUAL_NFRAMES);
	assert_true(info.largest_nbytes >= info.free_nbytes - BLOCK_EXTRA_NBYTES);
	/* Used again, and not given back at once. */
	for (unsigned n = 0; n < 10; n++) {
		size_t nfree = cairn_frame_count(&frames, CAIRN_FREE);

		give(take(info.largest_nbytes));
		assert_int_equal(cairn_frame_count(&frames, CAIRN_FREE), nfree);
	}
	assert_int_equal(cairn_heap_trim(&heap), info.nframes);
	assert_int_equal(cairn_heap_trim(&heap), 0);
	assert_all_back();
}

static void long_chunks_go_at_once(void **state)
{
	size_t nbytes = USUAL_NBYTES + 1;
	unsigned char *p;

	(void)state;
	if (nbytes * 2 > MEMORY_NBYTES)
		return;
	p = take(nbytes);
	assert_true(cairn_frame_count(&frames, CAIRN_HEAP) > CHUNK_USUAL_NFRAMES);
	give(p);
	assert_int_equal(cairn_frame_count(&frames, CAIRN_FREE), nfree_at_start);
	assert_refused(p, CAIRN_EDOUBLE);
	assert_all_back();
}

static void trim_leaves_a_chunk_in_use(void **state)
{
	unsigned char *p = take(100);

	(void)state;
	assert_int_equal(cairn_heap_trim(&heap), 0);
	give(p);
	p = take(100);
	assert_int_equal(cairn_heap_trim(&heap), 0);
	assert_int_equal(cairn_heap_free_check(&heap, p), CAIRN_OK);
	give(p);
	assert_all_back();
}

/* The usual chunk is not to be had: what is needed is. */
static void little_is_taken_when_little_is_left(void **state)
{
	static cairn_pfn pages[MEMORY_NBYTES >> CAIRN_FRAME_SHIFT];
	size_t npages = 0;
	unsigned char *p;

	(void)state;
	while ((pages[npages] = cairn_frame_alloc(&frames, 0, CAIRN_PAGES, CAIRN_ANY_ZONE)) != CAIRN_NOFRAME)
		npages++;
	assert_null(cairn_heap_alloc(&heap, 8, NULL, NULL));
	assert_int_equal(cairn_frame_free(&frames, pages[--npages], CAIRN_PAGES), CAIRN_OK);
	p = take(8);
	assert_int_equal(cairn_frame_count(&frames, CAIRN_HEAP), 1);
	assert_null(cairn_heap_alloc(&heap, CAIRN_FRAME_NBYTES, NULL, NULL));
	give(p);
	while (npages > 0)
		assert_int_equal(cairn_frame_free(&frames, pages[--npages], CAIRN_PAGES), CAIRN_OK);
	assert_all_back();
}

static void exhausted_and_all_given_back(void **state)
{
	static unsigned char *blocks[NMANY];
	struct support_rng rng = {support_seed()};

	(void)state;
	for (unsigned round = 0; round < 4; round++) {
		size_t nblocks = 0;

		for (;;) {
			size_t nbytes = 40 + support_random_below(&rng, 400);

			if (nblocks == NMANY ||
			    (blocks[nblocks] = cairn_heap_alloc(&heap, nbytes, NULL, NULL)) == NULL)
				break;
			stamp(blocks[nblocks++], 40, round);
		}
		assert_true(nblocks > MEMORY_NBYTES / 1024);
		assert_sound();
		while (nblocks > 0) {
			size_t pick = support_random_below(&rng, (uint32_t)nblocks);

			assert_stamped(blocks[pick], 40, round);
			give(blocks[pick]);
			blocks[pick] = blocks[--nblocks];
		}
		assert_all_back();
	}
}

/* ---- random operations against a naive model ---- */

static struct {
	unsigned char *p;
	size_t nbytes;
	unsigned stamp;
} model[NMODEL];

static size_t random_size(struct support_rng *rng)
{
	uint32_t power = 1u << support_random_below(rng, 13);

	return power + support_random_below(rng, power);
}

static void model_alloc(struct support_rng *rng, unsigned slot)
{
	size_t nbytes = random_size(rng);
	size_t align = (size_t)1 << support_random_below(rng, 10);

	if (support_random_below(rng, 4) != 0)
		model[slot].p = cairn_heap_alloc(&heap, nbytes, &model[slot], NULL);
	else
		model[slot].p = cairn_heap_alloc_aligned(&heap, align, nbytes, &model[slot], NULL);
	if (!model[slot].p)
		return;
	model[slot].nbytes = nbytes;
	model[slot].stamp = support_random(rng);
	stamp(model[slot].p, nbytes, model[slot].stamp);
}

static void model_free(struct support_rng *rng, unsigned slot)
{
	unsigned char *p = model[slot].p;

	assert_stamped(p, model[slot].nbytes, model[slot].stamp);
	switch (support_random_below(rng, 3)) {
	case 0:
		assert_int_equal(cairn_heap_free_sized(&heap, p, model[slot].nbytes), CAIRN_OK);
		break;
	case 1:
		assert_int_equal(cairn_heap_free_begin(&heap, p), CAIRN_OK);
		assert_sound();
		cairn_heap_disarm(&heap, p);
		cairn_heap_free_end(&heap, p);
		break;
	default:
		assert_int_equal(cairn_heap_free(&heap, p), CAIRN_OK);
	}
	assert_int_equal(cairn_heap_free_check(&heap, p), CAIRN_EDOUBLE);
	model[slot].p = NULL;
}

static void model_resize(struct support_rng *rng, unsigned slot)
{
	size_t nbytes = random_size(rng);
	size_t kept = nbytes < model[slot].nbytes ? nbytes : model[slot].nbytes;
	enum cairn_err err = cairn_heap_resize(&heap, model[slot].p, nbytes);

	if (err == CAIRN_ENOMEM) {
		assert_true(nbytes > model[slot].nbytes);
		return;
	}
	assert_int_equal(err, CAIRN_OK);
	assert_stamped(model[slot].p, kept, model[slot].stamp);
	model[slot].nbytes = nbytes;
	stamp(model[slot].p, nbytes, model[slot].stamp);
}

static size_t model_nlive(void)
{
	size_t nlive = 0;

	for (unsigned slot = 0; slot < NMODEL; slot++)
		nlive += model[slot].p != NULL;
	return nlive;
}

/* What the heap lists as live is what the model holds, and nothing else in the chunks can be freed. */
static void assert_as_modelled(void)
{
	size_t nlisted = 0, nfreeable = 0;

	for (const void *p = NULL; (p = cairn_heap_next_live(&heap, p, NULL)) != NULL;)
		nlisted++;
	assert_int_equal(nlisted, model_nlive());
	for (uintptr_t addr = (uintptr_t)memory; addr < (uintptr_t)memory + MEMORY_NBYTES; addr += CAIRN_HEAP_ALIGN)
		nfreeable += cairn_heap_free_check(&heap, (void *)addr) == CAIRN_OK;
	assert_int_equal(nfreeable, nlisted);
	for (unsigned slot = 0; slot < NMODEL; slot++)
		if (model[slot].p)
			assert_stamped(model[slot].p, model[slot].nbytes, model[slot].stamp);
}

static void random_use_matches_a_naive_model(void **state)
{
	struct support_rng rng = {support_seed()};
	unsigned nsteps = SUPPORT_STEPS(8000);

	(void)state;
	for (unsigned step = 0; step < nsteps; step++) {
		unsigned slot = support_random_below(&rng, NMODEL);

		if (!model[slot].p)
			model_alloc(&rng, slot);
		else if (support_random_below(&rng, 3) == 0)
			model_resize(&rng, slot);
		else
			model_free(&rng, slot);
		assert_sound();
		assert_int_equal(heap.live_nblocks, model_nlive());
		if (step % 400 == 0)
			assert_as_modelled();
	}
	for (unsigned slot = 0; slot < NMODEL; slot++)
		if (model[slot].p)
			model_free(&rng, slot);
	assert_all_back();
}

/* ---- writes into freed memory ---- */

/* a and c live around a freed b, whose word `at` (a link, or its length at the end) is overwritten: nobody follows it. */
static void late_write(size_t at, size_t value)
{
	unsigned char *a = take(60), *b = take(200), *c = take(60);
	struct cairn_heap_info info;
	size_t *word, saved, before;

	give(b);
	word = (size_t *)b + at;
	saved = *word;
	*word = value;
	before = fingerprint();
	assert_int_equal(cairn_heap_free(&heap, c), CAIRN_ECORRUPT);
	if (at < 2) {
		assert_int_equal(cairn_heap_free(&heap, a), CAIRN_ECORRUPT);
		assert_int_equal(cairn_heap_grow_in_place(&heap, a, 100), CAIRN_ECORRUPT);
		assert_int_equal(fingerprint(), before);
		assert_null(cairn_heap_alloc(&heap, 200, NULL, NULL));
		cairn_heap_info(&heap, &info);
		assert_int_equal(info.damaged, (uintptr_t)b);
		heap.damaged = 0;
	}
	assert_int_equal(fingerprint(), before);
	assert_non_null(cairn_heap_check(&heap));
	*word = saved;
	give(a);
	give(c);
	assert_all_back();
}

static void late_writes_are_not_followed(void **state)
{
	static size_t outside[8];
	cairn_pfn pages = cairn_frame_alloc(&frames, 0, CAIRN_PAGES, CAIRN_ANY_ZONE);
	size_t values[] = {1, SIZE_MAX, CAIRN_HEAP_ALIGN - sizeof(size_t), (size_t)outside,
			   (size_t)cairn_pfn_to_addr(pages) + CAIRN_HEAP_ALIGN - sizeof(size_t), 0};
	struct support_rng rng = {support_seed()};
	struct cairn_heap_block *free200;
	size_t length_at;

	(void)state;
	free200 = block_of(take(200));
	length_at = block_nbytes(free200) / sizeof(size_t) - 2;
	give(block_payload(free200));
	for (unsigned n = 0; n < 200; n++) {
		size_t value = n < sizeof(values) / sizeof(values[0]) ? values[n] : random_word(&rng);

		if (value != 0)
			late_write(0, value);
		if (value != 0)
			late_write(1, value);
		late_write(length_at, value);
	}
	assert_int_equal(cairn_frame_free(&frames, pages, CAIRN_PAGES), CAIRN_OK);
	assert_all_back();
}

/* A write behind a live block hits the next header: neither block is freed. */
static void an_overwritten_header_stops_both(void **state)
{
	unsigned char *a = take(60), *b = take(60), *c = take(60);
	size_t saved = block_of(b)->header;

	(void)state;
	block_of(b)->header = 0x41414141;
	assert_refused(b, CAIRN_ECORRUPT);
	assert_refused(a, CAIRN_ECORRUPT);
	assert_int_equal(cairn_heap_free_check(&heap, c), CAIRN_OK);
	block_of(b)->header = saved;
	give(a);
	give(b);
	give(c);
	assert_all_back();
}

static void damaged_chunk_links_are_not_followed(void **state)
{
	static struct cairn_heap_chunk outside;
	unsigned char *p = take(100);
	struct cairn_heap_chunk *head = (struct cairn_heap_chunk *)chunk_of(p).base;

	(void)state;
	give(p);
	head->next = &outside;
	assert_int_equal(cairn_heap_trim(&heap), 0);
	assert_null(outside.prev);
	assert_string_equal(cairn_heap_check(&heap), "chunk_head_is_sound");
	head->next = NULL;
	assert_all_back();
}

/* ---- check, where, next_live ---- */

#define SEES(place, damage, text)                                      \
	do {                                                           \
		__typeof__(place) saved = (place);                     \
		(place) = (damage);                                    \
		assert_non_null(cairn_heap_check(&heap));              \
		assert_string_equal(cairn_heap_check(&heap), text);    \
		(place) = saved;                                       \
		assert_null(cairn_heap_check(&heap));                  \
	} while (0)

static void check_sees_damaged_blocks(void **state)
{
	unsigned char *a = take(60), *b = take(60), *c = take(60);
	struct cairn_heap_span chunk = chunk_of(a);
	struct cairn_heap_chunk *head = (struct cairn_heap_chunk *)chunk.base;
	struct cairn_heap_block *live = block_of(c), *hole = block_of(b);
	size_t *length = block_footer_before(live);

	(void)state;
	give(b);
	SEES(live->header, live->header + CAIRN_HEAP_ALIGN, "header_is_sound");
	SEES(live->header, block_sealed(&heap, live, SIZE_MAX & BLOCK_LOW_MASK & ~BLOCK_FLAGS), "header_is_sound");
	SEES(live->header, block_sealed(&heap, live, live->header & BLOCK_LOW_MASK & ~BLOCK_PREV_FREE),
	     "says_prev_free == before_is_free");
	SEES(live->header, block_sealed(&heap, live, (live->header & BLOCK_LOW_MASK) | BLOCK_FREE),
	     "!(is_free && before_is_free)");
	SEES(*length, *length + CAIRN_HEAP_ALIGN, "footer_tells_length");
	SEES(hole->next, live, "index_holds_free_block");
	SEES(hole->prev, live, "index_holds_free_block");
	SEES(chunk_end(&chunk)->header, 0, "end_is_sound");
	SEES(chunk_end(&chunk)->header, block_sealed(&heap, chunk_end(&chunk), 0),
	     "end_low == (before_is_free ? BLOCK_PREV_FREE : 0)");
	SEES(head->heap, NULL, "chunk_head_is_sound");
	SEES(head->prev, head, "chunk_head_is_sound");
	if (CAIRN_HEAP_MAP) {
		size_t *map = (size_t *)(head + 1);

		SEES(map[1], ~map[1], "map_nbits == nblocks");
		SEES(map[0], 0, "map_has_block");
	}
	give(a);
	give(c);
	assert_all_back();
}

static void check_sees_damaged_figures(void **state)
{
	unsigned char *a = take(60), *b = take(60), *c = take(60);
	unsigned bin, empty_bin = 0;

	(void)state;
	give(b);
	for (bin = 0; heap.list[bin] != block_of(b); bin++)
		;
	SEES(heap.list[bin], NULL, "index_holds_free_block");
	SEES(heap.bin_in_use[bin / CAIRN_WORD_BITS], 0, "bin_bit == (h->list[bin] != NULL)");
	SEES(heap.words_in_use, 0, "word_bit == (h->bin_in_use[word] != 0)");
	heap.bin_in_use[0] |= 1;
	heap.words_in_use |= 1;
	assert_null(heap.list[empty_bin]);
	heap.list[empty_bin] = block_of(a);
	assert_string_equal(cairn_heap_check(&heap), "listed_block_is_free");
	heap.list[empty_bin] = NULL;
	heap.bin_in_use[0] &= ~(size_t)1;
	heap.words_in_use &= ~(size_t)(heap.bin_in_use[0] == 0);
	SEES(heap.nchunks, heap.nchunks - 1, "seen->nchunks < h->nchunks");
	SEES(heap.nchunks, heap.nchunks + 1, "h->nchunks == seen.nchunks");
	SEES(heap.nframes, heap.nframes + 1, "h->nframes == seen.nframes");
	SEES(heap.overhead_nbytes, 0, "h->overhead_nbytes == seen.overhead_nbytes");
	SEES(heap.live_nblocks, 3, "h->live_nblocks == seen.live_nblocks");
	SEES(heap.live_nbytes, heap.live_nbytes - 8, "h->live_nbytes == seen.live_nbytes");
	SEES(heap.high_water_nbytes, 0, "h->high_water_nbytes >= h->live_nbytes");
	SEES(heap.hot.base, heap.hot.base + CAIRN_FRAME_NBYTES, "hot_is_ours");
	SEES(heap.spare, ((struct cairn_heap_span){(uintptr_t)memory, 8}), "spare_is_ours");
	SEES(heap.frames, NULL, "h->frames != NULL");
	give(a);
	give(c);
	assert_all_back();
}

static void assert_where(const void *addr, enum cairn_heap_state expected, const void *payload)
{
	struct cairn_heap_where where;

	assert_true(cairn_heap_where(&heap, (uintptr_t)addr, &where));
	assert_int_equal(where.state, expected);
	assert_ptr_equal((void *)where.payload, payload);
}

static void where_tells_each_byte(void **state)
{
	unsigned char *a = take(60), *b = take(60), *c = take(60);
	struct cairn_heap_span chunk = chunk_of(a);
	struct cairn_heap_where where;
	size_t saved;

	(void)state;
	give(b);
	for (size_t n = 0; n < 60; n++) {
		assert_where(a + n, CAIRN_HEAP_LIVE, a);
		assert_where(b + n, CAIRN_HEAP_FREE, b);
		assert_where(c + n, CAIRN_HEAP_LIVE, c);
	}
	assert_where(block_of(b), CAIRN_HEAP_OVERHEAD, block_of(b));
	assert_where((void *)chunk.base, CAIRN_HEAP_OVERHEAD, (void *)chunk.base);
	assert_where(chunk_end(&chunk), CAIRN_HEAP_OVERHEAD, chunk_end(&chunk));
	assert_true(cairn_heap_where(&heap, (uintptr_t)a, &where));
	assert_int_equal(where.nbytes, cairn_heap_usable(&heap, a));
	assert_false(cairn_heap_where(&heap, (uintptr_t)&where, &where));
	assert_false(cairn_heap_where(&heap, chunk.base + chunk.nbytes, &where));
	/* What is damaged is told, what lies before it still is. */
	saved = block_of(b)->header;
	block_of(b)->header = 8;
	assert_where(a, CAIRN_HEAP_LIVE, a);
	assert_where(b, CAIRN_HEAP_DAMAGED, b);
	assert_where(c, CAIRN_HEAP_DAMAGED, b);
	block_of(b)->header = saved;
	give(a);
	give(c);
	assert_all_back();
}

static void live_blocks_are_listed_by_owner(void **state)
{
	static const int owners[3];
	static void *blocks[30];
	size_t nlisted = 0;
	void *p;

	(void)state;
	for (unsigned n = 0; n < 30; n++) {
		blocks[n] = cairn_heap_alloc(&heap, USUAL_NBYTES / 16, &owners[n % 3], blocks);
		assert_non_null(blocks[n]);
	}
	for (p = NULL; (p = cairn_heap_next_live(&heap, p, NULL)) != NULL;)
		nlisted++;
	assert_int_equal(nlisted, 30);
	nlisted = 0;
	for (p = NULL; (p = cairn_heap_next_live(&heap, p, &owners[1])) != NULL; nlisted++) {
		struct cairn_heap_where where;

		assert_true(cairn_heap_where(&heap, (uintptr_t)p, &where));
		assert_ptr_equal(where.owner, &owners[1]);
		assert_ptr_equal(where.caller, blocks);
		assert_int_equal(where.nbytes, USUAL_NBYTES / 16);
	}
	assert_int_equal(nlisted, CAIRN_CHECK >= 2 ? 10 : 0);
	for (unsigned n = 0; n < 30; n++)
		give(blocks[n]);
	assert_null(cairn_heap_next_live(&heap, NULL, NULL));
	assert_null(cairn_heap_next_live(&heap, blocks[0], NULL));
	assert_all_back();
}

/* ---- level 2 ---- */

static void overruns_are_seen(void **state)
{
	(void)state;
	for (size_t nbytes = 1; nbytes < 130; nbytes++) {
		unsigned char *p = take(nbytes), *q = take(1);

		stamp(p, nbytes, 1);
		for (size_t over = 0; over < sizeof(size_t); over++) {
			unsigned char saved = p[nbytes + over];

			p[nbytes + over] ^= 1;
			assert_int_equal(cairn_heap_free_check(&heap, p), CAIRN_EOVERRUN);
			assert_string_equal(cairn_heap_check(&heap), "red_zone_is_whole");
			p[nbytes + over] = saved;
		}
		assert_stamped(p, nbytes, 1);
		give(p);
		give(q);
	}
	assert_all_back();
}

static void a_damaged_trailer_is_an_overrun(void **state)
{
	unsigned char *p = take(100);
	struct cairn_heap_block *block = block_of(p);
	struct cairn_heap_trailer *trailer = block_trailer(block, block_nbytes(block));
	static const size_t asked[] = {0, 99, 101, 500, SIZE_MAX, SIZE_MAX - 99};

	(void)state;
	assert_int_equal(trailer->asked_nbytes, 100);
	for (size_t n = 0; n < sizeof(asked) / sizeof(asked[0]); n++) {
		trailer->asked_nbytes = asked[n];
		stamp(p, 100, 77);
		assert_refused(p, CAIRN_EOVERRUN);
	}
	trailer->asked_nbytes = 100;
	give(p);
	assert_all_back();
}

static void resizing_moves_the_red_zone(void **state)
{
	static const int owner;
	unsigned char *p = cairn_heap_alloc(&heap, 300, &owner, state);
	struct cairn_heap_where where;

	for (size_t nbytes = 300; nbytes > 0; nbytes -= 7) {
		assert_int_equal(cairn_heap_shrink_in_place(&heap, p, nbytes), CAIRN_OK);
		assert_int_equal(cairn_heap_usable(&heap, p), nbytes);
		p[nbytes] ^= 1;
		assert_int_equal(cairn_heap_free_check(&heap, p), CAIRN_EOVERRUN);
		p[nbytes] ^= 1;
		if (nbytes < 7)
			break;
	}
	assert_int_equal(cairn_heap_grow_in_place(&heap, p, 250), CAIRN_OK);
	assert_int_equal(cairn_heap_usable(&heap, p), 250);
	assert_true(cairn_heap_where(&heap, (uintptr_t)p, &where));
	assert_ptr_equal(where.owner, &owner);
	assert_ptr_equal(where.caller, state);
	give(p);
	assert_all_back();
}

#define HEAP_TEST(f) cmocka_unit_test_setup_teardown(f, heap_up, heap_down)

int test_heap_run(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(init_refuses_null),
		HEAP_TEST(absurd_sizes_are_refused),
		HEAP_TEST(absurd_alignments_are_refused),
		HEAP_TEST(every_size_can_be_used_whole),
		HEAP_TEST(every_alignment_is_kept),
		HEAP_TEST(sized_free_knows_the_size),
		HEAP_TEST(double_free_is_seen_whatever_merged),
		HEAP_TEST(halves_of_a_free),
		HEAP_TEST(a_neighbour_damaged_between_the_halves),
		HEAP_TEST(foreign_pointers_are_refused),
		HEAP_TEST(interior_pointers_are_refused),
		HEAP_TEST(the_map_is_exact),
		HEAP_TEST(random_headers_pass_as_stated),
		HEAP_TEST(the_block_behind_is_checked_too),
		HEAP_TEST(growing_takes_what_is_behind),
		HEAP_TEST(shrinking_gives_the_tail_back),
		HEAP_TEST(resizing_goes_both_ways),
		HEAP_TEST(one_empty_chunk_stays),
		HEAP_TEST(long_chunks_go_at_once),
		HEAP_TEST(trim_leaves_a_chunk_in_use),
		HEAP_TEST(little_is_taken_when_little_is_left),
		HEAP_TEST(exhausted_and_all_given_back),
		HEAP_TEST(random_use_matches_a_naive_model),
		HEAP_TEST(late_writes_are_not_followed),
		HEAP_TEST(an_overwritten_header_stops_both),
		HEAP_TEST(damaged_chunk_links_are_not_followed),
		HEAP_TEST(check_sees_damaged_blocks),
		HEAP_TEST(check_sees_damaged_figures),
		HEAP_TEST(where_tells_each_byte),
		HEAP_TEST(live_blocks_are_listed_by_owner),
	};
	static const struct CMUnitTest level2_tests[] = {
		HEAP_TEST(overruns_are_seen),
		HEAP_TEST(a_damaged_trailer_is_an_overrun),
		HEAP_TEST(resizing_moves_the_red_zone),
	};
	int nfailed = cmocka_run_group_tests_name("heap", tests, NULL, NULL);

	if (CAIRN_CHECK >= 2)
		nfailed += cmocka_run_group_tests_name("heap, level 2", level2_tests, NULL, NULL);
	return nfailed;
}
