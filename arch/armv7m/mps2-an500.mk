# SPDX-License-Identifier: MIT
# Arm MPS2 with the AN500 image: Cortex-M7 with caches and double-precision floating point.
MPS2_PSRAM := 0x60000000u
include arch/armv7m/mps2.mk
BOARD_CORE := Cortex-M7 with FP
CPU_FLAGS := -mcpu=cortex-m7 -mthumb -mfloat-abi=soft -mgeneral-regs-only
CONFIG_FLAGS += -DMPROFILE_FP=1
ARCH_SOURCES += arch/mprofile/fp.c arch/mprofile/cache.c
BOARD_HAS_FP := 1
BOARD_HAS_DOUBLE := 1
QEMU_ARGS += -cpu cortex-m7
