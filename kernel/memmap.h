/* SPDX-License-Identifier: MIT */
/* The board's memory map, in Cairn's terms. */
#ifndef KERNEL_MEMMAP_H
#define KERNEL_MEMMAP_H

#include "cairn.h"

/* Number of ranges, or 0 with *why set. max: at most CAIRN_RANGES count. */
size_t memmap_read(struct cairn_range *ranges, size_t max, const char **why);

#endif
