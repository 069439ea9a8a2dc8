/* SPDX-License-Identifier: MIT */
/* Names of the error codes, in the order of the enum. */
#include "err.h"

static const char *const names[CAIRN_NERRS] = {
	[CAIRN_OK] = "ok",
	[CAIRN_EINVAL] = "invalid argument",
	[CAIRN_EALIGN] = "bad alignment",
	[CAIRN_ENOMEM] = "out of memory",
	[CAIRN_EFOREIGN] = "foreign address",
	[CAIRN_EMISALIGNED] = "misaligned address",
	[CAIRN_EINTERIOR] = "interior address",
	[CAIRN_EDOUBLE] = "double free",
	[CAIRN_EWRONGKIND] = "wrong kind of memory",
	[CAIRN_EWRONGCACHE] = "wrong cache",
	[CAIRN_ESIZE] = "wrong size",
	[CAIRN_ECORRUPT] = "corrupt header",
	[CAIRN_EOVERRUN] = "overrun",
	[CAIRN_EUSEAFTER] = "use after free",
	[CAIRN_EBUSY] = "busy",
	[CAIRN_EDESTROYED] = "destroyed or never created",
	[CAIRN_EWRAP] = "range wraps around",
	[CAIRN_EEMPTY] = "empty range",
	[CAIRN_EOVERLAP] = "overlapping ranges",
	[CAIRN_ETOOMANY] = "too many",
};

const char *cairn_err_name(enum cairn_err err)
{
	if ((unsigned)err >= CAIRN_NERRS)
		return "unknown error";
	return names[err];
}
