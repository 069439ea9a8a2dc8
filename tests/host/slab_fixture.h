/* SPDX-License-Identifier: MIT */
/* What the tests of object caches share: an instance on frames of its own, in static memory. */
#ifndef SLAB_FIXTURE_H
#define SLAB_FIXTURE_H

#include "slab_private.h"
#include "support.h"

#define SLAB_MEMORY_NBYTES ((size_t)448 << 10)
#define SLAB_NHELD         8192
#define LARGEST_NBYTES     (CAIRN_FRAME_NBYTES << CAIRN_SLAB_MAX_ORDER)

struct slab_fixture {
	struct cairn_regions regions;
	struct cairn_frames frames;
	struct cairn_slabs slabs;
	size_t nfree_at_start; /* frames */
	void *held[SLAB_NHELD];
};
extern struct slab_fixture at;
extern unsigned char slab_memory[SLAB_MEMORY_NBYTES];

/* Setup of each test: all memory in one zone. Teardown: nothing is live, and giving back what is kept gives
 * everything back. Caches of a test are static, for the teardown looks at them. */
int slab_up(void **state);
int slab_all_back(void **state);
#define SLAB_TEST(f) cmocka_unit_test_setup_teardown(f, slab_up, slab_all_back)

void slab_up_with(const struct cairn_range *ranges, size_t nranges);

/* Every invariant holds, of frames too. */
void slab_assert_sound(void);

struct cairn_cache_spec slab_spec(size_t nbytes, size_t align, unsigned flags);
void slab_make(struct cairn_cache *cache, size_t nbytes, size_t align, unsigned flags);
struct cairn_cache_info slab_info(const struct cairn_cache *cache);

/* What has to succeed. */
void *slab_alloc(struct cairn_cache *cache);
void slab_free(struct cairn_cache *cache, void *object);
struct cairn_slab *slab_begin(struct cairn_cache *cache);

/* Every frame of the zones, as a chain; one of it back: the rest; all of it. */
cairn_pfn slab_take_frames(unsigned zones);
cairn_pfn slab_give_frame(cairn_pfn chain);
void slab_give_frames(cairn_pfn chain);

/* Give empty slabs back until the cache has none to spare. */
void slab_shrink_all(struct cairn_cache *cache);

/* Objects into at.held[] until refused, or until there are n: their number. And back. */
size_t slab_hold(struct cairn_cache *cache, size_t n);
void slab_free_held(struct cairn_cache *cache, size_t nheld);

/* The files of this module's tests, one group each; the failures. test_slab_run runs the others too. */
int test_slab_geometry_run(void);
int test_slab_model_run(void);
int test_slab_grow_run(void);
int test_slab_window_run(void);
int test_slab_misuse_run(void);
int test_slab_check_run(void);

#endif
