/* SPDX-License-Identifier: MIT */
/* The whole contract between the kernel and a CPU with its board.
 *
 * arch/<isa>/arch_types.h gives what must be inline or sized: struct arch_context, arch_key, and the
 * functions marked [inline]. Everything else is implemented by one folder per architecture, and one file
 * per board in it. arch knows nothing of mm/ and nothing of the kernel but the upcalls at the end. */
#ifndef ARCH_H
#define ARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arch_context;

/* [macro] ARCH_FRAME_NBYTES: what interrupts and faults may store on the stack of the task that they interrupt,
 * padding included. */

/* What the kernel and the switch share. The running task's room is that part of its stack in which it may
 * well go on: the stack pointer is in it while it is no less than room_limit, and no more than room_nbytes
 * above. */
struct arch_cpu {
	struct arch_context *running; /* NULL before tasks; written by arch_start and the switch alone */
	struct arch_context *next;    /* where the switch goes; written by the kernel alone, masked */
	uintptr_t room_limit;         /* the running task's; both 0 before tasks */
	size_t room_nbytes;
};
extern struct arch_cpu arch_cpu;

#include "arch_types.h"

/* ---- interrupts ---- */

/* [inline] typedef uint32_t arch_key;
 * [inline] arch_key arch_irq_save(void);		mask interrupts; nests; a compiler barrier
 * [inline] void arch_irq_restore(arch_key key);
 * [inline] bool arch_irq_masked(void);
 * [inline] bool arch_in_handler(void);			on the handler stack: interrupt or fault, not a task
 * [inline] uintptr_t arch_sp(void);			the stack pointer in use
 * [inline] bool arch_in_room(void);			it is in the running task's room; so this is that task
 * [inline] uint32_t arch_stamp(void);			free-running, counts up, wraps; see arch_stamp_unit */

/* The unit that stamps are told in, for a person, and how many stamps make a thousand of it. */
const char *arch_stamp_unit(uint32_t *stamps_per_1000_units);

/* ---- tasks ---- */

/* struct arch_context holds all of a task that is not running: nothing is ever saved on its stack but what
 * the hardware stacks. Its members room_limit and room_nbytes are the kernel's to fill, and come to stand in
 * arch_cpu while the task runs.
 * Set a context up (again) so that the task, when it is next switched to, starts in entry(arg) at the top of
 * its stack, interrupts on, whatever it did before. Writes only the context, its room not: the stack may be
 * closed. entry never returns. guard: as filled by arch_stack_map. */
void arch_context_init(struct arch_context *context, uintptr_t stack_base, size_t stack_nbytes,
		       const uintptr_t guard[2], void (*entry)(void *arg), void *arg);

/* [inline] void arch_switch_request(void): ask for a switch to arch_cpu.next, as that is when interrupts are
 * unmasked (arch_irq_restore) and no handler runs any more. From tasks and handlers, masked. */

/* Leave the boot stack to the handlers, and run the first task. Interrupts are on from then on. */
_Noreturn void arch_start(struct arch_context *first);

/* Sleep until an interrupt. */
void arch_wait_for_interrupt(void);

/* Start the periodic tick: kernel_tick at `hz`. */
void arch_tick_start(uint32_t hz);

/* ---- task stacks ---- */

/* What the kernel fills a stack with before it is used; the lowest words of a stack where nothing is closed
 * always are so. */
#define ARCH_STACK_PAINT 0xa5a5a5a5

/* What keeps a stack from its neighbours, by what it catches:
 *   LATE      nothing does; the stack pointer is checked at each exception entry and switch
 *   WINDOW    arenas are closed, but for the running task's stack
 *   STRIP     a strip of closed memory below the running task's stack
 *   LIMIT     the CPU checks the stack pointer itself, and arenas are closed as for a window
 *   UNMAPPED  address space without memory below each stack */
enum arch_guard_kind {
	ARCH_GUARD_LATE = 0,
	ARCH_GUARD_WINDOW,
	ARCH_GUARD_STRIP,
	ARCH_GUARD_LIMIT,
	ARCH_GUARD_UNMAPPED,
	ARCH_NGUARDS
};

/* How memory below a stack is closed. Window: stacks are naturally aligned pieces of arenas, which are closed
 * as a whole but for the running task's stack; or not, when there is a strip below each. Mapped: memory appears at addresses kept for stacks, where all
 * else is unmapped. Sizes are powers of two unless said otherwise. */
struct arch_guard_geometry {
	enum arch_guard_kind kind;
	size_t granule_nbytes; /* stacks begin and end on multiples of this, at least 8; mapped: a page */
	size_t min_nbytes;     /* the smallest stack; a multiple of the granule */
	size_t parts; /* window: a length is a multiple of 1/parts of the power of two at or above it */
	size_t closed_nbytes; /* kept closed below each stack (mapped) or at an arena's low end; any multiple of
				* the granule */
	size_t below_nbytes;  /* window: besides, a strip below each stack; any multiple of the granule */
	size_t arena_nbytes;  /* window: the size of an arena, any multiple of min_nbytes; 0: mapped */
	uintptr_t space_base; /* mapped: addresses kept for stacks, any multiple of the granule */
	size_t space_nbytes;  /* likewise */
};
void arch_guard_geometry(struct arch_guard_geometry *geometry);

/* Close RAM, aligned to a power of two that is no less than nbytes, for writing, but for the running task's stack. false: no
 * means is left. */
bool arch_arena_close(uintptr_t base, size_t nbytes);

