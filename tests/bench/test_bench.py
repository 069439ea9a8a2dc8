# SPDX-License-Identifier: MIT
"""Tests of the benchmark's host side: python3 -m unittest discover -s tests/bench"""
import pathlib
import subprocess
import sys
import tempfile
import unittest

import budget
import document
import figures
import machine
import picture
import plan
import sites
import size
import tables

HERE = pathlib.Path(__file__).resolve().parent


def figure(value, op="allocate", name="mean", allocator="cairn", workload="hot64"):
    return figures.Figure("mps2-an385", allocator, workload, op, name, str(value))


def call(mean, op="allocate", allocator="cairn", workload="hot64", most=30):
    return figures.Call("mps2-an385", allocator, workload, op, "2000", str(mean), "24", "26", "28", str(most))


class Budget(unittest.TestCase):
    def test_equal_figures_hold_and_say_nothing(self):
        verdict = budget.compare([figure("24.5")], [figure("24.5")])
        self.assertTrue(budget.holds(verdict))
        self.assertEqual(list(budget.describe(verdict)), [])

    def test_a_figure_above_its_budget_fails_whatever_little_it_is(self):
        verdict = budget.compare([figure("24.51")], [figure("24.50")])
        self.assertFalse(budget.holds(verdict))
        self.assertEqual(list(budget.describe(verdict)),
                         ["WORSE than its budget: mps2-an385 cairn hot64 allocate mean: 24.51, and the budget is 24.50"])

    def test_figures_are_compared_as_numbers_not_as_text(self):
        self.assertFalse(budget.holds(budget.compare([figure(100)], [figure(99)])))
        self.assertTrue(budget.holds(budget.compare([figure("24.50")], [figure("24.5")])))

    def test_a_figure_below_its_budget_holds_and_is_named(self):
        verdict = budget.compare([figure(23)], [figure(24)])
        self.assertTrue(budget.holds(verdict))
        self.assertEqual(len(verdict.lower), 1)
        self.assertIn("may be lowered", next(budget.describe(verdict)))

    def test_packing_is_worse_when_it_is_less(self):
        def packing(value):
            return figure(value, op="", name="permille", workload="packing_64k_511")

        self.assertFalse(budget.holds(budget.compare([packing(935)], [packing(936)])))
        self.assertTrue(budget.holds(budget.compare([packing(937)], [packing(936)])))

    def test_what_has_a_budget_has_to_be_measured(self):
        verdict = budget.compare([figure(24)], [figure(24), figure(30, name="max")])
        self.assertFalse(budget.holds(verdict))
        self.assertIn("NOT MEASURED", next(budget.describe(verdict)))

    def test_what_is_measured_has_to_have_a_budget(self):
        verdict = budget.compare([figure(24), figure(30, name="max")], [figure(24)])
        self.assertFalse(budget.holds(verdict))
        self.assertIn("HAS NO BUDGET", next(budget.describe(verdict)))

    def test_a_short_run_is_held_to_its_part_of_the_budget_only(self):
        full = [figure(24), figure(50, workload="trace_lua")]
        short = budget.compare([figure(24)], full, lambda key: plan.is_in_short_run(*key[1:3]))
        self.assertTrue(budget.holds(short))

    def test_peers_have_no_budget(self):
        self.assertTrue(budget.holds(budget.compare([figure(24, allocator="newlib")], [])))
        self.assertFalse(budget.holds(budget.compare([figure(24, allocator="cairn_raw")], [])))

    def test_the_same_figure_twice_is_refused(self):
        with self.assertRaises(figures.FigureError):
            budget.compare([figure(24), figure(24)], [figure(24)])


class Rows(unittest.TestCase):
    def test_lines_of_an_image_become_rows(self):
        lines = ["boot", "row,hot64,free,3,22.33,22,23,23,23", "hist,hot64,free,22,2", "hist,hot64,free,23,1",
                 "space,hot64,4,B", "done,hot64"]
        outcome = machine.parse(lines, "virt", "floor", "floor.elf hot64")
        self.assertEqual(outcome.calls, [figures.Call("virt", "floor", "hot64", "free", "3", "22.33", "22", "23", "23", "23")])
        self.assertEqual(outcome.spaces, [figures.Space("virt", "floor", "hot64", "4", "B")])
        self.assertEqual([row.count for row in outcome.bins], ["2", "1"])

    def test_a_row_that_is_short_or_no_number_is_refused(self):
        for line in ("row,hot64,free,3,22.33", "row,hot64,free,3,much,22,23,23,23", "space,hot64,-,B"):
            with self.assertRaises(figures.FigureError):
                machine.parse([line], "virt", "floor", "floor.elf hot64")

    def test_a_file_comes_back_as_it_was_written_and_another_header_is_refused(self):
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory, "rows.csv")
            figures.write(path, [call("24.50")], figures.Call)
            self.assertEqual(path.read_text().splitlines()[0], "board,allocator,workload,op,n,mean,p50,p99,p999,max")
            self.assertEqual(figures.read(path, figures.Call), [call("24.50")])
            with self.assertRaises(figures.FigureError):
                figures.read(path, figures.Space)


