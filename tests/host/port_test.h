/* SPDX-License-Identifier: MIT */
/* A port for tests of the facade: it counts what it is asked, and refuses when told to. */
#ifndef PORT_TEST_H
#define PORT_TEST_H

#include "port.h"

struct port_test {
	int depth; /* of the lock */
	int pins;  /* pinned, less unpinned */
	unsigned nlocks;
	unsigned nreports;
	struct cairn_report last; /* the last report */
	unsigned nfreed;
	unsigned nmapped;
	unsigned narenas;
	bool misused; /* locked while mapping, unlocked twice, reported under the lock ... */
	bool refuse_arena, refuse_map;
	const void *owner;
};

extern struct port_test port_test;

/* test_caller.c, of the group of test_cairn.c: once there is a system. */
void reports_name_the_caller(void **state);

#define PORT_TEST_ARENA_NBYTES  ((size_t)32 << 10)
#define PORT_TEST_CLOSED_NBYTES ((size_t)1216)

#endif
