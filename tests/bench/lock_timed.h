/* SPDX-License-Identifier: MIT */
/* A lock whose stretches are timed (CAIRN_PORT_LOCK_FILE). */
#include "arch.h"
#include "masked.h"

static inline cairn_key cairn_port_lock(void)
{
	cairn_key key = arch_irq_save();

	bench_masked_begins();
	return key;
}

static inline void cairn_port_unlock(cairn_key key)
{
	bench_masked_ends();
	arch_irq_restore((arch_key)key);
}