FAKE_IMAGE = """
import sys
config = sys.argv[sys.argv.index("-semihosting-config") + 1]
_, workload, *nbytes = [word[4:] for word in config.split(",") if word.startswith("arg=")]
{body}
"""


class Images(unittest.TestCase):
    """With a program in QEMU's place."""

    def run_fake(self, body, *words, limit=20.0):
        fake = [sys.executable, "-c", FAKE_IMAGE.format(body=body)]
        return machine.run(fake, "mps2-an385", "cairn", pathlib.Path("cairn.elf"), *words, limit=limit)

    def test_the_image_is_told_its_workload_and_its_region(self):
        body = "print(f'space,{workload},{nbytes[0]},B'); print('done,trace_lua')"
        self.assertEqual(self.run_fake(body, "trace_lua", 4096).spaces[0].value, "4096")

    def test_status_3_is_a_region_that_is_too_small(self):
        self.assertTrue(self.run_fake("print('fail,trace_lua,no memory'); sys.exit(3)", "trace_lua", 1).too_small)

    def test_any_other_status_a_missing_end_and_a_hang_are_errors(self):
        for body in ("sys.exit(1)", "print('done,other')", "import time; time.sleep(60)"):
            with self.subTest(body), self.assertRaises(machine.RunError):
                self.run_fake(body, "hot64", limit=1.0)

    def test_only_variants_of_cairn_have_a_column_of_their_own(self):
        names = [plan.allocator_of(pathlib.Path(f"build/{name}.elf"))
                 for name in ("cairn", "cairn_frames", "cairn_masked", "cairn_raw", "cairn_headroom", "newlib_nano")]
        self.assertEqual(names, ["cairn", "cairn", "cairn", "cairn_raw", "cairn_headroom", "newlib_nano"])

    def test_a_trace_is_counted_in_a_quarter_more_than_its_smallest_region(self):
        body = ("sys.exit(3) if int(nbytes[0]) < 188416 else print(f'row,trace_lua,free,1,{nbytes[0]},1,1,1,1')\n"
                "print('done,trace_lua')")
        fake = [sys.executable, "-c", FAKE_IMAGE.format(body=body)]
        outcome = plan.measure(fake, plan.Job("mps2-an385", "cairn", pathlib.Path("cairn.elf"), "trace_lua"))
        self.assertEqual(outcome.spaces, [figures.Space("mps2-an385", "cairn", "trace_lua", "188416", "B")])
        self.assertEqual(outcome.calls[0].mean, str(188416 * 5 // 4))


class Bisection(unittest.TestCase):
    def test_every_answer_is_found(self):
        for answer in (1, 2, 63, 64, 65, 127, 128, 129, 999, 1000):
            self.assertEqual(plan.smallest_that_fits(lambda n, answer=answer: n >= answer, 1000), answer)

    def test_what_never_fits_is_an_error(self):
        with self.assertRaises(machine.RunError):
            plan.smallest_that_fits(lambda n: False, 1000)


class Report(unittest.TestCase):
    def setUp(self):
        calls = [call("24.50"), call("22.00", op="free"), call("45", allocator="newlib"), call("1", "free", "newlib")]
        spaces = [figures.Space("mps2-an385", "cairn", "packing_64k_511", "930", "permille")]
        goals = [figure(25), figure(20, op="free"), figure(936, op="", name="permille", workload="packing_64k_511"),
                 figure(30, workload="churn_8_511")]
        self.results = tables.Results(calls, spaces, goals)

    def test_a_goal_is_reached_missed_or_not_measured(self):
        self.assertEqual([reached for *_, reached in self.results.goal_states()], [True, False, False, False])
        self.assertEqual(document.goals_text(self.results),
                         "Of 4 goals, 1 are reached, 2 are missed, and 1 were not measured.")
        self.assertEqual([row[-1] for row in tables.goal_table(self.results).rows],
                         ["reached", "missed by 2", "missed by 6", "not measured"])

    def test_a_peer_that_is_ahead_on_a_pair_is_named(self):
        self.assertEqual(self.results.beaten_by("mps2-an385", "hot64"), ["newlib"])
        rows = [row for table in tables.tables(self.results) for row in table.rows if row[1] == "pair"]
        self.assertEqual([row[-1] for row in rows], ["behind newlib"])

    def test_the_ratio_stands_beside_the_peer(self):
        table = tables.tables(self.results)[0]
        self.assertIn("45 (x1.84) max 30", table.rows[0])

    def test_the_page_has_cairn_above_the_published_peers(self):
        text = document.text(self.results, figures.read(HERE / "peers.csv", figures.Figure), figures.Tool("cc", "1.2"))
        self.assertIn("| **Cairn** (locked, checked) | 24.5/22 |", text)
        self.assertIn("| o1heap 2.2 | 91/63 |", text)

    def test_the_curve_ends_at_the_worst_call(self):
        self.assertEqual(picture.curve({20: 8, 30: 1, 90: 1}), [(20, 1.0), (30, 0.1), (90, 0.1)])


class Masked(unittest.TestCase):
    CHAIN = ["cairn_port_unlock", "tests/bench/lock_timed.h:16", "cairn_leave", "mm/system.h:40", "grow",
             f"{HERE.parents[1]}/mm/cairn_heap.c:22 (discriminator 6)", "take_or_make_room", "mm/cairn_heap.c:52"]

    def stretch(self, instructions, site, during="all"):
        return figures.Stretch("mps2-an385", "cairn", "masked", during, str(instructions), site)

    def results(self, rows, stretches=()):
        return tables.Results([call(1, op, workload=workload, most=most) for workload, op, most in rows], [], [], stretches)

    def test_a_place_is_named_by_what_is_inline_and_what_it_is_in(self):
        self.assertEqual(sites.described(self.CHAIN), "grow in take_or_make_room, mm/cairn_heap.c:22")
        self.assertEqual(sites.described(self.CHAIN[:4] + ["free_next", "mm/cairn_object.c:213"]), "free_next, mm/cairn_object.c:213")
        self.assertEqual(sites.described(self.CHAIN[:4]), "unknown")
        self.assertEqual(sites.name("no.elf", "0x0"), sites.NOBODY)

    def test_lines_of_stretches_become_rows(self):
        outcome = machine.parse(["site,masked,hot64,501,0x8782d"], "virt", "cairn", "cairn_masked.elf masked")
        self.assertEqual(outcome.stretches, [figures.Stretch("virt", "cairn", "masked", "hot64", "501", "0x8782d")])

    def test_the_longest_of_each_place_is_shown_the_longest_place_first(self):
        stretches = [self.stretch(5, "f"), self.stretch(9, "g", "hot64"), self.stretch(7, "f", "batch64")]
        self.assertEqual(tables.stretch_table(self.results([], stretches), "mps2-an385").rows,
                         [["g", "9", "hot64"], ["f", "7", "batch64"]])

    def test_a_stretch_is_held_to_the_longest_call_that_locks_once(self):
        results = self.results([("masked", "lock", 50), ("masked", "call", 40), ("masked_kernel", "lock", 39), ("hot64", "free", 900)])
        self.assertEqual([(key[2], goal, reached) for key, goal, _, reached in results.goal_states()],
                         [("masked", 40, False), ("masked_kernel", 40, True)])

    def test_a_stretch_may_not_grow_with_what_grows(self):
        rows = [(f"masked_{what}", "lock", most) for what, most in (("pool_small", 40), ("pool_large", 41), ("tasks_few", 9), ("tasks_many", 9))]
        self.assertEqual([(key[2], reached) for key, _, _, reached in self.results(rows).goal_states()],
                         [("masked_pool_large", False), ("masked_tasks_many", True)])


class Sizes(unittest.TestCase):
    def test_a_file_belongs_to_its_module_and_a_checker_to_the_checks(self):
        modules = [size.module_of(pathlib.Path("mm", name)) for name in ("slab_grow.c", "slab_check.c", "cairn_heap.c", "err.c")]
        self.assertEqual(modules, ["slab", "explain, check", "facade", "region"])
        with self.assertRaises(machine.RunError):
            size.module_of(pathlib.Path("mm/novel.c"))


class CommandLine(unittest.TestCase):
    """The whole way, from rows in files to the exit status."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.out = pathlib.Path(directory.name)
        self.measured("24.50")

    def measured(self, mean):
        figures.write(self.out / "mps2-an385.csv", [call(mean)], figures.Call)
        figures.write(self.out / "mps2-an385-space.csv", [], figures.Space)

    def bench(self, verb):
        command = [sys.executable, HERE / "bench.py", verb, "--out", self.out, "--budget", self.out / "budget.csv", "mps2-an385"]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def test_a_recorded_budget_holds_until_a_figure_grows(self):
        self.assertEqual(self.bench("record").returncode, 0)
        self.assertEqual(self.bench("check").returncode, 0)
        self.measured("24.51")
        worse = self.bench("check")
        self.assertEqual(worse.returncode, 1)
        self.assertIn("WORSE than its budget: mps2-an385 cairn hot64 allocate mean", worse.stdout)

    def test_without_a_budget_nothing_passes(self):
        self.assertEqual(self.bench("check").returncode, 1)

    def test_a_budget_of_another_compiler_is_not_compared_and_says_so(self):
        self.bench("record")
        figures.write(self.out / "budget-tools.csv", [figures.Tool("arm-none-eabi-gcc", "1.0")], figures.Tool)
        self.measured("24.51")
        other = self.bench("check")
        self.assertEqual(other.returncode, 0)
        self.assertIn("NOT COMPARED", other.stdout)


if __name__ == "__main__":
    unittest.main()
