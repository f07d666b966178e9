# SPDX-License-Identifier: Apache-2.0
"""Cost against the number of processes, and throughput against the number of threads."""

import statistics

from harness import child, misses, plan
from harness.tables import number

GROWTH = plan.Program("growth", "coppice", "Coppice", "build/release/bin/coppice_growth")
OPERATIONS = {
    "send": "send to a process and receive its answer",
    "call": "call a gen_server",
    "spawn": "end a process and spawn another in its place",
    "restart": "kill a child, until its supervisor has restarted the child",
    "restart_again": "the same, of one child after as many restarts",
    "find_child": "find a child of a supervisor by id",
    "timer": "cancel a timer and set the timer again",
    "whereis": "look up a name",
}
SIZES = (1_000, 10_000, 100_000, 1_000_000)
QUICK_SIZES = SIZES[:3]
VISITS, QUICK_VISITS, MISS_VISITS = 1_000_000, 100_000, 20_000
MOST_QUICKLY_COUNTED = 10_000
IDLE, QUICK_IDLE = 5_000_000, 500_000
WORKERS = (1, 2, 4)
THROUGHPUT = ("ping_pong_100", "fan_in_100", "big", "fork_join", "chameneos", "spawn_exit")
LIMIT_SECONDS = 300
IDLE_NAME, WORKERS_NAME = "idle", "workers"
NAMES = (*OPERATIONS, IDLE_NAME, WORKERS_NAME)


class Measured:
    """Values by key; a failed run has no value."""

    def __init__(self):
        self.values = {}
        self.failures = []

    def add(self, key, run):
        if run.failure:
            self.failures.append(f"{' '.join(map(str, key))}: {run.failure} {run.detail}".strip())
        else:
            self.values.setdefault(key, []).append(run.figures[0]["value"])

    def median(self, *key):
        return statistics.median(self.values[key]) if key in self.values else None


def visit_all(measured, given, sizes):
    visits = QUICK_VISITS if given.quick else VISITS
    for operation in OPERATIONS:
        for hosts in sizes if operation in given.only else ():
            words = [operation, str(hosts), str(max(hosts, visits))]
            measured.add((operation, hosts), child.run(GROWTH, words, LIMIT_SECONDS))


def with_workers(workers):
    return plan.Program("coppice", "coppice", "Coppice", plan.COPPICE.path,
                        {"COPPICE_WORKERS": str(workers)})


def run_with_workers(measured, given):
    for workload in plan.WORKLOADS:
        if workload.name in THROUGHPUT and WORKERS_NAME in given.only:
            words = [workload.command_name, str(workload.count_for(plan.COPPICE, given.quick))]
            for workers in WORKERS:
                run = child.run(with_workers(workers), words, LIMIT_SECONDS)
                measured.add((workload.name, workers), run)


def count_misses(given, sizes):
    """The misses by operation and size, or None without a tool that counts."""
    counting = misses.counter()
    if counting is None:
        return None
    most = min(counting.most_hosts, MOST_QUICKLY_COUNTED) if given.quick else counting.most_hosts
    small_enough = [hosts for hosts in sizes if hosts <= most]
    each = {operation: [misses.per_visit(counting, GROWTH.command, operation, hosts, MISS_VISITS)
                        for hosts in small_enough]
            for operation in OPERATIONS if operation in given.only}
    return {"title": counting.title, "sizes": small_enough, "each": each}


def idle_processes(given):
    count = QUICK_IDLE if given.quick else IDLE
    run = child.run(plan.COPPICE, ["memory_process", str(count)], LIMIT_SECONDS)
    if run.failure:
        return {"count": count, "failure": run.failure}
    return {"count": count, "bytes_each": run.figures[0]["value"],
            "peak_gib": run.peak_bytes / 2**30}


def run(given, say):
    """All measurements, as data."""
    measured = Measured()
    sizes = QUICK_SIZES if given.quick else SIZES
    for number_of_round in range(given.rounds):
        visit_all(measured, given, sizes)
        run_with_workers(measured, given)
        say(f"round {number_of_round + 1} of {given.rounds} is done")
    operations = [name for name in OPERATIONS if name in given.only]
    data = {
        "sizes": sizes,
        "ns": {name: [measured.median(name, hosts) for hosts in sizes] for name in operations},
        "misses": count_misses(given, sizes) if operations else None,
    }
    if WORKERS_NAME in given.only:
        data["workers"] = WORKERS
        data["throughput"] = {name: [throughput(measured.median(name, workers))
                                     for workers in WORKERS] for name in THROUGHPUT}
    if IDLE_NAME in given.only:
        data["idle"] = idle_processes(given)
    return {**data, "failures": measured.failures}


def throughput(ns):
    """Millions of operations a second, from the time of one operation."""
    return None if ns is None else 1e3 / ns


def curves(data):
    table = [["what", *(f"{hosts:,}" for hosts in data["sizes"])]]
    for operation, values in data["ns"].items():
        table.append([OPERATIONS[operation], *map(number, values)])
    return table


def miss_curves(data):
    counted = data["misses"]
    table = [["what", *(f"{hosts:,}" for hosts in counted["sizes"])]]
    for operation, values in counted["each"].items():
        table.append([OPERATIONS[operation], *(misses.in_words(value) for value in values)])
    return table


def throughputs(data):
    table = [["what", *(f"{count} thread{'s' * (count > 1)}" for count in data["workers"])]]
    for name, values in data["throughput"].items():
        table.append([name, *map(number, values)])
    return table


def idle_line(idle):
    if "failure" in idle:
        return f"{idle['count']:,} idle processes: {idle['failure']}."
    return (f"{idle['count']:,} idle processes: {number(idle['bytes_each'])} bytes each, "
            f"{number(idle['peak_gib'])} GiB peak for the whole program.")


def sections(data, style):
    """Titles and tables, in the style of `tables.aligned` or `tables.markdown`."""
    if data["ns"]:
        yield "ns for each visit, with so many processes visited in turn:", style(curves(data))
        if data["misses"]:
            yield f"{data['misses']['title']}, for each visit:", style(miss_curves(data))
        else:
            yield "Cache misses: not counted, since neither perf nor valgrind works here.", ""
    if "throughput" in data:
        yield "Million operations a second:", style(throughputs(data))
    if "idle" in data:
        yield idle_line(data["idle"]), ""
    for failure in data["failures"]:
        yield f"Failed: {failure}", ""
