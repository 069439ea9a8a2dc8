/* SPDX-License-Identifier: MIT */
/* What the tests of the facade share: the one instance, which test_cairn.c takes into use once, through a port
 * that counts, and two caches. */
#ifndef FACADE_FIXTURE_H
#define FACADE_FIXTURE_H

#include "cairn.h"
#include "port_test.h"
#include "support.h"

#define FACADE_FAST_NBYTES ((size_t)320 << 10)
#define FACADE_SLOW_NBYTES ((size_t)64 << 10)

extern unsigned char facade_fast[FACADE_FAST_NBYTES], facade_slow[FACADE_SLOW_NBYTES];
extern struct cairn_totals facade_at_start;

/* Teardown of each test: the lock and the pins are given back, and nothing was done under the lock that must
 * not be. */
int facade_expect_no_misuse(void **state);
#define FACADE_TEST(test) cmocka_unit_test_setup_teardown(test, NULL, facade_expect_no_misuse)

/* Giving back what is kept gives everything back, and every invariant holds. */
void facade_all_back(void);

/* The call that was just made was refused, and reported so. */
void facade_reported(enum cairn_err err, const char *operation, const void *addr);

#define REFUSED(err, operation, call, addr)            \
	do {                                           \
		port_test.nreports = 0;                \
		assert_int_equal(call, err);           \
		facade_reported(err, operation, addr); \
		assert_null(cairn_check());            \
	} while (0)

/* A cache with a constructor, which fills objects with a stamp of this time's, and one of zeroed objects. */
extern struct cairn_cache widgets, gadgets;
extern unsigned char facade_stamp;
void facade_caches_up(void);
void facade_caches_down(void);

/* What another task does while an object is being constructed, once. */
extern void (*facade_during_construction)(void);

/* The files of this module's tests, one group each; the failures. test_cairn_run runs the others too. */
int test_cairn_heap_run(void);
int test_cairn_object_run(void);
int test_cairn_stack_run(void);

#endif
