/* SPDX-License-Identifier: MIT */
/* Faults: what happened, in one line, and what becomes of it. Runs on the fault stack, so it may take its
 * time. An overflow is recognised by where the stack pointer is, by what was touched, or by what the CPU
 * could not stack. All that is printed is known, but for the callers, which are found by scanning the part of
 * the stack that is intact, and are marked with a '?'. */
#include "fault.h"

#include "console.h"
#include "lock.h"
#include "task_private.h"

/* A push of all registers that faults may leave the stack pointer where it was. */
#define PUSH_NBYTES (16 * sizeof(uintptr_t))

#define CALLERS_MAX    4
#define ADDRESS_NBYTES 16
#define CALLERS_NBYTES (sizeof(" callers?=") + CALLERS_MAX * ADDRESS_NBYTES)
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
	[ARCH_FAULT_UNDEFINED] = "undefined-instruction",
	[ARCH_FAULT_DIVIDE] = "division-by-zero",
	[ARCH_FAULT_ALIGNMENT] = "alignment",
	[ARCH_FAULT_BUS] = "bus-error",
};

static struct fault_record last;
static enum fault_policy policy;

const char *fault_name(enum arch_fault_cause cause)
{
	return (unsigned)cause < ARCH_NFAULTS ? names[cause] : names[ARCH_FAULT_UNKNOWN];
}

const struct fault_record *fault_last(void)
{
	return &last;
}

void fault_set_policy(enum fault_policy new_policy)
{
	policy = new_policy;
}

/* ---- what happened ---- */

static bool pushed_below(const struct arch_fault *fault, uintptr_t limit)
{
	return fault->addr < limit && fault->sp >= limit && fault->sp - fault->addr <= PUSH_NBYTES;
}

static bool is_guard_of(const struct cairn_explanation *is, const struct task *task)
{
	return is->what == CAIRN_IS_STACK_GUARD && is->owner == task_token(task->id);
}

/* The address that was touched belongs to the overflow. */
static bool touched_below(const struct arch_fault *fault, const struct task *task,
			  const struct cairn_explanation *is)
{
	return fault->addr_known && (pushed_below(fault, task->stack.base) || is_guard_of(is, task));
}

static bool is_overflow(const struct arch_fault *fault, const struct task *task,
			const struct cairn_explanation *is)
{
	if (fault->sp < task->stack.base || touched_below(fault, task, is))
		return true;
	switch (fault->cause) {
	case ARCH_FAULT_LIMIT:
	case ARCH_FAULT_HEADROOM: return true;
	case ARCH_FAULT_STACKING:
	case ARCH_FAULT_SP: return fault->sp <= task->stack.base + task->stack.nbytes;
	default: return false;
	}
}

/* At least a word: since the check a frame may have gone from the stack. */
static size_t missing_headroom(const struct arch_fault *fault, uintptr_t limit)
{
	uintptr_t enough = limit + CAIRN_LOCKED_STACK;

	return fault->sp < enough ? enough - fault->sp : sizeof(uintptr_t);
}

static bool is_over_exact(const struct arch_fault *fault)
{
	return fault->cause != ARCH_FAULT_LIMIT || fault->over_exact;
}

static size_t how_far_over(const struct arch_fault *fault, const struct task *task,
			   const struct cairn_explanation *is)
{
	uintptr_t limit = task->stack.base;
	size_t over = fault->sp < limit ? limit - fault->sp : 0;

	if (touched_below(fault, task, is) && fault->addr < limit && limit - fault->addr > over)
		over = limit - fault->addr;
	if (fault->cause == ARCH_FAULT_HEADROOM)
		over = missing_headroom(fault, limit);
	if (fault->cause == ARCH_FAULT_LIMIT)
		over = fault->over_nbytes;
	return over;
}

