#!/bin/sh
# SPDX-License-Identifier: MIT
# debug.sh PORT IMAGE QEMU...: the machine waits at its first instruction for gdb, which attaches to it with symbols.
# GDB_ARGS in the environment are passed on, for instance: GDB_ARGS='-batch -ex bt'.
set -eu
port=$1 image=$2
shift 2

# In a session of its own, so that Ctrl-C stops the program in gdb, and does not end QEMU.
setsid "$@" -kernel "$image" -S -gdb "tcp::$port" </dev/null &
qemu=$!
trap 'kill "$qemu" 2>/dev/null || true' EXIT INT TERM

# It ends at once when it cannot have the port; gdb would then talk to whoever has it.
sleep 0.5
if ! kill -0 "$qemu" 2>/dev/null; then
	echo "debug: QEMU did not start; if port $port is in use, try: make debug PORT=$((port + 1))" >&2
	exit 1
fi

# shellcheck disable=SC2086 # GDB_ARGS is a list
gdb-multiarch -q -iex 'set tcp connect-timeout 10' -ex "target remote localhost:$port" -x qemu/cairn.gdb ${GDB_ARGS-} "$image"
