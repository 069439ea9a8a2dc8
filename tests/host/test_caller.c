/* SPDX-License-Identifier: MIT */
/* Whom a report names: the address that the refused call returns to, exactly. From the same place another
 * function is called just before, which notes what it returns to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cairn.h"
#include "port_test.h"

static const void *place;

#define NOTE __attribute__((noinline)) static
#define HERE __builtin_return_address(0)

NOTE enum cairn_err note_free(void *p)
{
	place = HERE;
	return p == NULL ? CAIRN_EINVAL : CAIRN_OK;
}

NOTE enum cairn_err note_sized(void *p, size_t nbytes)
{
	place = HERE;
	return p == NULL || nbytes == 0 ? CAIRN_EINVAL : CAIRN_OK;
}

NOTE void *note_realloc(void *p, size_t nbytes)
{
	place = HERE;
	return nbytes == 0 ? NULL : p;
}

NOTE void *note_alloc(struct cairn_cache *cache)
{
	place = HERE;
	return cache;
}

NOTE enum cairn_err note_object(struct cairn_cache *cache, void *object)
{
	place = HERE;
	return object == cache ? CAIRN_EINVAL : CAIRN_OK;
}

NOTE enum cairn_err note_destroy(struct cairn_cache *cache)
{
	place = HERE;
	return cache == NULL ? CAIRN_EINVAL : CAIRN_OK;
}

NOTE enum cairn_err note_stack(struct cairn_stack *stack)
{
	place = HERE;
	return stack == NULL ? CAIRN_EINVAL : CAIRN_OK;
}

/* One place for both calls: volatile, so that the compiler makes no two of it. */
#define NAMES_ITS_CALLER(note, function, ...)                             \
	do {                                                              \
		__typeof__(&(note)) volatile called[] = {note, function}; \
		port_test.nreports = 0;                                   \
		for (volatile unsigned i = 0; i < 2; i++)                 \
			(void)!called[i](__VA_ARGS__);                    \
		assert_int_equal(port_test.nreports, 1);                  \
		assert_ptr_equal(port_test.last.caller, place);           \
		port_test.nreports = 0;                                   \
	} while (0)

void reports_name_the_caller(void **state)
{
	static struct cairn_cache cache, none;
	static const struct cairn_cache_spec spec = {.name = "cache", .nbytes = 64};
	struct cairn_stack stack = {0};
	int local;
	(void)state;
	assert_int_equal(cairn_cache_create(&cache, &spec), CAIRN_OK);
	void *object = cairn_cache_alloc(&cache), *other = cairn_cache_alloc(&cache);
	assert_true(object != NULL && other != NULL);
	NAMES_ITS_CALLER(note_free, cairn_free, &local);
	NAMES_ITS_CALLER(note_free, cairn_pages_free, &local);
	NAMES_ITS_CALLER(note_sized, cairn_free_sized, &local, 8);
	NAMES_ITS_CALLER(note_sized, cairn_grow_in_place, &local, 8);
	NAMES_ITS_CALLER(note_sized, cairn_shrink_in_place, &local, 8);
	NAMES_ITS_CALLER(note_realloc, cairn_realloc, &local, 8);
	NAMES_ITS_CALLER(note_alloc, cairn_cache_alloc, &none);
	NAMES_ITS_CALLER(note_object, cairn_cache_free, &cache, &local);
	NAMES_ITS_CALLER(note_object, cairn_cache_free, &cache, (char *)object + 1);
	NAMES_ITS_CALLER(note_object, cairn_cache_free, &none, object);
	NAMES_ITS_CALLER(note_object, cairn_cache_free, NULL, object);
	assert_int_equal(cairn_cache_free(&cache, object), CAIRN_OK);
	NAMES_ITS_CALLER(note_object, cairn_cache_free, &cache, object);
	NAMES_ITS_CALLER(note_destroy, cairn_cache_destroy, &cache);
	NAMES_ITS_CALLER(note_stack, cairn_stack_destroy, &stack);
	assert_int_equal(cairn_cache_free(&cache, other), CAIRN_OK);
	assert_int_equal(cairn_cache_destroy(&cache), CAIRN_OK);
}
