/* SPDX-License-Identifier: MIT */
/* Cairn's heap, through its facade. */
#include "allocator.h"
#include "cairn_system.h"

static bool init(uintptr_t base, size_t nbytes)
{
	const struct cairn_range ram = {
		.base = base, .nbytes = nbytes, .name = "region", .kind = CAIRN_RANGE_RAM};

	bench_forget();
	return cairn_init(&ram, 1) == CAIRN_OK;
}

const struct bench_allocator bench_allocator = {
	.init = init,
	.alloc = (bench_function)cairn_alloc,
	.free = (bench_function)cairn_free,
	.realloc = (bench_function)cairn_realloc,
};

void bench_system_start(void)
{
	bench_allocator_start(BENCH_SYSTEM_FRAMES * CAIRN_FRAME_NBYTES);
}
