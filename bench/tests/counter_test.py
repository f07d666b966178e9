# SPDX-License-Identifier: Apache-2.0

import unittest
from unittest import mock

import tool
from harness import counter, misses
from harness.counter import NotCounted
from harness.instructions import CALLGRIND

OUTPUT = """\
==27628== Callgrind, a call-graph generating cache profiler
==27628== Command: coppice_bench ring_100 11000
==27628==
==27628== Events    : Ir
==27628== Collected : 11799662
==27628==
==27628== I   refs:      11,799,662
"""


class NumberIn(unittest.TestCase):
    def test_callgrind_counts_in_the_line_of_collected_events(self):
        self.assertEqual(CALLGRIND.number_in(OUTPUT), 11_799_662)

    def test_a_program_cannot_print_the_line_of_collected_events(self):
        with self.assertRaises(NotCounted):
            CALLGRIND.number_in("Collected : 5\n")

    def test_counts_of_several_events_are_refused(self):
        with self.assertRaises(NotCounted):
            CALLGRIND.number_in("==1== Collected : 5 6 7\n")

    def test_a_line_without_a_number_is_refused(self):
        with self.assertRaises(NotCounted):
            CALLGRIND.number_in("==1== Collected :\n")

    def test_output_without_a_count_is_quoted_in_the_reason(self):
        with self.assertRaisesRegex(NotCounted, "printed no count: ==1== killed"):
            CALLGRIND.number_in("==1== start\n==1== killed\n")

    def test_no_output_is_refused(self):
        with self.assertRaises(NotCounted):
            CALLGRIND.number_in("")

    def test_cachegrind_separates_thousands_by_commas(self):
        self.assertEqual(misses.CACHEGRIND.number_in("==1== LLd misses:   1,234,567 (1 rd)"),
                         1_234_567)


class Count(unittest.TestCase):
    def test_one_scheduler_thread_runs(self):
        self.assertEqual(tool.counting("COPPICE_WORKERS").count(["program"]), 1)

    def test_a_failing_program_has_status_and_last_line_as_the_reason(self):
        failing = tool.counter("echo one >&2; echo two >&2; exit 3")
        with self.assertRaisesRegex(NotCounted, "exit status 3: two"):
            failing.count(["program"])

    def test_counts_after_the_last_line_of_a_failing_program_are_no_reason(self):
        failing = tool.counter("echo late >&2; echo '==1== Collected : 5' >&2; exit 1")
        with self.assertRaisesRegex(NotCounted, "exit status 1: late$"):
            failing.count(["program"])

    def test_valgrind_alone_can_give_the_reason(self):
        failing = tool.counter("echo '==1== out of memory' >&2; exit 1")
        with self.assertRaisesRegex(NotCounted, "exit status 1: ==1== out of memory"):
            failing.count(["program"])

    def test_a_count_of_a_failing_program_is_refused(self):
        failing = tool.counter("echo '==1== Collected : 5' >&2; exit 1")
        with self.assertRaisesRegex(NotCounted, "exit status 1"):
            failing.count(["program"])

    def test_a_killed_program_has_the_signal_as_the_reason(self):
        with self.assertRaisesRegex(NotCounted, "SIGKILL"):
            tool.counter("kill -KILL $$").count(["program"])

    def test_a_command_that_is_not_installed_is_named(self):
        absent = counter.Counter("events", ("coppice-has-no-such-command",), "")
        with self.assertRaisesRegex(NotCounted, "coppice-has-no-such-command"):
            absent.count(["program"])

    def test_a_program_without_end_is_stopped_at_the_limit(self):
        with mock.patch.object(counter, "TIME_LIMIT", 0.1):
            with self.assertRaisesRegex(NotCounted, "time limit"):
                tool.counter("exec tail -f /dev/null").count(["program"])


class PerVisit(unittest.TestCase):
    def test_start_is_excluded(self):
        self.assertEqual(misses.per_visit(tool.counting("100 + 3 * $4"), "p", "send", 10, 20), 3)

    def test_nothing_where_a_run_fails(self):
        self.assertIsNone(misses.per_visit(tool.counter("exit 1"), "p", "send", 10, 20))
