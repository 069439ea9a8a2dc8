/* SPDX-License-Identifier: MIT */
/* setjmp for the target, which has no C library (tests/target/setjmp.S); on a host, the host's own. */
#ifdef CAIRN_HOSTED
#include_next <setjmp.h>
#else
#ifndef SHIM_SETJMP_H
#define SHIM_SETJMP_H

#include <stdint.h>

/* r4-r11, sp, lr */
typedef uint32_t jmp_buf[10];

int setjmp(jmp_buf where) __attribute__((returns_twice));
_Noreturn void longjmp(jmp_buf where, int value);

#endif
#endif
