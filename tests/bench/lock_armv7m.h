/* SPDX-License-Identifier: MIT */
/* The lock of images without a kernel (CAIRN_PORT_LOCK_FILE): PRIMASK saved, masked, restored. */
static inline cairn_key cairn_port_lock(void)
{
	cairn_key key;

	__asm__ volatile("mrs %0, primask\n\tcpsid i" : "=r"(key) : : "memory");
	return key;
}

static inline void cairn_port_unlock(cairn_key key)
{
	__asm__ volatile("msr primask, %0" : : "r"(key) : "memory");
}
