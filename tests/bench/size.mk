# SPDX-License-Identifier: MIT
# How large mm/ is on BOARD: its objects at -Os, besides those at -O2 of the benchmark's images, and an image that says
# how much memory cairn_init takes.

BENCH_OPTIONS_small := $(BENCH_OPTIONS_cairn) -Os
$(eval $(call BENCH_RULES,small))

SIZE_OBJECTS := $(call bench_objects,small,$(MM_SOURCES)) $(call bench_objects,cairn,$(MM_SOURCES))

$(BENCH)/ram.elf: $(call bench_objects,harness,$(BENCH_BARE_SOURCES) kernel/string.c) \
		$(call bench_objects,cairn,$(MM_SOURCES) $(BENCH_PORT_SOURCES) tests/bench/ram.c)
	$(call say,LD,$@)
	$(Q)$(CROSS)gcc $(CPU_FLAGS) $(LINK_FLAGS) $(UNIT_LINK_FLAGS) -Wl,-Map=$(@:.elf=.map) $(filter %.o,$^) -lgcc -o $@

-include $(BENCH)/cairn/tests/bench/ram.c.d

BENCH_ALL_SOURCES = $(BENCH_SOURCES) $(wildcard tests/bench/machine_*.S tests/bench/switch_*.c) tests/bench/ram.c

.PHONY: board-size
board-size: $(SIZE_OBJECTS) $(BENCH)/ram.elf | need-bench
	$(Q)python3 tests/bench/size.py $(BOARD) --sources $(MM_SOURCES) --small $(BENCH)/small --fast $(BENCH)/cairn \
		--image $(BENCH)/ram.elf --out $(BUILD)/bench/$(BOARD)-size.csv --cross '$(CROSS)' --cpu-flags '$(CPU_FLAGS)' -- $(QEMU)
