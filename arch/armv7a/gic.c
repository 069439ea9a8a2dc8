/* SPDX-License-Identifier: MIT */
/* GICv2. Two priorities are in use: that of devices, and a lower one for the switch. */
#include "gic.h"

#include "board.h"
#include "mmio.h"

/* Distributor */
#define GICD_CTLR       0x000
#define GICD_ISENABLER0 0x100
#define GICD_ICENABLER0 0x180
#define GICD_IPRIORITYR 0x400
#define GICD_SGIR       0xf00
#define GICD_SGIR_SELF  (2u << 24)

/* CPU interface */
#define GICC_CTLR  0x00
#define GICC_PMR   0x04
#define GICC_BPR   0x08
#define GICC_IAR   0x0c
#define GICC_EOIR  0x10
#define GICC_HPPIR 0x18

#define ENABLE          1u
#define PRIORITY_DEVICE 0x80u
#define PRIORITY_SWITCH 0xe0u /* also where only the upper bits are implemented */
#define PRIORITY_ALL    0xffu

static void enable(uint32_t intid, uint8_t priority)
{
	mmio_write8(board.gic_distributor + GICD_IPRIORITYR + intid, priority);
	mmio_write(board.gic_distributor + GICD_ISENABLER0, 1u << intid);
}

void gic_init(void)
{
	mmio_write(board.gic_distributor + GICD_CTLR, 0);
	mmio_write(board.gic_distributor + GICD_ICENABLER0, UINT32_MAX);
	enable(GIC_SWITCH, PRIORITY_SWITCH);
	mmio_write(board.gic_distributor + GICD_CTLR, ENABLE);

	mmio_write(board.gic_interface + GICC_PMR, PRIORITY_ALL);
	mmio_write(board.gic_interface + GICC_BPR, 0);
	mmio_write(board.gic_interface + GICC_CTLR, ENABLE);
}

void gic_enable(uint32_t intid)
{
	enable(intid, PRIORITY_DEVICE);
}

/* What was stored before, such as a ready queue, is to be seen by the handler. The read back makes the
 * request arrive before the caller goes on, so that it is taken as soon as interrupts are unmasked. */
void gic_raise_switch(void)
{
	__asm__ volatile("dsb" : : : "memory");
	mmio_write(board.gic_distributor + GICD_SGIR, GICD_SGIR_SELF | GIC_SWITCH);
	(void)mmio_read(board.gic_interface + GICC_HPPIR);
	__asm__ volatile("dsb\n\tisb" : : : "memory");
}

uint32_t gic_acknowledge(void)
{
	return mmio_read(board.gic_interface + GICC_IAR);
}

void gic_end(uint32_t acknowledged)
{
	mmio_write(board.gic_interface + GICC_EOIR, acknowledged);
	__asm__ volatile("dsb" : : : "memory");
}
