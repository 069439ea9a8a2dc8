#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The dependency rule: who may include whom; mm/ compiles with nothing but -Imm -ffreestanding, needs nothing from outside but
# its port, four memory functions and the compiler's helpers, and exports nothing without its prefix.
set -u
cd "$(dirname "$0")/.." || exit 1

nwrong=0
wrong() {
	echo "check-deps: $*" >&2
	nwrong=$((nwrong + 1))
}

# ---- includes ----

# File | what it may include (patterns; the first line whose file matches counts).
LEAVES='mm/config.h mm/err.h mm/util.h'
RULES="
mm/config.h     |
mm/err.[ch]     | mm/err.h
mm/util.h       |
mm/region*.[ch] | mm/region*.h $LEAVES
mm/frame*.[ch]  | mm/frame*.h mm/region.h $LEAVES
mm/slab*.[ch]   | mm/slab*.h mm/frame.h $LEAVES
mm/heap*.[ch]   | mm/heap*.h mm/frame.h $LEAVES
mm/stack*.[ch]  | mm/stack*.h mm/frame.h $LEAVES
mm/explain*.[ch]| mm/explain*.h mm/heap.h mm/slab.h mm/stack.h mm/frame.h mm/region.h $LEAVES
mm/check*.[ch]  | mm/check*.h mm/explain.h
mm/port.h       | mm/explain.h
mm/cairn.h      | mm/explain.h
mm/system.h     | mm/cairn.h mm/check.h mm/port.h
mm/cairn*.c     | mm/*_fast.h mm/slab_next.h mm/cairn.h mm/system.h mm/port.h mm/check.h mm/explain.h mm/heap.h mm/stack.h mm/slab.h $LEAVES
arch/include/*  | arch/*/arch_types.h
arch/common/*   | arch/common/*.h arch/include/arch.h
arch/mprofile/* | arch/mprofile/*.h arch/mprofile/*.inc arch/common/*.h arch/include/arch.h
arch/armv?m/*   | arch/ISA/*.h arch/mprofile/*.h arch/mprofile/*.inc arch/include/arch.h
arch/ISA/*      | arch/ISA/*.h arch/common/*.h arch/include/arch.h
kernel/port*.c  | kernel/*.h mm/port.h mm/cairn.h arch/include/arch.h
kernel/demo/*   | kernel/demo/*.h kernel/*.h mm/cairn.h arch/include/arch.h
kernel/*        | kernel/*.h mm/cairn.h arch/include/arch.h
tests/host/fdt_fixture.h | tests/host/*.h arch/armv7a/fdt.h
tests/host/*    | tests/host/*.h mm/*.h
tests/bench/host/* | tests/bench/host/*.h mm/*.h kernel/demo/trace.h
tests/target/*  | tests/target/*.h tests/host/support.h kernel/*.h mm/*.h arch/include/arch.h
tests/bench/*   | tests/bench/*.h kernel/*.h kernel/demo/*.h mm/*.h arch/include/arch.h
"
FREESTANDING=' stdint.h stddef.h stdbool.h stdarg.h limits.h '

# A pattern's star does not reach into folders.
matches() {
	# shellcheck disable=SC2053 # a pattern is meant
	[[ $1 == $2 && ${1//[!\/]/} == "${2//[!\/]/}" ]]
}

matches_any() {
	local path=$1 pattern
	shift
	for pattern in "$@"; do
		matches "$path" "$pattern" && return
	done
	return 1
}

# Sets $allowed.
find_allowed() {
	local file=$1 isa=${1#arch/} pattern may
	isa=${isa%%/*} allowed=
	while IFS='|' read -r pattern may; do
		pattern=${pattern// /}
		if matches "$file" "${pattern//ISA/$isa}"; then
			allowed=${may//ISA/$isa}
			return
		fi
	done <<<"$RULES"
}

# Sets $found to the file that a compiler takes: next to the one that includes it, or else on the include path.
find_included() {
	local file=$1 name=$2 isa=${1#arch/} path place
	case $file in
	mm/* | arch/include/*) path= ;;
	arch/*) path="arch/include arch/${isa%%/*} arch/mprofile" ;;
	tests/host/*) path='mm tests/host' ;;
	tests/bench/host/*) path=mm ;;
	*) path='arch/include kernel mm tests/host tests/target' ;;
	esac
	for place in "${file%/*}/" ${path:+${path// // }/} mm/ kernel/; do
		found=$place$name
		[ ! -e "$found" ] || return
	done
	found=
	[ "$name" != arch_types.h ] || found=arch/ISA/arch_types.h
}

check_own_include() {
	local file=$1 name=$2 found allowed
	find_included "$file" "$name"
	while [[ $found =~ ^(.*/)?[^/.]+/\.\./(.*)$ ]]; do
		found=${BASH_REMATCH[1]}${BASH_REMATCH[2]}
	done
	find_allowed "$file"
	if [ -z "$found" ]; then
		wrong "$file includes \"$name\", which is nowhere to be found"
		return
	fi
	set -f
	# shellcheck disable=SC2086 # a list of patterns
	matches_any "$found" $allowed || wrong "$file may not include $found"
	set +f
}

