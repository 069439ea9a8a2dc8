/* SPDX-License-Identifier: MIT */
/* Cairn's lock is the kernel's, inline: -DCAIRN_PORT_LOCK_FILE names this file, and mm/port.h includes it. */
#ifndef KERNEL_CAIRN_LOCK_H
#define KERNEL_CAIRN_LOCK_H

#include "lock.h"

static inline cairn_key cairn_port_lock(void)
{
	return kernel_lock();
}

static inline void cairn_port_unlock(cairn_key key)
{
	kernel_unlock((arch_key)key);
}

#endif
