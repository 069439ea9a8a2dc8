/* SPDX-License-Identifier: MIT */
/* The memory map of a board: its banks of RAM, and the image in one of them. */
#include "mprofile.h"

#include "board.h"

extern const char image_ram_start[], image_end[];

size_t arch_memory_map(struct arch_range *ranges, size_t max, const char **why)
{
	if (max < board_nbanks + 1) {
		*why = "the board has more ranges than there is room for";
		return 0;
	}
	for (size_t i = 0; i < board_nbanks; i++)
		ranges[i] = board_banks[i];
	ranges[board_nbanks] = (struct arch_range){
		.base = (uintptr_t)image_ram_start,
		.nbytes = (uintptr_t)image_end - (uintptr_t)image_ram_start,
		.name = "kernel and handler stacks",
		.kind = ARCH_RANGE_RESERVED,
	};
	return board_nbanks + 1;
}
