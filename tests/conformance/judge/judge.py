#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares Coppice with real OTP on random scenarios. script/conformance builds what this program needs."""

import argparse
import collections
import json
import random
import sys
import time
from pathlib import Path

import generate_agents
import generate_partitions
import generate_processes
import generate_registry
import generate_server
import generate_statem
import generate_tasks
import generate_tree
from beam import Coppice, Ended, Oracle
from minimize import minimize

GENERATORS = {
    "processes": generate_processes.generate,
    "supervision": generate_tree.generate,
    "server": generate_server.generate,
    "statem": generate_statem.generate,
    "registry": generate_registry.generate,
    "agents": generate_agents.generate,
    "tasks": generate_tasks.generate,
    "partitions": generate_partitions.generate,
}
BATCH = 2000
# A difference counts only if Coppice differs from each of these runs of the BEAM, in which the scenario runs alone, with
# all times stretched by the factor. A busy machine delays real timers, and so gives other traces.
CONFIRM_SCALES = (1, 4, 16)
# While a scenario is shrunk: hundreds of tries.
QUICK_SCALES = (1, 1)
# For a scenario that counts restarts in seconds, which do not stretch.
CONFIRM_SCALES_OF_SECONDS = (1, 1, 1)
# On scheduler threads Coppice has real time too.
THREAD_SCALES = (1, 4, 16)
TIMES = {"ms", "sleep", "timeout", "within", "shutdown"}
SHOWN_MAX = 10
NO_TRACE = "no trace of OTP"


def scenario_of(kind, seed):
    return GENERATORS[kind](random.Random(f"{kind} {seed}"))


def reads_seconds(node):
    if isinstance(node, dict):
        return node.get("max_seconds", 3600) < 60 or any(map(reads_seconds, node.values()))
    return isinstance(node, list) and any(map(reads_seconds, node))


def stretched(node, scale):
    """The scenario with all times multiplied."""
    if isinstance(node, dict):
        return {key: each * scale if key in TIMES and type(each) is int else stretched(each, scale)
                for key, each in node.items()}
    return [stretched(each, scale) for each in node] if isinstance(node, list) else node


class Judge:
    """Holds both programs, and says where they differ."""

    def __init__(self, beams, program, threads=0):
        self.oracle = Oracle(beams)
        self.coppice = Coppice(program, threads)
        self.scales = THREAD_SCALES if threads else (1,)

    def end(self):
        self.oracle.end()
        self.coppice.end()

    def judge(self, scenario, trace):
        """(difference, trace of Coppice); the difference is None for a scenario that was refused."""
        if isinstance(trace, str):
            return f"{NO_TRACE}: {trace}", []
        if loses_timeout(scenario, trace):
            return "", []
        # The kinds without clients run in the simulator.
        for scale in self.scales if "clients" in scenario else (1,):
            answer = self.coppice.compare(stretched(scenario, scale), trace)
            if not answer.get("difference"):
                break
        return answer.get("difference"), answer.get("trace", [answer.get("refused")])

    def confirm(self, scenario, scales=CONFIRM_SCALES):
        """(difference, OTP's trace, Coppice's trace) of one scenario alone. The difference is empty if one of
        several runs on the BEAM agrees with Coppice."""
        found = None
        for scale in CONFIRM_SCALES_OF_SECONDS if reads_seconds(scenario) else scales:
            trace = self.oracle.run([scenario], slots=1, scale=scale)[0]
            difference, got = self.judge(scenario, trace)
            if not difference:
                return difference, trace, got
            found = difference, trace, got
        return found


def run(judge, jobs, told):
    """Counts of results; `told` hears of each confirmed difference."""
    counts = collections.defaultdict(collections.Counter)
    for begin in range(0, len(jobs), BATCH):
        batch = jobs[begin:begin + BATCH]
        scenarios = [scenario_of(kind, seed) for kind, seed in batch]
        for (kind, seed), scenario, trace in zip(batch, scenarios, judge.oracle.run(scenarios)):
            if loses_timeout(scenario, trace):
                counts[kind]["left out"] += 1
                continue
            difference, _ = judge.judge(scenario, trace)
            result = "equal" if difference == "" else "refused" if difference is None else "different"
            if difference:
                confirmed = judge.confirm(scenario)
                if confirmed[0]:
                    told(kind, seed, scenario, confirmed)
                else:
                    result = "unsteady"
            counts[kind][result] += 1
        print(f"{begin + len(batch)} of {len(jobs)} scenarios", file=sys.stderr, flush=True)
    return counts


