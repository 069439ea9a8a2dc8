/* SPDX-License-Identifier: MIT */
/* From reset to kernel_main, on the stack that the handlers inherit.
 * Every exception that nobody asked for is a fault: it stops with a report instead of a silent loop. */
#include "armv7m.h"
#include "board.h"

#define EXTERNAL_INTERRUPTS 32
#define FIRST_EXTERNAL      16

/* Left unpainted below the stack pointer. */
#define PAINT_MARGIN_NBYTES 128u

union vector {
	uint32_t *initial_sp;
	void (*handler)(void);
};

/* Reserved numbers included. */
static const union vector vectors[FIRST_EXTERNAL + EXTERNAL_INTERRUPTS] __attribute__((section(".vectors"),
										       used)) = {
	[0] = {.initial_sp = handler_stack_top},
	[EXCEPTION_RESET] = {.handler = armv7m_reset},
	[EXCEPTION_NMI... EXCEPTION_PENDSV - 1] = {.handler = armv7m_fault_entry},
	[EXCEPTION_PENDSV] = {.handler = armv7m_pendsv_entry},
	[EXCEPTION_SYSTICK] = {.handler = kernel_tick},
	[FIRST_EXTERNAL... FIRST_EXTERNAL + EXTERNAL_INTERRUPTS - 1] = {.handler = armv7m_fault_entry},
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

/* All but what is in use already, the frames of the painting itself included. */
static void paint_handler_stack(void)
{
	uintptr_t painted_nbytes = arch_sp() - PAINT_MARGIN_NBYTES - (uintptr_t)handler_stack_limit;

	fill_words(handler_stack_limit, HANDLER_STACK_PAINT, painted_nbytes / sizeof(uint32_t));
}

_Noreturn void armv7m_reset(void)
{
	(void)arch_irq_save();
	paint_handler_stack();
	copy_words(data_start, data_load, words_between(data_start, data_end));
	fill_words(bss_start, 0, words_between(bss_start, bss_end));
	board_init();
	armv7m_mpu_init();
	armv7m_faults_init();
	kernel_main();
}
