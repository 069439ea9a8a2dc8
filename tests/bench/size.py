#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How large Cairn is on a board: its modules, what a user of each allocator links, and the RAM it takes for itself.

The text of an allocator is that of init, allocate and free: what the linker keeps of its own files and of its file of the
facade when those are asked for. The facade counts, lock included, because the short ways of an allocator are inline there;
allocators below and reports do not. `all` is all four with whatever they need of one another, reports aside; `facade`
what a program links that calls the same through cairn.h, with reports and the explanation of addresses.
"""
import argparse
import fnmatch
import pathlib
import shlex
import subprocess
import sys
import tempfile

import figures
import machine
import tables

# The first pattern that matches.
MODULES = {
    "explain, check": ("explain*", "check*", "*_check.c"), "facade": ("cairn*",), "region": ("region*", "err*"),
    "frame": ("frame*",), "slab": ("slab*",), "heap": ("heap*",), "stack": ("stack*",),
}
CORE = {
    "frame": ("cairn_frame_init", "cairn_frame_meta_nbytes", "cairn_frame_zone_add", "cairn_frame_zone_open",
              "cairn_frame_alloc", "cairn_frame_free"),
    "slab": ("cairn_slab_init", "cairn_slab_create", "cairn_slab_alloc", "cairn_slab_free"),
    "heap": ("cairn_heap_init", "cairn_heap_alloc", "cairn_heap_free"),
    "stack": ("cairn_stack_init", "cairn_stack_take", "cairn_stack_ready", "cairn_stack_retire", "cairn_stack_give"),
}
# By the file that they are in.
FACADE = {
    "frame": ("cairn.c", ("cairn_pages_alloc", "cairn_pages_free")),
    "slab": ("cairn_object.c", ("cairn_cache_alloc", "cairn_cache_free")),
    "heap": ("cairn_heap.c", ("cairn_alloc", "cairn_free")),
    "stack": ("cairn_stack.c", ("cairn_stack_create", "cairn_stack_destroy")),
}
BEGINNINGS = ("cairn_init", "cairn_cache_create")
REPORTS = "explain, check"
LIBRARIES = {"newlib": ["-lc"], "newlib_nano": ["-lc_nano"], "picolibc": ["--specs=picolibc.specs", "-lc"]}


class Toolchain:
    def __init__(self, cross, cpu_flags):
        self.cross = cross
        self.cpu_flags = shlex.split(cpu_flags)

    def run(self, tool, *words):
        done = subprocess.run([self.cross + tool, *map(str, words)], capture_output=True, text=True, check=False)
        if done.returncode:
            raise machine.RunError(f"{tool}: {done.stderr.strip()}")
        return done.stdout

    def sizes(self, files):
        """(text, data, bss) of all the files together; constants count as text."""
        lines = [line.split()[:3] for line in self.run("size", *files).splitlines()[1:]]
        return tuple(sum(map(int, column)) for column in zip(*lines))

    def linked_text(self, objects, roots, more=()):
        """What is left of the objects when nothing but the roots is asked for. What they call elsewhere stays open."""
        with tempfile.TemporaryDirectory() as scratch:
            image = pathlib.Path(scratch, "roots.elf")
            wanted = [f"-Wl,--undefined={root},--require-defined={root}" for root in roots]
            self.run("gcc", *self.cpu_flags, "-nostdlib", "-nostartfiles", "-Wl,--gc-sections", f"-Wl,--entry={roots[0]}",
                     "-Wl,--unresolved-symbols=ignore-all", *wanted, *objects, *more, "-o", image)
            return self.sizes([image])[0]


def module_of(source):
    for module, patterns in MODULES.items():
        if any(fnmatch.fnmatch(source.name, pattern) for pattern in patterns):
            return module
    raise machine.RunError(f"{source} belongs to no module")


class Build:
    """The objects of mm/, as one set of flags made them."""

    def __init__(self, directory, sources):
        self.everything = [directory / f"{source}.o" for source in sources]
        self.modules = {module: [] for module in MODULES}
        for source in sources:
            self.modules[module_of(source)].append(directory / f"{source}.o")

    def object(self, name):
        return next(file for file in self.everything if file.name == f"{name}.o")


def module_table(tools, board, builds):
    rows = []
    totals = [0] * 3 * len(builds)
    for module in MODULES:
        cells = [nbytes for build in builds.values() for nbytes in tools.sizes(build.modules[module])]
        totals = [total + nbytes for total, nbytes in zip(totals, cells)]
        rows.append([module, *map(str, cells)])
    header = [f"{what} {level}" for level in builds for what in ("text", "data", "bss")]
    return tables.Table(f"Modules, {board}, bytes", ["module", *header], [*rows, ["all", *map(str, totals)]])


def texts(tools, board, build):
    """Space rows: the text of each allocator."""
    def row(allocator, what, nbytes):
        return figures.Space(board, allocator, f"text_{what}", str(nbytes), "B")

    rows = []
    for name, (file, calls) in FACADE.items():
        rows.append(row("cairn", name, tools.linked_text([*build.modules[name], build.object(file)], CORE[name] + calls)))
    core, calls = [root for roots in CORE.values() for root in roots], [root for _, roots in FACADE.values() for root in roots]
    silent = [file for module, files in build.modules.items() for file in files if module != REPORTS]
    rows.append(row("cairn", "all", tools.linked_text(silent, core + calls, ["-lgcc"])))
    rows.append(row("cairn", "facade", tools.linked_text(build.everything, [*BEGINNINGS, *calls], ["-lgcc"])))
    rows += [row(name, "heap", tools.linked_text([], ("malloc", "free"), words)) for name, words in LIBRARIES.items()]
    return rows


def ram(tools, board, build, image, workload, qemu):
    """Space rows: static data together with what cairn_init took of the memory that it was given; a block's header."""
    _, data, bss = tools.sizes(build.everything)
    taken = machine.run(qemu, board, "cairn", image, workload).spaces
    return [row._replace(value=str(int(row.value) + data + bss)) if row.workload.startswith("ram_") else row for row in taken]


