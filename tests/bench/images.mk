# SPDX-License-Identifier: MIT
# The images of the benchmark: build/bench/<board>/<image>.elf, for BOARD.
# Each is the harness, whose objects are the same in all of them, and an allocator. Objects are built once for each
# configuration that they are needed in; a configuration is a folder.

BENCH := $(BUILD)/bench/$(BOARD)
bench_objects = $(patsubst %,$(BENCH)/$(1)/%.o,$(2))

# ---- configurations ----

BENCH_CONFIGS := harness cairn raw frames masked kernel kernel_masked plain
BENCH_LOCK := -DCAIRN_PORT_LOCK_FILE=\"lock_$(ISA).h\"
BENCH_OPTIONS_harness := $(CONFIG_FLAGS)
BENCH_OPTIONS_cairn := $(CONFIG_FLAGS) $(BENCH_LOCK)
BENCH_OPTIONS_raw := $(CONFIG_FLAGS) $(BENCH_LOCK) -DCAIRN_CHECK=0
# 4 MiB of 4 KiB frames, on every board.
BENCH_OPTIONS_frames := -DCAIRN_FRAME_SHIFT=12 -DCAIRN_ORDERS=11 $(BENCH_LOCK)

# The lock is the kernel's.
BENCH_OPTIONS_kernel := $(CONFIG_FLAGS) -DCAIRN_PORT_LOCK_FILE=\"cairn_lock.h\"
# Masked stretches are timed.
BENCH_OPTIONS_masked := $(CONFIG_FLAGS) -DCAIRN_PORT_LOCK_FILE=\"lock_timed.h\"
BENCH_OPTIONS_kernel_masked := $(BENCH_OPTIONS_kernel) -DPORT_TIMES_LOCK=1
# The switch leaves the guard where it is.
BENCH_OPTIONS_plain := $(CONFIG_FLAGS) -DSWITCH_GUARD=0

BENCH_INCLUDES := $(TARGET_INCLUDES) -Itests/bench -Itests/traces
BENCH_FLAGS := $(CPU_FLAGS) $(C_FLAGS) -O2 -ffreestanding -fno-common -ffunction-sections -fdata-sections \
	-DFRAME_GATE_NBYTES=$(FRAME_GATE_NBYTES)

# ---- sources ----

# A C library brings its own memcpy and memset, which its allocator may use: kernel/string.c is for the others.
BENCH_HARNESS_SOURCES := $(ARCH_SOURCES) kernel/console.c kernel/format.c \
	tests/bench/harness.c tests/bench/memory.c tests/bench/series.c tests/bench/machine_$(ISA).S
BENCH_BARE_SOURCES := $(BENCH_HARNESS_SOURCES) tests/bench/bare.c
BENCH_HEAP_SOURCES := tests/bench/heap.c tests/bench/packing.c tests/bench/trace.c kernel/demo/traces.S
BENCH_LIBC_SOURCES := $(BENCH_BARE_SOURCES) $(BENCH_HEAP_SOURCES) tests/bench/allocator_libc.c
BENCH_CAIRN_HARNESS_SOURCES := $(BENCH_BARE_SOURCES) $(BENCH_HEAP_SOURCES) tests/bench/objects.c kernel/string.c

# In a configuration of Cairn's.
BENCH_PORT_SOURCES := kernel/port_stack.c tests/bench/cairn_port.c tests/bench/port_alone.c
BENCH_SYSTEM_SOURCES := $(MM_SOURCES) $(BENCH_PORT_SOURCES) tests/bench/allocator_cairn.c \
	tests/bench/objects_cairn.c tests/bench/stacks.c tests/bench/worst_heap.c tests/bench/worst_slab.c \
	tests/bench/worst_stacks.c
BENCH_CAIRN_SOURCES := $(BENCH_SYSTEM_SOURCES) tests/bench/image_cairn.c
BENCH_FRAMES_SOURCES := $(MM_SOURCES) $(BENCH_PORT_SOURCES) tests/bench/frames.c tests/bench/worst_frames.c \
	tests/bench/image_frames.c
