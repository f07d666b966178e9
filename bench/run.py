#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the same workloads on Coppice and its peers, interleaved, and compares what they cost.

Installs and builds what is missing first. script/bench is the way to call it.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True

from harness import child, machine, plan, show  # noqa: E402
from harness.results import Results  # noqa: E402

QUICK_SECONDS = 200  # no round is begun that would probably end later


def positive(text):
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text} is no positive number")
    return int(text)


def workload(name):
    for each in plan.WORKLOADS:
        if each.name == name:
            return each
    known = " ".join(each.name for each in plan.WORKLOADS)
    raise argparse.ArgumentTypeError(f"no workload is named {name}; there are: {known}")


def writable(path):
    if not Path(path).resolve().parent.is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder for {path}")
    if Path(path).is_dir():
        raise argparse.ArgumentTypeError(f"{path} is a folder")
    return path


def arguments():
    parser = argparse.ArgumentParser(
        prog="script/bench", allow_abbrev=False,
        description="Runs the same workloads on Coppice, on BEAM and on CAF, and compares.")
    parser.add_argument("--only", metavar="NAME", type=workload, action="append",
                        help="run this workload; may be given several times")
    parser.add_argument("--quick", action="store_true",
                        help="fewer operations and at most 3 rounds, within 5 minutes")
    parser.add_argument("--rounds", metavar="N", type=positive, help="how many rounds; 5, or 3")
    parser.add_argument("--json", metavar="FILE", type=writable, help="write the results here too")
    given = parser.parse_args()
    given.rounds = given.rounds or (3 if given.quick else 5)
    given.only = given.only or list(plan.WORKLOADS)
    return given


def say(text):
    print(text, file=sys.stderr, flush=True)


def prepare():
    """Without a peer's package that cannot be installed it goes on, without that peer."""
    if subprocess.run([plan.ROOT / "script/bootstrap", "--bench"]).returncode != 0:
        say("going on with what is installed")
    quietly = {"cwd": plan.ROOT, "stdout": subprocess.DEVNULL, "check": True}
    subprocess.run(["cmake", "--preset", "release"], **quietly)
    subprocess.run(["cmake", "--build", "--preset", "release", "--target", "bench_programs"],
                   cwd=plan.ROOT, stdout=sys.stderr, check=True)


def taking_part(results):
    """Each program that is there, with the names of the workloads that it has."""
    having = {}
    for program in plan.PROGRAMS:
        if not program.is_there:
            results.absent[program.key] = f"{program.title} is missing: there is no {program.path}"
            continue
        names, listing = child.list_workloads(program)
        if names is None:
            results.absent[program.key] = (
                f"{program.title} is missing: it cannot list its workloads: "
                f"{listing.failure}. {listing.detail}")
        else:
            having[program] = names
    return having


def run_round(results, having, given, number):
    """Neighbours in time are compared, and who goes first changes. Once too slow is enough."""
    for place, each in enumerate(given.only):
        programs = [program for program, names in having.items()
                    if each.command_name in names and not results.was_too_slow(program, each)]
        first = (number + place) % max(len(programs), 1)
        for program in programs[first:] + programs[:first]:
            count = each.quick if given.quick else each.count
            limit = 20 if given.quick else 180
            results.add(program, each,
                        child.run(program, [each.command_name, str(count)], limit))


def run_rounds(results, having, given):
    """How many rounds there were."""
    began = time.monotonic()
    for number in range(given.rounds):
        round_began = time.monotonic()
        run_round(results, having, given, number)
        now = time.monotonic()
        say(f"round {number + 1} of {given.rounds}: {now - round_began:.0f} s")
        if given.quick and now - began + (now - round_began) > QUICK_SECONDS:
            return number + 1
    return given.rounds


def main():
    given = arguments()
    prepare()
    results = Results()
    where, what = machine.describe(), machine.versions()
    rounds = run_rounds(results, taking_part(results), given)
    print("\n".join(machine.lines(where, what)))
    print(f"rounds: {rounds}{', quick' if given.quick else ''}\n")
    print(show.table(results))
    print()
    print("\n".join(show.notes(results)))
    if given.json:
        written = show.data(results, where, what, rounds)
        Path(given.json).write_text(json.dumps(written, indent=1) + "\n")
    return 1 if plan.COPPICE.key in results.absent or results.failed(plan.COPPICE) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as failed:
        say(f"script/bench: this failed: {' '.join(map(str, failed.cmd))}")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
