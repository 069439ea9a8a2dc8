# SPDX-License-Identifier: MIT
# Arm MPS3 with the AN547 image: Cortex-M55.
# An instruction takes 1024 ns of the machine's time, and idle time passes at once.
# QEMU 7.2 counts FPGAIO COUNTER at 20 MHz here, and SysTick at the 32 MHz of the system clock.
include arch/armv8m/armv8m.mk
CPU_FLAGS := -mcpu=cortex-m55+nomve+nofp -mthumb -mfloat-abi=soft
CONFIG_FLAGS := -DCAIRN_FRAME_SHIFT=9 -DCAIRN_ORDERS=14 -DMPROFILE_FP=1 -DBOARD_COUNTER_HZ=20000000u
BOARD_HAS_FP := 1
BOARD_HAS_MVE := 1
ARCH_SOURCES += arch/mprofile/fp.c arch/armv8m/mps3-an547.c
LINKER_SCRIPT := linker/mps3-an547.ld
QEMU_ARGS := -M mps3-an547 -icount shift=10,sleep=off
