/* SPDX-License-Identifier: MIT */
/* Tunables: each has a default, a meaning, a range and a rejection.
 * Set them with -D, or name a header of yours: -DCAIRN_CONFIG_FILE='"my_config.h"'. */
#ifndef CAIRN_CONFIG_H
#define CAIRN_CONFIG_H

#ifdef CAIRN_CONFIG_FILE
#include CAIRN_CONFIG_FILE
#endif

#include <stdint.h>

/* log2 of the bytes of a page frame: 8 (256 B) to 16 (64 KiB). */
#ifndef CAIRN_FRAME_SHIFT
#define CAIRN_FRAME_SHIFT 12
#endif
_Static_assert(CAIRN_FRAME_SHIFT >= 8 && CAIRN_FRAME_SHIFT <= 16, "CAIRN_FRAME_SHIFT");

/* The largest block is 2^(N-1) frames. 1 to 24. */
#ifndef CAIRN_ORDERS
#define CAIRN_ORDERS 11
#endif
_Static_assert(CAIRN_ORDERS >= 1 && CAIRN_ORDERS <= 24, "CAIRN_ORDERS");

/* Zones (banks of memory) at most. 1 to 8. */
#ifndef CAIRN_ZONES
#define CAIRN_ZONES 4
#endif
_Static_assert(CAIRN_ZONES >= 1 && CAIRN_ZONES <= 8, "CAIRN_ZONES");

/* Ranges of the boot map at most, RAM and reserved together. 2 to 64. */
#ifndef CAIRN_RANGES
#define CAIRN_RANGES 16
#endif
_Static_assert(CAIRN_RANGES >= 2 && CAIRN_RANGES <= 64, "CAIRN_RANGES");

/* What is checked: 0 nothing (for measuring), 1 every wrong free, 2 also poison, red zones and
 * caller addresses, 3 also cairn_check after every operation. */
#ifndef CAIRN_CHECK
#define CAIRN_CHECK 1
#endif
_Static_assert(CAIRN_CHECK >= 0 && CAIRN_CHECK <= 3, "CAIRN_CHECK");

/* log2 of the largest heap block in bytes, 18 to 27. More leaves fewer bits for the keyed check of
 * a block header on a 32-bit machine: it has 32 - N of them. Less, and the highest byte of a header would hold
 * nothing but the lengths of small blocks: a change of it could pass. */
#ifndef CAIRN_HEAP_MAX_LOG2
#if CAIRN_FRAME_SHIFT + CAIRN_ORDERS - 1 > 24
#define CAIRN_HEAP_MAX_LOG2 24
#elif CAIRN_FRAME_SHIFT + CAIRN_ORDERS - 1 < 18
#define CAIRN_HEAP_MAX_LOG2 18
#else
#define CAIRN_HEAP_MAX_LOG2 (CAIRN_FRAME_SHIFT + CAIRN_ORDERS - 1)
#endif
#endif
_Static_assert(CAIRN_HEAP_MAX_LOG2 >= 18 && CAIRN_HEAP_MAX_LOG2 <= 27, "CAIRN_HEAP_MAX_LOG2");

/* log2 of the classes that share a power of two in the heap's second level. 2 to 5. */
#ifndef CAIRN_HEAP_SL_LOG2
#define CAIRN_HEAP_SL_LOG2 5
#endif
_Static_assert(CAIRN_HEAP_SL_LOG2 >= 2 && CAIRN_HEAP_SL_LOG2 <= 5, "CAIRN_HEAP_SL_LOG2");

/* The heap keeps freed blocks of requests up to this length at hand, without merging them, for the next of
 * their length. 8 B of static data for each 8 B of it (64-bit machines: 16 B for each 16 B). 16 to 4096. */
#ifndef CAIRN_HEAP_CACHE_MAX
#define CAIRN_HEAP_CACHE_MAX 512
#endif
_Static_assert(CAIRN_HEAP_CACHE_MAX >= 16 && CAIRN_HEAP_CACHE_MAX <= 4096, "CAIRN_HEAP_CACHE_MAX");

/* Blocks of each length that are kept so at most; 0: none, so all are merged at once. 0 to 8191. */
#ifndef CAIRN_HEAP_CACHE_NBLOCKS
#define CAIRN_HEAP_CACHE_NBLOCKS 8191
#endif
_Static_assert(CAIRN_HEAP_CACHE_NBLOCKS >= 0 && CAIRN_HEAP_CACHE_NBLOCKS <= 8191, "CAIRN_HEAP_CACHE_NBLOCKS");

/* Frames that the heap asks for at once when a smaller number would do: by default 32 KiB. Where memory is
 * too small or too full for that, it asks for a quarter of the largest free block. 1 to 4096. */
#ifndef CAIRN_HEAP_GROW_FRAMES
#if CAIRN_FRAME_SHIFT > 15
#define CAIRN_HEAP_GROW_FRAMES 1
#else
#define CAIRN_HEAP_GROW_FRAMES (1 << (15 - CAIRN_FRAME_SHIFT))
#endif
#endif
_Static_assert(CAIRN_HEAP_GROW_FRAMES >= 1 && CAIRN_HEAP_GROW_FRAMES <= 4096, "CAIRN_HEAP_GROW_FRAMES");

/* 1: the heap keeps a bit per possible block start, so that wrong frees are refused without a
 * miss, for 1/64 of its memory (1/128 on 64-bit machines). 0 or 1. */
#ifndef CAIRN_HEAP_MAP
#define CAIRN_HEAP_MAP 0
#endif
_Static_assert(CAIRN_HEAP_MAP == 0 || CAIRN_HEAP_MAP == 1, "CAIRN_HEAP_MAP");

/* The largest slab is 2^N frames; objects larger than that are refused. 0 to 7. */
#ifndef CAIRN_SLAB_MAX_ORDER
#if CAIRN_ORDERS > 4
#define CAIRN_SLAB_MAX_ORDER 4
#else
#define CAIRN_SLAB_MAX_ORDER (CAIRN_ORDERS - 1)
#endif
#endif
_Static_assert(CAIRN_SLAB_MAX_ORDER >= 0 && CAIRN_SLAB_MAX_ORDER <= 7 && CAIRN_SLAB_MAX_ORDER < CAIRN_ORDERS,
	       "CAIRN_SLAB_MAX_ORDER");

/* Arenas of task stacks at most. 1 to CAIRN_ZONES. */
#ifndef CAIRN_STACK_ARENAS
#define CAIRN_STACK_ARENAS (CAIRN_ZONES < 2 ? 1 : 2)
#endif
_Static_assert(CAIRN_STACK_ARENAS >= 1 && CAIRN_STACK_ARENAS <= CAIRN_ZONES, "CAIRN_STACK_ARENAS");

/* The byte written over freed memory, over a new stack, and around an object (level 2). */
#define CAIRN_POISON_FREE 0xdb
#define CAIRN_POISON_ZONE 0xbd
#define CAIRN_STACK_PAINT 0xa5a5a5a5u

#endif
