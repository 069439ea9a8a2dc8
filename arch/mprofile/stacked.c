/* SPDX-License-Identifier: MIT */
/* Whether the frame of a fault was stacked, where no stack has a limit register. */
#include "mprofile.h"

bool mprofile_was_stacked(struct arch_fault *fault, const struct fault_status *status, size_t frame_nbytes)
{
	(void)fault;
	(void)frame_nbytes;
	return (status->cfsr & CFSR_ANY_STACKING) == 0;
}
