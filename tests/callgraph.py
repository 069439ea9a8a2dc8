# SPDX-License-Identifier: MIT
"""gcc's call graphs with stack usage (-fcallgraph-info=su): the frames of functions, who calls whom, the deepest chain."""
import re

NODE = re.compile(r'node: \{ title: "([^"]+)" label: "[^"]*?(?:\\n(\d+) bytes \(([a-z,]+)\))?"')
EDGE = re.compile(r'edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"')
INDIRECT = "__indirect_call"


class Recursion(Exception):
    """Calls form a cycle: the chain has no depth."""


class Graph:
    """frames: bytes by function; a static one is named with its file. unbounded: those whose frame has no bound."""

    def __init__(self, files):
        self.frames, self.calls, self.unbounded, self.file = {}, {}, set(), {}
        for file in files:
            text = file.read_text()
            for name, nbytes, kind in NODE.findall(text):
                if nbytes:
                    self.frames[name] = int(nbytes)
                    self.file[name] = file
                    if kind != "static" and "bounded" not in kind:
                        self.unbounded.add(name)
            for source, target in EDGE.findall(text):
                self.calls.setdefault(source, set()).add(target)


def plain(name):
    return name.split(":")[-1].split(".")[0]  # without what gcc puts behind its copies


def deepest(name, frames, calls, not_followed=frozenset(), jumps=frozenset(), above=(), known=None):
    """Bytes, and the chain. jumps: (caller, callee) where the caller's frame is gone. known: answers, by name."""
    known = {} if known is None else known
    if name in above:
        raise Recursion(" > ".join((*above, name)))
    if name in known:
        return known[name]
    own = frames.get(name, 0)
    best, chain = own, ()
    for target in sorted(calls.get(name, set()) - not_followed):
        depth, path = deepest(target, frames, calls, not_followed, jumps, (*above, name), known)
        depth += 0 if (plain(name), plain(target)) in jumps else own
        if depth > best:
            best, chain = depth, path
    known[name] = best, (name, *chain)
    return known[name]
