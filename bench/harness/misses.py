# SPDX-License-Identifier: Apache-2.0
"""Counts cache misses: with `perf stat` if available, else with the simulator cachegrind."""

from dataclasses import dataclass

from harness.counter import Counter, NotCounted


@dataclass(frozen=True)
class MissCounter(Counter):
    most_hosts: int  # a larger number takes too long


PERF = MissCounter("cache misses, counted by the processor",
                   ("perf", "stat", "-x", ",", "-e", "cache-misses"),
                   r"^(\d+),[^\n]*cache-misses", 1_000_000)
# A simulated cache does not depend on the machine. Its size is the share of one core.
CACHEGRIND = MissCounter("misses of a simulated cache of 2 MiB",
                         ("valgrind", "--tool=cachegrind", "--cache-sim=yes",
                          "--LL=2097152,16,64", "--cachegrind-out-file=/dev/null"),
                         r"LLd misses:\s*([\d,]+)", 100_000)


def counter():
    """The first counter that works on this machine, or None."""
    for each in (PERF, CACHEGRIND):
        try:
            each.count(["true"])
            return each
        except NotCounted:
            continue
    return None


def per_visit(counting, command, operation, hosts, visits):
    """The misses of one visit: the difference of two runs, divided by the additional visits."""
    try:
        once = counting.count([command, operation, str(hosts), str(visits)])
        twice = counting.count([command, operation, str(hosts), str(2 * visits)])
        return (twice - once) / visits
    except NotCounted:
        return None


def in_words(value):
    return "-" if value is None else f"{max(value, 0):.1f}"
