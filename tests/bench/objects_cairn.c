/* SPDX-License-Identifier: MIT */
/* Cairn's object caches, through the facade. */
#include "cairn.h"
#include "objects.h"

static struct cairn_cache cache;

static void *init(uintptr_t base, size_t nbytes)
{
	const struct cairn_range ram = {
		.base = base, .nbytes = nbytes, .name = "region", .kind = CAIRN_RANGE_RAM};
	const struct cairn_cache_spec spec = {.name = "objects", .nbytes = BENCH_OBJECT_NBYTES};

	bench_forget();
	if (cairn_init(&ram, 1) != CAIRN_OK || cairn_cache_create(&cache, &spec) != CAIRN_OK)
		return NULL;
	return &cache;
}

const struct bench_objects bench_objects = {
	.init = init,
	.alloc = (bench_function)cairn_cache_alloc,
	.free = (bench_function)cairn_cache_free,
};