BENCH_MASKED_SOURCES := $(BENCH_SYSTEM_SOURCES) tests/bench/frames.c tests/bench/worst_frames.c \
	tests/bench/masked.c tests/bench/masked_sizes.c tests/bench/image_masked.c
BENCH_FLOOR_SOURCES := tests/bench/objects_floor.c tests/bench/image_floor.c
BENCH_KERNEL_SOURCES := $(MM_SOURCES) tests/bench/kernel.c \
	$(filter-out $(KERNEL_BASE_SOURCES) kernel/main.c kernel/memmap.c,$(KERNEL_SOURCES))
BENCH_SWITCH_SOURCES := tests/bench/switch.c tests/bench/switch_$(ISA).c
BENCH_LOAD_SOURCES := $(DEMO_SOURCES) tests/bench/image_masked_kernel.c

BENCH_SOURCES := $(filter tests/bench/%,$(sort $(BENCH_LIBC_SOURCES) $(BENCH_CAIRN_HARNESS_SOURCES) \
	$(BENCH_CAIRN_SOURCES) $(BENCH_MASKED_SOURCES) $(BENCH_FRAMES_SOURCES) $(BENCH_FLOOR_SOURCES) \
	$(BENCH_KERNEL_SOURCES) $(BENCH_SWITCH_SOURCES) $(BENCH_LOAD_SOURCES) \
	$(patsubst %,tests/bench/image_%.c,headroom libc picolibc switch)))

# ---- images ----

BENCH_IMAGES := $(patsubst %,$(BENCH)/%.elf,cairn cairn_raw cairn_frames cairn_headroom cairn_switch cairn_masked \
	cairn_masked_kernel newlib newlib_nano picolibc floor)
# Elsewhere a switch moves no guard.
ifeq ($(ISA),armv7m)
BENCH_IMAGES += $(BENCH)/cairn_switch_plain.elf
endif
BENCH_BARE := $(call bench_objects,harness,$(BENCH_BARE_SOURCES) kernel/string.c)
BENCH_CAIRN_HARNESS := $(call bench_objects,harness,$(BENCH_CAIRN_HARNESS_SOURCES))
BENCH_KERNEL_HARNESS := $(call bench_objects,harness,$(BENCH_HARNESS_SOURCES) kernel/string.c)
BENCH_LIBC := $(call bench_objects,harness,$(BENCH_LIBC_SOURCES))

$(BENCH)/cairn.elf: $(BENCH_CAIRN_HARNESS) $(call bench_objects,cairn,$(BENCH_CAIRN_SOURCES))
$(BENCH)/cairn_raw.elf: $(BENCH_CAIRN_HARNESS) $(call bench_objects,raw,$(BENCH_CAIRN_SOURCES))
$(BENCH)/cairn_masked.elf: $(BENCH_CAIRN_HARNESS) $(call bench_objects,masked,$(BENCH_MASKED_SOURCES))
$(BENCH)/cairn_frames.elf: $(BENCH_BARE) $(call bench_objects,frames,$(BENCH_FRAMES_SOURCES))
$(BENCH)/floor.elf: $(BENCH_BARE) $(call bench_objects,harness,tests/bench/objects.c) \
	$(call bench_objects,cairn,$(BENCH_FLOOR_SOURCES))
$(BENCH)/cairn_headroom.elf: $(BENCH_KERNEL_HARNESS) \
	$(call bench_objects,harness,tests/bench/heap.c tests/bench/objects.c) \
	$(call bench_objects,kernel,$(BENCH_KERNEL_SOURCES) tests/bench/image_headroom.c)
$(BENCH)/cairn_switch.elf: $(BENCH_KERNEL_HARNESS) \
	$(call bench_objects,kernel,$(BENCH_KERNEL_SOURCES) $(BENCH_SWITCH_SOURCES) tests/bench/image_switch.c)
