/* SPDX-License-Identifier: MIT */
/* Nothing is closed on this board: there is nothing to say of what is nobody's. */
#include "board_test.h"

const uintptr_t nobodys_addresses[] = {NOBODYS_LAST};

const struct kernel_test *const board_tests[] = {NULL};
