# SPDX-License-Identifier: MIT
"""Which images there are, what they are called in the tables, and what each is asked to do."""
import collections

import figures
import machine

# Frames are measured in a build with larger ones, and masked stretches in one of their own, so that the timing of
# those is in no other figure: all of these are Cairn as it is shipped.
ALLOCATORS = {
    "cairn": "cairn", "cairn_frames": "cairn", "cairn_switch": "cairn", "cairn_masked": "cairn",
    "cairn_raw": "cairn_raw", "cairn_headroom": "cairn_headroom",
    "newlib": "newlib", "newlib_nano": "newlib_nano", "picolibc": "picolibc", "floor": "floor",
}
SHORT_IMAGES = ("cairn", "cairn_frames")
SHORT_WORKLOADS = ("hot64", "churn_8_511", "frame_warm", "frame_churn", "slab_", "stack_", "worst_")
NEEDS_REGION = "trace_"

KIB = 1024
LARGEST_REGION = 4096 * KIB

Job = collections.namedtuple("Job", ("board", "allocator", "image", "workload"))


def is_short(workload):
    return workload.startswith(SHORT_WORKLOADS)


def is_in_short_run(allocator, workload):
    return is_short(workload) and allocator in {ALLOCATORS[image] for image in SHORT_IMAGES}


def jobs(qemu, board, directory, short):
    """The images' own lists; what takes longest comes first, so that it does not come last alone."""
    found = []
    for name, allocator in ALLOCATORS.items():
        if short and name not in SHORT_IMAGES:
            continue
        image = directory / f"{name}.elf"
        names = machine.run(qemu, board, allocator, image, machine.LIST).names
        if not names:
            raise machine.RunError(f"{image}: lists no workload")
        found += [Job(board, allocator, image, workload) for workload in names if not short or is_short(workload)]
    return sorted(found, key=lambda job: not job.workload.startswith(NEEDS_REGION))


def in_table_order(found):
    """Image by image, each in the order of its own list."""
    return sorted(found, key=lambda job: list(ALLOCATORS).index(job.image.stem))


def measure(qemu, job):
    if job.workload.startswith(NEEDS_REGION):
        return measure_trace(qemu, job)
    outcome = machine.run(qemu, *job)
    if outcome.too_small:
        raise machine.RunError(f"{job.image} {job.workload}: its own region is too small for it")
    return outcome


def measure_trace(qemu, job):
    """The counts at 1.25 times the smallest region in which the program completes, and that region."""
    def fits(nkib):
        return not machine.run(qemu, *job, nkib * KIB).too_small

    smallest = smallest_that_fits(fits, LARGEST_REGION // KIB) * KIB
    outcome = machine.run(qemu, *job, smallest + smallest // 4)
    if outcome.too_small:
        raise machine.RunError(f"{job.image} {job.workload}: completes in {smallest} B, and not in a quarter more")
    outcome.spaces.append(figures.Space(job.board, job.allocator, job.workload, str(smallest), "B"))
    return outcome


def smallest_that_fits(fits, largest):
    """The least number from 1 to `largest` that fits; what fits is taken to fit in more, too."""
    high = min(64, largest)
    low = 0
    while not fits(high):
        if high == largest:
            raise machine.RunError(f"does not fit in {largest} KiB")
        low, high = high, min(2 * high, largest)
    while high - low > 1:
        middle = (low + high) // 2
        if fits(middle):
            high = middle
        else:
            low = middle
    return high
