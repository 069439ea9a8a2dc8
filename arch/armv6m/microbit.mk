# SPDX-License-Identifier: MIT
# BBC micro:bit: Cortex-M0 with 16 KiB of RAM. An instruction takes 1024 ns of the machine's time.
# -seed: its random numbers are the same in each run.
include arch/armv6m/armv6m.mk
BOARD_CORE := Cortex-M0
BOARD_RAM := 16 KiB
BOARD_GUARD := none; stack pointer and tripwire checked: found late
CPU_FLAGS := -mcpu=cortex-m0 -mthumb
CONFIG_FLAGS := -DCAIRN_FRAME_SHIFT=8 -DCAIRN_ORDERS=7 -DCAIRN_ZONES=1 -DCAIRN_RANGES=3 -DCAIRN_HEAP_CACHE_MAX=64 \
	-DCAIRN_HEAP_SL_LOG2=2 -DCAIRN_SLAB_MAX_ORDER=0 -DNOBODYS_ADDRESS=0x20004000u -DTASK_MAX=8 -DMUTEX_CHAIN=2 -DWHEEL_SLOTS=4 -DCONSOLE_LINES=1 \
	-DCONSOLE_LINE_NBYTES=176 -DPORT_LOCKED_CALLS=380 -DPORT_PINNED_MORE=136 \
	-DIDLE_STACK_NBYTES=256 -DREAPER_STACK_NBYTES=832 -DAPPLICATION_STACK_NBYTES=1024 -DTASK_STACK_NBYTES=1024
DEMO_PROGRAMS := random
KERNEL_TEST_GUARD := late
ARCH_SOURCES += arch/armv6m/microbit.c
LINKER_SCRIPT := linker/microbit.ld
QEMU_ARGS := -M microbit -icount shift=10,sleep=off -seed 1
