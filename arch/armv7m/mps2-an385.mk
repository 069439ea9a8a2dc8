# SPDX-License-Identifier: MIT
# Arm MPS2 with the AN385 image: Cortex-M3.
# An instruction takes 1024 ns of the machine's time, and idle time passes at once. For each tick that ends an
# idle wait, QEMU lets two of its periods pass: while tasks sleep, stamps run twice as fast as ticks.
ISA := armv7m
CPU_FLAGS := -mcpu=cortex-m3 -mthumb
CONFIG_FLAGS := -DCAIRN_FRAME_SHIFT=9 -DCAIRN_ORDERS=14
ARCH_SOURCES := \
	arch/common/handler_stack.c \
	arch/armv7m/startup.c \
	arch/armv7m/switch.S \
	arch/armv7m/switch.c \
	arch/armv7m/fault.c \
	arch/armv7m/callers.c \
	arch/armv7m/mpu.c \
	arch/armv7m/tick.c \
	arch/armv7m/semihosting.c \
	arch/armv7m/mps2-an385.c
LINKER_SCRIPT := linker/mps2-an385.ld
QEMU_ARGS := -M mps2-an385 -cpu cortex-m3 -icount shift=10,sleep=off
