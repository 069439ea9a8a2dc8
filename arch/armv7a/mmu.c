/* SPDX-License-Identifier: MIT */
/* ARMv7-A short descriptors: a first level of 1 MiB entries, a second of 4 KiB small pages.
 * I1: a first-level entry is 0 or the address of a table, and never changes once the MMU is on.
 * I2: a page entry is 0 or a small page. All pages are global; RAM has one memory type, at every address.
 *
 * What the hardware needs: the walks are cacheable (TTBR0), so a DSB makes a store to a table seen, without
 * cleaning. A TLB never keeps a translation that faults; one that was valid is invalidated before its frame
 * gets another address. ARMv7-A data caches behave as physically tagged: a frame keeps its cached contents
 * when its address changes. Frames that move are never executable: instruction caches do not matter. */
#include "mmu.h"

#include "cpu.h"

#define PAGE_SHIFT    12u
#define MEBI_SHIFT    20u
#define L1_NENTRIES   4096u
#define L2_NENTRIES   256u
#define L1_TABLE      0x1u
#define L1_TABLE_MASK 0xfffffc00u

/* Small page */
#define PAGE_XN         0x001u
#define PAGE_SMALL      0x002u
#define PAGE_DEVICE     0x004u /* TEX=000 C=0 B=1 */
#define PAGE_NORMAL     0x04cu /* TEX=001 C=1 B=1: write-back, write-allocate */
#define PAGE_PRIVILEGED 0x010u /* AP[1:0]=01 */
#define PAGE_READ_ONLY  0x200u /* AP[2] */

#define TTBR_WALKS_CACHED 0x48u /* write-back, write-allocate, inner and outer */
#define DOMAIN_0_CLIENT   0x1u

#define SCTLR_M 0x0001u
#define SCTLR_A 0x0002u
#define SCTLR_C 0x0004u
#define SCTLR_Z 0x0800u
#define SCTLR_I 0x1000u

_Static_assert(MMU_PAGE_NBYTES == 1u << PAGE_SHIFT && MMU_MEBIBYTE == 1u << MEBI_SHIFT, "page sizes");
_Static_assert(MMU_L1_NBYTES == L1_NENTRIES * sizeof(uint32_t), "first level");
_Static_assert(MMU_L2_NBYTES == L2_NENTRIES * sizeof(uint32_t), "second level");

static const uint32_t page_bits[] = {
	[MMU_NONE] = 0,
	[MMU_CODE] = PAGE_SMALL | PAGE_PRIVILEGED | PAGE_NORMAL | PAGE_READ_ONLY,
	[MMU_READ_ONLY] = PAGE_SMALL | PAGE_PRIVILEGED | PAGE_NORMAL | PAGE_READ_ONLY | PAGE_XN,
	[MMU_DATA] = PAGE_SMALL | PAGE_PRIVILEGED | PAGE_NORMAL | PAGE_XN,
	[MMU_DEVICE] = PAGE_SMALL | PAGE_PRIVILEGED | PAGE_DEVICE | PAGE_XN,
};

static uint32_t *l1;
static uintptr_t next_l2;
static size_t nl2_left;

static void barrier(void)
{
	__asm__ volatile("dsb\n\tisb" : : : "memory");
}

static void forget_translation(uintptr_t addr)
{
	__asm__ volatile("mcr p15, 0, %0, c8, c7, 1" : : "r"(addr) : "memory"); /* TLBIMVA */
}

static void zero_words(uint32_t *words, size_t nwords)
{
	for (size_t i = 0; i < nwords; i++)
		words[i] = 0;
}

void mmu_init(uintptr_t base, size_t nbytes)
{
	l1 = (uint32_t *)base;
	next_l2 = base + MMU_L1_NBYTES;
	nl2_left = (nbytes - MMU_L1_NBYTES) / MMU_L2_NBYTES;
	zero_words(l1, L1_NENTRIES);
}

