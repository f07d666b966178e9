# SPDX-License-Identifier: Apache-2.0
"""A stand-in for valgrind, and the path of the modules under test."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from harness.counter import Counter  # noqa: E402
from harness.instructions import CALLGRIND  # noqa: E402


def counter(script):
    """Runs the shell script in place of valgrind; $1, $2 and $3 are program, workload and count."""
    return Counter("instructions", ("sh", "-c", script, "tool"), CALLGRIND.said)


def counting(instructions):
    """Prints the value of the shell expression as callgrind prints its count."""
    return counter(f'echo "==7== Events    : Ir" >&2; '
                   f'echo "==7== Collected : $(({instructions}))" >&2')
