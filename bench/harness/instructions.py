# SPDX-License-Identifier: Apache-2.0
"""Counts the instructions of one operation of Coppice with callgrind.

A workload runs twice, with few operations and with many. The difference of the counts, divided by
the difference of the operations, excludes the start and the end of the program.

A thread that the system interrupts causes wake-ups, and waiting at the end of the program.
A busy machine only adds instructions, so the least count of several runs is repeatable.
"""

import shutil
from dataclasses import dataclass

from harness import plan
from harness.counter import Counter, NotCounted
from harness.tables import number

CALLGRIND = Counter("instructions",
                    # Without the options that a user keeps in the environment or in a file.
                    ("valgrind", "--command-line-only=yes", "--tool=callgrind",
                     "--callgrind-out-file=/dev/null"),
                    r"^==\d+== Collected\s*:\s*(\d+)\s*$")

RUNS_MAX = 5
AGREEMENT = 0.0002


@dataclass(frozen=True)
class Row:
    """A workload of the plan, which runs with `few` and with `many` operations."""

    name: str
    operation: str
    few: int
    many: int
    warms_up: bool = True  # with a tenth of the operations

    @property
    def operations(self):
        """The difference of the two runs."""
        return operations_of(self.many, self.warms_up) - operations_of(self.few, self.warms_up)


def operations_of(count, warms_up):
    """The warm-up has the length of `warm_up` in bench/common/measure.hpp."""
    return count + (count // 10 + 1 if warms_up else 0)


# Each run takes callgrind a few seconds at most. Both counts divide evenly among the processes of
# the workload. There are more operations where the end of the program varies. A workload of a
# single turn takes much less or much more than `stuck_after`: near the limit runs differ.
#
# Left out: workloads that wait (fairness, timer_fire, timer_burst), because the number of wake-ups
# depends on the time; workloads with a fixed number of operations on many children
# (which_children, count_children); start and memory (cold_start, memory_process, memory_server);
# and the second of two workloads that run the same code (timer_cancel, simple_one_for_one).
ROWS = (
    Row("ping_pong", "a round trip between two processes", 2_000, 20_000),
    Row("ping_pong_100", "a round trip, of 100 pairs", 2_000, 20_000),
    Row("call", "a call of a gen_server and its reply", 1_000, 10_000),
    Row("ring_100", "a hop around 100 processes", 20_000, 200_000),
    Row("ring_503", "a hop around 503 processes", 20_000, 200_000),
    Row("payload_64", "a message with 64 bytes", 4_000, 40_000),
    Row("payload_1k", "a message with 1 KiB", 4_000, 40_000),
    Row("payload_64k", "a message with 64 KiB", 4_000, 40_000),
    Row("fan_in_1", "a message of one sender", 5_000, 50_000, warms_up=False),
    Row("fan_in_2", "a message of one of 2 senders", 5_000, 50_000, warms_up=False),
    Row("fan_in_100", "a message of one of 100 senders", 5_000, 50_000, warms_up=False),
    Row("big", "a message in a crowd of 120", 12_000, 120_000, warms_up=False),
    Row("fork_join", "a message with a small piece of work", 6_000, 60_000, warms_up=False),
    Row("chameneos", "a meeting of two processes", 3_000, 30_000),
    Row("mailbox", "a message that waits in the mailbox, and its receipt", 5_000, 50_000,
        warms_up=False),
    Row("spawn_exit", "a process spawned, its message and its end", 1_000, 10_000),
    Row("spawn_chain", "the same, spawned by the process before", 1_000, 10_000),
    Row("kill_restart", "a kill, the restart and a call", 300, 3_000),
    Row("crash_restart", "an exception, the restart and a call", 200, 2_000),
    Row("supervisor", "a child started, and stopped with its supervisor", 500, 5_000,
        warms_up=False),
    Row("dynamic", "a child of a dynamic supervisor started and stopped", 500, 5_000,
        warms_up=False),
    Row("one_for_all", "a child started, restarted three times and stopped", 200, 2_000,
        warms_up=False),
    Row("rest_for_one", "a child started, restarted three times and stopped", 200, 2_000,
        warms_up=False),
    Row("whereis", "the lookup of a name", 100_000, 500_000),
    Row("monitor_demonitor", "a monitor and its demonitor", 1_000, 40_000),
    Row("exit_links", "a process spawned, linked to one that is killed, and ended", 500, 5_000,
        warms_up=False),
    Row("exit_monitors", "a process spawned, told of the end of a monitored one, and ended", 500,
        5_000, warms_up=False),
    Row("die_together", "a process spawned, linked and monitored, dead of its link", 1_000, 5_000,
        warms_up=False),
    Row("timer_set", "a timer set and cancelled", 1_000, 40_000),
)
NAMES = tuple(row.name for row in ROWS)


def is_possible():
    return shutil.which(CALLGRIND.before[0]) is not None


def least_count(words, counting):
    """The runs end when the two least counts agree. Raises NotCounted."""
    counts = [counting.count(words)]
    while len(counts) < RUNS_MAX:
        counts = sorted([*counts, counting.count(words)])
        if counts[1] - counts[0] <= counts[0] * AGREEMENT:
            break
    return counts[0]


def per_operation(row, counting):
    """Raises NotCounted."""
    argument = next(each.command_name for each in plan.WORKLOADS if each.name == row.name)
    few, many = (least_count([plan.COPPICE.command, argument, str(count)], counting)
                 for count in (row.few, row.many))
    added = many - few
    if added <= 0:
        raise NotCounted(f"{row.operations:,} more operations added {added:,} instructions")
    return added / row.operations


def count(row, counting):
    result = {"workload": row.name, "operation": row.operation, "operations": row.operations}
    try:
        return {**result, "instructions": per_operation(row, counting)}
    except NotCounted as trouble:
        return {**result, "trouble": str(trouble)}


def run(only, say, counting):
    """All chosen rows, as data."""
    counted = []
    for row in ROWS:
        if row.name in only:
            counted.append(count(row, counting))
            say(f"{row.name} is counted")
    return {"instructions": counted}


def failures(data):
    return [f"Failed: {row['workload']}: {row['trouble']}"
            for row in data["instructions"] if "trouble" in row]


def table(data):
    lines = [["workload", "instructions", "operations", "an operation is"]]
    for row in data["instructions"]:
        lines.append([row["workload"], number(row.get("instructions")), f"{row['operations']:,}",
                      row["operation"]])
    return lines
