#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Run test suites two at a time, each a make target: run.py --make COMMAND [--tests TARGET...] [--checks TARGET...]

A suite of tests counts by the lines of its tests, cmocka's or the kernel tests' own: what a cmocka group announces and
does not report as OK has failed, so a crash costs every test that it kept from running; and a suite that ends badly, or
without a test, has failed at least one. A check counts once, by its exit status. The output of what failed is shown
in full; the last line is 'N passed, N failed'.
"""
import argparse
import concurrent.futures
import os
import re
import shlex
import signal
import subprocess
import sys
import time

AT_A_TIME = 2
LIMIT_S = 300.0

ANNOUNCED = re.compile(r"^\[==========\].*\bRunning (\d+) test", re.MULTILINE)
OK = re.compile(r"^(\[       OK \]|ok) \S", re.MULTILINE)
FAILED = re.compile(r"^FAILED \S", re.MULTILINE)


class Suite:
    def __init__(self, make, target, counted):
        self.command = make + [target]
        self.target = target
        self.counted = counted
        self.passed = self.failed = 0
        self.output = ""
        self.seconds = 0.0

    def run(self):
        start = time.monotonic()
        status = self.wait(LIMIT_S)
        self.seconds = time.monotonic() - start
        self.count(status)
        return self

    def wait(self, limit):
        """In a session of its own, so that a suite that hangs goes with all that it started."""
        process = subprocess.Popen(
            self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            output, _ = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output, _ = process.communicate()
            output += f"\nended after {limit:g} s\n".encode()
        self.output = output.decode("utf-8", "replace").replace("\r", "")
        return process.returncode

    def count(self, status):
        if not self.counted:
            self.passed, self.failed = (1, 0) if status == 0 else (0, 1)
            return
        self.passed = len(OK.findall(self.output))
        announced = sum(map(int, ANNOUNCED.findall(self.output)))
        self.failed = announced - self.passed if announced else len(FAILED.findall(self.output))
        if self.failed == 0 and (status != 0 or self.passed == 0):
            self.failed = 1

    def report(self):
        if self.failed:
            print(f"---- {self.target} ----\n{self.output.rstrip()}\n---- end of {self.target} ----")
        verdict = "FAILED" if self.failed else "ok"
        print(f"{verdict:6} {self.target:28} {self.passed:4} passed {self.failed:4} failed {self.seconds:6.1f} s", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--make", required=True, type=shlex.split)
    parser.add_argument("--tests", nargs="*", default=[])
    parser.add_argument("--checks", nargs="*", default=[])
    args = parser.parse_args()

    # Sub-makes of their own: two of them cannot share the job slots of the make that started us.
    os.environ.pop("MAKEFLAGS", None)
    suites = [Suite(args.make, target, True) for target in args.tests]
    suites += [Suite(args.make, target, False) for target in args.checks]
    with concurrent.futures.ThreadPoolExecutor(AT_A_TIME) as pool:
        for done in concurrent.futures.as_completed([pool.submit(suite.run) for suite in suites]):
            done.result().report()

    passed, failed = (sum(getattr(suite, what) for suite in suites) for what in ("passed", "failed"))
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed != 0 or passed == 0)


if __name__ == "__main__":
    main()
