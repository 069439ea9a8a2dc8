# SPDX-License-Identifier: MIT
# How large mm/ is on BOARD: its objects at -Os, besides those at -O2 of the benchmark's images, and an image that says
# how much memory cairn_init takes; of 8 KiB with the tunables for that.

BENCH_OPTIONS_small := $(BENCH_OPTIONS_cairn) -Os
$(eval $(call BENCH_RULES,small))

BENCH_OPTIONS_8KiB := $(BENCH_LOCK) -DCAIRN_CONFIG_FILE=\"config_8KiB.h\"
$(eval $(call BENCH_RULES,8KiB))

SIZE_OBJECTS := $(foreach config,small cairn 8KiB,$(call bench_objects,$(config),$(MM_SOURCES)))
RAM_IMAGES := $(BENCH)/ram.elf $(BENCH)/ram_8KiB.elf
RAM_PORT_8KiB := $(addprefix tests/bench/,cairn_port.c port_alone.c port_no_stacks.c)
$(BENCH)/ram.elf: $(call bench_objects,cairn,$(MM_SOURCES) $(BENCH_PORT_SOURCES) tests/bench/ram.c)
$(BENCH)/ram_8KiB.elf: $(call bench_objects,8KiB,$(MM_SOURCES) $(RAM_PORT_8KiB) tests/bench/ram.c)

$(RAM_IMAGES): $(call bench_objects,harness,$(BENCH_BARE_SOURCES) kernel/string.c)
	$(call say,LD,$@)
	$(Q)$(CROSS)gcc $(CPU_FLAGS) $(LINK_FLAGS) $(UNIT_LINK_FLAGS) -Wl,-Map=$(@:.elf=.map) $(filter %.o,$^) -lgcc -o $@

-include $(BENCH)/cairn/tests/bench/ram.c.d $(BENCH)/8KiB/tests/bench/ram.c.d

BENCH_ALL_SOURCES = $(BENCH_SOURCES) $(wildcard tests/bench/machine_*.S tests/bench/switch_*.c) tests/bench/ram.c \
	tests/bench/port_no_stacks.c

.PHONY: board-size
board-size: $(SIZE_OBJECTS) $(RAM_IMAGES) | need-bench
	$(Q)python3 tests/bench/size.py $(BOARD) --sources $(MM_SOURCES) --small $(BENCH)/small --fast $(BENCH)/cairn \
		--tiny $(BENCH)/8KiB --image $(BENCH)/ram.elf --tiny-image $(BENCH)/ram_8KiB.elf --out $(BUILD)/bench/$(BOARD)-size.csv --cross '$(CROSS)' --cpu-flags '$(CPU_FLAGS)' -- $(QEMU)
