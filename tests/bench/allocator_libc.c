/* SPDX-License-Identifier: MIT */
/* A C library's allocator, as Debian brings it: newlib, newlib-nano or picolibc, whichever is linked. */
#include "allocator_libc.h"

#include "allocator.h"

/* No library's header: this file is compiled once for all of them. */
void *malloc(size_t nbytes);
void free(void *block);

/* newlib calls the first, picolibc the second. */
void *_sbrk(ptrdiff_t nbytes);
void *sbrk(ptrdiff_t nbytes);

static uintptr_t region_break, region_end;

void *_sbrk(ptrdiff_t nbytes)
{
	uintptr_t old = region_break;

	if (nbytes > 0 && (size_t)nbytes > region_end - region_break)
		return (void *)-1;
	region_break += (uintptr_t)nbytes;
	return (void *)old;
}

void *sbrk(ptrdiff_t nbytes)
{
	return _sbrk(nbytes);
}

static bool init(uintptr_t base, size_t nbytes)
{
	bench_forget();
	region_break = base;
	region_end = base + nbytes;
	bench_libc_start();
	return true;
}

const struct bench_allocator bench_allocator = {
	.init = init,
	.alloc = (bench_function)malloc,
	.free = (bench_function)free,
};
