/* SPDX-License-Identifier: MIT */
/* A lock that remembers the longest stretch it was held for (CAIRN_PORT_LOCK_FILE), as bench_scratch's
 * longest_masked, in stamps, its own work between the two stamps included. */
#include "arch.h"
#include "bench.h"

struct bench_lock {
	unsigned depth;
	uint32_t began;
};
extern struct bench_lock bench_lock;

static inline cairn_key cairn_port_lock(void)
{
	cairn_key key = arch_irq_save();

	if (bench_lock.depth++ == 0)
		bench_lock.began = arch_stamp();
	return key;
}

static inline void cairn_port_unlock(cairn_key key)
{
	if (--bench_lock.depth == 0) {
		uint32_t nstamps = arch_stamp() - bench_lock.began;

		if (nstamps > bench_scratch->longest_masked)
			bench_scratch->longest_masked = nstamps;
	}
	arch_irq_restore((arch_key)key);
}
