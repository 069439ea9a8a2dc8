# SPDX-License-Identifier: MIT
"""Tests of the runner: python3 -m unittest discover -s qemu. The machine is a shell that prints; the image is real."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

import symbols

RUN = pathlib.Path(__file__).resolve().with_name("run.py")
# Line 2 has a call, and the return address is on another.
SOURCE = """\
__attribute__((noinline)) void callee(void) { __asm__ volatile("nop"); }
void caller(void) { callee();
__asm__ volatile("nop");
__asm__ volatile("nop"); }
"""


class Names(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory()
        cls.image = str(pathlib.Path(cls.scratch.name, "image.elf"))
        subprocess.run(
            ["arm-none-eabi-gcc", "-mcpu=cortex-m3", "-mthumb", "-g", "-O1", "-nostdlib", "-Wl,-Ttext=0x8000,-ecaller",
             "-x", "c", "-o", cls.image, "-"], input=SOURCE, text=True, check=True)
        listing = subprocess.run(["arm-none-eabi-objdump", "-d", cls.image], capture_output=True, text=True, check=True)
        lines = [line.split("\t") for line in listing.stdout.splitlines()]
        calls = [int(line[0].rstrip(":"), 16) for line in lines if len(line) > 2 and line[2].strip() == "bl"]
        cls.call = calls[0]
        cls.back = cls.call + 4 | symbols.THUMB

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    def run_machine(self, script, *options):
        # Behind the script are QEMU's arguments for the image.
        done = subprocess.run([sys.executable, RUN, *options, self.image, "--", "sh", "-c", script],
                              capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr

    def test_a_pc_is_named_as_it_is(self):
        _, out, _ = self.run_machine(f"echo 'FAULT x task=t pc={self.call:#010x} sp=0x00008001'")
        self.assertRegex(out, rf"sp=0x00008001\n    pc {self.call:#010x}: caller \(.*:2\)\n$")

    def test_a_return_address_is_named_by_its_call(self):
        _, out, _ = self.run_machine(f"echo 'FAULT x pc=? callers?={self.back:#x},{self.back:#x} sp=0'")
        self.assertEqual(len(out.splitlines()), 3)
        self.assertRegex(out, rf"\n    caller\? {self.back:#x}: caller \(.*:2\)\n    caller\? {self.back:#x}: caller \(.*:2\)\n$")

    def test_the_caller_in_a_report_and_lr_are_named(self):
        _, out, _ = self.run_machine(f"echo '  pc=? lr={self.back:#x}'; echo 'MISUSE x called from {self.back:#x}: y'")
        self.assertRegex(out, r"\n    lr 0x[0-9a-f]+: caller \(.*:2\)\nMISUSE .*\n    caller 0x[0-9a-f]+: caller \(.*:2\)\n$")

    def test_what_is_no_code_is_not_named(self):
        _, out, _ = self.run_machine("echo 'FAULT x pc=0x20000000 lr=? sp=0x00008000 addr=0x00008000'")
        self.assertEqual(len(out.splitlines()), 1)

    def test_names_can_be_expected(self):
        expected = pathlib.Path(self.scratch.name, "expect.txt")
        expected.write_text(r"^    pc 0x[0-9a-f]+: caller \(", encoding="utf-8")
        script = f"echo 'FAULT x pc={self.call:#x} sp=0'"
        self.assertEqual(self.run_machine(script, "--expect", str(expected))[0], 0)
        self.assertEqual(self.run_machine("echo 'FAULT x pc=? sp=0'", "--expect", str(expected))[0], 1)

    def test_words_without_a_line_end_are_passed_on(self):
        status, out, _ = self.run_machine("printf 'one\\r\\ntwo'; exit 3", "--status", "3")
        self.assertEqual((status, out), (0, "one\ntwo\n"))

    def test_a_machine_that_hangs_is_ended(self):
        status, _, err = self.run_machine("echo last words; exec sleep 20", "--limit", "1")
        self.assertEqual(status, 1)
        self.assertIn("still running after 1 s, ended; last line: last words", err)


class Shortened(unittest.TestCase):
    def test_only_files_of_the_tree_are_shortened(self):
        self.assertEqual(symbols.shortened(str(pathlib.Path.cwd() / "mm/heap.c:7")), "mm/heap.c:7")
        self.assertEqual(symbols.shortened("/elsewhere/heap.c:7"), "/elsewhere/heap.c:7")


if __name__ == "__main__":
    unittest.main()
