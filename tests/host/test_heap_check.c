/* SPDX-License-Identifier: MIT */
/* Reading the heap: planted damage that check must name, what lies at an address, live blocks; and level
 * 2. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "heap_fixture.h"

/* ---- check, where, next_live ---- */

#define SEES(place, damage, text)                                   \
	do {                                                        \
		__typeof__(place) saved = (place);                  \
		(place) = (damage);                                 \
		assert_non_null(cairn_heap_check(&heap));           \
		assert_string_equal(cairn_heap_check(&heap), text); \
		(place) = saved;                                    \
		assert_null(cairn_heap_check(&heap));               \
	} while (0)

static void check_sees_damaged_blocks(void **state)
{
	unsigned char *a = take(60), *b = take(60), *c = take(60);
	struct cairn_heap_span chunk = chunk_of(a);
	struct cairn_heap_chunk *head = (struct cairn_heap_chunk *)chunk.base;
	struct cairn_heap_block *live = block_of(c), *hole = block_of(b);
	size_t *length = block_footer_before(live);
	size_t nbytes = low_nbytes(block_low(&heap, live));

	(void)state;
	give(b);
	SEES(live->header, live->header + CAIRN_HEAP_ALIGN, "header_is_sound");
	SEES(live->header, block_sealed(&heap, live, (BLOCK_LOW_MASK & ~BLOCK_STATE) | BLOCK_LARGE),
	     "header_is_sound");
	SEES(live->header, block_sealed(&heap, live, nbytes | BLOCK_GONE), "header_is_sound");
	SEES(live->header, block_sealed(&heap, live, nbytes | BLOCK_LARGE), "header_is_sound");
	SEES(live->header, block_sealed(&heap, live, nbytes | BLOCK_FREE), "!(is_unused && after_unused)");
	SEES(*length, *length + CAIRN_HEAP_ALIGN, "index_holds_free_block");
	SEES(hole->next, live, "index_holds_free_block");
	SEES(hole->link, &live->next, "index_holds_free_block");
	SEES(chunk_end(&chunk)->header, 0, "end_is_sound");
	SEES(chunk_end(&chunk)->header, block_sealed(&heap, chunk_end(&chunk), 0), "end_is_sound");
	SEES(head->heap, NULL, "main_is_ours");
	SEES(head->prev, head, "chunk_head_is_sound");
	if (CAIRN_HEAP_MAP) {
		size_t bit = ((uintptr_t)a - chunk.base) / CAIRN_HEAP_ALIGN;
		size_t *map = (size_t *)(head + 1) + bit / CAIRN_WORD_BITS;

		SEES(*map, *map | (size_t)2 << bit % CAIRN_WORD_BITS, "map_nbits == nblocks");
		SEES(*map, *map & ~((size_t)1 << bit % CAIRN_WORD_BITS), "map_has_block");
	}
	give(a);
	give(c);
	assert_all_back();
}

static void check_sees_damaged_figures(void **state)
{
	unsigned char *a = take(60), *b = take(60), *c = take(60);
	unsigned bin;

	(void)state;
	give(b);
	for (bin = 0; heap.list[bin] != block_of(b); bin++)
		;
	SEES(heap.list[bin], NULL, "index_holds_free_block");
	SEES(heap.bin_in_use[bin / CAIRN_WORD_BITS], ~(size_t)0, "bin_bit == (h->list[bin] != NULL)");
	SEES(heap.words_in_use, 0, "word_bit == (h->bin_in_use[word] != 0)");
	SEES(heap.list[bin + 1], block_of(a), "bin_bit == (h->list[bin] != NULL)");
	SEES(heap.nchunks, heap.nchunks - 1, "seen->nchunks < h->nchunks");
	SEES(heap.nchunks, heap.nchunks + 1, "h->nchunks == seen->nchunks");
	SEES(heap.nframes, heap.nframes + 1, "h->nframes == seen->nframes");
	SEES(heap.overhead_nbytes, 0, "h->overhead_nbytes == seen->overhead_nbytes");
	SEES(heap.taken_nblocks, 3, "h->taken_nblocks == seen->taken_nblocks");
	SEES(heap.taken_nbytes, heap.taken_nbytes - 8, "h->taken_nbytes == seen->taken_nbytes");
	SEES(heap.rest_nbytes, 0, "header_is_sound");
	SEES(heap.unmix, heap.unmix + 2, "h->mix * h->unmix == 1");
	SEES(heap.main.base, heap.main.base + CAIRN_FRAME_NBYTES, "main_is_ours");
	SEES(heap.main_first, heap.main_first - CAIRN_HEAP_ALIGN, "main_is_known");
	SEES(heap.main_nplaces, heap.main_nplaces + 1, "main_is_known");
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
	size_t nbytes = CAIRN_FRAME_NBYTES < 4096 ? CAIRN_FRAME_NBYTES / 2 : 2048;
	size_t nlisted = 0;
	void *p;

	(void)state;
	for (unsigned n = 0; n < 30; n++) {
		blocks[n] = cairn_heap_alloc(&heap, nbytes, &owners[n % 3], blocks);
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
		assert_int_equal(where.nbytes, nbytes);
	}
	assert_int_equal(nlisted, CAIRN_CHECK >= 2 ? 10 : 0);
	for (unsigned n = 0; n < 30; n++)
		give(blocks[n]);
	assert_null(cairn_heap_next_live(&heap, NULL, NULL));
	assert_null(cairn_heap_next_live(&heap, blocks[0], NULL));
	assert_all_back();
}

