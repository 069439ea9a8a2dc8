/* SPDX-License-Identifier: MIT */
/* Instructions that move the stack pointer down, each in a function of its own, in assembly. */
#ifndef LIMIT_TEST_H
#define LIMIT_TEST_H

#include <stddef.h>
#include <stdint.h>

/* With the stack pointer at sp, move it down, by nbytes where the instruction does not say by how much. Where the
 * instruction is: <function>_at. Waits for ever if it comes to that. */
#define LIMIT_MOVE(name)                                          \
	_Noreturn void limit_##name(uintptr_t sp, size_t nbytes); \
	extern const uint16_t limit_##name##_at[]

LIMIT_MOVE(push_narrow);    /* 36 */
LIMIT_MOVE(push_wide);      /* 56 */
LIMIT_MOVE(sub_narrow);     /* 508 */
LIMIT_MOVE(sub_expanded);   /* 4096 */
LIMIT_MOVE(sub_plain);      /* 4092 */
LIMIT_MOVE(sub_register);   /* nbytes */
LIMIT_MOVE(sub_shifted);    /* 4 * nbytes */
LIMIT_MOVE(add_register);   /* nbytes */
LIMIT_MOVE(move);           /* nbytes */
LIMIT_MOVE(store_and_step); /* 252 */
LIMIT_MOVE(store_pair);     /* 1016 */

/* Wait there, storing nothing; or call a supervisor there. */
LIMIT_MOVE(wait);
LIMIT_MOVE(call);

#endif
