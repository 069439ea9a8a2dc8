# SPDX-License-Identifier: MIT
"""The distributions as one picture, drawn by gnuplot: what share of the calls took more than so many instructions.

On two logarithmic scales the tail is as long as the body: a curve that ends further left has the better worst case. The
last panels show what a frame costs as memory grows. Nothing in the file depends on the day or the machine.
"""
import collections
import subprocess

COLUMNS = 4
PANEL_WIDTH, PANEL_HEIGHT, TITLE_HEIGHT = 330, 270, 70
TITLE = "Share of calls that took more than so many instructions"
INSIDE_KEY = "set key inside vertical maxrows auto maxcols auto"
# Of the line that names the colours, for all panels, below the title.
LEGEND_Y = 44
# Between two bins that a reader can tell apart.
STEP = 1.03
# Around the least and the largest, as factors.
MARGIN = 1.5
KEY_ROOM = 1.6
COLOURS = {
    "cairn": "#d55e00", "cairn_raw": "#e69f00", "cairn_headroom": "#cc79a7", "newlib": "#0072b2",
    "newlib_nano": "#56b4e9", "picolibc": "#009e73", "floor": "#000000",
}
SHOWN = ("cairn", "newlib", "newlib_nano", "picolibc", "floor")
BOARD = "mps2-an385"
PANELS = [
    (workload, op)
    for workload in ("churn_8_511", "churn_8_4095", "trace_lua", "trace_jq", "trace_sqlite", "slab_churn64", "frame_churn")
    for op in ("allocate", "free")
]
GROWING = {
    "pair0": ("one frame", "#d55e00"), "pair9": ("512 frames", "#0072b2"),
    "churn": ("churn", "#009e73"), "spread": ("churn all over", "#cc79a7"),
}


class PictureError(Exception):
    """gnuplot refused."""


def draw(path, bins, host_calls):
    script = "\n".join(script_lines(path.name, bins, host_calls))
    path.with_suffix(".gp").write_text(script, encoding="utf-8")
    done = subprocess.run(["gnuplot", path.with_suffix(".gp").name], cwd=path.parent, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PictureError(f"gnuplot: {done.stderr.strip()}")


def script_lines(name, bins, host_calls):
    curves = survivors(bins)
    panels = [(workload, op) for workload, op in PANELS if any((BOARD, who, workload, op) in curves for who in SHOWN)]
    nrows = max(-(-(len(panels) + bool(host_calls)) // COLUMNS), 1)
    height = nrows * PANEL_HEIGHT + TITLE_HEIGHT
    yield (f"set terminal svg size {COLUMNS * PANEL_WIDTH},{height} "
           "font 'sans-serif,11' background 'white' noenhanced")
    yield f"set output '{name}'"
    # In quotes that know a line end: the two empty lines make room for the legend.
    yield f"set multiplot layout {nrows},{COLUMNS} title \"{TITLE}, {BOARD}\\n \\n \""
    yield "set grid; set logscale xy; set format x '%.0s%c'; set format y '%g'"
    yield f"set key at screen 0.5,{1 - LEGEND_Y / height:.4f} center horizontal maxcols {len(SHOWN)} maxrows 1 samplen 1.5"
    yield f"set xlabel 'instructions'; set ylabel 'share of calls above' offset 1; set xrange [{x_range(curves, panels)}]; set yrange [*:1.5]"
    named = set()
    for number, (workload, op) in enumerate(panels):
        found = {who: curves[BOARD, who, workload, op] for who in SHOWN if (BOARD, who, workload, op) in curves}
        if named:
            # The common legend names those of the first panel.
            yield "unset key" if named.issuperset(found) else f"{INSIDE_KEY} bottom right"
        named |= found.keys()
        yield from panel(number, f"{workload}: {op}", found)
    if host_calls:
        yield from memory_panel(host_calls)
    yield "unset multiplot"


def survivors(bins):
    """{key: [(instructions, share of calls above)]}"""
    counts = collections.defaultdict(dict)
    for row in bins:
        counts[row[:4]][max(int(row.instructions), 1)] = int(row.count)
    return {key: curve(table) for key, table in counts.items()}


def curve(table):
    """Down to the largest, which no call is above: there the curve ends at the height of the last call."""
    total = left = sum(table.values())
    points = [(min(table), 1.0)]
    for instructions in sorted(table):
        left -= table[instructions]
        if instructions >= points[-1][0] * STEP or left == 0:
            points.append((instructions, max(left, 1) / total))
    return points


def x_range(curves, panels):
    """The same in all panels, so that they compare at a glance."""
    shown = [points for (board, _, *panel), points in curves.items() if board == BOARD and tuple(panel) in panels]
    least, most = (pick(points[at][0] for points in shown) if shown else 1 for pick, at in ((min, 0), (max, -1)))
    return f"{least / MARGIN:g}:{most * MARGIN:g}"


def panel(number, title, found):
    """The dot is the worst call."""
    for who, points in found.items():
        yield from block(f"$p{number}_{who}", points)
        yield from block(f"$worst{number}_{who}", points[-1:])
    yield f"set title '{title}'"
    plots = []
    for who in found:
        width = 3 if who == "cairn" else 1.5
        plots.append(f"$p{number}_{who} using 1:2 with steps lc rgb '{COLOURS[who]}' lw {width} title '{who}'")
        plots.append(f"$worst{number}_{who} using 1:2 with points pt 7 ps 0.6 lc rgb '{COLOURS[who]}' notitle")
    yield "plot " + ", ".join(plots)


def memory_panel(host_calls):
    """A curve for each workload, whose last word is the memory: the mean of an allocation and its free."""
    curves = collections.defaultdict(lambda: collections.defaultdict(float))
    for call in host_calls:
        name, _, size = call.workload.removeprefix("frame_").rpartition("_")
        if name in GROWING:
            curves[name][memory_nbytes(size) >> 30] += float(call.mean)
    for name, points in curves.items():
        yield from block(f"$host_{name}", sorted(points.items()))
    yield "set title 'frames on a 64-bit host, as memory grows'; set xlabel 'GiB of memory'; set xrange [0.5:2048]"
    # Above the curves is room for their names.
    most = max((cost for points in curves.values() for cost in points.values()), default=1)
    yield f"set ylabel 'instructions a pair'; unset logscale y; set yrange [0:{most * KEY_ROOM:g}]; set format x '%g'"
    yield f"{INSIDE_KEY} top left"
    plots = [f"$host_{name} using 1:2 with linespoints pt 7 ps 0.5 lw 1.5 lc rgb '{GROWING[name][1]}' title '{GROWING[name][0]}'"
             for name in curves]
    if plots:
        yield "plot " + ", ".join(plots)


def memory_nbytes(word):
    """Of 1GiB, 1TiB."""
    return int(word[:-3]) << {"G": 30, "T": 40}[word[-3]]


def block(name, points):
    yield f"{name} << END"
    yield from (f"{x} {y:.6g}" for x, y in points)
    yield "END"

