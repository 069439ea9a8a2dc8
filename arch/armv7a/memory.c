/* SPDX-License-Identifier: MIT */
/* The memory map and the first mappings: RAM under its own address and not executable, the image by
 * section, devices, and nothing else. Page 0, the page below each of the two handler stacks, and what
 * firmware reserved stay unmapped.
 * The page tables for all of RAM and for the stack space lie behind the image, so mapping later never
 * needs memory. */
#include "armv7a.h"
#include "board.h"
#include "mmu.h"

#define NRANGES_OWN 5u /* what was handed over, code, handler stacks, data, page tables */
#define NRANGES     (BOARD_NRAM + BOARD_NRESERVED + NRANGES_OWN)

/* sections.ld; on page boundaries, but for image_end. Between image_ram_start and handler_guard_start is
 * the fault stack. */
extern uint8_t image_start[], rodata_start[], image_ram_start[], image_end[];

static struct {
	struct arch_range ranges[NRANGES];
	size_t nranges;
	const char *why;
	const char *remark;
} map;

static struct arch_range reserved_from(const void *start, const void *end, const char *name)
{
	return (struct arch_range){(uintptr_t)start, (uintptr_t)end - (uintptr_t)start, name,
				   ARCH_RANGE_RESERVED, 0};
}

static uintptr_t round_down(uintptr_t addr)
{
	return addr & ~(uintptr_t)(MMU_PAGE_NBYTES - 1);
}

static uintptr_t last_of(const struct arch_range *range)
{
	return range->base + (range->nbytes - 1);
}

/* The whole pages inside of a range; 0 bytes when there are none. */
static struct arch_range whole_pages_of(struct arch_range range)
{
	uintptr_t skipped = -range.base & (MMU_PAGE_NBYTES - 1);

	range.nbytes = range.nbytes > skipped ? round_down(range.nbytes - skipped) : 0;
	range.base += skipped;
	return range;
}

static void keep_whole_pages(struct board_memory *memory)
{
	size_t nkept = 0;

	for (size_t i = 0; i < memory->nram; i++) {
		struct arch_range pages = whole_pages_of(memory->ram[i]);

		if (pages.nbytes != 0)
			memory->ram[nkept++] = pages;
	}
	memory->nram = nkept;
}

/* The pages that a range touches. */
static struct arch_range pages_around(struct arch_range range)
{
	uintptr_t first = round_down(range.base);

	range.nbytes = round_down(last_of(&range)) - first + MMU_PAGE_NBYTES;
	range.base = first;
	return range;
}

static bool overlap(const struct arch_range *a, const struct arch_range *b)
{
	return a->base <= last_of(b) && b->base <= last_of(a);
}

static bool inside(const struct arch_range *inner, const struct arch_range *outer)
{
	return inner->base >= outer->base && last_of(inner) >= inner->base &&
	       last_of(inner) <= last_of(outer);
}

static size_t tables_nbytes(const struct board_memory *memory)
{
	size_t ntables = board.stack_space_nbytes / MMU_MEBIBYTE;

	for (size_t i = 0; i < memory->nram; i++)
		ntables += memory->ram[i].nbytes / MMU_MEBIBYTE + 2; /* it may begin and end within a MiB */
	for (size_t i = 0; i < board.ndevices; i++)
		ntables += board.devices[i].nbytes / MMU_MEBIBYTE + 2;
	return MMU_L1_NBYTES +
	       ((ntables * MMU_L2_NBYTES + MMU_PAGE_NBYTES - 1) & ~(size_t)(MMU_PAGE_NBYTES - 1));
}

static const struct arch_range *reserved_in(const struct board_memory *memory, const struct arch_range *range)
{
	if (memory->handed_over.nbytes != 0 && overlap(&memory->handed_over, range))
		return &memory->handed_over;
	for (size_t i = 0; i < memory->nreserved; i++) {
		if (overlap(&memory->reserved[i], range))
			return &memory->reserved[i];
	}
	return NULL;
}

/* The first place behind the image that is in its bank and clear of what is reserved. false: there is
 * none. */
static bool place_tables(const struct board_memory *memory, struct arch_range *tables)
{
	const struct arch_range *bank = memory->ram, *obstacle;
	const struct arch_range image = reserved_from(image_start, image_end, "image");
	uintptr_t from = (uintptr_t)image_end;

	while (bank < memory->ram + memory->nram && !inside(&image, bank))
		bank++;
	if (bank == memory->ram + memory->nram)
		return false;
	do {
		tables->base = (from + MMU_TABLES_ALIGN - 1) & ~(uintptr_t)(MMU_TABLES_ALIGN - 1);
		if (!inside(tables, bank))
			return false;
		obstacle = reserved_in(memory, tables);
		if (obstacle != NULL)
			from = last_of(obstacle) + 1;
	} while (obstacle != NULL);
	return true;
}

