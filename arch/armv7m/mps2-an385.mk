# SPDX-License-Identifier: MIT
# Arm MPS2 with the AN385 image: Cortex-M3.
MPS2_PSRAM := 0x21000000u
include arch/armv7m/mps2.mk
BOARD_CORE := Cortex-M3
CPU_FLAGS := -mcpu=cortex-m3 -mthumb
QEMU_ARGS += -cpu cortex-m3