static void record(const struct arch_fault *fault, const struct task *task)
{
	struct cairn_explanation is = {.what = CAIRN_IS_UNMANAGED};

	if (fault->addr_known)
		cairn_explain((const void *)fault->addr, &is);
	last = (struct fault_record){
		.count = last.count + 1,
		.id = task->id,
		.overflow = is_overflow(fault, task, &is),
		.over_exact = is_over_exact(fault),
		.cause = fault->cause,
		.pc_known = fault->pc_known,
		.addr_known = fault->addr_known,
		.pc = fault->pc,
		.sp = fault->sp,
		.addr = fault->addr,
		.limit = task->stack.base,
		.stack_nbytes = task->stack.nbytes,
		.high_water = cairn_stack_high_water(&task->stack),
		.is = is,
	};
	if (last.overflow)
		last.over_nbytes = how_far_over(fault, task, &is);
	memcpy(last.task, task->name, TASK_NAME_NBYTES);
}

/* ---- what is printed ---- */

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

/* What may be return addresses, innermost first: nothing when pc tells where it was. */
static void format_callers(char text[CALLERS_NBYTES], const struct task *task)
{
	const uintptr_t *top = (const uintptr_t *)(task->stack.base + task->stack.nbytes);
	uintptr_t from = last.sp > last.limit ? last.sp : last.limit;
	const uintptr_t *word = (const uintptr_t *)cairn_round_down(from, sizeof(*word));
	unsigned ncallers = 0;
	size_t length = 0;

	text[0] = '\0';
	if (last.pc_known && last.cause != ARCH_FAULT_HEADROOM)
		return;
	for (; word < top && ncallers < CALLERS_MAX; word++) {
		if (arch_is_return_address(*word))
			length += console_format(text + length, CALLERS_NBYTES - length, "%s0x%08zx",
						 ncallers++ ? "," : " callers?=", (size_t)*word);
	}
}

static void print_overflow(const struct task *task, const char *action)
{
	char pc[ADDRESS_NBYTES], callers[CALLERS_NBYTES];

	format_address(pc, last.pc_known, last.pc);
	format_callers(callers, task);
	console_print("FAULT stack-overflow task=%s pc=%s%s sp=0x%08zx limit=0x%08zx over%s=%zu "
		      "size=%zu high-water=%zu action=%s\n",
		      last.task, pc, callers, (size_t)last.sp, (size_t)last.limit, last.over_exact ? "" : ">",
		      last.over_nbytes, last.stack_nbytes, last.high_water, action);
}

static void print_other(const char *action)
{
	char pc[ADDRESS_NBYTES], addr[ADDRESS_NBYTES], is[EXPLAIN_NBYTES];

	format_address(pc, last.pc_known, last.pc);
	format_address(addr, last.addr_known, last.addr);
	format_explanation(is, &last.is);
	console_print("FAULT %s task=%s pc=%s addr=%s%s%s%s sp=0x%08zx limit=0x%08zx "
		      "size=%zu high-water=%zu action=%s\n",
		      fault_name(last.cause), last.task, pc, addr, last.addr_known ? " is=\"" : "",
		      last.addr_known ? is : "", last.addr_known ? "\"" : "", (size_t)last.sp,
		      (size_t)last.limit, last.stack_nbytes, last.high_water, action);
}

static bool in_handler_guard(uintptr_t address)
{
	uintptr_t limit = arch_handler_stack_limit();

	return address < limit && limit - address <= arch_handler_guard_nbytes();
}

/* How far a handler, or the boot, went below its limit, or lacked to go on; 0: it is not that. */
static size_t handler_over_nbytes(const struct arch_fault *fault)
{
	uintptr_t limit = arch_handler_stack_limit(), lowest = limit;

	if (!fault->in_handler)
		return 0;
	if (fault->cause == ARCH_FAULT_HEADROOM)
		return missing_headroom(fault, limit);
	if (fault->cause == ARCH_FAULT_LIMIT)
		return fault->over_nbytes;
	if (in_handler_guard(fault->sp))
		lowest = fault->sp;
	if (fault->addr_known && fault->addr < lowest && in_handler_guard(fault->addr))
		lowest = fault->addr;
	return limit - lowest;
}

