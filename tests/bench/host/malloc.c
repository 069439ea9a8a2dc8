/* SPDX-License-Identifier: MIT */
/* Cairn in the place of the C library's allocator, in a program of one thread: its facade and its default
 * checks, with no lock to take, on 64 MiB that the system maps. */
#include "port.h"
#include "cairn.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#define RAM_NBYTES ((size_t)64 << 20)

static void stop(const char *why)
{
	fprintf(stderr, "malloc: %s\n", why);
	_Exit(1);
}

/* ---- the port ---- */

void cairn_port_report(const struct cairn_report *report)
{
	(void)report;
	stop("a call was refused");
}

size_t cairn_port_key(void)
{
	return (size_t)0x9e3779b97f4a7c15u;
}

/* ---- the C library's names ---- */

/* Before main, and before anything here allocates. */
__attribute__((constructor)) static void boot(void)
{
	void *ram = mmap(NULL, RAM_NBYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct cairn_range range = {
		.base = (uintptr_t)ram, .nbytes = RAM_NBYTES, .name = "ram", .kind = CAIRN_RANGE_RAM};

	if (ram == MAP_FAILED || cairn_init(&range, 1) != CAIRN_OK)
		stop("there is no memory");
}

void *malloc(size_t nbytes)
{
	return cairn_alloc(nbytes);
}

void *calloc(size_t count, size_t nbytes)
{
	return cairn_calloc(count, nbytes);
}

void *realloc(void *p, size_t nbytes)
{
	return cairn_realloc(p, nbytes);
}

void free(void *p)
{
	cairn_free(p);
}
