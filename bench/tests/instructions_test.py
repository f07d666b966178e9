# SPDX-License-Identifier: Apache-2.0

import contextlib
import io
import json
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import tool
from harness import instructions, plan, tables
from harness.counter import NotCounted
from harness.instructions import Row

import page
import run

WARM = Row("call", "a call", 100, 1_000)
COLD = Row("mailbox", "a message", 100, 1_000, warms_up=False)
FAILING = """
[ "$2" = call ] && { echo 'no memory' >&2; exit 1; }
echo "==7== Collected : $((5 * $3))" >&2"""


def say_nothing(text):
    pass


class Varying:
    """Counts as the list says, run by run."""

    def __init__(self, *counts):
        self.left = list(counts)

    def count(self, words):
        return self.left.pop(0)


class LeastCount(unittest.TestCase):
    def test_two_runs_that_agree_are_enough(self):
        varying = Varying(1_000_200, 1_000_000, 1)
        self.assertEqual(instructions.least_count([], varying), 1_000_000)
        self.assertEqual(varying.left, [1])

    def test_two_runs_that_differ_by_more_cause_a_third(self):
        varying = Varying(1_000_201, 1_000_000, 1_000_000, 1)
        self.assertEqual(instructions.least_count([], varying), 1_000_000)
        self.assertEqual(varying.left, [1])

    def test_only_the_two_least_counts_have_to_agree(self):
        varying = Varying(3_000, 1_000, 2_999, 1_000, 1)
        self.assertEqual(instructions.least_count([], varying), 1_000)
        self.assertEqual(varying.left, [1])

    def test_without_agreement_the_fifth_run_is_the_last(self):
        varying = Varying(5_000, 4_000, 3_000, 2_000, 1_000, 1)
        self.assertEqual(instructions.least_count([], varying), 1_000)
        self.assertEqual(varying.left, [1])


class PerOperation(unittest.TestCase):
    def test_start_is_excluded(self):
        self.assertEqual(instructions.per_operation(COLD, tool.counting("12345 + 50 * $3")), 50)

    def test_the_warm_up_counts_as_operations(self):
        executed = "12345 + 50 * ($3 + $3 / 10 + 1)"
        self.assertEqual(instructions.per_operation(WARM, tool.counting(executed)), 50)

    def test_the_workload_runs_under_its_name_in_the_program(self):
        workload = tool.counter('[ "$2" = mailbox ] && echo "==7== Collected : $3" >&2')
        self.assertEqual(instructions.per_operation(COLD, workload), 1)

    def test_operations_without_instructions_are_refused(self):
        with self.assertRaisesRegex(NotCounted, "900 more operations added 0 instructions"):
            instructions.per_operation(COLD, tool.counting("12345"))

    def test_fewer_instructions_of_more_operations_are_refused(self):
        with self.assertRaisesRegex(NotCounted, "added -900 instructions"):
            instructions.per_operation(COLD, tool.counting("12345 - $3"))

    def test_one_instruction_is_enough(self):
        self.assertEqual(instructions.per_operation(COLD, tool.counting("$3 == 1000")), 1 / 900)


class Rows(unittest.TestCase):
    def test_each_is_a_workload_of_the_plan(self):
        self.assertLessEqual(set(instructions.NAMES), {each.name for each in plan.WORKLOADS})

    def test_no_two_have_one_name(self):
        self.assertEqual(len(set(instructions.NAMES)), len(instructions.ROWS))

    def test_each_has_more_operations_in_the_second_run(self):
        for row in instructions.ROWS:
            self.assertGreater(row.many, row.few, row.name)

    def test_operations_divide_evenly_among_the_processes(self):
        members = {"ping_pong_100": 100, "fan_in_2": 2, "fan_in_100": 100, "big": 2 * 120,
                   "fork_join": 60}
        for row in instructions.ROWS:
            each = members.get(row.name, 1)
            self.assertEqual((row.few % each, row.many % each), (0, 0), row.name)

    def test_a_tenth_of_the_operations_is_whole(self):
        for row in instructions.ROWS:
            if row.warms_up:
                self.assertEqual((row.few % 10, row.many % 10), (0, 0), row.name)