static bool reserve_mebibyte(size_t index)
{
	if (l1[index] != 0)
		return true;
	if (nl2_left == 0)
		return false;
	zero_words((uint32_t *)next_l2, L2_NENTRIES);
	l1[index] = next_l2 | L1_TABLE;
	next_l2 += MMU_L2_NBYTES;
	nl2_left--;
	return true;
}

bool mmu_reserve(uintptr_t base, size_t nbytes)
{
	size_t last = (base + (nbytes - 1)) >> MEBI_SHIFT;

	for (size_t i = base >> MEBI_SHIFT; i <= last; i++) {
		if (!reserve_mebibyte(i))
			return false;
	}
	return true;
}

/* NULL: there is no table. */
static volatile uint32_t *page_entry(uintptr_t addr)
{
	uint32_t entry = l1[addr >> MEBI_SHIFT];

	if (entry == 0)
		return NULL;
	return (uint32_t *)(entry & L1_TABLE_MASK) + ((addr >> PAGE_SHIFT) & (L2_NENTRIES - 1));
}

static uint32_t page_value(uintptr_t physical, size_t i, enum mmu_access access)
{
	return access == MMU_NONE ? 0 : (uint32_t)(physical + (i << PAGE_SHIFT)) | page_bits[access];
}

/* Any valid entry is taken out, and forgotten by the TLB, before another may take its place. */
static void unmap(uintptr_t base, size_t npages)
{
	for (size_t i = 0; i < npages; i++)
		*page_entry(base + (i << PAGE_SHIFT)) = 0;
	barrier();
	for (size_t i = 0; i < npages; i++)
		forget_translation(base + (i << PAGE_SHIFT));
	barrier();
}

void mmu_map(uintptr_t base, size_t nbytes, uintptr_t physical, enum mmu_access access)
{
	size_t npages = nbytes >> PAGE_SHIFT;

	unmap(base, npages);
	if (access == MMU_NONE)
		return;
	for (size_t i = 0; i < npages; i++)
		*page_entry(base + (i << PAGE_SHIFT)) = page_value(physical, i, access);
	barrier();
}

bool mmu_is_mapped(uintptr_t base, size_t nbytes, uintptr_t physical, enum mmu_access access)
{
	for (size_t i = 0; i < nbytes >> PAGE_SHIFT; i++) {
		const volatile uint32_t *entry = page_entry(base + (i << PAGE_SHIFT));

		if (entry == NULL || *entry != page_value(physical, i, access))
			return false;
	}
	return true;
}

void mmu_enable(void)
{
	uint32_t ttbr = (uint32_t)(uintptr_t)l1 | TTBR_WALKS_CACHED;
	uint32_t sctlr;

	barrier();
	__asm__ volatile("mcr p15, 0, %0, c8, c7, 0" : : "r"(0));               /* TLBIALL */
	__asm__ volatile("mcr p15, 0, %0, c7, c5, 0" : : "r"(0));               /* ICIALLU */
	__asm__ volatile("mcr p15, 0, %0, c7, c5, 6" : : "r"(0));               /* BPIALL */
	__asm__ volatile("mcr p15, 0, %0, c2, c0, 2" : : "r"(0));               /* TTBCR: TTBR0 alone */
	__asm__ volatile("mcr p15, 0, %0, c2, c0, 0" : : "r"(ttbr));            /* TTBR0 */
	__asm__ volatile("mcr p15, 0, %0, c3, c0, 0" : : "r"(DOMAIN_0_CLIENT)); /* DACR */
	barrier();
	__asm__ volatile("mrc p15, 0, %0, c1, c0, 0" : "=r"(sctlr));
	sctlr |= SCTLR_M | SCTLR_A | SCTLR_C | SCTLR_Z | SCTLR_I;
	__asm__ volatile("mcr p15, 0, %0, c1, c0, 0" : : "r"(sctlr) : "memory");
	barrier();
}
