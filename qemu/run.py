#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Run a machine under a time limit: run.py [OPTION...] IMAGE -- QEMU ARGUMENT...
  --limit SECONDS  --expect FILE  --status N  --keep FILE  --addr2line TOOL

Prints what the machine prints, as it comes, and below a report with addresses of code what stands there: function,
file and line. These lines count as the machine's. Exits with QEMU's status, which is the image's own through semihosting;
1 when the machine hung, locked up, or did not print every line of FILE in order (one regular expression a line).
With --status N the image is meant to end with N: that is 0 here, and any other status 1.
"""
import argparse
import itertools
import os
import re
import signal
import subprocess
import sys
import threading

import symbols

LOCKUP = "qemu: fatal: Lockup"
ENDED_BY_SIGNAL = 128


class Machine:
    """A running QEMU, whose output is passed on and kept."""

    def __init__(self, command, names=None):
        self.lines = []
        self.names = names
        self.hung = False
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )

    def end(self):
        self.hung = True
        self.process.kill()

    def run(self, limit):
        timer = threading.Timer(limit, self.end)
        timer.start()
        try:
            self.pass_on_output()
            return self.process.wait()
        except BaseException:
            self.process.kill()
            raise
        finally:
            timer.cancel()
            if self.names:
                self.names.close()

    def pass_on_output(self):
        """By what has arrived, not by line: the last words of a machine that hangs often lack the line end."""
        text = b""
        while chunk := os.read(self.process.stdout.fileno(), 4096):
            for piece in chunk.splitlines(keepends=True):
                sys.stdout.buffer.write(piece)
                text += piece
                if piece.endswith(b"\n"):
                    self.keep(readable(text))
                    text = b""
            sys.stdout.buffer.flush()
        if text:
            print(flush=True)
            self.keep(readable(text))

    def keep(self, line):
        named = self.names.lines_for(line) if self.names else []
        self.lines += [line, *named]
        for name in named:
            sys.stdout.buffer.write(name.encode() + b"\n")

    def locked_up(self):
        return any(line.startswith(LOCKUP) for line in self.lines)

    def last_line(self):
        """QEMU follows its message of a lockup with a dump of registers, which is no line of the machine's."""
        own = itertools.takewhile(lambda line: not line.startswith(LOCKUP), self.lines)
        printed = [line.strip() for line in own if line.strip()]
        return printed[-1] if printed else "(nothing)"


def readable(line):
    return line.decode("utf-8", "replace").rstrip("\r\n")


def verdict(machine, status, limit, wanted):
    """None, or what went wrong with the machine, in one line."""
    last = f"last line: {machine.last_line()}"
    if machine.locked_up():
        return f"the CPU locked up (a fault inside a fault handler); {last}"
    if machine.hung:
        return f"still running after {limit:g} s, ended; {last}"
    if status < 0:
        return f"QEMU died of {signal.Signals(-status).name}; {last}"
    return f"exit status {status}{f', not {wanted}' if wanted else ''}; {last}" if status != wanted else None


def missing_line(path, lines):
    """None, or the first pattern of the file that no line matches after the line of the pattern before it."""
    at, before = 0, "the start"
    with open(path, encoding="utf-8") as patterns:
        for number, pattern in enumerate(patterns, 1):
            pattern = pattern.rstrip("\n")
            if not pattern or pattern.startswith("#"):
                continue
            found = next((i for i in range(at, len(lines)) if re.search(pattern, lines[i])), None)
            if found is None:
                return f"{path}:{number}: after {before}, no line matches: {pattern}"
            at, before = found + 1, f"'{lines[found].strip()}'"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--limit", type=float, default=60.0, help="seconds")
    parser.add_argument("--expect", help="file of regular expressions")
    parser.add_argument("--keep", help="file that what is printed is written to, too")
    parser.add_argument("--status", type=int, default=0, help="that the image is meant to end with")
    parser.add_argument("--addr2line", default="arm-none-eabi-addr2line", help="of the image's architecture")
    parser.add_argument("image")
    parser.add_argument("qemu", nargs="+")
    args = parser.parse_args()

    if not os.path.exists(args.image):
        sys.exit(f"run: {args.image} was not built")
    machine = Machine(args.qemu + ["-kernel", args.image], symbols.Symbols(args.image, args.addr2line))
    try:
        status = machine.run(args.limit)
    except KeyboardInterrupt:
        sys.exit(ENDED_BY_SIGNAL + signal.SIGINT)
    if args.keep:
        with open(args.keep, "w", encoding="utf-8") as kept:
            kept.writelines(f"{line}\n" for line in machine.lines)
    wrong = verdict(machine, status, args.limit, args.status)
    if not wrong and args.expect:
        wrong = missing_line(args.expect, machine.lines)
    if wrong:
        print(f"run: {args.image}: {wrong}", file=sys.stderr)
        sys.exit(status if status > 0 and args.status == 0 else 1)


if __name__ == "__main__":
    main()