def summary(board, rows):
    cells = [[row.workload, row.allocator, row.value] for row in rows]
    return tables.Table(f"Text of init, allocate and free at -Os, and RAM for itself, {board}", ["what", "of", "bytes"], cells)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("board")
    parser.add_argument("--sources", type=pathlib.Path, nargs="+", required=True, help="of mm/")
    parser.add_argument("--small", type=pathlib.Path, required=True, help="the directory that has their objects at -Os")
    parser.add_argument("--fast", type=pathlib.Path, required=True, help="the same at -O2")
    parser.add_argument("--tiny", type=pathlib.Path, required=True, help="the same with the tunables of config_8KiB.h")
    parser.add_argument("--cross", default="arm-none-eabi-")
    parser.add_argument("--cpu-flags", default="")
    parser.add_argument("--image", type=pathlib.Path, required=True)
    parser.add_argument("--tiny-image", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, required=True, help="space rows")
    parser.add_argument("qemu", nargs="+")
    args = parser.parse_args()
    tools = Toolchain(args.cross, args.cpu_flags)
    try:
        small, fast, tiny = (Build(directory, args.sources) for directory in (args.small, args.fast, args.tiny))
        print(tables.as_text(module_table(tools, args.board, {"-Os": small, "-O2": fast})), end="\n\n")
        rows = texts(tools, args.board, small)
        rows += ram(tools, args.board, tiny, args.tiny_image, "ram_small", args.qemu)
        rows += ram(tools, args.board, fast, args.image, "ram", args.qemu)
    except machine.RunError as error:
        sys.exit(f"size: {error}")
    figures.write(args.out, rows, figures.Space)
    print(tables.as_text(summary(args.board, rows)), end="\n\n")


if __name__ == "__main__":
    main()
