#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The frame gate, and the stack that each task needs: stack_gate.py --limit BYTES OBJECT_DIR [-- COMPILER FLAG...]

Reads gcc's call graphs with stack usage (-fcallgraph-info=su, *.ci below OBJECT_DIR). Fails when a frame is larger
than the limit, which is less than what lies closed below every stack of the board, or has no bound at all.
With a compiler: prints the deepest chain of calls from the entry of each task of the kernel, the demonstration and the
tests, with an exception frame below it and what the kernel's lock makes sure of, against the size that its stack
is configured with; fails when that is less, when calls form a cycle, or when a call through a pointer is not known.
"""
import argparse
import pathlib
import re
import subprocess
import sys

from callgraph import INDIRECT, Graph, Recursion, deepest, plain

# Larger, or of a size known at run time only: they leave a stack on purpose, and the tests say what comes of it.
EXCEPTIONS = {
    "run_time_array": "a case of the matrix: caught at the store, or as the stack pointer moves",
    "store_far_down": "a test of jumps as far as 10 KB: caught where so much is closed below, and it makes sure of that",
    "be_interrupted_far_down": "the same, and then an interrupt",
    "call_far_down": "the same, and then a supervisor call",
    "store_far_end": "the demonstration's large frame: caught at the store",
    "wait_far_down": "the demonstration's large frame: caught at the interrupt",
    "store_and_return": "a test of late detection: goes below the limit on purpose, and that is what it shows",
    "yield_far_down": "the same, and then a switch",
    "lock_far_down": "the same, and then the lock",
    "reach": "a test of high-water marks: stays within its stack, by the sizes that it is called with",
}
# What leaves its stack on purpose has no depth.
ENDLESS = {"recurse", "allocate_ever_deeper", "wait_ever_deeper", "lock_ever_deeper"} | EXCEPTIONS.keys()
# What runs on the fault stack, or is the handlers' own; a report's text is made where there is room, or left out.
NOT_FOLLOWED = {"arch_raise_headroom", "panic", "kernel_fault"}
# Whom a call through a pointer may reach: names, or a pattern of initialisers in these files.
POINTERS = {
    "task_begin": (),
    "cairn_slab_construct": (r"\.construct = (\w+)", "kernel/demo/*.c"),
    "actor_entry": (r"\.work = (\w+)", "kernel/demo/*.c"),
    "console_print": (r"console_system system = \{([^}]*)\}", "kernel/main.c"),
    "console_forget": (r"console_system system = \{([^}]*)\}", "kernel/main.c"),
    "send_one": (r"console_system system = \{([^}]*)\}", "kernel/main.c"),
    "misuse_memory": (r"^static \w[\w ]*\W(\w+)\(", "kernel/demo/misuse.c"),
    "victim_entry": (r'^\t\{"[^"]*", "[^"]*", (\w+)', "kernel/demo/overflow.c"),
    "kernel_tick": (),
}
ENTRY = r"^(?:static )?(?:_Noreturn )?void (\w+)\(void \*arg\)"
# Where tasks begin, and what the size of their stacks is called there.
TASKS = [
    ("kernel/task.c", r"^static void (idle)\(", "IDLE_STACK_NBYTES"),
    ("kernel/reap.c", r"^static void (reaper_run)\(", "REAPER_STACK_NBYTES"),
    ("kernel/demo/demo.c", r"^void (application)\(", "APPLICATION_STACK_NBYTES"),
    ("kernel/demo/load.c", r"^static void (actor_entry)\(", "ACTOR_STACK_NBYTES"),
    ("kernel/demo/exhaustion.c", r"^static void (take_and_give)\(", "GLUTTON_STACK_NBYTES"),
    ("kernel/demo/overflow.c", ENTRY, "VICTIM_STACK_NBYTES"),
    ("kernel/demo/spawner.c", ENTRY, "TASK_MIN_STACK_NBYTES"),
    ("tests/target/kernel_test_sync.c", ENTRY, "TEST_STACK_NBYTES"),
    ("tests/target/kernel_test_mutex.c", ENTRY, "TEST_STACK_NBYTES"),
    ("tests/target/kernel_test_kill.c", ENTRY, "TEST_STACK_NBYTES"),
    ("tests/target/kernel_test_fault.c", ENTRY, "TEST_STACK_NBYTES"),
    ("tests/target/kernel_test_policy.c", ENTRY, "TEST_STACK_NBYTES"),
    ("tests/target/kernel_test_overflow.c", ENTRY, "TEST_STACK_NBYTES"),
]
VALUE = "stack_gate_value"


def fail(text):
    print(f"stack_gate: {text}", file=sys.stderr)
    sys.exit(1)


def check_frames(graph, limit):
    wrong = [name for name, nbytes in graph.frames.items()
             if (nbytes > limit or name in graph.unbounded) and plain(name) not in EXCEPTIONS]
    for name in sorted(wrong):
        what = "no bound" if name in graph.unbounded else f"{graph.frames[name]} B"
        print(f"stack_gate: the frame of {name} has {what}: {limit} B may pass", file=sys.stderr)
    if wrong:
        fail("a frame could step over what is closed below a stack: make it smaller, or allocate")
    largest = max((nbytes, name) for name, nbytes in graph.frames.items() if plain(name) not in EXCEPTIONS)
    print(f"stack_gate: {len(graph.frames)} frames of at most {largest[0]} B ({plain(largest[1])}), {limit} B may pass")
    for name in sorted(graph.unbounded):
        print(f"stack_gate: except {plain(name)}: {EXCEPTIONS[plain(name)]}")


def evaluate(compiler, file, expressions):
    """What constant expressions mean in a source file, for this board."""
    text = f'#include "arch.h"\n#include "{file}"\n#include "kernel/port.h"\n'
    text += "".join(f"const unsigned long {VALUE}_{n} = ({what});\n" for n, what in enumerate(expressions))
    compiled = subprocess.run([*compiler, "-w", "-I.", "-S", "-o", "-", "-x", "c", "-"], input=text, text=True,
                              stdout=subprocess.PIPE, check=True).stdout
    return [int(re.search(rf"^{VALUE}_{n}:\n(?:\t\.(?:word|space)\t(\d+))", compiled, re.M).group(1))
            for n in range(len(expressions))]


def resolve_pointers(graph):
    for source in list(graph.calls):
        if INDIRECT not in graph.calls[source]:
            continue
        graph.calls[source].discard(INDIRECT)
        if plain(source) not in POINTERS:
            graph.calls[source].add(f"{INDIRECT} of {plain(source)}")
        elif POINTERS[plain(source)]:
            pattern, files = POINTERS[plain(source)]
            text = "\n".join(file.read_text() for file in sorted(pathlib.Path(".").glob(files)))
            names = {name for found in re.findall(pattern, text, re.M) for name in re.findall(r"\w+", found)}
            graph.calls[source] |= {title for title in graph.frames if plain(title) in names}


def entries(file, pattern):
    return [name for name in re.findall(pattern, pathlib.Path(file).read_text(), re.M) if name not in ENDLESS]


def check_task(graph, file, pattern, configured, frame_nbytes):
    """The deepest of the entries in one file."""
    stop = NOT_FOLLOWED | {name for name in graph.frames if plain(name).split(".")[0] in ENDLESS}
    needs, known = [], {}
    for name in entries(file, pattern):
        titles = [title for title in graph.frames if plain(title) == name and (":" not in title or file in title)]
        for title in titles:
            nbytes, chain = deepest(title, graph.frames, graph.calls, stop, known=known)
            needs.append((nbytes + graph.frames.get("kernel/task.c:task_begin", 0) + frame_nbytes, chain))
    if not needs:
        fail(f"no task begins in {file}")
    nbytes, chain = max(needs)
    unknown = [name for name in chain if name.startswith(INDIRECT)]
    if unknown:
        fail(f"a pointer is called whose functions are not known: {unknown[0]}")
    print(f"stack_gate: {nbytes:5} B of {configured:5} B  {' > '.join(plain(name) for name in chain)}")
    return nbytes <= configured


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--limit", type=int, required=True)
    parser.add_argument("objects")
    parser.add_argument("compiler", nargs="*")
    args = parser.parse_args()

    files = [file for file in sorted(pathlib.Path(args.objects).rglob("*.ci")) if "unit" not in file.parts]
    if not files:
        fail(f"no call graphs in {args.objects}: build with -fcallgraph-info=su")
    check_frames(Graph(files), args.limit)
    if not args.compiler:
        return
    # The tests of mm/ run on the handlers' stack, for want of tasks.
    graph = Graph(file for file in files if "host" not in file.parts and "cmocka_shim" not in file.name)
    locked, pinned, frame_nbytes = evaluate(args.compiler, "kernel/task.c", ["CAIRN_LOCKED_STACK", "CAIRN_PINNED_STACK",
                                                                            "ARCH_FRAME_NBYTES"])
    # The lock's slow half stands for what has to be left there, exception frame included.
    graph.frames |= {"kernel_lock_out_of_room": locked - frame_nbytes, "kernel_require_headroom": pinned - frame_nbytes}
    resolve_pointers(graph)
    enough = True
    for file, pattern, size in TASKS:
        configured, = evaluate(args.compiler, file, [size])
        # Some boards lack some tests.
        if any(file in str(built) for built in graph.file.values()):
            enough = check_task(graph, file, pattern, configured, frame_nbytes) and enough
    if not enough:
        fail("a stack is smaller than what its task may need")


try:
    main()
except Recursion as cycle:
    fail(f"recursion: {cycle}")
