# SPDX-License-Identifier: MIT
# ARMv7-M with an MPU: what its boards share.
include arch/mprofile/mprofile.mk
ISA := armv7m
BOARD_GUARD := window of the MPU (PMSAv7)
ARCH_SOURCES := $(MPROFILE_SOURCES) \
	arch/mprofile/fault_status.c \
	arch/armv7m/switch.S \
	arch/armv7m/mpu.c \
	arch/armv7m/$(if $(GUARD),$(GUARD),window).c
# Both have to compile.
GUARD_SOURCES := arch/armv7m/window.c arch/armv7m/strip.c
