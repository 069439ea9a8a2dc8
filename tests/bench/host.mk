# SPDX-License-Identifier: MIT
# Big machines, part of `make bench`: page frames of up to 1 TiB, and the recorded programs beside the allocators of big
# systems. x86-64 alone can count its own instructions here (tests/bench/host/step.h).

BENCH_HOST := $(BUILD)/bench/host
BENCH_HOST_FLAGS := $(C_FLAGS) -D_GNU_SOURCE -O2 -Imm -Itests/bench/host
# 4 KiB frames; the largest block is 32 GiB.
BENCH_HOST_FLAGS_frames := -DCAIRN_FRAME_SHIFT=12 -DCAIRN_ORDERS=24
BENCH_HOST_FLAGS_replay-cairn := -DCAIRN_PORT_LOCK_FILE='"lock.h"'

BENCH_HOST_SOURCES_frames := $(filter mm/frame% mm/region%,$(MM_SOURCES)) tests/bench/host/frames.c tests/bench/host/step.c
BENCH_HOST_SOURCES_replay := tests/bench/host/replay.c
BENCH_HOST_SOURCES_replay-cairn := $(MM_SOURCES) tests/bench/port_alone.c tests/bench/port_no_stacks.c \
	tests/bench/host/replay.c tests/bench/host/malloc.c
BENCH_HOST_PROGRAMS := frames replay replay-cairn
C_FILES += $(wildcard tests/bench/host/*.[ch])

.PHONY: need-bench-host
need-bench-host: TOOLS := gcc libc python3 valgrind
need-bench-host: $(SETUP_FIRST)
	@qemu/setup.sh need $(TOOLS)

# $(1): the program
define BENCH_HOST_RULES
$(BENCH_HOST)/$(1): $(BENCH_HOST_SOURCES_$(1):%=$(BENCH_HOST)/$(1).o/%.o)
	$$(call say,LD,$$@)
	$$(Q)gcc $$^ -o $$@

$(BENCH_HOST)/$(1).o/%.c.o: %.c $(BENCH_HOST)/$(1).o/flags
	@mkdir -p $$(@D)
	$$(call say,CC,$$< ($(1)))
	$$(Q)gcc $(BENCH_HOST_FLAGS) $(BENCH_HOST_FLAGS_$(1)) -MMD -MP -c $$< -o $$@

$(BENCH_HOST)/$(1).o/flags: FORCE | need-bench-host
	$$(call remember,$(BENCH_HOST_FLAGS) $(subst ",,$(BENCH_HOST_FLAGS_$(1))))

-include $(BENCH_HOST_SOURCES_$(1):%.c=$(BENCH_HOST)/$(1).o/%.c.d)
endef
$(foreach program,$(BENCH_HOST_PROGRAMS),$(eval $(call BENCH_HOST_RULES,$(program))))

.PHONY: bench-host
ifneq ($(HOST_M32),)
bench-host: $(BENCH_HOST_PROGRAMS:%=$(BENCH_HOST)/%)
	$(Q)python3 tests/bench/host/host.py $(BENCH_HOST) tests/traces $(BUILD)/bench
else
bench-host:
	@echo 'bench-host: counts on x86-64 alone, and is left out here'
endif
