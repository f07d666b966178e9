# SPDX-License-Identifier: Apache-2.0
"""A command in front of another command that counts events of the other one."""

import os
import re
import subprocess
from dataclasses import dataclass

from harness import plan

TIME_LIMIT = 900


@dataclass(frozen=True)
class Counter:
    """A command in front of another one, and where it says how many misses there were."""

    title: str
    most_hosts: int  # more take it too long
    before: tuple
    said: str

    def count(self, words):
        try:
            done = subprocess.run([*self.before, *words], cwd=plan.ROOT, capture_output=True,
                                  text=True, timeout=TIME_LIMIT,
                                  env={**os.environ, "COPPICE_WORKERS": "1"})
        except subprocess.TimeoutExpired:
            return None
        found = re.search(self.said, done.stderr, re.MULTILINE)
        if done.returncode != 0 or not found:
            return None
        return int(found.group(1).replace(",", ""))
