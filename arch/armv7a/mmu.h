/* SPDX-License-Identifier: MIT */
/* The page tables: one address space, 4 KiB pages, nothing mapped that was not asked for. */
#ifndef MMU_H
#define MMU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MMU_PAGE_NBYTES  4096u
#define MMU_MEBIBYTE     (1024u * 1024u)
#define MMU_TABLES_ALIGN 16384u
#define MMU_L1_NBYTES    16384u
#define MMU_L2_NBYTES    1024u /* one per MiB that has a mapping, or may get one */

/* Who may do what; everything is for privileged code alone, and only MMU_CODE can be executed. */
enum mmu_access { MMU_NONE = 0, MMU_CODE, MMU_READ_ONLY, MMU_DATA, MMU_DEVICE };

/* Take nbytes at `base` (aligned to MMU_TABLES_ALIGN) for tables, and map nothing. Boot, MMU off. */
void mmu_init(uintptr_t base, size_t nbytes);

/* Make the tables of a range, so that mapping in it cannot fail. Boot. false: no room for tables is left. */
bool mmu_reserve(uintptr_t base, size_t nbytes);

/* Map whole pages whose tables exist; MMU_NONE unmaps. The old mapping is gone everywhere when it returns.
 * Different pages may be mapped by different tasks at the same time: they share no word. */
void mmu_map(uintptr_t base, size_t nbytes, uintptr_t physical, enum mmu_access access);

/* Whether every page of a range is mapped exactly so; false too where there is no table. */
bool mmu_is_mapped(uintptr_t base, size_t nbytes, uintptr_t physical, enum mmu_access access);

/* Turn on the MMU and the caches. */
void mmu_enable(void);

#endif
