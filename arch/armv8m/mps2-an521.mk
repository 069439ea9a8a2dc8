# SPDX-License-Identifier: MIT
# Arm MPS2 with the AN521 image: two Cortex-M33, the first without floating point and DSP instructions.
# An instruction takes 1024 ns of the machine's time, and idle time passes at once.
include arch/armv8m/armv8m.mk
BOARD_CORE := Cortex-M33
BOARD_RAM := 4 + 16 MiB
CPU_FLAGS := -mcpu=cortex-m33+nodsp -mthumb -mfloat-abi=soft
CONFIG_FLAGS := -DCAIRN_FRAME_SHIFT=9 -DCAIRN_ORDERS=14
ARCH_SOURCES += arch/armv8m/mps2.c arch/armv8m/mps2-an521.c
LINKER_SCRIPT := linker/mps2-an521.ld
QEMU_ARGS := -M mps2-an521 -icount shift=10,sleep=off
