/* SPDX-License-Identifier: MIT */
/* Registers of the M-profile system control space that are used here, and what this folder shares with those
 * of its architectures. What has a name mprofile_* is implemented here, unless said otherwise. Section numbers
 * are those of the ARMv7-M manual. */
#ifndef MPROFILE_H
#define MPROFILE_H

#include "../common/handler_stack.h"
#include "arch.h"

/* ARMv6-M has those up to SHPR, of CCR no bit to write, and SHPR in words alone. */
struct scb {
	uint32_t CPUID, ICSR, VTOR, AIRCR, SCR, CCR;
	uint32_t SHPR[3]; /* priority of exception 4 + n in byte n */
	uint32_t SHCSR, CFSR, HFSR, DFSR, MMFAR, BFAR, AFSR;
};
_Static_assert(offsetof(struct scb, AFSR) == 0x3c, "System Control Block, B3.2.2");
#define SCB ((volatile struct scb *)0xe000ed00u)

#define EXC_RETURN_PSP   (1u << 2) /* the frame is on the stack of a task */
#define EXC_RETURN_BASIC (1u << 4) /* it has no room for floating-point registers */

#define EXCEPTION_RESET     1u
#define EXCEPTION_NMI       2u
#define EXCEPTION_HARDFAULT 3u
#define EXCEPTION_SVCALL    11u
#define EXCEPTION_DEBUGMON  12u
#define EXCEPTION_PENDSV    14u
#define EXCEPTION_SYSTICK   15u
#define FIRST_WITH_PRIORITY 4u /* SHPR, byte 0 */
#define FIRST_EXTERNAL      16u

/* Faults have the reset value, 0. An implementation keeps at least the upper two bits. */
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

/* The stack pointer as it was before a frame of that length was stacked. */
static inline uintptr_t mprofile_sp_before(const struct exception_frame *frame, size_t nbytes)
{
	return (uintptr_t)frame + nbytes + (frame->xpsr & XPSR_ALIGNED ? sizeof(uint32_t) : 0);
}

static inline void barrier(void)
{
	__asm__ volatile("dsb\n\tisb" : : : "memory");
}

/* ---- the way from reset to tasks ---- */

_Noreturn void mprofile_reset(void);
void mprofile_set_priority(unsigned exception, uint32_t priority);

/* Turn the core's protection on, for the board's map; arch/<isa>. */
void mprofile_protection_init(void);

/* Turn on those faults that can be; fault_status.c, or arch/<isa>. */
void mprofile_faults_init(void);

/* ---- exceptions ---- */

/* Handlers in assembly: each needs the stack pointers before a compiler has touched them. The first is
 * arch/<isa>'s, the other is also the handler of what nobody asked for. */
void mprofile_pendsv_entry(void);
void mprofile_fault_entry(void);
void mprofile_fault(uintptr_t msp, uint32_t exc_return);

/* What the fault status registers say: CFSR and HFSR, 0 where there are none. */
struct fault_status {
	uint32_t cfsr, hfsr;
	uintptr_t mmfar, bfar;
};

/* CFSR, bit by bit. */
#define CFSR_IACCVIOL    (1u << 0)
#define CFSR_DACCVIOL    (1u << 1)
#define CFSR_MUNSTKERR   (1u << 3)
#define CFSR_MSTKERR     (1u << 4)
#define CFSR_MLSPERR     (1u << 5)
#define CFSR_MMARVALID   (1u << 7)
#define CFSR_IBUSERR     (1u << 8)
#define CFSR_PRECISERR   (1u << 9)
#define CFSR_IMPRECISERR (1u << 10)
#define CFSR_UNSTKERR    (1u << 11)
#define CFSR_STKERR      (1u << 12)
#define CFSR_LSPERR      (1u << 13)
#define CFSR_BFARVALID   (1u << 15)
#define CFSR_UNDEFINSTR  (1u << 16)
#define CFSR_INVSTATE    (1u << 17)
#define CFSR_NOCP        (1u << 19)
#define CFSR_STKOF       (1u << 20) /* ARMv8-M: of a stack limit */
#define CFSR_UNALIGNED   (1u << 24)
#define CFSR_DIVBYZERO   (1u << 25)

#define CFSR_ANY_STACKING (CFSR_MUNSTKERR | CFSR_MSTKERR | CFSR_UNSTKERR | CFSR_STKERR)
#define CFSR_ANY_LATE     (CFSR_MLSPERR | CFSR_LSPERR) /* lazy stacking: fp.h */

/* fault_status.c, or arch/<isa> where there are no such registers. read: everything at once. cause: of a fault
 * that came as `exception`, a synchronous one. clear: forget what was read. */
void mprofile_status_read(struct fault_status *status);
enum arch_fault_cause mprofile_status_cause(const struct fault_status *status, uint32_t exception);
void mprofile_status_clear(const struct fault_status *status);

/* Whether the hardware has stored the frame at fault->sp, of that length; stacked.c, or arch/<isa>. Where it was
 * a stack limit that was passed, fills in what is known of that too. */
bool mprofile_was_stacked(struct arch_fault *fault, const struct fault_status *status, size_t frame_nbytes);

/* ---- tasks ---- */

/* A frame in the 32 bytes below `top` from which an exception return enters entry(arg).
 * The stack must be open. */
uintptr_t mprofile_first_frame(uintptr_t top, void (*entry)(void *arg), void *arg);

/* From PendSV: the first frame of a fresh context, whose stack is open. Where it is. */
uintptr_t mprofile_begin(struct arch_context *context);

/* Open the stack of the first task, as PendSV does for the others; arch/<isa>. */
void mprofile_guard_open(const uintptr_t guard[2]);
_Noreturn void mprofile_leave_boot_stack(void *arg, void (*entry)(void *arg), uintptr_t psp, uintptr_t msp);

/* ---- linker symbols ---- */

extern uint32_t data_start[], data_end[], bss_start[], bss_end[];
extern const uint32_t data_load[];

#endif
