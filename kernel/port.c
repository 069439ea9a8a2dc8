/* SPDX-License-Identifier: MIT */
/* mm/port.h on arch.h: what Cairn needs of this kernel. The only file of the kernel that knows both. */
#include "port.h"

#include "console.h"
#include "lock.h"
#include "../mm/port.h"
#include "task_private.h"

static struct {
	uint32_t count;
	bool expected;
	enum cairn_err err;
	struct cairn_explanation is;
} reports;

static bool mapped; /* stacks are mapped, not windows */

/* ---- reports ---- */

void cairn_port_report(const struct cairn_report *report)
{
	arch_key key = kernel_lock();
	bool expected = reports.expected;

	reports.count++;
	reports.err = report->err;
	reports.is = report->is;
	kernel_unlock(key);
	if (expected)
		return;
	console_print("MISUSE %s: %s(%p%s%s) called from %p: %s%s%s\n", cairn_err_name(report->err),
		      report->operation, (void *)report->addr, report->name ? ", " : "",
		      report->name ? report->name : "", report->caller, cairn_what_name(report->is.what),
		      report->is.name ? " " : "", report->is.name ? report->is.name : "");
}

uint32_t port_report_count(void)
{
	return reports.count;
}

void port_last_report(struct cairn_explanation *is, enum cairn_err *err)
{
	arch_key key = kernel_lock();

	if (is)
		*is = reports.is;
	if (err)
		*err = reports.err;
	kernel_unlock(key);
}

void port_expect_reports(bool expected)
{
	reports.expected = expected;
}

/* ---- tasks ---- */

void cairn_port_freed(void)
{
	alloc_wait_freed();
}

void cairn_port_pin(bool on)
{
	if (on)
		task_pin();
	else
		task_unpin();
}

const void *cairn_port_owner(void)
{
	return task_token(task_self());
}

size_t cairn_port_key(void)
{
	return arch_entropy();
}

/* ---- stacks ---- */

void cairn_port_guard_geometry(struct cairn_guard_geometry *geometry)
{
	struct arch_guard_geometry board;

	arch_guard_geometry(&board);
	*geometry = (struct cairn_guard_geometry){
		.granule_nbytes = board.granule_nbytes,
		.min_nbytes = board.min_nbytes,
		.parts = board.parts,
		.closed_nbytes = board.closed_nbytes,
		.arena_nbytes = board.arena_nbytes,
		.space_base = board.space_base,
		.space_nbytes = board.space_nbytes,
	};
	mapped = board.arena_nbytes == 0;
}

enum cairn_err cairn_port_arena_close(uintptr_t base, size_t nbytes)
{
	return arch_arena_close(base, nbytes) ? CAIRN_OK : CAIRN_ETOOMANY;
}

static uintptr_t physical_of(const struct cairn_stack *stack)
{
	return mapped ? cairn_pfn_to_addr(stack->pfn) : stack->base;
}

enum cairn_err cairn_port_stack_map(struct cairn_stack *stack)
{
	if (arch_stack_map(stack->base, stack->nbytes, physical_of(stack), stack->guard))
		return CAIRN_OK;
	return mapped ? CAIRN_ENOMEM : CAIRN_EINVAL;
}

void cairn_port_stack_unmap(struct cairn_stack *stack)
{
	arch_stack_unmap(stack->base, stack->nbytes, physical_of(stack));
}