static void print_kernel_headline(const struct arch_fault *fault)
{
	size_t over_nbytes = handler_over_nbytes(fault);

	if (over_nbytes)
		console_print_now(
			"\nFAULT handler-stack-overflow in the kernel, cause=%s limit=0x%08zx over%s=%zu "
			"action=stopped\n",
			fault_name(fault->cause), (size_t)arch_handler_stack_limit(),
			is_over_exact(fault) ? "" : ">", over_nbytes);
	else
		console_print_now("\nFAULT %s in the kernel, action=stopped\n", fault_name(fault->cause));
}

/* Everything that is known, past all queues: what they hold may be what is broken. */
static _Noreturn void stop_in_kernel(const struct arch_fault *fault)
{
	char pc[ADDRESS_NBYTES], lr[ADDRESS_NBYTES], addr[ADDRESS_NBYTES], is[EXPLAIN_NBYTES];
	struct cairn_explanation explanation = {.what = CAIRN_IS_UNMANAGED};

	if (fault->addr_known)
		cairn_explain((const void *)fault->addr, &explanation);
	format_address(pc, fault->pc_known, fault->pc);
	format_address(lr, fault->lr_known, fault->lr);
	format_address(addr, fault->addr_known, fault->addr);
	format_explanation(is, &explanation);
	print_kernel_headline(fault);
	console_print_now("  %s%s%stask=%s\n", fault->in_handler ? "in a handler, " : "",
			  fault->masked ? "interrupts masked, " : "",
			  current_task() && current_task()->npins ? "pinned, " : "",
			  current_task() ? current_task()->name : "none");
	console_print_now("  pc=%s lr=%s sp=0x%08zx addr=%s%s%s%s\n", pc, lr, (size_t)fault->sp, addr,
			  fault->addr_known ? " is=\"" : "", fault->addr_known ? is : "",
			  fault->addr_known ? "\"" : "");
	console_print_now("  status=0x%08zx,0x%08zx,0x%08zx\n", (size_t)fault->status[0],
			  (size_t)fault->status[1], (size_t)fault->status[2]);
	if (current_task())
		console_print_now("  stack 0x%08zx..0x%08zx\n", (size_t)current_task()->stack.base,
				  (size_t)(current_task()->stack.base + current_task()->stack.nbytes));
	arch_exit(1);
}

/* ---- what becomes of it ---- */

/* Where a dead task stands until it is switched away from. */
static void stand_still(void *arg)
{
	(void)arg;
	for (;;)
		arch_wait_for_interrupt();
}

static void kill(struct task *task)
{
	arch_key key = kernel_lock();

	if (task->state != TASK_DYING)
		task_end(task, 0, true);
	kernel_unlock(key);
	if (task == current_task())
		arch_fault_redirect(task->stack.base, task->stack.nbytes, stand_still, NULL);
}

/* NULL: nobody but the kernel. */
static struct task *who_is_to_blame(const struct arch_fault *fault)
{
	struct cairn_explanation is;

	if (!fault->blame_addr)
		return fault->in_handler ? NULL : current_task();
	cairn_explain((const void *)fault->addr, &is);
	return is.what == CAIRN_IS_STACK || is.what == CAIRN_IS_STACK_GUARD ? task_find((task_id)is.owner)
									    : NULL;
}

static bool is_the_kernels_own(const struct arch_fault *fault, const struct task *task)
{
	return !task || fault->masked || task->npins || task_is_kernels(task);
}

void kernel_fault(const struct arch_fault *fault)
{
	const char *action = policy == FAULT_KILL ? "killed" : "stopped";

	struct task *task = who_is_to_blame(fault);

	kernel_in_fault = true;
	if (is_the_kernels_own(fault, task))
		stop_in_kernel(fault);
	record(fault, task);
	if (last.overflow)
		print_overflow(task, action);
	else
		print_other(action);
	if (policy == FAULT_STOP)
		arch_exit(1);
	kill(task);
	kernel_in_fault = false;
}
