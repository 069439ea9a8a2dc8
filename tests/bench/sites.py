# SPDX-License-Identifier: MIT
"""Who it was: the function behind an address of an image, for a person."""
import pathlib
import subprocess

import machine

ADDR2LINE = "arm-none-eabi-addr2line"
ROOT = pathlib.Path(__file__).resolve().parents[2]
# What every function that unlocks has inline.
UNLOCKS = ("cairn_port_unlock", "cairn_leave", "kernel_unlock")
# A return address is behind its call, and may be odd.
CALL_NBYTES = 2
NOBODY = "nobody"


def name(image, return_address):
    """`inner in outer, file:line`: where the function that the linker knows has another one inline, both are named.
    0 is the address of nobody."""
    if int(return_address, 0) == 0:
        return NOBODY
    command = [ADDR2LINE, "-f", "-i", "-e", str(image), hex((int(return_address, 0) & ~1) - CALL_NBYTES)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise machine.RunError(f"{ADDR2LINE}: {done.stderr.strip()}")
    return described(done.stdout.splitlines())


def described(lines):
    """addr2line's pairs of lines, function and place, the innermost first."""
    chain = [(function, place) for function, place in zip(lines[::2], lines[1::2]) if function not in UNLOCKS]
    if not chain:
        return "unknown"
    place = chain[0][1].split(" (")[0].removeprefix(f"{ROOT}/")
    functions = [chain[0][0]] + [chain[-1][0]] * (len(chain) > 1)
    return f"{' in '.join(functions)}, {place}"
