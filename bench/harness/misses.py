# SPDX-License-Identifier: Apache-2.0
"""Counts cache misses: of the hardware where `perf stat` can, else simulated by cachegrind."""

from dataclasses import dataclass

from harness.counter import Counter, NotCounted


@dataclass(frozen=True)
class MissCounter(Counter):
    most_hosts: int  # more take it too long


PERF = MissCounter("cache misses, counted by the processor",
                   ("perf", "stat", "-x", ",", "-e", "cache-misses"),
                   r"^(\d+),[^\n]*cache-misses", 1_000_000)
# A simulated cache does not depend on the machine. This one is as large as a core has for itself.
CACHEGRIND = MissCounter("misses of a simulated cache of 2 MiB",
                         ("valgrind", "--tool=cachegrind", "--cache-sim=yes",
                          "--LL=2097152,16,64", "--cachegrind-out-file=/dev/null"),
                         r"LLd misses:\s*([\d,]+)", 100_000)


def counter():
    """What can count here, or nothing."""
    for each in (PERF, CACHEGRIND):
        try:
            each.count(["true"])
            return each
        except NotCounted:
            continue
    return None


def per_visit(counting, command, operation, hosts, visits):
    """Of the visits alone: what so many more of them add."""
    try:
        once = counting.count([command, operation, str(hosts), str(visits)])
        twice = counting.count([command, operation, str(hosts), str(2 * visits)])
        return (twice - once) / visits
    except NotCounted:
        return None


def in_words(value):
    return "-" if value is None else f"{max(value, 0):.1f}"
