/* SPDX-License-Identifier: MIT */
/* Everything adds up: the invariants of each part, and those between them. */
#ifndef CAIRN_CHECK_H
#define CAIRN_CHECK_H

#include "explain.h"

/* NULL, or the text of the first invariant that is broken. Walks everything: the caller keeps others out.
 * Mutates nothing. */
const char *cairn_check_in(const struct cairn_parts *parts) CAIRN_MUST_USE;

#endif
