/* SPDX-License-Identifier: MIT */
/* What the files of this folder share. */
#ifndef ARMV8M_H
#define ARMV8M_H

#include "mprofile.h"

/* Of the code at fault, as fault_entry.S found them. */
extern uint32_t armv8m_r4_to_r11[8];

/* Where the instruction at `pc`, which moves the stack pointer down, would move it, given r0 to r14. false: it
 * does not, or in a way that is not known here. */
bool armv8m_sp_after(const uint16_t *pc, const uint32_t r[15], uintptr_t *sp);

#endif
