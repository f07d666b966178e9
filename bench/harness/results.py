# SPDX-License-Identifier: Apache-2.0
"""What was measured: for each figure and program the values of all rounds."""

import statistics
from dataclasses import dataclass, field

from harness import child, plan


@dataclass
class Cell:
    """The values of one figure of one program."""

    values: list = field(default_factory=list)

    @property
    def median(self):
        return statistics.median(self.values)

    def as_data(self):
        return {
            "median": self.median,
            "min": min(self.values),
            "max": max(self.values),
            "values": self.values,
        }


@dataclass
class Row:
    """One figure; `ops` is how many operations it is the mean, or the median, of."""

    workload: str
    name: str
    unit: str
    ops: int
    cells: dict = field(default_factory=dict)

    def cell(self, program):
        return self.cells.get(program.key)

    def best_beam(self):
        """Which BEAM was the better, and its values; nothing if neither has any."""
        there = [(program, self.cells[program.key]) for program in plan.BEAMS
                 if program.key in self.cells]
        return min(there, key=lambda pair: pair[1].median, default=None)

    def ratio(self, peer):
        """The peer's median in parts of Coppice's: more than 1 says that Coppice is ahead."""
        ours = self.cell(plan.COPPICE)
        if peer is None or ours is None or ours.median <= 0:
            return None
        return peer.median / ours.median

    def beam_ratio(self):
        best = self.best_beam()
        return self.ratio(best[1]) if best else None

    def caf_ratio(self):
        return self.ratio(self.cell(plan.CAF))


@dataclass
class Failure:
    program: str
    workload: str
    what: str
    detail: str
    times: int = 1

    def __str__(self):
        how_often = f" ({self.times} times)" if self.times > 1 else ""
        said = f": {self.detail}" if self.detail else ""
        return f"{self.program}, {self.workload}: {self.what}{how_often}{said}"


class Results:
    def __init__(self):
        self.rows = {}
        self.failures = {}
        self.absent = {}  # program key -> why it did not take part

    def add(self, program, workload, run):
        if run.failure:
            self.add_failure(program, workload.name, run)
            return
        for figure in self.figures_of(workload, run):
            row = self.rows.setdefault(figure["name"], Row(
                workload.name, figure["name"], figure["unit"], figure["ops"]))
            row.cells.setdefault(program.key, Cell()).values.append(figure["value"])

    @staticmethod
    def figures_of(workload, run):
        if workload.name == "cold_start":  # measured from outside
            return [{"name": workload.name, "value": run.wall_ns, "unit": "ns", "ops": 1}]
        if not workload.shows_peak:
            return run.figures
        peak = {
            "name": f"{workload.name}_peak",
            "value": run.peak_bytes / 2**20,
            "unit": "MiB",
            "ops": run.figures[0]["ops"],
        }
        return [*run.figures, peak]

    def add_failure(self, program, workload_name, run):
        key = (program.key, workload_name, run.failure)
        if key in self.failures:
            self.failures[key].times += 1
        else:
            self.failures[key] = Failure(program.title, workload_name, run.failure, run.detail)

    def why_nothing(self, program, workload_name):
        """What stands where a program has no value, or beside one that failed in some rounds."""
        for (key, name, what) in self.failures:
            if key == program.key and name == workload_name:
                return what
        return "missing" if program.key in self.absent else "-"

    def was_too_slow(self, program, workload):
        return (program.key, workload.name, child.TIME_LIMIT) in self.failures

    def failed(self, program):
        return any(key == program.key for (key, _, _) in self.failures)

    def rows_in_order(self):
        """As the plan has them; a workload that nobody could run has a row without values."""
        for workload in plan.WORKLOADS:
            found = [row for row in self.rows.values() if row.workload == workload.name]
            if not found and any(name == workload.name for (_, name, _) in self.failures):
                found = [Row(workload.name, workload.name, "", workload.count)]
            yield from found
