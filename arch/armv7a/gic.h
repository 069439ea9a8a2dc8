/* SPDX-License-Identifier: MIT */
/* GICv2, one CPU, no security extension in use. */
#ifndef GIC_H
#define GIC_H

#include <stdint.h>

#define GIC_SWITCH   0u    /* the software-generated interrupt that switches tasks */
#define GIC_SPURIOUS 1020u /* this and above: nothing to handle */

void gic_init(void);
/* Enable a private peripheral's interrupt (16 to 31), more urgent than the switch. */
void gic_enable(uint32_t intid);
void gic_raise_switch(void);
/* The value that gic_end wants back; gic_intid tells which interrupt it is. */
uint32_t gic_acknowledge(void);
void gic_end(uint32_t acknowledged);

static inline uint32_t gic_intid(uint32_t acknowledged)
{
	return acknowledged & 0x3ff;
}

#endif
