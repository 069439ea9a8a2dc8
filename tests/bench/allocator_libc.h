/* SPDX-License-Identifier: MIT */
/* What the C libraries do not have in common. */
#ifndef BENCH_ALLOCATOR_LIBC_H
#define BENCH_ALLOCATOR_LIBC_H

/* Before the first allocation: what the library's own startup would do for it. */
void bench_libc_start(void);

#endif
