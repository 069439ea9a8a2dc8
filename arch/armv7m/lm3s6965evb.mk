# SPDX-License-Identifier: MIT
# Stellaris LM3S6965 evaluation board: Cortex-M3. An instruction takes 1024 ns of the machine's time.
include arch/armv7m/armv7m.mk
BOARD_CORE := Cortex-M3
BOARD_RAM := 64 KiB
CPU_FLAGS := -mcpu=cortex-m3 -mthumb
CONFIG_FLAGS := -DBOARD_WITHOUT_COUNTER -DCAIRN_FRAME_SHIFT=8 -DCAIRN_ORDERS=9 -DCAIRN_ZONES=1 -DCAIRN_RANGES=4 \
	-DTASK_MAX=32 -DAPPLICATION_STACK_NBYTES=2048 -DTASK_STACK_NBYTES=768
DEMO_PROGRAMS := random
ARCH_SOURCES += arch/mprofile/systick_stamp.c arch/armv7m/lm3s6965evb.c
LINKER_SCRIPT := linker/lm3s6965evb.ld
QEMU_ARGS := -M lm3s6965evb -cpu cortex-m3 -icount shift=10,sleep=off
