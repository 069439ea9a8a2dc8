#!/bin/sh
# SPDX-License-Identifier: MIT
# The tools that the build and the tests use, and the packages of Debian and Ubuntu that bring them.
#   setup.sh               install what is missing (`make setup`)
#   setup.sh need TOOL...  say in one line what is missing of these, and fail
set -u

# tool:package
TABLE='
arm-none-eabi-gcc:gcc-arm-none-eabi
arm-none-eabi-nm:binutils-arm-none-eabi
arm-none-eabi-addr2line:binutils-arm-none-eabi
qemu-system-arm:qemu-system-arm
gdb-multiarch:gdb-multiarch
gcc:gcc
libc:libc6-dev
cmocka:libcmocka-dev
clang:clang
clang-sanitizers:libclang-rt-dev
clang-format:clang-format
cppcheck:cppcheck
python3:python3
git:git
newlib:libnewlib-arm-none-eabi
picolibc:picolibc-arm-none-eabi
gnuplot:gnuplot-nox
valgrind:valgrind
jemalloc:libjemalloc2
mimalloc:libmimalloc2.0
'
# 32-bit programs run on the host where the host is a PC.
[ "$(uname -m)" != x86_64 ] || TABLE="$TABLE gcc-m32:gcc-multilib"

# Works whichever way a tool came here, and is quick.
is_here() {
	case $1 in
	libc) echo '#include <stdio.h>' | gcc -E - >/dev/null 2>&1 ;;
	cmocka) echo '#include <cmocka.h>' | gcc -E -include stdarg.h -include stddef.h -include stdint.h \
		-include setjmp.h - >/dev/null 2>&1 ;;
	clang-sanitizers) [ -e "$(clang -print-file-name="libclang_rt.asan-$(uname -m).a" 2>/dev/null)" ] ;;
	gcc-m32) [ -e "$(gcc -m32 -print-file-name=crt1.o 2>/dev/null)" ] &&
		[ -e "$(gcc -m32 -print-file-name=libubsan.so 2>/dev/null)" ] ;;
	newlib) [ -e "$(arm-none-eabi-gcc -print-file-name=libc_nano.a 2>/dev/null)" ] ;;
	picolibc) [ -e "$(arm-none-eabi-gcc -print-file-name=picolibc.specs 2>/dev/null)" ] ;;
	jemalloc | mimalloc) PATH="$PATH:/sbin:/usr/sbin" ldconfig -p | grep -q "lib$1\.so\." ;;
	*) command -v "$1" >/dev/null 2>&1 ;;
	esac
}

package_of() {
	for row in $TABLE; do
		[ "${row%%:*}" != "$1" ] || echo "${row#*:}"
	done
}

need() {
	for tool in "$@"; do
		is_here "$tool" && continue
		package=$(package_of "$tool")
		echo "$tool is missing: run \`make setup\`, or install ${package:-$tool}" >&2
		exit 1
	done
}

missing_packages() {
	for row in $TABLE; do
		is_here "${row%%:*}" || echo "${row#*:}"
	done
}

# Older releases of Ubuntu have the sanitizers' library in clang's own package, and newer ones of both may have
# another mimalloc, which nothing but `make bench-host` asks for.
known_packages() {
	for package in "$@"; do
		case $package in
		libclang-rt-dev | libmimalloc2.0) apt-cache show "$package" >/dev/null 2>&1 || continue ;;
		esac
		echo "$package"
	done
}

install_missing() {
	missing=$(missing_packages | sort -u | tr '\n' ' ')
	if [ -z "$missing" ]; then
		echo "setup: everything is here"
		return
	fi
	if ! command -v apt-get >/dev/null 2>&1; then
		echo "setup: this is neither Debian nor Ubuntu; please install what they call: $missing" >&2
		exit 1
	fi
	as_root=
	[ "$(id -u)" = 0 ] || as_root=sudo
	if [ -n "$as_root" ] && ! command -v sudo >/dev/null 2>&1; then
		echo "setup: there is no sudo here; as root, run: apt-get install $missing" >&2
		exit 1
	fi
	echo "setup: installing $missing"
	$as_root apt-get update -q || exit 1
	# shellcheck disable=SC2046,SC2086 # lists of words
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends \
		$(known_packages $missing) || exit 1
	# shellcheck disable=SC2046 # a list of words
	still=$(known_packages $(missing_packages | sort -u) | tr '\n' ' ')
	[ -z "$still" ] || { echo "setup: still missing: $still" >&2; exit 1; }
}

case ${1-} in
need) shift; need "$@" ;;
'') install_missing ;;
*) echo "usage: $0 [need TOOL...]" >&2; exit 2 ;;
esac
