# SPDX-License-Identifier: MIT
# Cairn. `make` lists what there is to make. Boards are described by arch/<isa>/<board>.mk; all output goes to build/.
# Nothing here runs a tool while the file is read, so that `make setup run` works where there is none yet.

BOARD ?= mps2-an385
PORT ?= 1234
BUILD := build
# On STRIP_BOARDS, GUARD=strip closes a strip below each stack instead of all but the stack (arch/armv7m/strip.c).
GUARD :=
OUT := $(BUILD)/$(BOARD)$(GUARD:%=-%)

BOARDS := mps2-an385 mps2-an386 mps2-an500 mps2-an505 mps2-an521 mps3-an547 lm3s6965evb microbit virt virt-a7
# One of each instruction set: what mm/ does is the same on all others. And those that the benchmark has budgets for.
UNIT_BOARDS := mps2-an385 virt
BENCH_BOARDS := mps2-an385 virt
# One of each instruction set: clang compiles everything for these, and for the others what is theirs alone.
CLANG_BOARDS := mps2-an385 mps3-an547 microbit virt
# Four tests of the kernel find no memory on microbit, and the stage of the overflow matrix neither.
KERNEL_BOARDS := $(filter-out microbit,$(BOARDS))
MATRIX_BOARDS := $(filter-out microbit,$(BOARDS))
STRIP_BOARDS := mps2-an385 mps2-an386
ifeq ($(filter $(BOARDS),$(BOARD)),)
$(error BOARD=$(BOARD) is unknown; there are: $(BOARDS))
endif
ifneq ($(if $(GUARD),$(filter-out $(STRIP_BOARDS:%=%/strip),$(BOARD)/$(GUARD))),)
$(error GUARD=$(GUARD) is unknown on $(BOARD); there is GUARD=strip on: $(STRIP_BOARDS))
endif
include $(wildcard arch/*/$(BOARD).mk)

# ---- sources ----

MM_SOURCES := \
	mm/err.c mm/region.c mm/frame.c mm/frame_map.c mm/frame_zone.c mm/frame_check.c \
	mm/slab.c mm/slab_cache.c mm/slab_grow.c mm/slab_links.c mm/slab_record.c mm/slab_window.c mm/slab_check.c \
	mm/heap.c mm/heap_init.c mm/heap_free.c mm/heap_resize.c mm/heap_room.c mm/heap_chunk.c mm/heap_map.c mm/heap_check.c \
	mm/heap_view.c \
	mm/stack.c mm/stack_pack.c mm/stack_view.c mm/explain.c mm/check.c \
	mm/cairn.c mm/cairn_heap.c mm/cairn_object.c mm/cairn_stack.c

KERNEL_BASE_SOURCES := kernel/console.c kernel/format.c kernel/string.c
KERNEL_SOURCES := $(KERNEL_BASE_SOURCES) \
	kernel/main.c kernel/memmap.c kernel/port.c kernel/port_stack.c kernel/lock.c kernel/sched.c kernel/timer.c kernel/wait.c \
	kernel/task.c kernel/reap.c kernel/semaphore.c kernel/mutex.c kernel/queue.c kernel/alloc_wait.c \
	kernel/fault.c kernel/fault_print.c

# A board that has no room for the recorded programs says DEMO_PROGRAMS := random.
DEMO_PROGRAMS ?= recorded
DEMO_PROGRAM_SOURCES_recorded := kernel/demo/programs_recorded.c kernel/demo/traces.S
DEMO_PROGRAM_SOURCES_random := kernel/demo/programs_random.c
DEMO_SOURCES = \
	kernel/demo/demo.c kernel/demo/map.c kernel/demo/load.c kernel/demo/replay.c kernel/demo/objects.c \
	kernel/demo/messages.c kernel/demo/spawner.c kernel/demo/exhaustion.c kernel/demo/overflow.c kernel/demo/misuse.c \
	kernel/demo/table.c $(DEMO_PROGRAM_SOURCES_$(DEMO_PROGRAMS))
DEMO_ALL_SOURCES := $(DEMO_PROGRAM_SOURCES_recorded) $(DEMO_PROGRAM_SOURCES_random)
TRACES := tests/traces/lua.trace tests/traces/jq.trace tests/traces/sqlite.trace

UNIT_SOURCES := \
	tests/host/support.c tests/host/port_test.c \
	tests/host/region_fixture.c tests/host/test_region.c tests/host/test_region_take.c tests/host/test_region_check.c \
	tests/host/test_region_model.c \
	tests/host/frame_fixture.c tests/host/test_frame.c tests/host/test_frame_boot.c tests/host/test_frame_misuse.c \
	tests/host/test_frame_model.c tests/host/test_frame_check.c \
	tests/host/slab_fixture.c tests/host/test_slab.c tests/host/test_slab_geometry.c tests/host/test_slab_grow.c \
	tests/host/test_slab_misuse.c tests/host/test_slab_model.c tests/host/test_slab_window.c tests/host/test_slab_check.c \
	tests/host/heap_fixture.c tests/host/test_heap.c tests/host/test_heap_misuse.c tests/host/test_heap_model.c \
	tests/host/test_heap_check.c \
	tests/host/stack_fixture.c tests/host/test_stack.c tests/host/test_stack_geometry.c tests/host/test_stack_model.c \
	tests/host/test_stack_check.c tests/host/test_stack_pack.c \
	tests/host/test_explain.c \
	tests/host/facade_fixture.c tests/host/test_cairn.c tests/host/test_cairn_heap.c tests/host/test_cairn_object.c \
	tests/host/test_cairn_stack.c tests/host/test_caller.c

UNIT_TARGET_SOURCES := $(UNIT_SOURCES) tests/target/unit_main.c tests/target/cmocka_shim.c tests/target/setjmp.S
# The reader of device trees is the one part of arch/ that a host can test.
UNIT_HOST_SOURCES := $(UNIT_SOURCES) tests/host/test_guard.c \
	arch/armv7a/fdt.c tests/host/fdt_fixture.c tests/host/test_fdt.c tests/host/test_fdt_malformed.c tests/host/main.c

# A board where nothing is closed says KERNEL_TEST_GUARD := late.
KERNEL_TEST_GUARD ?= closed
KERNEL_TEST_GUARD_closed := \
	tests/target/kernel_test_closed.c tests/target/kernel_test_overflow.c tests/target/kernel_test_policy.c
KERNEL_TEST_GUARD_late := tests/target/kernel_test_late.c
KERNEL_TEST_SOURCES = \
	tests/target/kernel_test.c tests/target/kernel_test_text.c tests/target/kernel_test_sched.c \
	tests/target/kernel_test_task.c tests/target/kernel_test_kill.c tests/target/kernel_test_mutex.c \
	tests/target/kernel_test_sync.c tests/target/kernel_test_destroy.c tests/target/kernel_test_fault.c \
	tests/target/kernel_test_paint.c $(KERNEL_TEST_GUARD_$(KERNEL_TEST_GUARD))
MATRIX_SOURCES := \
	tests/target/overflow_matrix.c tests/target/overflow_cases.c tests/target/overflow_stage.c \
	tests/target/overflow_watch.c tests/target/overflow_cycles.c tests/target/overflow_deeds.S
# Where tasks may use floating-point registers, in double precision too, where stacks have limit registers, where there
# are vectors: BOARD_HAS_FP, BOARD_HAS_DOUBLE, BOARD_HAS_LIMITS and BOARD_HAS_MVE of the board's fragment.
FP_TEST_SOURCES := tests/target/kernel_test_fp.c tests/target/kernel_test_fp_fault.c tests/target/fp.S
DOUBLE_TEST_SOURCES := tests/target/kernel_test_fp_double.c tests/target/fp_double.S
LIMIT_TEST_SOURCES := tests/target/kernel_test_limit.c tests/target/limit.S
MVE_TEST_SOURCES := tests/target/kernel_test_mve.c tests/target/mve.S
BOARD_TEST_SOURCES := $(BOARDS:%=tests/target/board_%.c) $(FP_TEST_SOURCES) $(DOUBLE_TEST_SOURCES) $(LIMIT_TEST_SOURCES) \
	$(MVE_TEST_SOURCES)

# Images that have to stop with status 1, each after the lines of tests/target/stop_<case>.txt.
STOP_CASES := masked handler overflow headroom policy hook panic
STOP_SOURCES := $(STOP_CASES:%=tests/target/stop_%.c)

# ---- what all builds share ----

WARNINGS := -Wall -Wextra -Wconversion -Wshadow -Werror
C_FLAGS := -std=c11 -g $(WARNINGS)

# V=1 shows the commands themselves.
Q := $(if $(V),,@)
say = @$(if $(V)$(QUIET),:,printf '  %-5s %s\n' '$(1)' '$(2)')

# `make setup test`: setup comes first, whatever -j says. Everything that runs a tool depends on a `need`.
SETUP_FIRST := $(filter setup,$(MAKECMDGOALS))
NEEDS := need-cross need-qemu need-gdb need-host need-checks need-bench
need-cross: TOOLS := arm-none-eabi-gcc arm-none-eabi-nm
need-qemu: TOOLS := qemu-system-arm python3 arm-none-eabi-addr2line
need-gdb: TOOLS := gdb-multiarch
need-host: TOOLS := gcc libc cmocka clang clang-sanitizers $(if $(HOST_M32),gcc-m32) python3
need-checks: TOOLS := clang clang-format cppcheck
need-bench: TOOLS := arm-none-eabi-gcc qemu-system-arm python3 newlib picolibc gnuplot
.PHONY: $(NEEDS)
$(NEEDS): $(SETUP_FIRST)
	@qemu/setup.sh need $(TOOLS)

# $(call remember,text): the file changes when the flags do, and with it all that is built with them.
remember = @mkdir -p $(@D); echo '$(1)' | cmp -s - $@ || echo '$(1)' >$@
.PHONY: FORCE
FORCE:

.PHONY: help
help: ## this list (the default)
	@echo 'make TARGET... [BOARD=$(BOARD)] [PORT=$(PORT)] [V=1]    boards: $(BOARDS)'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' Makefile

.DEFAULT_GOAL := help

.PHONY: setup
setup: ## install the tools that are missing (Debian, Ubuntu)
	@qemu/setup.sh

# ---- images of BOARD ----

CROSS ?= arm-none-eabi-
ARCH_INCLUDES := -Iarch/include $(patsubst %/,-I%,$(sort $(dir $(ARCH_SOURCES))))
TARGET_INCLUDES := $(ARCH_INCLUDES) -Ikernel -Imm
# No frame may jump the closed space below a stack; the guard geometries in arch/ count on this limit.
FRAME_GATE_NBYTES ?= 1024
FRAME_GATE := -Wframe-larger-than=$(FRAME_GATE_NBYTES) -Wvla -Walloca
TARGET_FLAGS = $(C_FLAGS) -O2 -ffreestanding -fno-common -ffunction-sections -fdata-sections \
	$(CONFIG_FLAGS) -DPORT_TIMES_LOCK=1 -DFRAME_GATE_NBYTES=$(FRAME_GATE_NBYTES) $(FRAME_GATE)
# The unit tests run on the handler stack, for want of tasks.
UNIT_LINK_FLAGS := -Wl,--defsym,HANDLER_STACK_NBYTES=32768
LINK_FLAGS := -nostdlib -Wl,--gc-sections -Wl,--fatal-warnings -Wl,--build-id=none -Llinker -T $(LINKER_SCRIPT)

objects = $(patsubst %,$(OUT)/%.o,$(1))
# The unit tests count locks and unlocks, so theirs are calls.
unit_objects = $(patsubst $(OUT)/mm/cairn%,$(OUT)/unit/mm/cairn%,$(call objects,$(1)))
clang_objects = $(patsubst %,$(OUT)/clang/%.o,$(filter %.c,$(1)))

SOURCES_cairn := $(ARCH_SOURCES) $(KERNEL_SOURCES) $(MM_SOURCES) $(DEMO_SOURCES)
SOURCES_kernel_test := $(ARCH_SOURCES) $(KERNEL_SOURCES) $(MM_SOURCES) $(KERNEL_TEST_SOURCES) tests/target/board_$(or $(BOARD_TEST),$(BOARD)).c \
	$(if $(BOARD_HAS_FP),$(FP_TEST_SOURCES)) $(if $(BOARD_HAS_DOUBLE),$(DOUBLE_TEST_SOURCES)) \
	$(if $(BOARD_HAS_LIMITS),$(LIMIT_TEST_SOURCES)) $(if $(BOARD_HAS_MVE),$(MVE_TEST_SOURCES))
SOURCES_matrix := $(ARCH_SOURCES) $(KERNEL_SOURCES) $(MM_SOURCES) $(MATRIX_SOURCES)
SOURCES_stop := $(ARCH_SOURCES) $(KERNEL_SOURCES) $(MM_SOURCES)
SOURCES_unit := $(if $(filter $(BOARD),$(UNIT_BOARDS)),$(ARCH_SOURCES) $(KERNEL_BASE_SOURCES) $(MM_SOURCES) $(UNIT_TARGET_SOURCES))
SOURCES_all := $(sort $(GUARD_SOURCES) $(SOURCES_cairn) $(SOURCES_kernel_test) $(SOURCES_unit) $(SOURCES_matrix) $(STOP_SOURCES))

STOP_IMAGES := $(STOP_CASES:%=$(OUT)/stop_%.elf)
IMAGES := $(OUT)/cairn.elf $(if $(SOURCES_unit),$(OUT)/unit.elf) $(OUT)/kernel_test.elf $(OUT)/matrix.elf $(STOP_IMAGES)
$(OUT)/cairn.elf: $(call objects,$(SOURCES_cairn))
$(OUT)/kernel_test.elf: $(call objects,$(SOURCES_kernel_test))
$(OUT)/matrix.elf: $(call objects,$(SOURCES_matrix))
$(OUT)/unit.elf: $(call unit_objects,$(SOURCES_unit))
$(STOP_IMAGES): $(OUT)/%.elf: $(OUT)/tests/target/%.c.o $(call objects,$(SOURCES_stop))
$(OUT)/unit.elf: private LINK_FLAGS += $(UNIT_LINK_FLAGS)

$(IMAGES): $(LINKER_SCRIPT) $(wildcard linker/*) $(OUT)/flags
	$(call say,LD,$@)
	$(Q)$(CROSS)gcc $(CPU_FLAGS) $(LINK_FLAGS) -Wl,-Map=$(@:.elf=.map) $(filter %.o,$^) -lgcc -o $@
	$(if $(QUIET),,@$(CROSS)size $@ | awk 'NR == 2 { print $$6 ": text " $$1 ", data " $$2 ", bss " $$3 }')

# These are private: else $(OUT)/flags, and what is built on its account, would take them over.
# Tests are not shipped, and the demonstration breaks the rule to be caught.
$(OUT)/tests/% $(OUT)/clang/tests/%: private FRAME_GATE :=
$(OUT)/kernel/demo/overflow.% $(OUT)/clang/kernel/demo/overflow.%: private FRAME_GATE :=
# By the name that it is asked for, which a board may share with another that it is almost the same as.
$(OUT)/tests/target/overflow_% $(OUT)/clang/tests/target/overflow_%: private TARGET_INCLUDES += \
	-DMATRIX_BOARD='"$(BOARD)"' -DMATRIX_HAS_FP=$(if $(BOARD_HAS_FP),1,0)
# mm/ and its tests see nothing of the machine.
$(OUT)/mm/% $(OUT)/clang/mm/% $(OUT)/unit/mm/%: private TARGET_INCLUDES := -Imm
# But for Cairn's lock, which is the kernel's, inline.
LOCK_INCLUDES := -Imm -Ikernel $(ARCH_INCLUDES) -DCAIRN_PORT_LOCK_FILE='"cairn_lock.h"'
$(OUT)/mm/cairn% $(OUT)/clang/mm/cairn% $(OUT)/kernel/port% $(OUT)/clang/kernel/port%: private TARGET_INCLUDES := \
	$(LOCK_INCLUDES)
$(OUT)/tests/host/% $(OUT)/clang/tests/host/%: private TARGET_INCLUDES := -Imm -Itests/host -Itests/target/include
$(OUT)/tests/target/% $(OUT)/clang/tests/target/%: private TARGET_INCLUDES += -Itests/host -Itests/target/include

# Call graphs with stack usage, for locked-stack.
GCC_FLAGS := -fcallgraph-info=su
TARGET_COMPILE = $(CROSS)gcc $(CPU_FLAGS) $(TARGET_FLAGS) $(GCC_FLAGS) $(TARGET_INCLUDES) -MMD -MP -c $< -o $@

$(OUT)/%.c.o: %.c $(OUT)/flags
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(TARGET_COMPILE)

$(OUT)/unit/%.c.o: %.c $(OUT)/flags
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(TARGET_COMPILE)

$(OUT)/%.S.o: %.S $(OUT)/flags
	@mkdir -p $(@D)
	$(call say,AS,$<)
	$(Q)$(TARGET_COMPILE)

$(OUT)/kernel/demo/traces.S.o: private TARGET_INCLUDES += -Itests/traces
$(OUT)/kernel/demo/traces.S.o: $(TRACES)

# clang has no such option on Arm; without a floating-point unit it means the same.
CLANG_CPU_FLAGS = --target=arm-none-eabi $(patsubst -mgeneral-regs-only,-mfpu=none,$(CPU_FLAGS))

$(OUT)/clang/%.c.o: %.c $(OUT)/flags
	@mkdir -p $(@D)
	$(call say,CLANG,$<)
	$(Q)clang $(CLANG_CPU_FLAGS) $(TARGET_FLAGS) $(TARGET_INCLUDES) -MMD -MP -c $< -o $@

ALL_FLAGS := $(CPU_FLAGS) $(TARGET_FLAGS) $(GCC_FLAGS) $(LINK_FLAGS) $(UNIT_LINK_FLAGS)
$(OUT)/flags: FORCE | need-cross
	$(call remember,$(ALL_FLAGS))

-include $(patsubst %.o,%.d,$(call objects,$(SOURCES_all)) $(call unit_objects,$(SOURCES_unit)) $(call clang_objects,$(SOURCES_all)))

.PHONY: build images
build: $(OUT)/cairn.elf ## the demonstration's image of BOARD

images: $(IMAGES)

# ---- running ----

QEMU := qemu-system-arm -nographic -monitor none -semihosting-config enable=on,target=native $(QEMU_ARGS)
RUN := python3 -B qemu/run.py --addr2line $(CROSS)addr2line

.PHONY: run debug
run: $(OUT)/cairn.elf | need-qemu ## boot BOARD in QEMU: the demonstration
	$(Q)$(RUN) --limit 120 $< -- $(QEMU)

debug: $(OUT)/cairn.elf | need-qemu need-gdb ## the same under gdb, stopped at the first instruction (PORT)
	$(Q)qemu/debug.sh $(PORT) $< $(QEMU)

.PHONY: boards boards-head board-line
boards: boards-head ## the boards: core, RAM, what guards stacks, what is tested on them
	+@for board in $(BOARDS); do $(MAKE) -s --no-print-directory BOARD=$$board board-line || exit; done

BOARD_ROW := '%-14s %-18s %-11s %-62s %s\n'
boards-head:
	@printf $(BOARD_ROW) BOARD CORE RAM GUARD 'TESTED BY'

# All from the board's fragment, and from what is built for it here.
BOARD_TESTED := $(if $(filter $(BOARD),$(KERNEL_BOARDS)),kernel) $(if $(BOARD_HAS_FP),fp) $(if $(BOARD_HAS_DOUBLE),double) $(if $(BOARD_HAS_MVE),mve) \
	$(if $(BOARD_HAS_LIMITS),limits) stops $(if $(filter $(BOARD),$(MATRIX_BOARDS)),matrix) $(if $(filter $(BOARD),$(STRIP_BOARDS)),strip) demo \
	$(if $(filter $(BOARD),$(UNIT_BOARDS)),unit) $(if $(filter $(BOARD),$(BENCH_BOARDS)),bench)
board-line:
	$(if $(and $(BOARD_CORE),$(BOARD_RAM),$(BOARD_GUARD)),,$(error its fragment says no BOARD_CORE, BOARD_RAM or BOARD_GUARD))
	@printf $(BOARD_ROW) '$(BOARD)' '$(BOARD_CORE)' '$(BOARD_RAM)' '$(BOARD_GUARD)' '$(strip $(BOARD_TESTED))'

# ---- measuring (tests/bench/README.md) ----

include tests/bench/images.mk tests/bench/size.mk

BENCH_OUT := $(BUILD)/bench
BENCH_TOOL := python3 tests/bench/bench.py
BENCH_SHORT_BOARD := mps2-an385
BENCH_SHORT_IMAGES := $(addprefix $(BUILD)/bench/$(BENCH_SHORT_BOARD)/,cairn.elf cairn_frames.elf)

.PHONY: bench bench-budget bench-doc size board-bench bench-short board-bench-short
# What fails on the way is told at the end, too: the report is made of what there is.
bench: | need-bench ## measure Cairn beside its peers on all boards, compare with its budget, report
	+$(Q)failed=0; \
	for board in $(BENCH_BOARDS); do $(MAKE) -k --no-print-directory BOARD=$$board board-bench board-size || failed=1; done; \
	$(MAKE) --no-print-directory bench-host || failed=1; \
	$(BENCH_TOOL) report --out $(BENCH_OUT) $(BENCH_BOARDS) || failed=1; exit $$failed

bench-budget: ## make the figures of the last `make bench` the budget; a higher one needs its reason in the commit
	$(Q)$(BENCH_TOOL) record --out $(BENCH_OUT) $(BENCH_BOARDS)

bench-doc: ## make the report of the last `make bench` docs/performance.md and .svg
	@mkdir -p docs
	cp $(BENCH_OUT)/performance.md docs/performance.md
	cp $(BENCH_OUT)/distributions.svg docs/performance.svg

board-bench: bench-images | need-bench
	$(Q)$(BENCH_TOOL) run $(BOARD) --images $(BENCH_IMAGES) --out $(BENCH_OUT) -- $(QEMU)

bench-short: ## hot paths, churn and worst cases on the Cortex-M3, against the budget (part of test)
	@$(MAKE) --no-print-directory BOARD=$(BENCH_SHORT_BOARD) board-bench-short

board-bench-short: $(BENCH_SHORT_IMAGES) | need-cross need-qemu
	$(Q)$(BENCH_TOOL) run $(BOARD) --short --images $(BENCH_SHORT_IMAGES) --out $(BENCH_OUT)/short -- $(QEMU)
	$(Q)$(BENCH_TOOL) check --out $(BENCH_OUT)/short $(BOARD)

size: | need-bench ## text, data and bss of each module, text of each allocator, RAM for Cairn itself
	+$(Q)for board in $(BENCH_BOARDS); do $(MAKE) --no-print-directory BOARD=$$board board-size || exit; done

# ---- tests: each suite is a target, and tests/run.py runs and counts them ----

# A suite's name is a compiler and options: gcc, clang-shift9, gcc-m32-check2, ...
OPTION_shift9 := -DCAIRN_FRAME_SHIFT=9
OPTION_check0 := -DCAIRN_CHECK=0 -O2 -fno-sanitize=all
OPTION_check2 := -DCAIRN_CHECK=2
OPTION_check3 := -DCAIRN_CHECK=3
OPTION_map := -DCAIRN_HEAP_MAP=1
OPTION_nocache := -DCAIRN_HEAP_CACHE_NBLOCKS=0
# As for a small memory.
OPTION_small := -DCAIRN_HEAP_MAX_LOG2=18 -DCAIRN_HEAP_CACHE_MAX=64 -DCAIRN_HEAP_SL_LOG2=2
# There is no 32-bit cmocka.
OPTION_m32 := -m32 -Itests/target/include

HOST_M32 := $(filter x86_64,$(shell uname -m))
HOST_OPTIONS := -shift9 -check2 -check3 -map $(if $(HOST_M32),-m32)
HOST_SUITES := $(foreach cc,gcc clang,$(cc) $(addprefix $(cc),$(HOST_OPTIONS))) gcc-nocache \
	$(if $(HOST_M32),gcc-m32-shift9 gcc-m32-small)
# Nothing is refused at level 0, so its tests could not pass: it has to compile.
HOST_BUILT_ONLY := gcc-check0 clang-check0

words_of = $(subst -, ,$(1))
options_of = $(foreach word,$(wordlist 2,9,$(call words_of,$(1))),$(OPTION_$(word)))
sources_of = $(MM_SOURCES) $(UNIT_HOST_SOURCES) $(if $(findstring m32,$(1)),tests/target/cmocka_shim.c)
host_objects = $(patsubst %,$(BUILD)/host/$(1)/%.o,$(call sources_of,$(1)))

HOST_FLAGS := $(C_FLAGS) -Og -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer \
	-DCAIRN_HOSTED -Imm -Itests/host

# $(1): the suite
define HOST_RULES
$(BUILD)/host/$(1)/unit: $(call host_objects,$(1))
	$$(call say,LD,$$@)
	$$(Q)$(firstword $(call words_of,$(1))) $(HOST_FLAGS) $(call options_of,$(1)) $$^ \
		$(if $(findstring m32,$(1)),,-lcmocka) -o $$@

$(BUILD)/host/$(1)/%.c.o: %.c $(BUILD)/host/$(1)/flags
	@mkdir -p $$(@D)
	$$(call say,CC,$$< ($(1)))
	$$(Q)$(firstword $(call words_of,$(1))) $(HOST_FLAGS) $(call options_of,$(1)) -MMD -MP -c $$< -o $$@

$(BUILD)/host/$(1)/flags: FORCE | need-host
	$$(call remember,$(HOST_FLAGS) $(call options_of,$(1)))

-include $(patsubst %.o,%.d,$(call host_objects,$(1)))
endef
$(foreach suite,$(HOST_SUITES) $(HOST_BUILT_ONLY),$(eval $(call HOST_RULES,$(suite))))

HOST_TESTS := $(HOST_SUITES:%=test-host-%)
.PHONY: $(HOST_TESTS)
# Old sanitizers cannot bear the address randomisation of new kernels; where it may not be turned off, so be it.
$(HOST_TESTS): test-host-%: $(BUILD)/host/%/unit
	$(Q)if setarch -R true 2>/dev/null; then setarch -R $<; else $<; fi

BOARD_TESTS := $(UNIT_BOARDS:%=test-unit-%) $(KERNEL_BOARDS:%=test-kernel-%) $(BOARDS:%=test-stop-%) $(MATRIX_BOARDS:%=test-matrix-%) \
	$(STRIP_BOARDS:%=test-strip-%)
BOARD_DEMOS := $(BOARDS:%=test-demo-%)
.PHONY: $(BOARD_TESTS) $(BOARD_DEMOS) board-unit board-kernel board-stop board-matrix board-demo
$(UNIT_BOARDS:%=test-unit-%): test-unit-%:
	@$(MAKE) BOARD=$* board-unit

$(KERNEL_BOARDS:%=test-kernel-%): test-kernel-%:
	@$(MAKE) BOARD=$* board-kernel

$(MATRIX_BOARDS:%=test-matrix-%): test-matrix-%:
	@$(MAKE) BOARD=$* board-matrix

$(STRIP_BOARDS:%=test-strip-%): test-strip-%:
	@$(MAKE) BOARD=$* GUARD=strip board-matrix

$(BOARDS:%=test-stop-%): test-stop-%:
	@$(MAKE) BOARD=$* board-stop

$(BOARD_DEMOS): test-demo-%:
	@$(MAKE) BOARD=$* board-demo

board-unit: $(OUT)/unit.elf | need-qemu
	$(Q)$(RUN) --limit 240 $< -- $(QEMU)

board-kernel: $(OUT)/kernel_test.elf | need-qemu
	$(Q)$(RUN) --limit 240 $< -- $(QEMU)

# What it prints is kept, for the document to be compared with, or to be made of.
board-matrix: $(OUT)/matrix.elf | need-qemu
	$(Q)$(RUN) --limit 240 --keep $(OUT)/matrix.txt $< -- $(QEMU)
	$(Q)$(if $(WRITES_DOCUMENT),:,$(STACK_SAFETY) check $(OUT)/matrix.txt)

board-stop: $(STOP_IMAGES) | need-qemu
	$(Q)npassed=0; nfailed=0; for case in $(STOP_CASES); do \
		if $(RUN) --limit 30 --status 1 --expect tests/target/stop_$$case.txt $(OUT)/stop_$$case.elf -- $(QEMU); \
		then echo "ok stop_$$case"; npassed=$$((npassed + 1)); \
		else echo "FAILED stop_$$case"; nfailed=$$((nfailed + 1)); fi; \
	done; echo "$$npassed passed, $$nfailed failed"; test $$nfailed = 0

board-demo: $(OUT)/cairn.elf | need-qemu
	$(Q)$(RUN) --limit 120 --expect qemu/expect/$(BOARD).txt $< -- $(QEMU)

# One after the other, and then the document: a run that fails leaves it as it is.
STACK_SAFETY := python3 tests/stack_safety.py
.PHONY: stack-safety
stack-safety: | need-cross need-qemu ## overflow the stacks of all boards in every way, write docs/stack-safety.md
	+$(Q)for board in $(MATRIX_BOARDS); do $(MAKE) BOARD=$$board WRITES_DOCUMENT=1 board-matrix || exit; done
	+$(Q)for board in $(STRIP_BOARDS); do $(MAKE) BOARD=$$board GUARD=strip WRITES_DOCUMENT=1 board-matrix || exit; done
	$(Q)$(STACK_SAFETY) write $(MATRIX_BOARDS:%=$(BUILD)/%/matrix.txt) $(STRIP_BOARDS:%=$(BUILD)/%-strip/matrix.txt)

# Everything that a test needs, built at once; what fails here fails again, and is shown, in its suite.
BOARD_BUILDS := $(BOARDS:%=built-%)
.PHONY: built-host $(BOARD_BUILDS)
built-host: $(HOST_SUITES:%=$(BUILD)/host/%/unit) $(HOST_BUILT_ONLY:%=$(BUILD)/host/%/unit)
$(BOARD_BUILDS): built-%: | need-cross
	@$(MAKE) BOARD=$* images clang-objects

prebuild = @echo 'building the tests (minutes, the first time)'; $(MAKE) -k $(if $(filter -j%,$(MAKEFLAGS)),,-j$$(nproc)) QUIET=1 $(1) \
	>/dev/null 2>&1 || true
RUN_SUITES = python3 tests/run.py --make '$(MAKE) -s QUIET=1 $(MAKEOVERRIDES)'

.PHONY: test test-host test-target
test: | need-cross need-qemu need-host need-checks ## every test and check, on the host and on all boards
	+$(call prebuild,built-host $(BOARD_BUILDS))
	+@$(RUN_SUITES) --tests $(BOARD_TESTS) $(HOST_TESTS) --checks bench-short $(BOARD_DEMOS) $(CHECKS)

test-host: | need-host ## the tests of mm/ on the host, under sanitizers
	+$(call prebuild,built-host)
	+@$(RUN_SUITES) --tests $(HOST_TESTS)

test-target: | need-cross need-qemu ## the tests of mm/ and of the kernel on all boards
	+$(call prebuild,$(BOARD_BUILDS))
	+@$(RUN_SUITES) --tests $(BOARD_TESTS) --checks $(BOARD_DEMOS)

# ---- checks ----

CHECKS := check-deps check-lists check-boards check-readme check-format check-cppcheck check-host check-run check-bench $(BOARDS:%=check-%) $(BOARDS:%=check-stack-%)
.PHONY: check $(CHECKS) clang-objects
check: $(CHECKS) ## format, cppcheck, the dependency rule, -Werror builds with gcc and clang

check-deps: | need-cross ## the dependency rule of mm/, arch/ and kernel/
	@tests/check_deps.sh

# A file that no list names would be neither built nor tested.
PRESENT = $(wildcard $(foreach dir,mm kernel kernel/demo tests/host tests/target tests/bench,$(dir)/*.[cS]))
UNLISTED = $(filter-out $(SOURCES_all) $(UNIT_HOST_SOURCES) $(BOARD_TEST_SOURCES) $(KERNEL_TEST_GUARD_closed) $(KERNEL_TEST_GUARD_late) $(DEMO_ALL_SOURCES) $(BENCH_ALL_SOURCES),$(PRESENT))
check-lists:
	@$(if $(UNLISTED),echo 'in no list of sources: $(UNLISTED)' >&2; exit 1,:)

# Every board's fragment says what it is.
check-boards:
	@$(MAKE) -s boards >/dev/null

C_FILES = $(wildcard $(foreach dir,arch/* kernel kernel/demo mm tests/host tests/target \
	tests/target/include tests/bench tests/bench/host,$(dir)/*.[ch]))

# The README's example has to compile.
check-readme: | need-checks
	$(Q)awk '/^```c$$/ { on = 1; next } /^```$$/ { on = 0 } on' README.md | gcc $(C_FLAGS) -Imm -x c -fsyntax-only -

check-format: | need-checks
	$(Q)clang-format --dry-run --Werror $(C_FILES)

check-cppcheck: | need-checks
	$(Q)tests/cppcheck.sh

# What runs a machine.
check-run: | need-cross need-qemu
	$(Q)python3 -B -m unittest discover -q -s qemu

# The host side of the benchmark.
check-bench: | need-qemu
	$(Q)python3 -m unittest discover -q -s tests/bench

check-host: $(patsubst %,$(BUILD)/host/%/unit,gcc clang $(HOST_BUILT_ONLY))

$(BOARDS:%=check-%): check-%: | need-checks
	@$(MAKE) BOARD=$* images clang-objects

# The stack that is needed under the lock, from the call graphs, against what the lock makes sure of.
$(BOARDS:%=check-stack-%): check-stack-%: | need-checks
	@$(MAKE) BOARD=$* locked-stack board-stack

# The frames of everything that runs on the stack of a task, and what each task needs (docs/stack-safety.md).
STACK_SOURCES = $(filter %.c,$(SOURCES_cairn) $(SOURCES_kernel_test) $(SOURCES_matrix) $(STOP_SOURCES))
.PHONY: stack board-stack
stack: | need-cross ## the largest frames and the deepest chains of calls, against what is closed and configured (BOARD)
	@$(MAKE) -s QUIET=1 BOARD=$(BOARD) board-stack

board-stack: $(call objects,$(STACK_SOURCES))
	$(Q)python3 tests/stack_gate.py --limit $(FRAME_GATE_NBYTES) -- $(OUT) $(CROSS)gcc $(CPU_FLAGS) $(TARGET_FLAGS) \
		$(TARGET_INCLUDES) -Itests/host -Itests/target -Itests/target/include

.PHONY: locked-stack
locked-stack: $(OUT)/cairn.elf $(call objects,$(filter %.c,$(MM_SOURCES) $(KERNEL_SOURCES) $(ARCH_SOURCES)))
	@python3 tests/locked_stack.py $(OUT) $(CONFIG_FLAGS)

clang-objects: $(call clang_objects,$(if $(filter $(BOARD),$(CLANG_BOARDS)),$(SOURCES_all),$(ARCH_SOURCES) $(GUARD_SOURCES)))

include tests/bench/host.mk

.PHONY: format clean
format: | need-checks ## rewrite the C files as .clang-format says
	clang-format -i $(C_FILES)

clean: ## remove all output
	rm -rf $(BUILD)
