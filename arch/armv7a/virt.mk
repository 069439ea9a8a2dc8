# SPDX-License-Identifier: MIT
# QEMU's virt machine with a Cortex-A15. Any -m from 32 up works: memory is read from the device tree.
# An instruction takes 1 ns of the machine's time, and idle time passes at once.
ISA := armv7a
BOARD_CORE := Cortex-A15
BOARD_RAM := 128 MiB
BOARD_GUARD := unmapped pages
CPU_FLAGS := -mcpu=cortex-a15 -marm -mfloat-abi=soft -mno-unaligned-access
CONFIG_FLAGS := -DCAIRN_FRAME_SHIFT=12 -DCAIRN_ORDERS=16 -DVIRT_BOARD=$(BOARD)
ARCH_SOURCES := \
	arch/common/handler_stack.c \
	arch/armv7a/startup.S \
	arch/armv7a/boot.c \
	arch/armv7a/memory.c \
	arch/armv7a/mmu.c \
	arch/armv7a/stacks.c \
	arch/armv7a/vectors.S \
	arch/armv7a/context.c \
	arch/armv7a/interrupt.c \
	arch/armv7a/gic.c \
	arch/armv7a/tick.c \
	arch/armv7a/fault.c \
	arch/armv7a/callers.c \
	arch/armv7a/semihosting.c \
	arch/armv7a/fdt.c \
	arch/armv7a/virt.c
LINKER_SCRIPT := linker/virt.ld
QEMU_ARGS := -M virt -cpu cortex-a15 -m 128 -nic none -icount shift=0,sleep=off
