/* SPDX-License-Identifier: MIT */
/* The facade: stacks and their arenas. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "facade_fixture.h"

/* Pages until only `nleft` frames are free, in one list. */
static void **eat_pages(size_t nleft)
{
	struct cairn_totals totals;
	void **last = NULL;
	for (cairn_totals(&totals); totals.nframes_of[CAIRN_FREE] > nleft; cairn_totals(&totals)) {
		void **page = cairn_pages_alloc(0, CAIRN_ANY_ZONE);
		assert_non_null(page);
		*page = last;
		last = page;
	}
	return last;
}

/* The frames that the first arena needs are held back by the heap, which keeps an empty chunk. */
static void a_stack_trims_for_its_arena(void **state)
{
	(void)state;
	static struct cairn_stack stack;
	port_test.narenas = 0;
	assert_null(cairn_pages_alloc(CAIRN_ORDERS - 1, CAIRN_ANY_ZONE)); /* all that is free is merged */
	assert_int_equal(cairn_free(cairn_alloc(8)), CAIRN_OK);
	void **pages = eat_pages(8);
	assert_int_equal(cairn_stack_create(&stack, 600, "t", NULL), CAIRN_OK);
	assert_int_equal(port_test.narenas, 1);
	assert_int_equal(cairn_stack_destroy(&stack), CAIRN_OK);
	while (pages != NULL) {
		void **next = *pages;
		assert_int_equal(cairn_pages_free(pages), CAIRN_OK);
		pages = next;
	}
	facade_all_back();
}

static void stacks_are_closed_mapped_and_given_back(void **state)
{
	(void)state;
	static struct cairn_stack stack, other;
	port_test.nmapped = 0;
	assert_int_equal(cairn_stack_create(&stack, 1500, "t", &stack), CAIRN_OK);
	assert_int_equal(port_test.nmapped, 1);
	assert_int_equal(stack.nbytes, cairn_stack_rounded(1500));
	assert_int_equal(stack.guard[0], stack.base);
	assert_int_equal(cairn_stack_create(&stack, 1500, "t", &stack), CAIRN_EBUSY);
	assert_int_equal(cairn_stack_create(&other, 0, "t", NULL), CAIRN_EINVAL);
	assert_int_equal(cairn_stack_create(&other, SIZE_MAX, "t", NULL), CAIRN_EINVAL);
	assert_int_equal(cairn_stack_create(NULL, 1500, "t", NULL), CAIRN_EINVAL);
	REFUSED(CAIRN_EWRONGKIND, "cairn_free", cairn_free((void *)(stack.base + 64)),
		(void *)(stack.base + 64));

	port_test.refuse_map = true;
	assert_int_equal(cairn_stack_create(&other, 1500, "t", NULL), CAIRN_EINVAL);
	port_test.refuse_map = false;
	assert_null(cairn_check());

	assert_int_equal(cairn_stack_destroy(&stack), CAIRN_OK);
	assert_int_equal(cairn_stack_create(&other, stack.nbytes, "u", &other), CAIRN_OK);
	assert_int_equal(other.base, stack.base);
	assert_int_equal(other.guard[1], stack.nbytes);
	assert_string_equal(other.name, "u");
	assert_ptr_equal(other.owner, &other);
	assert_int_equal(port_test.nmapped, 1);
	assert_null(cairn_check());
	assert_int_equal(cairn_stack_destroy(&other), CAIRN_OK);
	REFUSED(CAIRN_EDOUBLE, "cairn_stack_destroy", cairn_stack_destroy(&stack), &stack);
	REFUSED(CAIRN_EINVAL, "cairn_stack_destroy", cairn_stack_destroy(NULL), NULL);
	struct cairn_stacks_info info;
	cairn_stack_stats(&info);
	assert_int_equal(info.nstacks, 0);
	assert_int_equal(info.narenas, 1);
}

static void what_is_kept_of_a_stack_is_in_nobodys_way(void **state)
{
	(void)state;
	static struct cairn_stack quarter, split, half;
	port_test.refuse_arena = true;
	assert_int_equal(cairn_stack_create(&quarter, PORT_TEST_ARENA_NBYTES / 4, "t", NULL), CAIRN_OK);
	assert_int_equal(cairn_stack_create(&split, PORT_TEST_ARENA_NBYTES / 4, "t", NULL), CAIRN_OK);
	assert_int_equal(cairn_stack_destroy(&split), CAIRN_OK);
	assert_int_equal(cairn_stack_create(&half, PORT_TEST_ARENA_NBYTES / 2, "t", NULL), CAIRN_OK);
	assert_int_equal(half.base, split.base);
	port_test.refuse_arena = false;
	assert_null(cairn_check());
	assert_int_equal(cairn_stack_destroy(&half), CAIRN_OK);
	assert_int_equal(cairn_stack_destroy(&quarter), CAIRN_OK);
}

static void an_arena_the_port_cannot_close_is_not_used(void **state)
{
	(void)state;
	static struct cairn_stack many[128];
	struct cairn_totals before, after;
	size_t n = 0;
	cairn_totals(&before);
	port_test.refuse_arena = true;
	while (cairn_stack_create(&many[n], 1024, "t", NULL) == CAIRN_OK)
		n++;
	port_test.refuse_arena = false;
	assert_in_range(n, 8, (PORT_TEST_ARENA_NBYTES - PORT_TEST_CLOSED_NBYTES) / 1024);
	assert_null(cairn_check());
	while (n-- > 0)
		assert_int_equal(cairn_stack_destroy(&many[n]), CAIRN_OK);
	cairn_totals(&after);
	assert_memory_equal(&before, &after, sizeof(before));
}

int test_cairn_stack_run(void)
{
	static const struct CMUnitTest tests[] = {
		FACADE_TEST(a_stack_trims_for_its_arena),
		FACADE_TEST(stacks_are_closed_mapped_and_given_back),
		FACADE_TEST(what_is_kept_of_a_stack_is_in_nobodys_way),
		FACADE_TEST(an_arena_the_port_cannot_close_is_not_used),
	};

	return cmocka_run_group_tests_name("cairn_stack", tests, NULL, NULL);
}
