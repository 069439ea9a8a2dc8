# SPDX-License-Identifier: MIT
# Arm MPS2 with the AN505 image: Cortex-M33.
# An instruction takes 1024 ns of the machine's time, and idle time passes at once.
include arch/armv8m/armv8m.mk
CPU_FLAGS := -mcpu=cortex-m33 -mthumb -mfloat-abi=soft
CONFIG_FLAGS := -DCAIRN_FRAME_SHIFT=9 -DCAIRN_ORDERS=14 -DMPROFILE_FP=1
BOARD_HAS_FP := 1
ARCH_SOURCES += arch/mprofile/fp.c arch/armv8m/mps2.c arch/armv8m/mps2-an505.c
LINKER_SCRIPT := linker/mps2-an505.ld
QEMU_ARGS := -M mps2-an505 -icount shift=10,sleep=off
