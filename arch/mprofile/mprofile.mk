# SPDX-License-Identifier: MIT
# What all M-profile cores share. A fragment of an architecture includes this, a board's fragment includes that.
MPROFILE_SOURCES := \
	arch/mprofile/startup.c \
	arch/common/handler_stack.c \
	arch/mprofile/entry.S \
	arch/mprofile/fault_entry.S \
	arch/mprofile/context.c \
	arch/mprofile/fault.c \
	arch/mprofile/stacked.c \
	arch/mprofile/callers.c \
	arch/mprofile/memory_map.c \
	arch/mprofile/semihosting.c
