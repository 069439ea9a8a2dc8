/* SPDX-License-Identifier: MIT */
/* picolibc: what any heap can run. Its errno is thread-local, so there has to be such storage; errno is
 * all that is in it. */
#include "allocator.h"
#include "allocator_libc.h"
#include "bare.h"

#define TLS_NBYTES 64u

/* The library's. */
void _set_tls(void *block);

const struct bench_workload *const bench_lists[] = {bench_heap_workloads, bench_packing_workloads,
						    bench_trace_workloads, NULL};

void bench_libc_start(void)
{
	static uint64_t block[TLS_NBYTES / sizeof(uint64_t)];

	_set_tls(block);
}