static void map_image(void)
{
	const struct arch_range code = reserved_from(image_start, rodata_start, "code");
	const struct arch_range constants = reserved_from(rodata_start, image_ram_start, "constants");
	const struct arch_range data = pages_around(reserved_from(image_ram_start, image_end, "data"));
	const struct arch_range guard = reserved_from(handler_guard_start, handler_stack_limit, "guard");

	mmu_map(code.base, code.nbytes, code.base, MMU_CODE);
	mmu_map(constants.base, constants.nbytes, constants.base, MMU_READ_ONLY);
	mmu_map(data.base, data.nbytes, data.base, MMU_DATA);
	mmu_map(guard.base, guard.nbytes, 0, MMU_NONE);
}

/* What is in RAM and not to be touched, in pages; outside of RAM nothing is mapped anyway. */
static void map_around(const struct board_memory *memory, const struct arch_range *range,
		       enum mmu_access access)
{
	struct arch_range pages = pages_around(*range);

	for (size_t i = 0; i < memory->nram; i++) {
		struct arch_range bank = memory->ram[i];

		if (!overlap(&bank, &pages))
			continue;
		if (pages.base > bank.base) {
			bank.nbytes -= pages.base - bank.base;
			bank.base = pages.base;
		}
		if (last_of(&bank) > last_of(&pages))
			bank.nbytes = last_of(&pages) - bank.base + 1;
		mmu_map(bank.base, bank.nbytes, bank.base, access);
	}
}

static bool reserve_tables(const struct board_memory *memory)
{
	bool ok = mmu_reserve(board.stack_space_base, board.stack_space_nbytes);

	for (size_t i = 0; ok && i < memory->nram; i++)
		ok = mmu_reserve(memory->ram[i].base, memory->ram[i].nbytes);
	for (size_t i = 0; ok && i < board.ndevices; i++)
		ok = mmu_reserve(board.devices[i].base, board.devices[i].nbytes);
	return ok;
}

/* Later lines overrule earlier ones; the image and the tables must be mapped whatever the board says is
 * reserved. */
static void map_all(const struct board_memory *memory, const struct arch_range *tables)
{
	for (size_t i = 0; i < memory->nram; i++)
		mmu_map(memory->ram[i].base, memory->ram[i].nbytes, memory->ram[i].base, MMU_DATA);
	if (memory->handed_over.nbytes != 0)
		map_around(memory, &memory->handed_over, MMU_READ_ONLY);
	for (size_t i = 0; i < memory->nreserved; i++)
		map_around(memory, &memory->reserved[i], MMU_NONE);
	map_image();
	mmu_map(tables->base, tables->nbytes, tables->base, MMU_DATA);
	for (size_t i = 0; i < board.ndevices; i++)
		mmu_map(board.devices[i].base, board.devices[i].nbytes, board.devices[i].base, MMU_DEVICE);
}

static void note(struct arch_range range)
{
	map.ranges[map.nranges++] = range;
}

static void note_all(const struct board_memory *memory, const struct arch_range *tables)
{
	for (size_t i = 0; i < memory->nram; i++)
		note(memory->ram[i]);
	for (size_t i = 0; i < memory->nreserved; i++)
		note(memory->reserved[i]);
	if (memory->handed_over.nbytes != 0)
		note(memory->handed_over);
	note(reserved_from(image_start, image_ram_start, "code and constants"));
	note(reserved_from(image_ram_start, handler_stack_top, "handler stacks"));
	note(reserved_from(handler_stack_top, image_end, "data"));
	note(*tables);
	map.remark = memory->remark;
}

static const char *set_up(struct board_memory *memory)
{
	struct arch_range tables = {.name = "page tables", .kind = ARCH_RANGE_META};
	const char *why = board_read_memory(memory);

	if (why != NULL)
		return why;
	keep_whole_pages(memory);
	tables.nbytes = tables_nbytes(memory);
	if (!place_tables(memory, &tables))
		return "memory: the image, or the page tables behind it, lie outside of RAM";
	mmu_init(tables.base, tables.nbytes);
	if (!reserve_tables(memory))
		return "memory: too few page tables";
	map_all(memory, &tables);
	note_all(memory, &tables);
	return NULL;
}

void armv7a_memory_init(void)
{
	static struct board_memory memory;

	map.why = set_up(&memory);
	if (map.why == NULL)
		mmu_enable();
}

size_t arch_memory_map(struct arch_range *ranges, size_t max, const char **why)
{
	if (map.why == NULL && map.nranges > max)
		map.why = "memory: more ranges than there is room for";
	if (map.why != NULL) {
		*why = map.why;
		return 0;
	}
	for (size_t i = 0; i < map.nranges; i++)
		ranges[i] = map.ranges[i];
	for (const char *c = map.remark; c != NULL && *c != '\0'; c++)
		arch_console_write(c, 1);
	return map.nranges;
}
