/* SPDX-License-Identifier: MIT */
/* Frames by owner, to be compared before and after: for whoever has to give back all that it took. */
#ifndef KERNEL_TOTALS_H
#define KERNEL_TOTALS_H

#include "cairn.h"

/* Once everything that is kept for speed has been given back. */
static inline void settled_totals(struct cairn_totals *totals)
{
	(void)cairn_trim();
	cairn_totals(totals);
}

static inline bool totals_equal(const struct cairn_totals *a, const struct cairn_totals *b)
{
	for (unsigned owner = 0; owner < CAIRN_NOWNERS; owner++)
		if (a->nframes_of[owner] != b->nframes_of[owner])
			return false;
	return a->nframes == b->nframes;
}

#endif
