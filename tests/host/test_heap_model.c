/* SPDX-License-Identifier: MIT */
/* The heap in random use, against a naive model. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "heap_fixture.h"

#define NMODEL 96

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

	if (nbytes + BLOCK_PAD_NBYTES < BLOCK_LARGE_NBYTES && support_random_below(rng, 2) == 0)
		model[slot].p = small_take(&heap, nbytes + BLOCK_PAD_NBYTES);
	else if (support_random_below(rng, 4) != 0)
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
	case 0: assert_int_equal(cairn_heap_free_sized(&heap, p, model[slot].nbytes), CAIRN_OK); break;
	case 1:
		assert_int_equal(cairn_heap_free_begin(&heap, p), CAIRN_OK);
		assert_sound();
		cairn_heap_disarm(&heap, p);
		cairn_heap_free_end(&heap, p);
		break;
	default: assert_int_equal(cairn_heap_free(&heap, p), CAIRN_OK);
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
	for (uintptr_t addr = (uintptr_t)heap_memory; addr < (uintptr_t)heap_memory + HEAP_MEMORY_NBYTES;
	     addr += CAIRN_HEAP_ALIGN)
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
	struct cairn_heap_info info;

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
		cairn_heap_info(&heap, &info);
		assert_int_equal(info.live_nblocks, model_nlive());
		if (step % 400 == 0)
			assert_as_modelled();
	}
	for (unsigned slot = 0; slot < NMODEL; slot++)
		if (model[slot].p)
			model_free(&rng, slot);
	assert_all_back();
}

int test_heap_model_run(void)
{
	static const struct CMUnitTest tests[] = {
		HEAP_TEST(random_use_matches_a_naive_model),
		HEAP_TEST_UNCACHED(random_use_matches_a_naive_model),
	};

	return cmocka_run_group_tests_name("heap_model", tests, NULL, NULL);
}