# kernel.c opens all memory then.
BENCH_PLAIN_SOURCES := arch/armv7m/switch.S tests/bench/kernel.c tests/bench/image_switch.c
$(BENCH)/cairn_switch_plain.elf: $(call bench_objects,plain,$(BENCH_PLAIN_SOURCES)) \
	$(call bench_objects,harness,$(filter-out $(BENCH_PLAIN_SOURCES),$(BENCH_HARNESS_SOURCES) kernel/string.c)) \
	$(call bench_objects,kernel,$(filter-out $(BENCH_PLAIN_SOURCES),$(BENCH_KERNEL_SOURCES) $(BENCH_SWITCH_SOURCES)))
$(BENCH)/cairn_masked_kernel.elf: $(BENCH_KERNEL_HARNESS) \
	$(call bench_objects,kernel_masked,$(BENCH_KERNEL_SOURCES) $(BENCH_LOAD_SOURCES))
$(BENCH)/newlib.elf $(BENCH)/newlib_nano.elf: $(BENCH_LIBC) $(call bench_objects,harness,tests/bench/image_libc.c)
$(BENCH)/picolibc.elf: $(BENCH_LIBC) $(call bench_objects,harness,tests/bench/image_picolibc.c)

# What picolibc's own linker script says of thread-local storage.
BENCH_TLS := -Wl,--defsym,__arm32_tls_tcb_offset=8

$(BENCH)/newlib.elf: private BENCH_LIBRARY := -lc
$(BENCH)/newlib_nano.elf: private BENCH_LIBRARY := -lc_nano
$(BENCH)/picolibc.elf: private BENCH_LIBRARY := --specs=picolibc.specs -lc $(BENCH_TLS)

$(BENCH)/cairn_masked.elf: private LINK_FLAGS += -Wl,--wrap=bench_timed_call

$(BENCH_IMAGES): $(LINKER_SCRIPT) $(wildcard linker/*)
	$(call say,LD,$@)
	$(Q)$(CROSS)gcc $(CPU_FLAGS) $(LINK_FLAGS) $(UNIT_LINK_FLAGS) -Wl,-Map=$(@:.elf=.map) $(filter %.o,$^) \
		$(BENCH_LIBRARY) -lgcc -o $@

# $(1): the configuration
define BENCH_RULES
$(BENCH)/$(1)/%.o: % $(BENCH)/$(1)/flags
	@mkdir -p $$(@D)
	$$(call say,CC,$$< ($(1)))
	$$(Q)$(CROSS)gcc $(BENCH_FLAGS) $(BENCH_OPTIONS_$(1)) $(BENCH_INCLUDES) -MMD -MP -c $$< -o $$@

$(BENCH)/$(1)/flags: FORCE | need-cross
	$$(call remember,$(BENCH_FLAGS) $(BENCH_OPTIONS_$(1)))

-include $(patsubst %.o,%.d,$(call bench_objects,$(1),$(MM_SOURCES) $(KERNEL_SOURCES) $(ARCH_SOURCES) $(DEMO_SOURCES) $(BENCH_SOURCES)))
endef
$(foreach config,$(BENCH_CONFIGS),$(eval $(call BENCH_RULES,$(config))))
$(BENCH_CONFIGS:%=$(BENCH)/%/kernel/demo/traces.S.o): $(TRACES)

# clang's opinion of the benchmark's own files.
$(OUT)/clang/tests/bench/%: private TARGET_INCLUDES += -Itests/bench -DCAIRN_PORT_LOCK_FILE=\"lock_timed.h\"
ifneq ($(filter $(BOARD),$(BENCH_BOARDS)),)
clang-objects: $(call clang_objects,$(BENCH_SOURCES))
endif

.PHONY: bench-images
bench-images: $(BENCH_IMAGES)
