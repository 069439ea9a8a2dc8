/* SPDX-License-Identifier: MIT */
/* Faults: what the CPU says of one, put into struct arch_fault. Nothing is decided here.
 * A task's registers are in its context already; a fault in a handler, or in the boot, has no task and
 * never returns. */
#include "armv7a.h"

#define FAULT_STATUS_MASK 0x40fu /* FS[4] and FS[3:0], short descriptors */
#define FAULT_STATUS_BIT4 0x400u
#define NSTATUS           32u

/* Fault status, 5 bits */
#define FS_ALIGNMENT           0x01
#define FS_DEBUG               0x02
#define FS_ACCESS_SECTION      0x03
#define FS_CACHE_MAINTENANCE   0x04
#define FS_TRANSLATION_SECTION 0x05
#define FS_ACCESS_PAGE         0x06
#define FS_TRANSLATION_PAGE    0x07
#define FS_EXTERNAL            0x08
#define FS_DOMAIN_SECTION      0x09
#define FS_DOMAIN_PAGE         0x0b
#define FS_EXTERNAL_WALK1      0x0c
#define FS_PERMISSION_SECTION  0x0d
#define FS_EXTERNAL_WALK2      0x0e
#define FS_PERMISSION_PAGE     0x0f
#define FS_EXTERNAL_ASYNC      0x16
#define FS_PARITY_ASYNC        0x18
#define FS_PARITY              0x19

static const uint8_t cause_of[NSTATUS] = {
	[FS_ALIGNMENT] = ARCH_FAULT_ALIGNMENT,
	[FS_DEBUG] = ARCH_FAULT_UNDEFINED, /* a breakpoint instruction, and nobody to serve it */
	[FS_ACCESS_SECTION] = ARCH_FAULT_DATA,
	[FS_CACHE_MAINTENANCE] = ARCH_FAULT_DATA,
	[FS_TRANSLATION_SECTION] = ARCH_FAULT_DATA,
	[FS_ACCESS_PAGE] = ARCH_FAULT_DATA,
	[FS_TRANSLATION_PAGE] = ARCH_FAULT_DATA,
	[FS_EXTERNAL] = ARCH_FAULT_BUS,
	[FS_DOMAIN_SECTION] = ARCH_FAULT_DATA,
	[FS_DOMAIN_PAGE] = ARCH_FAULT_DATA,
	[FS_EXTERNAL_WALK1] = ARCH_FAULT_BUS,
	[FS_PERMISSION_SECTION] = ARCH_FAULT_DATA,
	[FS_EXTERNAL_WALK2] = ARCH_FAULT_BUS,
	[FS_PERMISSION_PAGE] = ARCH_FAULT_DATA,
	[FS_EXTERNAL_ASYNC] = ARCH_FAULT_BUS,
	[FS_PARITY_ASYNC] = ARCH_FAULT_BUS,
	[FS_PARITY] = ARCH_FAULT_BUS,
};

static uint32_t short_status(uint32_t fsr)
{
	return (fsr & FAULT_STATUS_MASK & ~FAULT_STATUS_BIT4) | ((fsr & FAULT_STATUS_BIT4) != 0 ? 0x10u : 0u);
}

/* The return address is past the instruction, by a distance that each entry has of its own. */
static uint32_t faulting_pc(uint32_t entry, uint32_t return_address, uint32_t cpsr)
{
	switch (entry) {
	case ENTRY_DATA: return return_address - 8;
	case ENTRY_PREFETCH:
	case ENTRY_FIQ: return return_address - 4;
	default: return return_address - ((cpsr & CPSR_T) != 0 ? 2u : 4u);
	}
}

static void decode_data(struct arch_fault *fault)
{
	uint32_t dfsr, dfar, fs;

	__asm__ volatile("mrc p15, 0, %0, c5, c0, 0" : "=r"(dfsr));
	__asm__ volatile("mrc p15, 0, %0, c6, c0, 0" : "=r"(dfar));
	fs = short_status(dfsr);
	fault->cause = (enum arch_fault_cause)cause_of[fs];
	fault->status[0] = dfsr;
	fault->addr = dfar;
	fault->addr_known = fs != FS_EXTERNAL_ASYNC && fs != FS_PARITY_ASYNC && fs != FS_DEBUG;
	fault->pc_known = fs != FS_EXTERNAL_ASYNC && fs != FS_PARITY_ASYNC;
}

static void decode_fetch(struct arch_fault *fault)
{
	uint32_t ifsr, ifar;

	__asm__ volatile("mrc p15, 0, %0, c5, c0, 1" : "=r"(ifsr));
	__asm__ volatile("mrc p15, 0, %0, c6, c0, 2" : "=r"(ifar));
	fault->cause = (enum arch_fault_cause)cause_of[short_status(ifsr)];
	if (fault->cause == ARCH_FAULT_DATA)
		fault->cause = ARCH_FAULT_FETCH;
	fault->status[1] = ifsr;
	fault->addr = ifar;
	fault->addr_known = short_status(ifsr) != FS_DEBUG;
}

/* A trap stands for its caller, which is where LR points; so LR says nothing more. */
static void decode_undefined(struct arch_fault *fault)
{
	if (fault->pc == (uintptr_t)armv7a_headroom_trap)
		fault->cause = ARCH_FAULT_HEADROOM;
	else if (fault->pc == (uintptr_t)armv7a_divide_trap)
		fault->cause = ARCH_FAULT_DIVIDE;
	else
		fault->cause = ARCH_FAULT_UNDEFINED;
	if (fault->cause != ARCH_FAULT_UNDEFINED) {
		fault->pc = fault->lr;
		fault->lr_known = false;
	}
}

static void describe(struct arch_fault *fault, uint32_t entry, uint32_t cpsr)
{
	fault->pc_known = true;
	fault->lr_known = true;
	fault->masked = (cpsr & CPSR_I) != 0;
	fault->status[2] = cpsr;
	if (entry == ENTRY_DATA)
		decode_data(fault);
	else if (entry == ENTRY_PREFETCH)
		decode_fetch(fault);
	else if (entry == ENTRY_UNDEFINED || entry == ENTRY_SVC)
		decode_undefined(fault);
}

void armv7a_fault_from_task(uint32_t entry, uint32_t return_address, uint32_t cpsr)
{
	struct arch_context *task = arch_cpu.running;
	struct arch_fault fault = {.sp = task->sp, .lr = task->lr};

	task->pc = faulting_pc(entry, return_address, cpsr);
	task->cpsr = cpsr;
	fault.pc = task->pc;
	describe(&fault, entry, cpsr);
	kernel_fault(&fault);
}

/* The fault handler has failed, or returned to nobody: nothing can be trusted but the console, if that. */
static _Noreturn void fault_in_fault(void)
{
	static const char text[] = "\nfault in the fault handler: stopped\n";
	static bool said;

	if (!said) {
		said = true;
		arch_console_write(text, sizeof(text) - 1);
		arch_exit(1);
	}
	for (;;)
		arch_wait_for_interrupt();
}

_Noreturn void armv7a_fault_from_handler(uint32_t entry, uint32_t return_address, uint32_t cpsr, uint32_t sp,
					 uint32_t lr)
{
	struct arch_fault fault = {.in_handler = true, .sp = sp, .lr = lr};
	uint32_t mode = cpsr & CPSR_MODE;

	if (mode == MODE_ABT || mode == MODE_UND)
		fault_in_fault();
	fault.pc = faulting_pc(entry, return_address, cpsr);
	describe(&fault, entry, cpsr);
	kernel_fault(&fault);
	fault_in_fault();
}
