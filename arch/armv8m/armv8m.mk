# SPDX-License-Identifier: MIT
# ARMv8-M Mainline with an MPU: what its boards share.
include arch/mprofile/mprofile.mk
ISA := armv8m
BOARD_GUARD := limit registers, regions beside the stack (PMSAv8)
BOARD_HAS_LIMITS := 1
ARCH_SOURCES := $(filter-out arch/mprofile/fault_entry.S arch/mprofile/stacked.c,$(MPROFILE_SOURCES)) \
	arch/mprofile/fault_status.c \
	arch/mprofile/tick.c \
	arch/mprofile/cmsdk_uart.c \
	arch/armv8m/fault_entry.S \
	arch/armv8m/switch.S \
	arch/armv8m/limit.c \
	arch/armv8m/sp_after.c \
	arch/armv8m/mpu.c
