/* SPDX-License-Identifier: MIT */
/* QEMU's `virt` machine: PL011, GICv2, and memory from the device tree that QEMU leaves at the start of
 * RAM. QEMU does so only for an image that is linked at least 1 MiB above it (linker/virt.ld). */
#include "armv7a.h"
#include "board.h"
#include "fdt.h"
#include "mmio.h"
#include "mmu.h"

#define RAM_BASE      0x40000000u
#define DEVICE_TREE   RAM_BASE
#define GICD          0x08000000u
#define GICC          0x08010000u
#define GIC_NBYTES    0x10000u
#define UART          0x09000000u
#define VIRTUAL_TIMER 27u

/* PCI memory is at these addresses of the machine; without PCI they are free for task stacks, however
 * large RAM is. */
#define STACK_SPACE        0x20000000u
#define STACK_SPACE_NBYTES (16u * MMU_MEBIBYTE)

/* PL011 */
#define UARTDR       0x00
#define UARTFR       0x18
#define UARTFR_TXFF  (1u << 5)
#define UARTLCR_H    0x2c
#define UARTLCR_H_8N (3u << 5 | 1u << 4) /* 8 bits, no parity, FIFO on */
#define UARTCR       0x30
#define UARTCR_TX    (1u << 8 | 1u << 0)

/* VIRT_BOARD comes from the board's fragment: virt, or virt with another core. */
#define TEXT(token)    #token
#define TEXT_OF(macro) TEXT(macro)

static const struct board_device devices[] = {
	{GICD, GIC_NBYTES},
	{GICC, GIC_NBYTES},
	{UART, MMU_PAGE_NBYTES},
};

const struct board board = {
	.gic_distributor = GICD,
	.gic_interface = GICC,
	.timer_intid = VIRTUAL_TIMER,
	.stack_space_base = STACK_SPACE,
	.stack_space_nbytes = STACK_SPACE_NBYTES,
	.devices = devices,
	.ndevices = sizeof(devices) / sizeof(devices[0]),
};

extern const uint8_t image_start[];

static struct fdt_memory tree;

void board_init(void)
{
	mmio_write(UART + UARTCR, 0);
	mmio_write(UART + UARTLCR_H, UARTLCR_H_8N);
	mmio_write(UART + UARTCR, UARTCR_TX);
}

void arch_console_write(const char *text, size_t nbytes)
{
	for (size_t i = 0; i < nbytes; i++) {
		while ((mmio_read(UART + UARTFR) & UARTFR_TXFF) != 0)
			;
		mmio_write(UART + UARTDR, (uint8_t)text[i]);
	}
}

const char *arch_board_name(void)
{
	return TEXT_OF(VIRT_BOARD);
}

uint32_t arch_entropy(void)
{
	return tree.seed ^ (uint32_t)armv7a_count();
}

/* Cut what 32 bits cannot address, or what lies where this file has other plans. false: something was cut. */
static bool clip_ram(const struct fdt_range *from, struct arch_range *to)
{
	uint64_t first = from->base, last = from->base + (from->nbytes - 1);

	if (first < RAM_BASE)
		first = RAM_BASE;
	if (last > UINT32_MAX)
		last = UINT32_MAX;
	*to = (struct arch_range){(uintptr_t)first, 0, "ram", ARCH_RANGE_RAM, ARCH_ATTR_FAST | ARCH_ATTR_DMA};
	if (first <= last)
		to->nbytes = (size_t)(last - first + 1);
	return to->nbytes == from->nbytes;
}

static void use_ram(struct board_memory *memory)
{
	for (size_t i = 0; i < tree.nram; i++) {
		struct arch_range ram;

		if (memory->nram == BOARD_NRAM || !clip_ram(&tree.ram[i], &ram))
			memory->remark =
				"memory: RAM outside of 1 GiB to 4 GiB, or in too many banks, is left out\n";
		if (memory->nram < BOARD_NRAM && ram.nbytes != 0)
			memory->ram[memory->nram++] = ram;
	}
}

static void use_reserved(struct board_memory *memory)
{
	for (size_t i = 0; i < tree.nreserved; i++) {
		struct arch_range reserved;

		(void)clip_ram(&tree.reserved[i], &reserved);
		reserved.name = "reserved by firmware";
		reserved.kind = ARCH_RANGE_RESERVED;
		reserved.attr = 0;
		if (reserved.nbytes != 0)
			memory->reserved[memory->nreserved++] = reserved;
	}
}
_Static_assert(BOARD_NRESERVED >= FDT_NRESERVED, "all that is reserved must fit");

const char *board_read_memory(struct board_memory *memory)
{
	enum fdt_err err =
		fdt_read_memory((const void *)DEVICE_TREE, (uintptr_t)image_start - DEVICE_TREE, &tree);

	if (err != FDT_OK)
		return fdt_err_text(err);
	*memory = (struct board_memory){
		.handed_over = {DEVICE_TREE, tree.blob_nbytes, "device tree", ARCH_RANGE_RESERVED, 0},
	};
	use_ram(memory);
	use_reserved(memory);
	return memory->nram != 0 ? NULL : fdt_err_text(FDT_ENOMEMORY);
}
