/* SPDX-License-Identifier: MIT */
/* The recorded programs, as they are in tests/traces (-Itests/traces). */
	.section .rodata.traces, "a", %progbits

	.macro trace name, file
	.balign	4
	.global	\name
	.type	\name, %object
\name:
	.incbin	"\file"
	.size	\name, . - \name
	.endm

	trace	trace_lua, "lua.trace"
	trace	trace_jq, "jq.trace"
	trace	trace_sqlite, "sqlite.trace"
