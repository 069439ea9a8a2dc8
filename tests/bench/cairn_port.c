/* SPDX-License-Identifier: MIT */
/* mm/port.h for images without a kernel: nobody else runs, and no call is refused. Stacks are guarded as in a
 * kernel, by kernel/port_stack.c. */
#include "arch.h"
#include "console.h"
#include "../../mm/port.h"

void cairn_port_report(const struct cairn_report *report)
{
	panic("%s(%p): %s", report->operation, (void *)report->addr, cairn_err_name(report->err));
}

size_t cairn_port_key(void)
{
	return arch_entropy();
}