/* A header that passes its check and yet has a length that leads nowhere, or out of the chunk. */
static void where_stays_in_its_chunk(void **state)
{
	unsigned char *p = take(100), *q = take(100);
	struct cairn_heap_span chunk = chunk_of(p);
	struct cairn_heap_block *block = block_of(p);
	size_t room = chunk_room(&chunk, block), saved = block->header;
	const size_t lengths[] = {0, CAIRN_HEAP_ALIGN, room + CAIRN_HEAP_ALIGN,
				  cairn_round_down(BLOCK_LOW_MASK, CAIRN_HEAP_ALIGN)};
	struct cairn_heap_where where;

	(void)state;
	for (size_t n = 0; n < sizeof(lengths) / sizeof(lengths[0]); n++) {
		block_seal(&heap, block, lengths[n] | live_state(lengths[n]));
		assert_true(cairn_heap_where(&heap, (uintptr_t)q, &where));
		assert_int_equal(where.state, CAIRN_HEAP_DAMAGED);
		assert_int_equal(where.payload, (uintptr_t)p);
		assert_int_equal(where.nbytes, room - BLOCK_HEADER_NBYTES);
	}
	block_seal(&heap, block, room | live_state(room));
	assert_true(cairn_heap_where(&heap, (uintptr_t)chunk_end(&chunk), &where));
	assert_int_equal(where.state, CAIRN_HEAP_OVERHEAD);
	block->header = saved;
	give(p);
	give(q);
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
	struct cairn_heap_trailer *trailer = block_trailer(block, low_nbytes(block_low(&heap, block)));
	static const size_t asked[] = {0, 99, 500, SIZE_MAX, SIZE_MAX - 99};

	(void)state;
	assert_int_equal(trailer->asked_nbytes, 100);
	for (size_t n = 0; n < sizeof(asked) / sizeof(asked[0]); n++) {
		trailer->asked_nbytes = asked[n];
		stamp(p, 100, 77);
		assert_refused(p, CAIRN_EOVERRUN);
	}
	/* However much of it looks like a red zone. */
	for (size_t n = 0; n < 100; n++)
		p[n] = CAIRN_POISON_ZONE;
	trailer->asked_nbytes = 0;
	assert_refused(p, CAIRN_EOVERRUN);
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

int test_heap_check_run(void)
{
	static const struct CMUnitTest tests[] = {
		HEAP_TEST_UNCACHED(check_sees_damaged_blocks),
		HEAP_TEST_UNCACHED(check_sees_damaged_figures),
		HEAP_TEST(where_tells_each_byte),
		HEAP_TEST_UNCACHED(where_tells_each_byte),
		HEAP_TEST(where_stays_in_its_chunk),
		HEAP_TEST(live_blocks_are_listed_by_owner),
	};
	static const struct CMUnitTest level2_tests[] = {
		HEAP_TEST(overruns_are_seen),
		HEAP_TEST(a_damaged_trailer_is_an_overrun),
		HEAP_TEST(resizing_moves_the_red_zone),
	};
	int nfailed = cmocka_run_group_tests_name("heap, check", tests, NULL, NULL);

	if (CAIRN_CHECK >= 2)
		nfailed += cmocka_run_group_tests_name("heap, level 2", level2_tests, NULL, NULL);
	return nfailed;
}
