/* SPDX-License-Identifier: MIT */
/* Interrupts: from the entry in vectors.S to the handler.
 *
 * Handlers run with interrupts unmasked: the GIC lets only more urgent ones through, and those nest on
 * the handler stack. The switch is the least urgent of all: it is only ever taken straight from a task. */
#include "armv7a.h"
#include "board.h"
#include "gic.h"

static bool sp_on_stack(const struct arch_context *task)
{
	return task->sp - task->stack_base <= task->stack_nbytes;
}

/* The stack pointer may leave the stack without any store; nothing has been written below it yet. */
static void fault_sp(const struct arch_context *task)
{
	struct arch_fault fault = {
		.cause = ARCH_FAULT_SP,
		.pc_known = true,
		.lr_known = true,
		.pc = task->pc,
		.sp = task->sp,
		.lr = task->lr,
		.status = {0, 0, task->cpsr},
	};

	armv7a_kernel_fault(&fault);
}

static void switch_task(uint32_t acknowledged)
{
	gic_end(acknowledged);
	armv7a_enter(arch_cpu.next);
}

static void tick(uint32_t acknowledged)
{
	armv7a_tick_advance();
	__asm__ volatile("cpsie i" : : : "memory");
	kernel_tick();
	__asm__ volatile("cpsid i" : : : "memory");
	gic_end(acknowledged);
}

void armv7a_interrupt_dispatch(void)
{
	uint32_t acknowledged = gic_acknowledge();
	uint32_t intid = gic_intid(acknowledged);

	if (intid == GIC_SWITCH)
		switch_task(acknowledged);
	else if (intid == board.timer_intid)
		tick(acknowledged);
	else if (intid < GIC_SPURIOUS)
		gic_end(acknowledged);
}

/* After a stack pointer fault the interrupt is still pending: it is taken again where the task goes on. */
struct arch_context *armv7a_interrupt_from_task(struct arch_context *task)
{
	if (sp_on_stack(task))
		armv7a_interrupt_dispatch();
	else
		fault_sp(task);
	return arch_cpu.running;
}
