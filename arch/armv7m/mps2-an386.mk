# SPDX-License-Identifier: MIT
# Arm MPS2 with the AN386 image: Cortex-M4 with single-precision floating point.
MPS2_PSRAM := 0x21000000u
include arch/armv7m/mps2.mk
BOARD_CORE := Cortex-M4 with FP
CPU_FLAGS := -mcpu=cortex-m4 -mthumb -mfloat-abi=soft -mgeneral-regs-only
CONFIG_FLAGS += -DMPROFILE_FP=1
ARCH_SOURCES += arch/mprofile/fp.c
BOARD_HAS_FP := 1
QEMU_ARGS += -cpu cortex-m4
