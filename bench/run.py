#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the same workloads on Coppice and its peers, interleaved, and compares the costs.

First installs missing packages and builds the programs. Called by script/bench.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

sys.dont_write_bytecode = True

from harness import child, growth, instructions, machine, plan, show, tables  # noqa: E402
from harness.results import Results  # noqa: E402

QUICK_SECONDS = 200  # no round begins that would probably end later,
QUICK_LAST_SECONDS = 240  # and no workload begins later


def positive(text):
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return int(text)


def writable(path):
    if not Path(path).resolve().parent.is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder for {path}")
    if Path(path).is_dir():
        raise argparse.ArgumentTypeError(f"{path} is a folder")
    return path


def known_names(given):
    if given.growth:
        return growth.NAMES
    return instructions.NAMES if given.instructions else [each.name for each in plan.WORKLOADS]


def arguments():
    parser = argparse.ArgumentParser(
        prog="script/bench", allow_abbrev=False,
        description="Runs the same workloads on Coppice, on BEAM and on CAF, and compares.")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--growth", action="store_true",
                      help="Coppice alone: cost against the number of processes, throughput "
                           "against the number of scheduler threads")
    mode.add_argument("--instructions", action="store_true",
                      help="Coppice alone: instructions for each operation, counted by callgrind")
    parser.add_argument("--only", metavar="NAME", action="append",
                        help="run this workload; may be given several times")
    parser.add_argument("--quick", action="store_true",
                        help="fewer operations and at most 3 rounds, within 5 minutes")
    parser.add_argument("--rounds", metavar="N", type=positive,
                        help="the number of rounds; by default 5, or 3 with --quick")
    parser.add_argument("--json", metavar="FILE", type=writable,
                        help="write the results to FILE, too")
    given = parser.parse_args()
    if given.instructions and (given.quick or given.rounds):
        parser.error("--instructions counts once, so --quick and --rounds do not apply")
    known = known_names(given)
    unknown = [name for name in given.only or () if name not in known]
    if unknown:
        parser.error(f"no workload of this mode is named {unknown[0]}; "
                     f"there are: {' '.join(known)}")
    given.rounds = given.rounds or (3 if given.quick or given.growth else 5)
    given.only = given.only or known
    return given


def say(text):
    print(text, file=sys.stderr, flush=True)


def install(packages):
    """If a package of a peer cannot be installed, the comparison runs without the peer."""
    if subprocess.run([plan.ROOT / "script/bootstrap", packages]).returncode != 0:
        say("continuing with the installed packages")


def build(target):
    subprocess.run(["cmake", "--preset", "release", "-DCOPPICE_BUILD_BENCH=ON"], cwd=plan.ROOT,
                   stdout=subprocess.DEVNULL, check=True)
    subprocess.run(["cmake", "--build", "--preset", "release", "--target", target],
                   cwd=plan.ROOT, stdout=sys.stderr, check=True)


def taking_part(results):
    """Each existing program with the names of its workloads."""
    having = {}
    for program in plan.PROGRAMS:
        if not program.is_there:
            results.absent[program.key] = (
                f"{program.title} is missing: {program.path} does not exist")
            continue
        names, listing = child.list_workloads(program)
        if names is None:
            results.absent[program.key] = (
                f"{program.title} is missing: --list failed: "
                f"{listing.failure}. {listing.detail}")
        else:
            having[program] = names
    return having


def run_round(results, having, given, number, latest):
    """Runs the programs of a workload one after the other, with a changing first program.

    Skips a program that exceeded the time limit of the workload in an earlier round.
    """
    workloads = [each for each in plan.WORKLOADS if each.name in given.only]
    for place, each in enumerate(workloads):
        if time.monotonic() > latest:
            results.no_time_for.append(each.name)
            continue
        programs = [program for program, names in having.items()
                    if each.command_name in names and not results.was_too_slow(program, each)]
        first = (number + place) % max(len(programs), 1)
        for program in programs[first:] + programs[:first]:
            words = [each.command_name, str(each.count_for(program, given.quick))]
            results.add(program, each, child.run(program, words, 20 if given.quick else 180))


def run_rounds(results, having, given):
    """Returns the number of rounds."""
    began = time.monotonic()
    latest = began + (QUICK_LAST_SECONDS if given.quick else float("inf"))
    for number in range(given.rounds):
        round_began = time.monotonic()
        run_round(results, having, given, number, latest)
        now = time.monotonic()
        say(f"round {number + 1} of {given.rounds}: {now - round_began:.0f} s")
        if given.quick and now - began + (now - round_began) > QUICK_SECONDS:
            return number + 1
    return given.rounds


def compare(given):
    """The comparison as data, and whether Coppice ran all workloads."""
    results = Results()
    rounds = run_rounds(results, taking_part(results), given)
    ended_well = plan.COPPICE.key not in results.absent and not results.failed(plan.COPPICE)
    return {"rounds": rounds, "quick": given.quick, **results.as_data()}, ended_well


def print_comparison(data):
    print(tables.aligned(show.measured(data)))
    print()
    print("\n".join(show.notes(data)))
    if data["targets"]:
        print()
        print(tables.aligned(show.judged(data)))


def measure_growth(given):
    data = growth.run(given, say)
    return {"rounds": given.rounds, "quick": given.quick, **data}, not data["failures"]


def print_growth(data):
    print("\n\n".join(f"{title}\n{table}".strip()
                      for title, table in growth.sections(data, tables.aligned)))


def print_instructions(data):
    print("\n".join([tables.aligned(instructions.table(data)), *instructions.failures(data)]))


def report(given, where, measured, show_all):
    print("\n".join(machine.lines(where)))
    if "rounds" in measured:
        print(f"rounds: {measured['rounds']}{', quick' if given.quick else ''}")
    print()
    show_all(measured)
    if given.json:
        Path(given.json).write_text(json.dumps({**where, **measured}, indent=1) + "\n")


def main_of_instructions(given):
    install("--instructions")
    if not instructions.is_possible():
        say("script/bench: no instructions are counted: valgrind is not installed")
        return 1
    build("coppice_bench")
    where = {"machine": machine.describe(), "versions": machine.versions_of_counting()}
    counted = instructions.run(given.only, say, instructions.CALLGRIND)
    report(given, where, counted, print_instructions)
    return 1 if instructions.failures(counted) else 0


def main_of_times(given):
    install("--bench")
    build("bench_programs")
    where = {"machine": machine.describe(), "versions": machine.versions()}
    measured, ended_well = (measure_growth if given.growth else compare)(given)
    report(given, where, measured, print_growth if given.growth else print_comparison)
    return 0 if ended_well else 1


def main():
    given = arguments()
    return main_of_instructions(given) if given.instructions else main_of_times(given)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except subprocess.CalledProcessError as failed:
        say(f"script/bench: this failed: {' '.join(map(str, failed.cmd))}")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
