/* SPDX-License-Identifier: MIT */
/* What the tests of the heap share: one heap on frames of its own, in static memory, and what must hold of
 * it. */
#ifndef HEAP_FIXTURE_H
#define HEAP_FIXTURE_H

#include "heap_chunk.h"
#include "support.h"

#define HEAP_MEMORY_NBYTES ((size_t)256 << 10)
#define HEAP_USUAL_NBYTES  (CHUNK_USUAL_NFRAMES << CAIRN_FRAME_SHIFT)

extern unsigned char heap_memory[HEAP_MEMORY_NBYTES];
extern struct cairn_frames frames;
extern struct cairn_heap heap;
extern size_t nfree_at_start; /* frames */
extern size_t heap_key;

/* Setup and teardown of each test: an empty heap, as it is by default, or one that caches nothing, so that
 * what is freed is merged at once; the heap is sound. */
int heap_up(void **state);
int heap_up_uncached(void **state);
int heap_down(void **state);
#define HEAP_TEST(f)          cmocka_unit_test_setup_teardown(f, heap_up, heap_down)
#define HEAP_TEST_UNCACHED(f) cmocka_unit_test_setup_teardown(f, heap_up_uncached, heap_down)

/* Every invariant holds and the figures add up; besides, every frame is free again after a trim. */
void assert_sound(void);
void assert_all_back(void);

/* All memory and the heap's own state in one number: a refused call must not change it. */
size_t fingerprint(void);

/* Every call that takes a live block answers p with err, and changes nothing. */
void assert_refused(const void *p, enum cairn_err err);

/* Of all places in the chunk that holds p, exactly the live blocks may be freed: no header is left behind
 * that says so. */
void assert_only_live_are_freeable(const void *p, size_t nlive);

/* Allocate and free what has to succeed. */
unsigned char *take(size_t nbytes);
void give(void *p);

/* Fill a block with bytes of its own; they are still there. */
void stamp(unsigned char *p, size_t nbytes, unsigned seed);
void assert_stamped(const unsigned char *p, size_t nbytes, unsigned seed);

struct cairn_heap_span chunk_of(const void *p);
size_t random_word(struct support_rng *rng);

/* The files of this module's tests, one group each; the failures. test_heap_run runs the others too. */
int test_heap_model_run(void);
int test_heap_misuse_run(void);
int test_heap_check_run(void);

#endif
