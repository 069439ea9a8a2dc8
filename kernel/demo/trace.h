/* SPDX-License-Identifier: MIT */
/* A recorded program as tests/traces/README.md describes it, in the words of a little-endian machine. */
#ifndef TRACE_H
#define TRACE_H

#include <stdint.h>

#define TRACE_MAGIC 0x31435254u /* "TRC1" */

enum trace_kind { TRACE_NONE = 0, TRACE_ALLOCATE, TRACE_FREE, TRACE_REALLOCATE };

struct trace_operation {
	uint32_t kind_nbytes; /* kind << TRACE_KIND_SHIFT | bytes */
	uint32_t slot;
};
#define TRACE_KIND_SHIFT 30
_Static_assert(sizeof(struct trace_operation) == 8, "an operation is two words");

struct trace {
	uint32_t magic;
	uint32_t noperations;
	uint32_t nslots;
	uint32_t peak_nbytes;
	struct trace_operation operation[];
};
_Static_assert(sizeof(struct trace) == 16, "the header of a trace is four words");

static inline enum trace_kind trace_kind(const struct trace_operation *operation)
{
	return (enum trace_kind)(operation->kind_nbytes >> TRACE_KIND_SHIFT);
}

static inline uint32_t trace_nbytes(const struct trace_operation *operation)
{
	return operation->kind_nbytes & ((1u << TRACE_KIND_SHIFT) - 1);
}

/* traces.S */
extern const struct trace trace_lua, trace_jq, trace_sqlite;

#endif
