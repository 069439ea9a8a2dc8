/* SPDX-License-Identifier: MIT */
/* Faults: what happened, and what becomes of it. Runs on the fault stack, so it may take its time.
 * An overflow is recognised by where the stack pointer is, by what the CPU could not stack, or by a push that
 * was refused; a store that goes astray with the stack pointer well inside its stack is none, wherever it
 * goes. */
#include "fault_private.h"

#include "console.h"
#include "lock.h"
#include "task_private.h"

/* The longest push, of 16 double words, may leave the stack pointer where it was when it faults. */
#define PUSH_NBYTES 128

static struct fault_record last;
static struct {
	enum fault_policy policy;
	fault_hook hook;
	bool silent;
} settings;

const struct fault_record *fault_last(void)
{
	return &last;
}

void fault_set_policy(enum fault_policy policy)
{
	settings.policy = policy;
}

void fault_set_hook(fault_hook hook)
{
	settings.hook = hook;
}

void fault_set_lines(bool on)
{
	settings.silent = !on;
}

/* ---- what happened ---- */

static bool pushed_below(const struct arch_fault *fault, uintptr_t limit)
{
	return fault->addr_known && fault->addr < limit && fault->sp >= limit &&
	       fault->sp - fault->addr <= PUSH_NBYTES;
}

/* The lowest byte that was stored to, or was to be, by the stack pointer. */
static uintptr_t lowest_by_sp(const struct arch_fault *fault)
{
	return fault->sp - fault->lost_frame_nbytes;
}

static bool is_overflow(const struct arch_fault *fault, const struct task *task)
{
	if (lowest_by_sp(fault) < task->stack.base || pushed_below(fault, task->stack.base))
		return true;
	switch (fault->cause) {
	case ARCH_FAULT_LIMIT:
	case ARCH_FAULT_TRIPWIRE:
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

/* The frame of a fault that the task's own store or push has caused does not count. */
static size_t how_far_over(const struct arch_fault *fault, uintptr_t limit)
{
	uintptr_t lowest = lowest_by_sp(fault);

	if (fault->cause == ARCH_FAULT_HEADROOM)
		return missing_headroom(fault, limit);
	if (fault->cause == ARCH_FAULT_LIMIT)
		return fault->over_nbytes;
	if (pushed_below(fault, limit))
		lowest = fault->addr;
	else if (fault->cause == ARCH_FAULT_DATA && fault->sp < limit)
		lowest = fault->sp;
	return lowest < limit ? limit - lowest : 0;
}

static bool in_handler_guard(uintptr_t address)
{
	uintptr_t limit = arch_handler_stack_limit();

	return address < limit && limit - address <= arch_handler_guard_nbytes();
}

/* How far a handler, or the boot, went below its limit, or lacked to go on; 0: it is not that. */
static size_t handler_over_nbytes(const struct arch_fault *fault)
{
	uintptr_t limit = arch_handler_stack_limit();
	bool reached =
		in_handler_guard(lowest_by_sp(fault)) || (fault->addr_known && in_handler_guard(fault->addr));

	return reached || fault->cause == ARCH_FAULT_HEADROOM || fault->cause == ARCH_FAULT_LIMIT
		       ? how_far_over(fault, limit)
		       : 0;
}

/* Nothing when pc tells where it was. */
static void find_callers(const struct task *task)
{
	const uintptr_t *top = (const uintptr_t *)(task->stack.base + task->stack.nbytes);
	uintptr_t from = last.sp > last.limit ? last.sp : last.limit;
	const uintptr_t *word = (const uintptr_t *)cairn_round_down(from, sizeof(*word));

	if (last.pc_known && last.cause != ARCH_FAULT_HEADROOM)
		return;
	for (; word < top && last.ncallers < FAULT_CALLERS; word++)
		if (arch_is_return_address(*word))
			last.callers[last.ncallers++] = *word;
}

/* What is the same whose fault it is. */
static void record(const struct arch_fault *fault, const struct task *task)
{
	last = (struct fault_record){
		.count = last.count + 1,
		.in_handler = fault->in_handler,
		.over_exact = fault->cause != ARCH_FAULT_LIMIT || fault->over_exact,
		.cause = fault->cause,
		.pc_known = fault->pc_known,
		.addr_known = fault->addr_known,
		.pc = fault->pc,
		.sp = fault->sp,
		.addr = fault->addr,
		.is = {.what = CAIRN_IS_UNMANAGED},
	};
	if (fault->addr_known)
		cairn_explain((const void *)fault->addr, &last.is);
	if (!task)
		return;
	last.id = task->id;
	last.nrestarts = task->nrestarts;
	last.limit = task->stack.base;
	last.stack_nbytes = task->stack.nbytes;
	memcpy(last.task, task->name, TASK_NAME_NBYTES);
}

/* Found late: what may be overwritten below the stack, and whose it is. */
static void record_damage(const struct arch_fault *fault)
{
	last.late = fault->late;
	if (!fault->late)
		return;
	last.damage_nbytes = fault->lowest_sp < last.limit ? last.limit - fault->lowest_sp : 0;
	cairn_explain((const void *)(last.limit - 1), &last.damaged);
}

static void record_tasks(const struct arch_fault *fault, const struct task *task)
{
	record(fault, task);
	last.high_water = cairn_stack_high_water(&task->stack);
	last.overflow = is_overflow(fault, task);
	record_damage(fault);
	if (!last.overflow)
		return;
	last.over_nbytes = how_far_over(fault, task->stack.base);
	find_callers(task);
}

static void record_kernels(const struct arch_fault *fault)
{
	record(fault, current_task());
	last.kernels = true;
	if (!fault->in_handler)
		return;
	last.limit = arch_handler_stack_limit();
	last.stack_nbytes = arch_handler_stack_nbytes();
	last.over_nbytes = handler_over_nbytes(fault);
	last.overflow = last.over_nbytes != 0;
}

/* ---- what becomes of it ---- */

static _Noreturn void stop_in_kernel(const struct arch_fault *fault)
{
	record_kernels(fault);
	fault_print_kernels(&last, fault);
	if (settings.hook)
		(void)settings.hook(&last);
	arch_exit(1);
}

/* Where a dead task stands until it is switched away from. */
static void stand_still(void *arg)
{
	(void)arg;
	for (;;)
		arch_wait_for_interrupt();
}

static void end_task(struct task *task, bool restart)
{
	arch_key key = kernel_lock();

	if (task->state != TASK_DYING) {
		task->restart = restart;
		task_end(task, 0, true);
	}
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

static const char *action_of(enum fault_policy policy)
{
	switch (policy) {
	case FAULT_KILL: return "killed";
	case FAULT_RESTART: return "restarted";
	case FAULT_STOP: break;
	}
	return "stopped";
}

void kernel_fault(const struct arch_fault *fault)
{
	struct task *task = who_is_to_blame(fault);
	enum fault_policy policy;

	kernel_in_fault = true;
	if (is_the_kernels_own(fault, task))
		stop_in_kernel(fault);
	record_tasks(fault, task);
	policy = settings.hook ? settings.hook(&last) : settings.policy;
	if (!settings.silent)
		fault_print_line(&last, action_of(policy));
	if (policy != FAULT_KILL && policy != FAULT_RESTART)
		arch_exit(1);
	end_task(task, policy == FAULT_RESTART);
	kernel_in_fault = false;
}