/* Make a stack usable: fill guard[], which depends on nothing but base and nbytes (window: from anywhere, a
 * few instructions), or map nbytes of memory at `physical` to `base`, and nowhere else (mapped: from tasks,
 * unlocked). false: it cannot be done. unmap undoes it. */
bool arch_stack_map(uintptr_t base, size_t nbytes, uintptr_t physical, uintptr_t guard[2]);
void arch_stack_unmap(uintptr_t base, size_t nbytes, uintptr_t physical);

/* The lowest byte that handlers may use of their stack, and the length of the closed strip below it. The
 * stack's length, and high-water mark in bytes. */
uintptr_t arch_handler_stack_limit(void);
size_t arch_handler_guard_nbytes(void);
size_t arch_handler_stack_nbytes(void);
size_t arch_handler_stack_high_water(void);

/* The running task has too little stack to go on: take the fault path now, as ARCH_FAULT_HEADROOM, with pc
 * and sp of the caller's caller where they are known. Interrupts are not masked. Does not return to a task
 * that is killed. */
void arch_raise_headroom(void);

/* ---- faults ---- */

enum arch_fault_cause {
	ARCH_FAULT_UNKNOWN = 0,
	ARCH_FAULT_DATA,          /* a load or store that the MPU or MMU refused */
	ARCH_FAULT_FETCH,         /* an instruction fetch likewise */
	ARCH_FAULT_STACKING,      /* the hardware could not store or load an exception frame */
	ARCH_FAULT_LATE_STACKING, /* it could not store the rest of an earlier frame, with lazy stacking */
	ARCH_FAULT_HEADROOM,      /* arch_raise_headroom */
	ARCH_FAULT_LIMIT,         /* the stack pointer was not let below the stack's limit */
	ARCH_FAULT_SP,            /* found at an exception entry: the stack pointer had left the stack */
	ARCH_FAULT_TRIPWIRE, /* found at an exception entry: the lowest words of the stack were overwritten */
	ARCH_FAULT_UNDEFINED, /* undefined or not permitted instruction, or a call that nobody serves */
	ARCH_FAULT_DIVIDE,    /* division by zero */
	ARCH_FAULT_ALIGNMENT, /* unaligned access where it is not permitted */
	ARCH_FAULT_BUS,       /* the bus answered with an error */
	ARCH_NFAULTS
};

/* What is known of a fault. A value is meaningful only when it is known. */
struct arch_fault {
	enum arch_fault_cause cause;
	bool in_handler; /* taken from a handler, or before tasks: there is no task to blame */
	bool masked;     /* taken with interrupts masked: a lock was held */
	bool blame_addr; /* it is due to the task on whose stack addr is, not to the one that runs, which may go on */
	bool pc_known, addr_known, lr_known;
	/* sp: of the interrupted code, to 4 B where its frame was lost; LIMIT: the limit, where pc is not known */
	uintptr_t pc, sp, lr, addr;
	size_t lost_frame_nbytes; /* of the exception frame that could not be stored below sp; 0: none was */
	size_t over_nbytes;       /* LIMIT: how far below it the stack pointer was to go, at least */
	bool over_exact;          /* and at most */
	bool late; /* found when memory below the stack may have been overwritten, down to lowest_sp at least */
	uintptr_t lowest_sp; /* late: the lowest stack pointer known of, with what the hardware stacked */
	uint32_t status[3];  /* raw; M-profile: CFSR, HFSR, exception number; A-profile: DFSR, IFSR, CPSR */
};

/* May this word, found on a stack, be a return address: does it name a place in the image's code behind a
 * call? */
bool arch_is_return_address(uintptr_t word);

/* From kernel_fault, for a task: let it continue in entry(arg) at the top of its stack (base + nbytes) when
 * the handler returns, interrupts on. */
void arch_fault_redirect(uintptr_t stack_base, size_t stack_nbytes, void (*entry)(void *arg), void *arg);

/* ---- the board ---- */

enum arch_range_kind { ARCH_RANGE_RESERVED = 0, ARCH_RANGE_RAM, ARCH_RANGE_META };
/* Of RAM, for requests that name what they need: quick to access; devices reach it; off the chip. Any may be
 * combined. */
enum { ARCH_ATTR_FAST = 1, ARCH_ATTR_DMA = 2, ARCH_ATTR_EXTERNAL = 4 };

struct arch_range {
	uintptr_t base;
	size_t nbytes;
	const char *name;
	uint8_t kind;
	uint8_t attr;
};

/* The board's memory: banks of RAM, preferred first, then what is reserved in them: the image, the handler
 * stack, page tables, a device tree. Number of ranges, or 0 with *why set: what is wrong with the memory
 * description, for a person. */
size_t arch_memory_map(struct arch_range *ranges, size_t max, const char **why);

/* "mps2-an385", "Cortex-M3". */
const char *arch_board_name(void);
const char *arch_cpu_name(void);

/* Console, polled; any context. '\n' is a line end. */
void arch_console_write(const char *text, size_t nbytes);

/* A number that differs from boot to boot where the board has such a source; else a constant. */
uint32_t arch_entropy(void);

/* End the machine: status 0 is success. Semihosting under QEMU. */
_Noreturn void arch_exit(int status);

/* ---- upcalls: the kernel implements these ---- */

/* Entered on the boot stack with data and bss set up, the CPU's protection on, interrupts masked. */
_Noreturn void kernel_main(void);

/* Once a tick, on the handler stack, interrupts unmasked for more urgent handlers. */
void kernel_tick(void);

/* A fault. Returns only when the task may go on (after arch_fault_redirect, or if another is to blame). Runs on the fault stack. */
void kernel_fault(const struct arch_fault *fault);

#endif
