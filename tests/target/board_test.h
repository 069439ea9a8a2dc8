/* SPDX-License-Identifier: MIT */
/* What the tests of the kernel know of the board they run on: one file a board. */
#ifndef BOARD_TEST_H
#define BOARD_TEST_H

#include "kernel_test.h"

/* Addresses of words that are neither memory nor devices; the last is not one of them. */
#define NOBODYS_LAST UINTPTR_MAX
extern const uintptr_t nobodys_addresses[];

/* Lists of tests that only boards like this one have; the last is NULL. */
extern const struct kernel_test *const board_tests[];

#endif