check_system_include() {
	case $1 in
	tests/*) return ;;
	esac
	[[ $FREESTANDING == *" $2 "* ]] || wrong "$1 may not include <$2>"
}

check_includes() {
	local file name
	while IFS=: read -r file name; do
		case $name in
		\"*) name=${name#\"}; check_own_include "$file" "${name%%\"*}" ;;
		\<*) name=${name#<}; check_system_include "$file" "${name%%>*}" ;;
		# A name that a macro gives is the embedder's.
		CAIRN_CONFIG_FILE) [ "$file" = mm/config.h ] || wrong "$file includes $name" ;;
		CAIRN_PORT_LOCK_FILE) [ "$file" = mm/port.h ] || wrong "$file includes $name" ;;
		*) wrong "$file includes $name" ;;
		esac
	done < <(grep -rE --include='*.[chS]' '^[[:space:]]*#[[:space:]]*include(_next)?[[:space:]]' mm kernel arch tests |
		sed -E 's/:[[:space:]]*#[[:space:]]*include(_next)?[[:space:]]+/:/; s/[[:space:]]+$//')
}

# ---- mm/ alone ----

COMPILER_HELPERS='^(__aeabi_.*|__clz[sd]i2|__ctz[sd]i2|__ffs[sd]i2|__popcount[sd]i2|__u?divdi3|__u?moddi3|__gnu_thumb1_case_.*)$'

# A core without instructions for counting zeros or dividing needs the most helpers.
CPU='-mcpu=cortex-m0 -mthumb'

check_mm_alone() {
	local nbefore=$nwrong file symbol
	for file in mm/*.c; do
		# shellcheck disable=SC2086 # a list of options
		arm-none-eabi-gcc $CPU -std=c11 -O2 -Wall -Wextra -Werror -ffreestanding -Imm -c "$file" \
			-o "$scratch/${file#mm/}.o" || wrong "$file does not compile alone"
	done
	[ $nwrong = "$nbefore" ] || return
	# shellcheck disable=SC2086
	arm-none-eabi-gcc $CPU -nostdlib -r "$scratch"/*.o -o "$scratch/mm" || wrong "mm/ does not link"
	for symbol in $(arm-none-eabi-nm --undefined-only --format=just-symbols "$scratch/mm"); do
		case $symbol in
		cairn_port_* | memcpy | memset | memmove | memcmp) ;;
		*) [[ $symbol =~ $COMPILER_HELPERS ]] || wrong "mm/ needs $symbol" ;;
		esac
	done
	for symbol in $(arm-none-eabi-nm --extern-only --defined-only --format=just-symbols "$scratch/mm"); do
		[[ $symbol == cairn_* ]] || wrong "mm/ exports $symbol"
	done
}

scratch=$(mktemp -d) || exit 1
trap 'rm -r "$scratch"' EXIT
check_includes
check_mm_alone
[ $nwrong = 0 ] || exit 1
echo "check-deps: ok"
