/* SPDX-License-Identifier: MIT */
/* Tunables for a machine with 8 KiB of RAM (CAIRN_CONFIG_FILE): one bank, no block of more than half of it. */
#define CAIRN_FRAME_SHIFT    9
#define CAIRN_ORDERS         4
#define CAIRN_ZONES          1
#define CAIRN_RANGES         4
#define CAIRN_HEAP_SL_LOG2   2
#define CAIRN_HEAP_CACHE_MAX 64
