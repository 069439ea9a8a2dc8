#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The stack that is needed under the lock, and by a pinned task: CAIRN_LOCKED_STACK, CAIRN_PINNED_STACK of kernel/port.h.

usage: locked_stack.py OBJECT_DIR

Reads gcc's call graphs with stack usage (-fcallgraph-info=su, *.ci below OBJECT_DIR). What runs under the lock is
what the facade (mm/cairn*.c) calls of the modules below it, less the slow halves, which it calls unlocked.
A task that is pinned is checked when it is pinned, for all of the stretch: so the functions that pin, of the facade
and of the kernel, have to keep to a bound too, reports aside.
Fails when the deepest chain is above the bound, when a frame has no bound, or when calls form a cycle.
"""
import pathlib
import re
import sys

UNLOCKED = {
    "cairn_slab_construct", "cairn_slab_arm", "cairn_slab_disarm", "cairn_heap_disarm",
    "cairn_stack_arena_prepare", "cairn_slab_next_live", "cairn_heap_next_live", "cairn_check_in",
    "cairn_explain_in", "cairn_region_init", "cairn_frame_zones", "cairn_frame_open", "cairn_slab_init",
    "cairn_heap_init", "cairn_stack_init", "cairn_region_check",
}
PINNED = {"cairn_cache_alloc", "cairn_cache_reserve", "cairn_cache_free", "cairn_stack_create", "cairn_stack_destroy",
          "task_make", "alloc_wait_freed", "task_release", "semaphore_destroy",
          "queue_destroy"}
# Reports are made when nothing is held; what raises an overflow, or panics, does not come back.
NOT_FOLLOWED = {"cairn_refuse", "cairn_explain_in", "arch_raise_headroom", "panic"}
# The lock's own frames, and an exception frame with its padding that an interrupt stacks as soon as it may.
BESIDE_NBYTES = 20 + 36
LOCKED = re.compile(r"#define CAIRN_LOCKED_STACK \(CAIRN_CHECK >= 3 \? \d+ : (\d+)\)")
PINNED_MORE = re.compile(r"#define CAIRN_PINNED_STACK \(CAIRN_LOCKED_STACK \+ (\d+)\)")
NODE = re.compile(r'node: \{ title: "([^"]+)" label: "[^"]*?(?:\\n(\d+) bytes \(([a-z,]+)\))?"')
EDGE = re.compile(r'edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"')
MODULE = re.compile(r"^cairn_(frame|slab|heap|stack|region)_")


def fail(text):
    print(f"locked_stack: {text}", file=sys.stderr)
    sys.exit(1)


def read(directory):
    frames, calls, facade = {}, {}, set()
    files = [file for part in ("mm", "kernel", "arch") for file in sorted(pathlib.Path(directory, part).rglob("*.ci"))
             if "demo" not in file.parts]
    if not files:
        fail(f"no call graphs in {directory}: build with -fcallgraph-info=su")
    for file in files:
        text = file.read_text()
        for name, nbytes, kind in NODE.findall(text):
            if nbytes:
                if kind != "static" and "bounded" not in kind:
                    fail(f"{name} has a frame without a bound")
                frames[name] = int(nbytes)
                if file.parent.name == "mm" and file.name.startswith("cairn"):
                    facade.add(name)
        for source, target in EDGE.findall(text):
            calls.setdefault(source, set()).add(target)
    return frames, calls, facade


def deepest(name, frames, calls, above=()):
    if name in above:
        fail("recursion: " + " > ".join((*above, name)))
    best, chain = 0, ()
    for target in calls.get(name, set()) - NOT_FOLLOWED:
        depth, path = deepest(target, frames, calls, (*above, name))
        if depth > best:
            best, chain = depth, path
    return frames.get(name, 0) + best, (name, *chain)


def bounds():
    text = pathlib.Path("kernel/port.h").read_text()
    locked, pinned = LOCKED.search(text), PINNED_MORE.search(text)
    if not locked or not pinned:
        fail("kernel/port.h does not say what CAIRN_LOCKED_STACK and CAIRN_PINNED_STACK are")
    nbytes = int(locked.group(1)) - BESIDE_NBYTES
    return nbytes, nbytes + int(pinned.group(1))


def main():
    if len(sys.argv) != 2:
        fail("usage: locked_stack.py OBJECT_DIR")
    frames, calls, facade = read(sys.argv[1])
    roots = {target for source in facade for target in calls.get(source, ())
             if MODULE.match(target) and target not in UNLOCKED and target in frames and target not in facade}
    if len(roots) < 20:
        fail(f"only {len(roots)} functions under the lock were found")
    locked, pinned = bounds()
    for what, names, bound in (("under the lock", roots, locked), ("pinned", PINNED, pinned)):
        missing = names - frames.keys()
        if missing:
            fail(f"not in the call graphs: {', '.join(sorted(missing))}")
        depth, chain = max(deepest(name, frames, calls) for name in names)
        print(f"locked_stack: {depth} B of {bound} B {what}, {len(names)} functions, deepest: "
              + " > ".join(name.split(":")[-1] for name in chain))
        if depth > bound:
            fail(f"{depth} B are needed, {bound} B are checked for: raise the bound in kernel/port.h")


main()
