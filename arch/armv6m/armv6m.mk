# SPDX-License-Identifier: MIT
# ARMv6-M without an MPU: what its boards share.
include arch/mprofile/mprofile.mk
ISA := armv6m
ARCH_SOURCES := $(filter-out arch/mprofile/fault.c,$(MPROFILE_SOURCES)) \
	arch/armv6m/switch.S \
	arch/armv6m/stacks.c \
	arch/armv6m/fault.c \
	arch/armv6m/instruction.c