def shown_trace(name, trace):
    lines = [f"  {json.dumps(line, sort_keys=True)}" for line in trace] if isinstance(trace, list) else [f"  {trace}"]
    return "\n".join([f"{name}:"] + lines)


def loses_timeout(scenario, trace):
    """A fault of OTP 25: if a timeout of zero is queued behind another and is started anew before its turn, the new
    timeout arrives as a plain message, and not as a timeout."""
    return scenario.get("kind") == "statem" and isinstance(trace, list) and any(
        event["event"] == "stray" and event["process"].startswith("s") for line in trace for event in line["events"])


def differs(confirmed):
    """A scenario that the oracle cannot run is no smaller form of a difference."""
    return bool(confirmed[0]) and not confirmed[0].startswith(NO_TRACE)


class Report:
    """Prints differences, minimized if wanted."""

    def __init__(self, judge, options):
        self.judge = judge
        self.options = options
        self.count = 0

    def __call__(self, kind, seed, scenario, confirmed):
        self.count += 1
        if self.count > SHOWN_MAX:
            print(f"a difference in {kind} {seed}", flush=True)
            return
        if self.options.minimize:
            scenario, confirmed = minimize(lambda each: self.judge.confirm(each, QUICK_SCALES), differs, scenario,
                                           confirmed)
        difference, expected, got = confirmed
        print(f"--- {kind} {seed}: {difference}")
        print("scenario:\n  " + json.dumps(scenario, sort_keys=True))
        print(shown_trace("OTP", expected))
        print(shown_trace("Coppice", got))
        threads = f" --scheduler-threads {self.options.scheduler_threads}" if self.options.scheduler_threads else ""
        print(f"again: script/conformance --kind {kind} --seed {seed} --seeds 1 --minimize{threads}", flush=True)


def read_options():
    parser = argparse.ArgumentParser(prog="script/conformance", description="Compares Coppice with real OTP on random "
                                     "scenarios. The status is 1 if there is a difference.")
    parser.add_argument("--seeds", type=int, default=500, help="number of scenarios over all kinds; with --kind, of "
                        "that kind (500)")
    parser.add_argument("--seed", type=int, default=1, help="the first seed (1)")
    parser.add_argument("--kind", choices=sorted(GENERATORS), help="only this kind")
    parser.add_argument("--minimize", action="store_true", help="shrink each scenario that differs")
    parser.add_argument("--scheduler-threads", type=int, default=0, metavar="N", help="run Coppice on N real scheduler "
                        "threads; default: the simulator")
    parser.add_argument("--scenario", type=Path, help="judge the scenario of a file instead")
    parser.add_argument("--beams", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--program", type=Path, required=True, help=argparse.SUPPRESS)
    return parser.parse_args()


def jobs_of(options):
    kinds = [options.kind] if options.kind else list(GENERATORS)
    return [(kinds[i % len(kinds)], options.seed + i // len(kinds)) for i in range(options.seeds)]


def main():
    options = read_options()
    judge = Judge(options.beams, options.program, options.scheduler_threads)
    report = Report(judge, options)
    began = time.monotonic()
    try:
        if options.scenario:
            return one_file(judge, report, options.scenario)
        counts = run(judge, jobs_of(options), report)
    except Ended as error:
        print(f"conformance: the oracle: {error}", file=sys.stderr)
        return 1
    finally:
        judge.end()
    for kind, results in counts.items():
        print(f"{kind}: " + ", ".join(f"{count} {result}" for result, count in sorted(results.items())))
    print(f"conformance: {report.count} differences, {time.monotonic() - began:.0f} s")
    return 1 if report.count else 0


def one_file(judge, report, path):
    scenario = json.loads(path.read_text())
    confirmed = judge.confirm(scenario)
    if confirmed[0]:
        report(scenario.get("kind", "supervision"), 0, scenario, confirmed)
    else:
        print("equal" if confirmed[0] == "" else f"refused: {confirmed[2][0]}")
    return 1 if confirmed[0] else 0


if __name__ == "__main__":
    sys.exit(main())
