/* SPDX-License-Identifier: MIT */
/* At reset the contents of the caches are anything, so they are invalidated before they are turned on (B2.2.8):
 * the instruction cache as a whole, the data cache line by line, by set and way (B4.8). */
#include "cache.h"

#include "mprofile.h"

#define CCR_DC (1u << 16)
#define CCR_IC (1u << 17)

#define CCSIDR  (*(volatile uint32_t *)0xe000ed80u)
#define CSSELR  (*(volatile uint32_t *)0xe000ed84u)
#define ICIALLU (*(volatile uint32_t *)0xe000ef50u)
#define DCISW   (*(volatile uint32_t *)0xe000ef60u)

/* CSSELR: the first level's data cache. CCSIDR: its sets and ways less one, and 2^(n + 4) bytes a line. */
#define LEVEL_1_DATA      0u
#define LAST_SET(ccsidr)  ((ccsidr) >> 13 & 0x7fffu)
#define LAST_WAY(ccsidr)  ((ccsidr) >> 3 & 0x3ffu)
#define LOG2_LINE(ccsidr) (((ccsidr)&7u) + 4)

/* DCISW: the way in as many of the upper bits as it takes, the set above the bits of an offset in a line. */
static unsigned way_shift(uint32_t last_way)
{
	return last_way ? (unsigned)__builtin_clz(last_way) : 0;
}

static void invalidate_data(void)
{
	uint32_t ccsidr, last_set, last_way;

	CSSELR = LEVEL_1_DATA;
	barrier();
	ccsidr = CCSIDR;
	last_set = LAST_SET(ccsidr);
	last_way = LAST_WAY(ccsidr);
	for (uint32_t set = 0; set <= last_set; set++)
		for (uint32_t way = 0; way <= last_way; way++)
			DCISW = way << way_shift(last_way) | set << LOG2_LINE(ccsidr);
	barrier();
}

void mprofile_caches_on(void)
{
	ICIALLU = 0;
	barrier();
	invalidate_data();
	SCB->CCR |= CCR_IC | CCR_DC;
	barrier();
}
