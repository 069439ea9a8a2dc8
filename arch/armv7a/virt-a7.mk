# SPDX-License-Identifier: MIT
# QEMU's virt machine with a Cortex-A7: all else is virt's.
include arch/armv7a/virt.mk
BOARD_CORE := Cortex-A7
BOARD_TEST := virt
CPU_FLAGS := $(subst cortex-a15,cortex-a7,$(CPU_FLAGS))
QEMU_ARGS := $(subst cortex-a15,cortex-a7,$(QEMU_ARGS))
