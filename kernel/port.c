/* SPDX-License-Identifier: MIT */
/* mm/port.h on this kernel: reports, and what Cairn asks about tasks. What it needs of the machine is in
 * port_stack.c, its lock in cairn_lock.h. */
#include "port.h"

#include "console.h"
#include "lock.h"
#include "../mm/port.h"
#include "task_private.h"

_Static_assert(ARCH_STACK_PAINT == CAIRN_STACK_PAINT, "a tripwire outlives the painting of its stack");

static struct {
	uint32_t count;
	bool expected;
	enum cairn_err err;
	struct cairn_explanation is;
} reports;

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
