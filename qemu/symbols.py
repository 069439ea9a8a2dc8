# SPDX-License-Identifier: MIT
"""Names for the code addresses in what an image reports: function, file and line, by addr2line."""
import os
import re
import subprocess

# pc=0x..., lr=0x..., callers?=0x...,0x..., called from 0x...
REPORT = re.compile(r"\b(pc=|lr=|callers\?=|called from )(0x[0-9a-f]+(?:,0x[0-9a-f]+)*)")
LABELS = {"pc=": "pc", "lr=": "lr", "callers?=": "caller?", "called from ": "caller"}
THUMB = 1
UNKNOWN = "??"


class Symbols:
    """One addr2line for an image, asked as often as needed: it answers each address with two lines."""

    def __init__(self, image, tool="arm-none-eabi-addr2line"):
        self.command = [tool, "-f", "-e", image]
        self.process = None
        self.known = {}

    def ask(self, address):
        if self.process is None:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
            )
        print(f"{address:#x}", file=self.process.stdin, flush=True)
        return [self.process.stdout.readline().strip() for _ in range(2)]

    def name_of(self, address):
        """'function (file:line)', or None: it is not in the image's code."""
        if address not in self.known:
            function, place = self.ask(address)
            place = place.split(" ")[0]
            known = function != UNKNOWN and not place.startswith(UNKNOWN)
            self.known[address] = f"{function} ({shortened(place)})" if known else None
        return self.known[address]

    def lines_for(self, line):
        """What a person reads below a line with code addresses. A return address stands for the call before it."""
        lines = []
        for key, addresses in REPORT.findall(line):
            for address in addresses.split(","):
                at = int(address, 16) & ~THUMB
                name = self.name_of(at if key == "pc=" else at - 1)
                lines += [f"    {LABELS[key]} {address}: {name}"] if name else []
        return lines

    def close(self):
        if self.process is not None:
            self.process.stdin.close()
            self.process.stdout.close()
            self.process.wait()


def shortened(place):
    """Files of the tree as they are named in it."""
    here = os.getcwd() + os.sep
    return place[len(here):] if place.startswith(here) else place
