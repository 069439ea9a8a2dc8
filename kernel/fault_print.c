/* SPDX-License-Identifier: MIT */
/* The words of a fault. All that is printed is known, but for the callers, which are found by scanning the
 * part of the stack that is intact, and are marked with a '?'. */
#include "fault_private.h"

#include "console.h"
#include "task_private.h"

#define ADDRESS_NBYTES 16
#define CALLERS_NBYTES (sizeof(" callers?=") + FAULT_CALLERS * ADDRESS_NBYTES)
#define EXPLAIN_NBYTES 80

static const char *const names[ARCH_NFAULTS] = {
	[ARCH_FAULT_UNKNOWN] = "unknown",
	[ARCH_FAULT_DATA] = "data-access",
	[ARCH_FAULT_FETCH] = "instruction-fetch",
	[ARCH_FAULT_STACKING] = "exception-stacking",
	[ARCH_FAULT_LATE_STACKING] = "late-stacking",
	[ARCH_FAULT_HEADROOM] = "no-headroom",
	[ARCH_FAULT_LIMIT] = "stack-limit",
	[ARCH_FAULT_SP] = "stack-pointer",
	[ARCH_FAULT_TRIPWIRE] = "tripwire",
	[ARCH_FAULT_UNDEFINED] = "undefined-instruction",
	[ARCH_FAULT_DIVIDE] = "division-by-zero",
	[ARCH_FAULT_ALIGNMENT] = "alignment",
	[ARCH_FAULT_BUS] = "bus-error",
};

const char *fault_name(enum arch_fault_cause cause)
{
	return (unsigned)cause < ARCH_NFAULTS ? names[cause] : names[ARCH_FAULT_UNKNOWN];
}

static void format_address(char text[ADDRESS_NBYTES], bool known, uintptr_t address)
{
	if (known)
		console_format(text, ADDRESS_NBYTES, "0x%08zx", (size_t)address);
	else
		console_format(text, ADDRESS_NBYTES, "?");
}

static void format_explanation(char text[EXPLAIN_NBYTES], const struct cairn_explanation *is)
{
	console_format(text, EXPLAIN_NBYTES, "%s%s%s", cairn_what_name(is->what), is->name ? " " : "",
		       is->name ? is->name : "");
}

static void format_callers(char text[CALLERS_NBYTES], const struct fault_record *fault)
{
	size_t length = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < fault->ncallers; i++)
		length += console_format(text + length, CALLERS_NBYTES - length, "%s0x%08zx",
					 i ? "," : " callers?=", (size_t)fault->callers[i]);
}

static void print_damage(const struct fault_record *fault)
{
	char is[EXPLAIN_NBYTES];

	if (!fault->late)
		return;
	format_explanation(is, &fault->damaged);
	console_print("  detected late: up to %zu B below the limit are overwritten, of: %s\n",
		      fault->damage_nbytes, is);
}

static void print_overflow(const struct fault_record *fault, const char *action)
{
	char pc[ADDRESS_NBYTES], callers[CALLERS_NBYTES];

	format_address(pc, fault->pc_known, fault->pc);
	format_callers(callers, fault);
	console_print("FAULT stack-overflow task=%s pc=%s%s sp=0x%08zx limit=0x%08zx over%s=%zu "
		      "size=%zu high-water=%zu action=%s\n",
		      fault->task, pc, callers, (size_t)fault->sp, (size_t)fault->limit,
		      fault->over_exact ? "" : ">", fault->over_nbytes, fault->stack_nbytes,
		      fault->high_water, action);
	print_damage(fault);
}

static void print_other(const struct fault_record *fault, const char *action)
{
	char pc[ADDRESS_NBYTES], addr[ADDRESS_NBYTES], is[EXPLAIN_NBYTES];

	format_address(pc, fault->pc_known, fault->pc);
	format_address(addr, fault->addr_known, fault->addr);
	format_explanation(is, &fault->is);
	console_print("FAULT %s task=%s pc=%s addr=%s%s%s%s sp=0x%08zx limit=0x%08zx "
		      "size=%zu high-water=%zu action=%s\n",
		      fault_name(fault->cause), fault->task, pc, addr, fault->addr_known ? " is=\"" : "",
		      fault->addr_known ? is : "", fault->addr_known ? "\"" : "", (size_t)fault->sp,
		      (size_t)fault->limit, fault->stack_nbytes, fault->high_water, action);
}

void fault_print_line(const struct fault_record *fault, const char *action)
{
	if (fault->overflow)
		print_overflow(fault, action);
	else
		print_other(fault, action);
}

static void print_headline(const struct fault_record *record)
{
	if (record->in_handler && record->overflow)
		console_print_now(
			"\nFAULT handler-stack-overflow in the kernel, cause=%s limit=0x%08zx over%s=%zu "
			"action=stopped\n",
			fault_name(record->cause), (size_t)record->limit, record->over_exact ? "" : ">",
			record->over_nbytes);
	else
		console_print_now("\nFAULT %s in the kernel, action=stopped\n", fault_name(record->cause));
}

void fault_print_kernels(const struct fault_record *record, const struct arch_fault *fault)
{
	const struct task *task = current_task();
	char pc[ADDRESS_NBYTES], lr[ADDRESS_NBYTES], addr[ADDRESS_NBYTES], is[EXPLAIN_NBYTES];

	format_address(pc, fault->pc_known, fault->pc);
	format_address(lr, fault->lr_known, fault->lr);
	format_address(addr, fault->addr_known, fault->addr);
	format_explanation(is, &record->is);
	print_headline(record);
	console_print_now("  %s%s%stask=%s\n", fault->in_handler ? "in a handler, " : "",
			  fault->masked ? "interrupts masked, " : "", task && task->npins ? "pinned, " : "",
			  task ? task->name : "none");
	console_print_now("  pc=%s lr=%s sp=0x%08zx addr=%s%s%s%s\n", pc, lr, (size_t)fault->sp, addr,
			  fault->addr_known ? " is=\"" : "", fault->addr_known ? is : "",
			  fault->addr_known ? "\"" : "");
	console_print_now("  status=0x%08zx,0x%08zx,0x%08zx\n", (size_t)fault->status[0],
			  (size_t)fault->status[1], (size_t)fault->status[2]);
	if (task)
		console_print_now("  stack 0x%08zx..0x%08zx\n", (size_t)task->stack.base,
				  (size_t)(task->stack.base + task->stack.nbytes));
}
