# SPDX-License-Identifier: Apache-2.0
"""A command in front of another command that counts events of the other one."""

import os
import re
import signal
import subprocess
from dataclasses import dataclass

from harness import child, plan

TIME_LIMIT = 900


class NotCounted(Exception):
    """Has the reason as text."""


@dataclass(frozen=True)
class Counter:
    """The command, and the pattern of the number that the command prints on standard error."""

    title: str
    before: tuple
    said: str

    def count(self, words):
        """The number of events of a run with one scheduler thread. Raises NotCounted."""
        try:
            done = subprocess.run([*self.before, *words], cwd=plan.ROOT, capture_output=True,
                                  text=True, errors="replace", timeout=TIME_LIMIT,
                                  env={**os.environ, "COPPICE_WORKERS": "1"})
        except subprocess.TimeoutExpired:
            raise NotCounted(child.TIME_LIMIT) from None
        except OSError as error:
            raise NotCounted(f"{self.before[0]}: {error.strerror}") from None
        if done.returncode != 0:
            raise NotCounted(f"{end_in_words(done.returncode)}: {program_said(done.stderr)}")
        return self.number_in(done.stderr)

    def number_in(self, text):
        found = re.search(self.said, text, re.MULTILINE)
        if not found:
            raise NotCounted(f"{self.before[0]} printed no count: {child.last_line(text)}")
        return int(found.group(1).replace(",", ""))


def program_said(text):
    """The last line that is not of valgrind, which ends with the counts of the failed run."""
    lines = [line for line in text.splitlines() if not re.match(r"==\d+==", line)]
    return child.last_line("\n".join(lines) or text)


def end_in_words(returncode):
    if returncode < 0:
        return signal.Signals(-returncode).name
    return f"exit status {returncode}"
