/* SPDX-License-Identifier: MIT */
/* Registers of the ARMv7-M system control space that are used here, and what this folder shares. */
#ifndef ARMV7M_H
#define ARMV7M_H

#include "arch.h"
#include "../common/handler_stack.h"

struct scb {
	uint32_t CPUID, ICSR, VTOR, AIRCR, SCR, CCR;
	uint8_t SHPR[12]; /* priority of exception 4 + n */
	uint32_t SHCSR, CFSR, HFSR, DFSR, MMFAR, BFAR, AFSR;
};
_Static_assert(offsetof(struct scb, AFSR) == 0x3c, "System Control Block, B3.2.2");
#define SCB ((volatile struct scb *)0xe000ed00u)

#define CCR_DIV_0_TRP     (1u << 4)
#define CCR_STKALIGN      (1u << 9)
#define SHCSR_MEMFAULTENA (1u << 16)
#define SHCSR_BUSFAULTENA (1u << 17)
#define SHCSR_USGFAULTENA (1u << 18)
#define SHCSR_PENDED      (15u << 12) /* usage, memory management and bus fault, supervisor call */
#define EXC_RETURN_PSP    (1u << 2)   /* the frame is on the stack of a task */

#define EXCEPTION_RESET     1u
#define EXCEPTION_NMI       2u
#define EXCEPTION_HARDFAULT 3u
#define EXCEPTION_SVCALL    11u
#define EXCEPTION_DEBUGMON  12u
#define EXCEPTION_PENDSV    14u
#define EXCEPTION_SYSTICK   15u
#define FIRST_WITH_PRIORITY 4u /* SHPR[0] */

/* Faults have the reset value, 0. An implementation keeps at least the upper three bits. */
#define PRIORITY_LOWEST  0xffu
#define PRIORITY_SYSTICK 0xc0u

struct systick {
	uint32_t CSR, RVR, CVR, CALIB;
};
#define SYSTICK ((volatile struct systick *)0xe000e010u)

/* What the hardware stacks when an exception is taken. */
struct exception_frame {
	uint32_t r0, r1, r2, r3, r12, lr, pc, xpsr;
};
_Static_assert(sizeof(struct exception_frame) == 32, "basic frame, B1.5.6");
#define XPSR_T       (1u << 24)
#define XPSR_ALIGNED (1u << 9) /* a word was skipped to align the frame to 8 bytes */

/* A frame in the 32 bytes below `top` from which an exception return enters entry(arg).
 * The stack must be open. */
uintptr_t armv7m_first_frame(uintptr_t top, void (*entry)(void *arg), void *arg);

/* Handlers in assembly: each needs the stack pointers before a compiler has touched them. */
void armv7m_pendsv_entry(void);
void armv7m_fault_entry(void);

/* Their halves in C, and the way out of the boot stack. begin: the first frame of a fresh context, whose
 * window is open; where it is. */
uintptr_t armv7m_begin(struct arch_context *context);
void armv7m_fault(uintptr_t msp, uint32_t exc_return);
_Noreturn void armv7m_leave_boot_stack(void *arg, void (*entry)(void *arg), uintptr_t psp, uintptr_t msp);
_Noreturn void armv7m_reset(void);

void armv7m_mpu_init(void);
void armv7m_mpu_open(const uintptr_t window[2]);
void armv7m_faults_init(void);

static inline void barrier(void)
{
	__asm__ volatile("dsb\n\tisb" : : : "memory");
}

/* ---- linker symbols ---- */

extern uint32_t data_start[], data_end[], bss_start[], bss_end[];
extern const uint32_t data_load[];

#endif
