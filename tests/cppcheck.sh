#!/bin/sh
# SPDX-License-Identifier: MIT
# cppcheck over all C: mm/ as it is on a board and on a host, kernel/ and tests, and each arch/ with its own headers.
set -eu
cd "$(dirname "$0")/.."

check() {
	cppcheck --quiet --std=c11 --error-exitcode=1 --inline-suppr --enable=warning,performance,portability \
		--suppress=missingIncludeSystem "$@"
}

# It does not know that a failed assertion of cmocka ends the test.
check --platform=unix64 --suppress=arrayIndexOutOfBoundsCond:tests/host/* -DCAIRN_HOSTED -DCAIRN_CHECK=2 -Imm -Itests/host mm tests/host
check --platform=unix32 -DCAIRN_FRAME_SHIFT=9 -Imm mm
# The linker's symbols for the ends of a section look like different objects.
for isa in arch/*/; do
	case $isa in
	arch/common/ | arch/include/ | arch/mprofile/) continue ;;
	*m/) shared=arch/mprofile ;;
	*) shared= ;;
	esac
	check --platform=unix32 --suppress=comparePointers -DPORT_TIMES_LOCK=1 -Iarch/include -I"$isa" ${shared:+-I"$shared"} -Ikernel -Imm -Itests/host -Itests/target/include \
		"$isa" $shared arch/common kernel tests/target
	check --platform=unix32 --suppress=comparePointers -DCAIRN_FRAME_SHIFT=9 -Iarch/include -I"$isa" ${shared:+-I"$shared"} -Ikernel -Imm -Itests/bench \
		-itests/bench/host tests/bench
done