class Run(unittest.TestCase):
    def test_chosen_rows_only_in_the_order_of_the_list(self):
        data = instructions.run(["call", "ping_pong"], say_nothing, tool.counting("$3"))
        self.assertEqual([row["workload"] for row in data["instructions"]], ["ping_pong", "call"])

    def test_a_failed_row_leaves_the_others(self):
        data = instructions.run(["call", "mailbox"], say_nothing, tool.counter(FAILING))
        call, mailbox = data["instructions"]
        self.assertEqual(call["trouble"], "exit status 1: no memory")
        self.assertNotIn("instructions", call)
        self.assertEqual(mailbox["instructions"], 5)
        self.assertEqual(instructions.failures(data), ["Failed: call: exit status 1: no memory"])

    def test_a_failed_row_has_a_dash_in_the_table(self):
        data = instructions.run(["call", "mailbox"], say_nothing, tool.counter(FAILING))
        lines = tables.aligned(instructions.table(data)).splitlines()
        self.assertRegex(lines[1], "^call +- ")
        self.assertRegex(lines[2], "^mailbox +5 ")


class Page(unittest.TestCase):
    def test_the_table_stands_between_its_marks(self):
        data = instructions.run(["mailbox"], say_nothing, tool.counting("5 * $3"))
        where = {"processor": "P", "cores": 1, "memory_gib": 1, "system": "S", "kernel": "K",
                 "date": "2000-01-01", "load": [0]}
        data.update(machine=where, versions={"flags": "-O3"})
        text = "before\n<!-- instructions: written by bench/page.py -->\nold\n" \
               "<!-- end of instructions -->\nafter"
        (name, paragraphs), = page.blocks_of(data).items()
        written = page.replace(text, name, paragraphs)
        self.assertIn("| mailbox | 5 | ", written)
        self.assertIn("Measured on 2000-01-01. flags -O3.", written)
        self.assertNotIn("old", written)


class Script(unittest.TestCase):
    """The command line, with tools that the test provides."""

    def run_with(self, *words, counting=None):
        """Status and output. `counting` of None: valgrind is not installed."""
        output, errors = io.StringIO(), io.StringIO()
        counter = counting or tool.Counter("instructions", ("coppice-has-no-such-command",), "")
        with mock.patch.object(sys, "argv", ["run.py", "--instructions", *words]), \
                mock.patch.object(run, "install") as install, \
                mock.patch.object(run, "build") as build, \
                mock.patch.object(instructions, "CALLGRIND", counter), \
                contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
            try:
                status = run.main()
            except SystemExit as end:
                status = end.code
        self.installed, self.built = install.call_args_list, build.call_args_list
        return status, output.getvalue(), errors.getvalue()

    def test_an_unknown_row_is_refused_with_the_known_ones(self):
        status, _, errors = self.run_with("--only", "no_such_row")
        self.assertEqual((status, self.installed), (2, []))
        self.assertIn("named no_such_row; there are: ping_pong ", errors)

    def test_a_workload_without_a_count_is_refused(self):
        self.assertEqual(self.run_with("--only", "fairness")[0], 2)

    def test_options_of_repetition_are_refused(self):
        for words in (["--quick"], ["--rounds", "2"], ["--growth"]):
            self.assertEqual(self.run_with(*words)[0], 2, words)

    def test_without_valgrind_nothing_is_built(self):
        status, output, errors = self.run_with()
        self.assertEqual((status, output, self.built), (1, "", []))
        self.assertIn("valgrind is not installed", errors)

    def test_only_the_packages_and_the_program_of_the_count_are_needed(self):
        status, _, _ = self.run_with("--only", "call", counting=tool.counting("$3"))
        self.assertEqual(status, 0)
        self.assertEqual(self.installed, [mock.call("--instructions")])
        self.assertEqual(self.built, [mock.call("coppice_bench")])

    def test_a_failed_row_fails_the_script_after_the_table(self):
        status, output, _ = self.run_with("--only", "call", "--only", "mailbox",
                                          counting=tool.counter(FAILING))
        self.assertEqual(status, 1)
        self.assertIn("Failed: call: exit status 1: no memory", output)
        self.assertRegex(output, "mailbox +5 ")

    def test_json_has_the_values_of_the_table(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "counts.json"
            self.run_with("--only", "mailbox", "--json", str(path),
                          counting=tool.counting("5 * $3"))
            data = json.loads(path.read_text())
        self.assertEqual(data["instructions"][0]["instructions"], 5)
        self.assertLessEqual({"compiler", "flags", "coppice"}, set(data["versions"]))
