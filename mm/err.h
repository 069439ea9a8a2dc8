/* SPDX-License-Identifier: MIT */
/* Error codes: one per mistake, so that a report names what was done wrong. */
#ifndef CAIRN_ERR_H
#define CAIRN_ERR_H

#define CAIRN_MUST_USE __attribute__((warn_unused_result))

enum cairn_err {
	CAIRN_OK = 0,
	CAIRN_EINVAL,   /* an argument that makes no sense: NULL pool, size 0 or too large, order too large */
	CAIRN_EALIGN,   /* an alignment that is not a power of two, or larger than the largest block */
	CAIRN_ENOMEM,   /* no memory of that shape is free */
	CAIRN_EFOREIGN, /* an address that Cairn does not manage */
	CAIRN_EMISALIGNED, /* an address inside managed memory that no allocation can start at */
	CAIRN_EINTERIOR,   /* an address inside a live allocation, not its start */
	CAIRN_EDOUBLE,     /* the memory is free already */
	CAIRN_EWRONGKIND,  /* owned by another part: a stack freed as heap, a reserved frame freed as pages */
	CAIRN_EWRONGCACHE, /* a live object of another cache */
	CAIRN_ESIZE,       /* the size given with a free is not the size allocated */
	CAIRN_ECORRUPT,    /* a block header does not pass its check: not a block start, or overwritten */
	CAIRN_EOVERRUN,    /* bytes behind the object were written (level 2) */
	CAIRN_EUSEAFTER,   /* a free object (level 2) or the links of a free block were written */
	CAIRN_EBUSY,       /* destroy of a cache that has live objects */
	CAIRN_EDESTROYED,  /* a cache or stack that was destroyed, or never created */
	CAIRN_EWRAP,       /* a boot range that passes the end of the address space */
	CAIRN_EEMPTY,      /* a boot range of length 0, or a boot map without RAM */
	CAIRN_EOVERLAP,    /* two boot ranges of RAM that overlap */
	CAIRN_ETOOMANY,    /* more ranges, zones or arenas than the build has room for */
	CAIRN_NERRS
};

/* A short English name, such as "double free"; "unknown error" for any other value. O(1), any context. */
const char *cairn_err_name(enum cairn_err err);

#endif
