/* SPDX-License-Identifier: MIT */
/* arch/ does not know mm/, and mm/ does not know arch/: here their descriptions of memory meet. */
#include "memmap.h"

#include "arch.h"

_Static_assert((int)ARCH_RANGE_RESERVED == CAIRN_RANGE_RESERVED && (int)ARCH_RANGE_RAM == CAIRN_RANGE_RAM &&
		       (int)ARCH_RANGE_META == CAIRN_RANGE_META,
	       "kinds are passed on as they are");
_Static_assert(ARCH_ATTR_FAST == CAIRN_ATTR_FAST && ARCH_ATTR_DMA == CAIRN_ATTR_DMA &&
		       ARCH_ATTR_EXTERNAL == CAIRN_ATTR_EXTERNAL,
	       "attributes are passed on as they are");

size_t memmap_read(struct cairn_range *ranges, size_t max, const char **why)
{
	static struct arch_range board[CAIRN_RANGES];
	size_t n = arch_memory_map(board, max < CAIRN_RANGES ? max : CAIRN_RANGES, why);

	for (size_t i = 0; i < n; i++) {
		ranges[i] = (struct cairn_range){.base = board[i].base,
						 .nbytes = board[i].nbytes,
						 .name = board[i].name,
						 .kind = board[i].kind,
						 .attr = board[i].attr};
	}
	return n;
}
