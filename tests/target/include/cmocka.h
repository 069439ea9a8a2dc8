/* SPDX-License-Identifier: MIT */
/* The part of cmocka's interface that the tests here use, for machines that cmocka does not run on.
 * Same names, same results, same lines of output. Implemented by tests/target/cmocka_shim.c. */
#ifndef CMOCKA_SHIM_H
#define CMOCKA_SHIM_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

struct CMUnitTest {
	const char *name;
	void (*test)(void **state);
	int (*setup)(void **state); /* not 0: the test is not run, and failed */
	int (*teardown)(void **state);
};

#define cmocka_unit_test(f) cmocka_unit_test_setup_teardown(f, NULL, NULL)
#define cmocka_unit_test_setup_teardown(f, before, after) \
	{                                                 \
#f, f, before, after                      \
	}

/* Run an array of tests; how many failed. The group's own setup and teardown have to be NULL. */
#define cmocka_run_group_tests_name(name, tests, setup, teardown) \
	shim_run_group(name, tests, sizeof(tests) / sizeof((tests)[0]), setup, teardown)

/* A failed assertion prints its place and ends the test. */
#define assert_true(c)     shim_assert((c) ? 1 : 0, #c " is false", __FILE__, __LINE__)
#define assert_false(c)    shim_assert((c) ? 0 : 1, #c " is true", __FILE__, __LINE__)
#define assert_null(p)     shim_assert((p) == NULL, #p " is not NULL", __FILE__, __LINE__)
#define assert_non_null(p) shim_assert((p) != NULL, #p " is NULL", __FILE__, __LINE__)
#define assert_int_equal(a, b)                                                                         \
	shim_assert_equal((unsigned long long)(a), (unsigned long long)(b), 1, #a " == " #b, __FILE__, \
			  __LINE__)
#define assert_int_not_equal(a, b)                                                                     \
	shim_assert_equal((unsigned long long)(a), (unsigned long long)(b), 0, #a " != " #b, __FILE__, \
			  __LINE__)
#define assert_ptr_equal(a, b) \
	shim_assert_equal((uintptr_t)(a), (uintptr_t)(b), 1, #a " == " #b, __FILE__, __LINE__)
#define assert_ptr_not_equal(a, b) \
	shim_assert_equal((uintptr_t)(a), (uintptr_t)(b), 0, #a " != " #b, __FILE__, __LINE__)
#define assert_in_range(value, least, most)                                            \
	shim_assert_in_range((unsigned long long)(value), (unsigned long long)(least), \
			     (unsigned long long)(most), #value, __FILE__, __LINE__)
#define assert_string_equal(a, b)         shim_assert_string_equal(a, b, __FILE__, __LINE__)
#define assert_memory_equal(a, b, nbytes) shim_assert_memory_equal(a, b, nbytes, __FILE__, __LINE__)

#define fail() shim_assert(0, "fail()", __FILE__, __LINE__)
#define fail_msg(...)                       \
	do {                                \
		print_message(__VA_ARGS__); \
		print_message("\n");        \
		fail();                     \
	} while (0)

void print_message(const char *format, ...) __attribute__((format(printf, 1, 2)));

int shim_run_group(const char *name, const struct CMUnitTest *tests, size_t ntests, int (*setup)(void **),
		   int (*teardown)(void **));
void shim_assert(int holds, const char *text, const char *file, int line);
void shim_assert_equal(unsigned long long a, unsigned long long b, int equal, const char *text,
		       const char *file, int line);
void shim_assert_in_range(unsigned long long value, unsigned long long least, unsigned long long most,
			  const char *text, const char *file, int line);
void shim_assert_string_equal(const char *a, const char *b, const char *file, int line);
void shim_assert_memory_equal(const void *a, const void *b, size_t nbytes, const char *file, int line);

#endif
