# SPDX-License-Identifier: MIT
# Arm MPS2 with an ARMv7-M core: what its images share.
# An instruction takes 1024 ns of the machine's time, and idle time passes at once. For each tick that ends an
# idle wait, QEMU lets two of its periods pass: while tasks sleep, stamps run twice as fast as ticks.
include arch/armv7m/armv7m.mk
BOARD_RAM := 4 + 16 MiB
CONFIG_FLAGS := -DCAIRN_FRAME_SHIFT=9 -DCAIRN_ORDERS=14 -DMPS2_PSRAM=$(MPS2_PSRAM)
ARCH_SOURCES += arch/mprofile/tick.c arch/mprofile/cmsdk_uart.c arch/armv7m/mps2.c arch/armv7m/$(BOARD).c
LINKER_SCRIPT := linker/mps2.ld
QEMU_ARGS := -M $(BOARD) -icount shift=10,sleep=off
