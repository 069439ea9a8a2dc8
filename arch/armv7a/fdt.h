/* SPDX-License-Identifier: MIT */
/* A flattened device tree (version 17): what it says of memory. Reads nothing outside of the blob,
 * whatever is in it. */
#ifndef FDT_H
#define FDT_H

#include <stddef.h>
#include <stdint.h>

#define FDT_NRAM      8u
#define FDT_NRESERVED 6u

struct fdt_range {
	uint64_t base, nbytes;
};

struct fdt_memory {
	size_t blob_nbytes;
	struct fdt_range ram[FDT_NRAM]; /* enabled memory nodes, in their order; empty ranges left out */
	size_t nram;
	struct fdt_range
		reserved[FDT_NRESERVED]; /* /memreserve/ entries, and static ranges in /reserved-memory */
	size_t nreserved;
	uint32_t seed; /* from /chosen: kaslr-seed and rng-seed folded together; 0: there is none */
};

enum fdt_err {
	FDT_OK = 0,
	FDT_EMAGIC,     /* not a device tree */
	FDT_EVERSION,   /* not one that version 17 readers can read */
	FDT_EBOUNDS,    /* a block or an item reaches outside of what holds it */
	FDT_ESTRUCTURE, /* tokens in an order that makes no tree, or too deep */
	FDT_EREG,       /* a reg, #address-cells or #size-cells that makes no sense */
	FDT_ETOOMANY,   /* more ranges than fit */
	FDT_ENOMEMORY,  /* a sound tree without memory */
	FDT_NERRS
};

/* max_nbytes: the most that may be read at `blob`. On error *memory is undefined. */
enum fdt_err fdt_read_memory(const void *blob, size_t max_nbytes, struct fdt_memory *memory);

/* For a person. */
const char *fdt_err_text(enum fdt_err err);

#endif
