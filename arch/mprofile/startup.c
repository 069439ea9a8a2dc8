/* SPDX-License-Identifier: MIT */
/* From reset to kernel_main, on the stack that the handlers inherit.
 * Every exception that nobody asked for is a fault: it stops with a report instead of a silent loop. */
#include "board.h"
#include "mprofile.h"

/* Left unpainted below the stack pointer. */
#define PAINT_MARGIN_NBYTES 128u

union vector {
	uint32_t *initial_sp;
	void (*handler)(void);
};

/* Reserved numbers included. The linker puts the board's behind them. */
static const union vector vectors[FIRST_EXTERNAL] __attribute__((section(".vectors.core"), used)) = {
	[0] = {.initial_sp = handler_stack_top},
	[EXCEPTION_RESET] = {.handler = mprofile_reset},
	[EXCEPTION_NMI... EXCEPTION_PENDSV - 1] = {.handler = mprofile_fault_entry},
	[EXCEPTION_PENDSV] = {.handler = mprofile_pendsv_entry},
	[EXCEPTION_SYSTICK] = {.handler = kernel_tick},
};

static size_t words_between(const uint32_t *start, const uint32_t *end)
{
	return ((uintptr_t)end - (uintptr_t)start) / sizeof(uint32_t);
}

static void copy_words(uint32_t *to, const uint32_t *from, size_t nwords)
{
	for (size_t i = 0; i < nwords; i++)
		to[i] = from[i];
}

static void fill_words(uint32_t *to, uint32_t value, size_t nwords)
{
	for (size_t i = 0; i < nwords; i++)
		to[i] = value;
}

/* SHPR is accessed in words: ARMv6-M knows no bytes there. */
void mprofile_set_priority(unsigned exception, uint32_t priority)
{
	unsigned byte = exception - FIRST_WITH_PRIORITY, shift = byte % sizeof(uint32_t) * 8;
	volatile uint32_t *shpr = &SCB->SHPR[byte / sizeof(uint32_t)];

	*shpr = (*shpr & ~(PRIORITY_LOWEST << shift)) | priority << shift;
}

/* All but what is in use already, the frames of the painting itself included. */
static void paint_handler_stack(void)
{
	uintptr_t painted_nbytes = arch_sp() - PAINT_MARGIN_NBYTES - (uintptr_t)handler_stack_limit;

	fill_words(handler_stack_limit, HANDLER_STACK_PAINT, painted_nbytes / sizeof(uint32_t));
}

_Noreturn void mprofile_reset(void)
{
	(void)arch_irq_save();
	paint_handler_stack();
	copy_words(data_start, data_load, words_between(data_start, data_end));
	fill_words(bss_start, 0, words_between(bss_start, bss_end));
	board_init();
	mprofile_protection_init();
	mprofile_faults_init();
	mprofile_set_priority(EXCEPTION_PENDSV, PRIORITY_LOWEST);
	kernel_main();
}
