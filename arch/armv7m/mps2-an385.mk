# SPDX-License-Identifier: MIT
# Arm MPS2 with the AN385 image: Cortex-M3.
# An instruction takes 1024 ns of the machine's time, and idle time passes at once. For each tick that ends an
# idle wait, QEMU lets two of its periods pass: while tasks sleep, stamps run twice as fast as ticks.
include arch/armv7m/armv7m.mk
CPU_FLAGS := -mcpu=cortex-m3 -mthumb
CONFIG_FLAGS := -DCAIRN_FRAME_SHIFT=9 -DCAIRN_ORDERS=14
ARCH_SOURCES += arch/mprofile/tick.c arch/mprofile/cmsdk_uart.c arch/armv7m/mps2-an385.c
LINKER_SCRIPT := linker/mps2-an385.ld
QEMU_ARGS := -M mps2-an385 -cpu cortex-m3 -icount shift=10,sleep=off
