# SPDX-License-Identifier: MIT
"""Which images there are, what they are called in the tables, and what each is asked to do."""
import collections

import figures
import machine
import sites

# Cairn built otherwise than it is shipped has a column of its own. All other images of Cairn's are it: frames have a
# build with larger ones, and masked stretches one that times them, so that the timing is in no other figure.
VARIANTS = ("cairn_raw", "cairn_headroom")
SHORT_WORKLOADS = ("hot64", "churn_8_511", "frame_warm", "frame_churn", "slab_", "stack_", "worst_")
NEEDS_REGION = "trace_"

KIB = 1024
LARGEST_REGION = 4096 * KIB

Job = collections.namedtuple("Job", ("board", "allocator", "image", "workload"))


def allocator_of(image):
    name = image.stem
    return "cairn" if name.startswith("cairn_") and name not in VARIANTS else name


def is_in_short_run(allocator, workload):
    return allocator == "cairn" and workload.startswith(SHORT_WORKLOADS)


def jobs(qemu, board, images, short):
    """The images' own lists, in their order."""
    found = []
    for image in images:
        allocator = allocator_of(image)
        names = machine.run(qemu, board, allocator, image, machine.LIST).names
        if not names:
            raise machine.RunError(f"{image}: lists no workload")
        found += [Job(board, allocator, image, name) for name in names if not short or is_in_short_run(allocator, name)]
    return found


def longest_first(found):
    """So that none of those that take longest comes last, alone."""
    return sorted(found, key=lambda job: not job.workload.startswith(NEEDS_REGION))


def measure(qemu, job):
    if job.workload.startswith(NEEDS_REGION):
        return measure_trace(qemu, job)
    outcome = machine.run(qemu, *job)
    if outcome.too_small:
        raise machine.RunError(f"{job.image} {job.workload}: its own region is too small for it")
    names = {site: sites.name(job.image, site) for site in {row.site for row in outcome.stretches}}
    outcome.stretches[:] = [row._replace(site=names[row.site]) for row in outcome.stretches]
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
