# SPDX-License-Identifier: Apache-2.0
"""Counts cache misses: of the hardware where `perf stat` can, else simulated by cachegrind."""

import shutil

from harness.counter import Counter

PERF = Counter("cache misses, counted by the processor", 1_000_000,
               ("perf", "stat", "-x", ",", "-e", "cache-misses"), r"^(\d+),[^\n]*cache-misses")
# A simulated cache does not depend on the machine. This one is as large as a core has for itself.
CACHEGRIND = Counter("misses of a simulated cache of 2 MiB", 100_000,
                     ("valgrind", "--tool=cachegrind", "--cache-sim=yes", "--LL=2097152,16,64",
                      "--cachegrind-out-file=/dev/null"), r"LLd misses:\s*([\d,]+)")


def counter():
    """What can count here, or nothing."""
    for each in (PERF, CACHEGRIND):
        if shutil.which(each.before[0]) and each.count(["true"]) is not None:
            return each
    return None


def per_visit(counting, command, operation, hosts, visits):
    """Of the visits alone: what so many more of them add."""
    once = counting.count([command, operation, str(hosts), str(visits)])
    twice = counting.count([command, operation, str(hosts), str(2 * visits)])
    return None if once is None or twice is None else (twice - once) / visits


def in_words(value):
    return "-" if value is None else f"{max(value, 0):.1f}"
