# SPDX-License-Identifier: Apache-2.0
"""The results: the values of all rounds, for each figure and program."""

import statistics
from dataclasses import dataclass, field

from harness import child, plan, targets


@dataclass
class Cell:
    """The values of one figure of one program, each the mean or the median of `ops` operations."""

    ops: int
    values: list = field(default_factory=list)
    peaks: list = field(default_factory=list)

    @property
    def median(self):
        return statistics.median(self.values)

    def as_data(self):
        return {
            "ops": self.ops,
            "median": self.median,
            "min": min(self.values),
            "max": max(self.values),
            "values": self.values,
            "peak_mib": statistics.median(self.peaks) / 2**20,
        }


@dataclass
class Row:
    """One figure."""

    workload: str
    name: str
    unit: str
    cells: dict = field(default_factory=dict)

    def better(self, peer):
        """The key of the better of a peer's programs, or nothing."""
        there = [program.key for program in plan.programs_of(peer) if program.key in self.cells]
        return min(there, key=lambda key: self.cells[key].median, default=None)

    def ratio(self, peer):
        """The peer's median divided by Coppice's median: above 1, Coppice is faster."""
        theirs = self.cells.get(self.better(peer))
        ours = self.cells.get(plan.COPPICE.key)
        if theirs is None or ours is None or ours.median <= 0:
            return None
        return theirs.median / ours.median


@dataclass
class Failure:
    program: str
    workload: str
    what: str
    detail: str
    times: int = 1


class Results:
    def __init__(self):
        self.rows = {}
        self.failures = {}
        self.absent = {}  # program key -> reason for the absence
        self.no_time_for = []  # names of workloads

    def add(self, program, workload, run):
        if run.failure:
            self.add_failure(program, workload.name, run)
            return
        for figure in self.figures_of(workload, run):
            row = self.rows.setdefault(figure["name"], Row(
                workload.name, figure["name"], figure["unit"]))
            cell = row.cells.setdefault(program.key, Cell(figure["ops"]))
            cell.values.append(figure["value"])
            cell.peaks.append(run.peak_bytes)

    @staticmethod
    def figures_of(workload, run):
        if workload.name == "cold_start":  # measured from outside
            return [{"name": workload.name, "value": run.wall_ns, "unit": "ns", "ops": 1}]
        return run.figures

    def add_failure(self, program, workload_name, run):
        key = (program.key, workload_name, run.failure)
        if key in self.failures:
            self.failures[key].times += 1
        else:
            self.failures[key] = Failure(program.title, workload_name, run.failure, run.detail)

    def why_nothing(self, program, workload_name):
        """The text in place of a missing value, or beside a value if some rounds failed."""
        for (key, name, what) in self.failures:
            if key == program.key and name == workload_name:
                return what
        return "missing" if program.key in self.absent else ""

    def was_too_slow(self, program, workload):
        return (program.key, workload.name, child.TIME_LIMIT) in self.failures

    def failed(self, program):
        return any(key == program.key for (key, _, _) in self.failures)

    def rows_in_order(self):
        """In the order of the plan. A workload that failed in all programs has an empty row."""
        for workload in plan.WORKLOADS:
            found = [row for row in self.rows.values() if row.workload == workload.name]
            if not found and any(name == workload.name for (_, name, _) in self.failures):
                found = [Row(workload.name, workload.name, "")]
            yield from found

    def program_data(self, row, program):
        cell = row.cells.get(program.key)
        trouble = self.why_nothing(program, row.workload)
        return {**(cell.as_data() if cell else {}), **({"trouble": trouble} if trouble else {})}

    def row_data(self, row):
        return {
            "workload": row.workload,
            "name": row.name,
            "unit": row.unit,
            "programs": {program.key: self.program_data(row, program) for program in plan.PROGRAMS},
            "peers": {peer: {"better": row.better(peer), "ratio": row.ratio(peer)}
                      for peer in plan.PEERS},
        }

    def as_data(self):
        figures = [self.row_data(row) for row in self.rows_in_order()]
        return {
            "figures": figures,
            "targets": targets.judge(figures),
            "absent": self.absent,
            "no_time_for": self.no_time_for,
            "failures": [vars(failure) for failure in self.failures.values()],
        }
