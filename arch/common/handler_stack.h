/* SPDX-License-Identifier: MIT */
/* The stack of boot and handlers, the same on all machines: linker/sections.ld places it, and each architecture
 * paints it at reset, so that its deepest use can be read off later. For C and assembly. */
#ifndef HANDLER_STACK_H
#define HANDLER_STACK_H

#define HANDLER_STACK_PAINT 0xa5a5a5a5

#ifndef __ASSEMBLER__
#include <stdint.h>

extern uint32_t handler_guard_start[], handler_stack_limit[], handler_stack_top[];
#endif

#endif
