/* SPDX-License-Identifier: MIT */
/* Object caches in random use, against a naive model. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "slab_fixture.h"

#define NMODEL 96

struct model {
	struct cairn_cache cache;
	size_t nbytes;
	size_t nlive;
	size_t most;
	struct {
		unsigned char *object;
		unsigned char stamp;
	} live[NMODEL];
};

static struct model models[5];

static void model_alloc(struct model *m, struct support_rng *rng)
{
	unsigned char *object;
	if (m->nlive == NMODEL || (object = cairn_slab_alloc(&m->cache)) == NULL)
		return;
	m->live[m->nlive].object = object;
	m->live[m->nlive].stamp = (unsigned char)support_random(rng);
	memset(object, m->live[m->nlive].stamp, m->nbytes);
	if (++m->nlive > m->most)
		m->most = m->nlive;
}

/* First a few wrong frees, whose errors the model knows; then the right one, of an object that is as it was.
 * */
static void model_free(struct model *m, struct support_rng *rng)
{
	struct model *other = &models[support_random_below(rng, 5)];
	size_t i;
	unsigned char *object;
	if (m->nlive == 0)
		return;
	i = support_random_below(rng, (uint32_t)m->nlive);
	object = m->live[i].object;
	for (size_t j = 0; j < m->nbytes; j++)
		assert_int_equal(object[j], m->live[i].stamp);
	if (m->nbytes > 1)
		assert_int_equal(
			cairn_slab_put(&other->cache,
				       object + 1 + support_random_below(rng, (uint32_t)m->nbytes - 1)),
			CAIRN_EINTERIOR);
	if (other != m)
		assert_int_equal(cairn_slab_put(&other->cache, object), CAIRN_EWRONGCACHE);
	assert_int_equal(cairn_slab_put(&m->cache, object), CAIRN_OK);
	assert_int_not_equal(cairn_slab_free_check(&m->cache, object), CAIRN_OK);
	m->live[i] = m->live[--m->nlive];
}

static void model_agrees(const struct model *m)
{
	struct cairn_cache_info info = slab_info(&m->cache);
	size_t nlisted = 0;
	assert_int_equal(info.nlive, m->nlive);
	assert_int_equal(info.high_water, m->most);
	assert_int_equal(info.nfree, info.nslabs * info.objects_per_slab - m->nlive);
	for (void *p = cairn_slab_next_live(&m->cache, NULL); p != NULL;
	     p = cairn_slab_next_live(&m->cache, p)) {
		size_t i = 0;
		while (i < m->nlive && m->live[i].object != p)
			i++;
		assert_true(i < m->nlive);
		nlisted++;
	}
	assert_int_equal(nlisted, m->nlive);
}

static void model_step(struct model *m, struct support_rng *rng, bool growing)
{
	uint32_t dice = support_random_below(rng, 100);
	if (dice < 3)
		(void)cairn_slab_shrink_any(&at.slabs);
	else if (dice < 5)
		(void)cairn_slab_shrink_one(&m->cache);
	else if (dice < 8)
		(void)!cairn_slab_reserve(&m->cache, support_random_below(rng, 2 * m->cache.nobjects + 1));
	else if (dice < (growing ? 65 : 43))
		model_alloc(m, rng);
	else
		model_free(m, rng);
}

static void random_use_agrees_with_a_model(void **state)
{
	static const size_t sizes[5] = {8, 40, 100, CAIRN_FRAME_NBYTES / 3, LARGEST_NBYTES / 8};
	static const unsigned flags[5] = {0, CAIRN_CACHE_POISON, CAIRN_CACHE_RED_ZONE,
					  CAIRN_CACHE_ZERO | CAIRN_CACHE_POISON, 0};
	struct support_rng rng = {support_seed()};
	(void)state;
	memset(models, 0, sizeof(models));
	for (unsigned i = 0; i < 5; i++) {
		slab_make(&models[i].cache, sizes[i], 0, flags[i]);
		models[i].nbytes = sizes[i];
	}
	for (unsigned step = 0; step < SUPPORT_STEPS(10000); step++) {
		struct model *m = &models[support_random_below(&rng, 5)];
		model_step(m, &rng, step % 1000 < 500);
		slab_assert_sound();
		model_agrees(m);
		assert_int_equal(cairn_frame_count(&at.frames, CAIRN_FREE) + cairn_slab_nframes(&at.slabs) +
					 cairn_slab_meta_nframes(&at.slabs),
				 at.nfree_at_start);
	}
	for (unsigned i = 0; i < 5; i++)
		while (models[i].nlive != 0)
			model_free(&models[i], &rng);
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(cairn_slab_destroy(&models[i].cache), CAIRN_OK);
}

int test_slab_model_run(void)
{
	static const struct CMUnitTest tests[] = {
		SLAB_TEST(random_use_agrees_with_a_model),
	};

	return cmocka_run_group_tests_name("slab_model", tests, NULL, NULL);
}
