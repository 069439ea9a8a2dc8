/* SPDX-License-Identifier: MIT */
/* A small stand-in for cmocka: groups, setup and teardown, assertions that end a test.
 * A failed assertion leaves the test by longjmp, so nothing here may be held across a test but static state. */
#include <setjmp.h>
#include <stdbool.h>

#include <cmocka.h>

#ifdef CAIRN_HOSTED
#include <stdio.h>
#include <string.h>
#else
#include "console.h"
#include "util.h"
#endif

#define HEX_DIGITS       (sizeof(unsigned long long) * 2)
#define LINE_NBYTES      256
#define ASSERTION_FAILED 1

static jmp_buf leave_test;

static void print_text(const char *text)
{
#ifdef CAIRN_HOSTED
	fputs(text, stdout);
#else
	console_print("%s", text);
#endif
}

void print_message(const char *format, ...)
{
	char text[LINE_NBYTES];
	va_list args;

	va_start(args, format);
#ifdef CAIRN_HOSTED
	vsnprintf(text, sizeof(text), format, args);
#else
	console_vformat(text, sizeof(text), format, args);
#endif
	va_end(args);
	print_text(text);
}

/* The console's printf has no long long. */
static void print_value(unsigned long long value)
{
	char text[HEX_DIGITS + 1];
	char *digit = &text[HEX_DIGITS];

	*digit = '\0';
	do {
		*--digit = "0123456789abcdef"[value & 0xf];
		value >>= 4;
	} while (value);
	print_message("0x%s", digit);
}

_Noreturn static void fail_here(const char *text, const char *file, int line)
{
	print_message("%s\n%s:%d: error: Failure!\n", text, file, line);
	longjmp(leave_test, ASSERTION_FAILED);
}

void shim_assert(int holds, const char *text, const char *file, int line)
{
	if (!holds)
		fail_here(text, file, line);
}

void shim_assert_equal(unsigned long long a, unsigned long long b, int equal, const char *text,
		       const char *file, int line)
{
	if ((a == b) == (equal != 0))
		return;
	print_value(a);
	print_message(a == b ? " == " : " != ");
	print_value(b);
	print_message(": not ");
	fail_here(text, file, line);
}

void shim_assert_in_range(unsigned long long value, unsigned long long least, unsigned long long most,
			  const char *text, const char *file, int line)
{
	if (value >= least && value <= most)
		return;
	print_value(value);
	print_message(" is not within ");
	print_value(least);
	print_message(" .. ");
	print_value(most);
	print_message(": ");
	fail_here(text, file, line);
}

static bool strings_equal(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

void shim_assert_string_equal(const char *a, const char *b, const char *file, int line)
{
	if (a && b && strings_equal(a, b))
		return;
	print_message("\"%s\" != \"%s\"", a ? a : "(NULL)", b ? b : "(NULL)");
	fail_here("", file, line);
}

void shim_assert_memory_equal(const void *a, const void *b, size_t nbytes, const char *file, int line)
{
	if (memcmp(a, b, nbytes) != 0)
		fail_here("memory differs", file, line);
}

static bool run_guarded(void (*test)(void **), void **state)
{
	if (setjmp(leave_test) != 0)
		return false;
	test(state);
	return true;
}

static bool fixture_guarded(int (*fixture)(void **), void **state)
{
	if (!fixture)
		return true;
	if (setjmp(leave_test) != 0)
		return false;
	return fixture(state) == 0;
}

static bool run_one(const struct CMUnitTest *test)
{
	void *state = NULL;
	bool passed;

	if (!fixture_guarded(test->setup, &state))
		return false;
	passed = run_guarded(test->test, &state);
	return fixture_guarded(test->teardown, &state) && passed;
}

int shim_run_group(const char *name, const struct CMUnitTest *tests, size_t ntests, int (*setup)(void **),
		   int (*teardown)(void **))
{
	size_t nfailed = 0;

	print_message("[==========] %s: Running %zu test(s).\n", name, ntests);
	if (setup || teardown) {
		print_message("[  ERROR   ] %s: fixtures of a group are not supported here\n", name);
		return (int)ntests;
	}
	for (size_t i = 0; i < ntests; i++) {
		print_message("[ RUN      ] %s\n", tests[i].name);
		if (run_one(&tests[i])) {
			print_message("[       OK ] %s\n", tests[i].name);
		} else {
			print_message("[  FAILED  ] %s\n", tests[i].name);
			nfailed++;
		}
	}
	print_message("[==========] %s: %zu test(s) run.\n", name, ntests);
	print_message("[  PASSED  ] %zu test(s).\n", ntests - nfailed);
	return (int)nfailed;
}
