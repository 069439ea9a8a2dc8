/* SPDX-License-Identifier: MIT */
/* Numbers that C and assembly share. */
#ifndef CPU_H
#define CPU_H

/* CPSR */
#define CPSR_MODE 0x1f
#define CPSR_T    0x20
#define CPSR_F    0x40
#define CPSR_I    0x80

#define MODE_IRQ 0x12
#define MODE_SVC 0x13 /* boot and interrupt handlers */
#define MODE_ABT 0x17 /* fault handlers */
#define MODE_UND 0x1b
#define MODE_SYS 0x1f /* tasks */

/* struct arch_context */
#define CONTEXT_PC   60
#define CONTEXT_CPSR 64

/* Which vector a fault came through. */
#define ENTRY_UNDEFINED 0
#define ENTRY_SVC       1
#define ENTRY_PREFETCH  2
#define ENTRY_DATA      3
#define ENTRY_FIQ       4

#endif
