# SPDX-License-Identifier: Apache-2.0
"""The two programs that run scenarios: the oracle on the BEAM, and Coppice."""

import json
import os
import select
import subprocess
import tempfile
from pathlib import Path

from terms import read_records, write_records


class Ended(Exception):
    """A program ended or gave no answer."""


class _Program:
    """A program that answers lines with lines."""

    def __init__(self, command, errors=None):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors)
        self.rest = b""

    def tell(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def hear(self, seconds):
        """The next line. The time-out counts from the last byte."""
        while b"\n" not in self.rest:
            ready, _, _ = select.select([self.process.stdout], [], [], seconds)
            more = os.read(self.process.stdout.fileno(), 1 << 16) if ready else b""
            if not more:
                raise Ended(f"no answer within {seconds} s" if not ready else self.ended())
            self.rest += more
        line, self.rest = self.rest.split(b"\n", 1)
        return line.decode()

    def ended(self):
        """How the program has ended."""
        try:
            return f"the program has ended, status {self.process.wait(5)}"
        except subprocess.TimeoutExpired:
            return "the program answers no more"

    def end(self):
        """By process id; kill if closing the input is not enough."""
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass  # the program has ended with a line unread
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Oracle:
    """One BEAM for all scenarios."""

    SECONDS_MAX = 1200  # for one batch

    def __init__(self, beams):
        # One scheduler thread: see oracle_rest.erl.
        self.program = _Program(["elixir", "--erl", "+S 1:1 +SDcpu 1:1 +SDio 1", "-pa", str(beams), "-e",
                                 ":oracle.main()"])
        self.folder = tempfile.TemporaryDirectory()

    def run(self, scenarios, slots=64, scale=1):
        """The traces, in the order of the scenarios."""
        given = Path(self.folder.name) / "scenarios"
        traces = Path(self.folder.name) / "traces"
        write_records(given, list(enumerate(scenarios)))
        self.program.tell(f"{given} {traces} {slots} {scale}")
        answer = self.program.hear(self.SECONDS_MAX)
        if answer != "done":
            raise Ended(f"the oracle answers {answer!r}")
        out = [None] * len(scenarios)
        for index, trace in read_records(traces):
            out[index] = trace
        return out

    def end(self):
        self.program.end()
        self.folder.cleanup()


class Coppice:
    """The program that runs scenarios in Coppice and compares."""

    SECONDS_MAX = 60  # for one scenario

    def __init__(self, program, threads):
        self.command = [str(program.resolve())] + ([f"--scheduler-threads={threads}"] if threads else [])
        self.program = None

    def compare(self, scenario, trace):
        """{"difference": text, "trace": lines}, or {"refused": text}."""
        if self.program is None:
            self.program = _Program(self.command)
        try:
            self.program.tell(json.dumps({"scenario": scenario, "trace": trace}))
            return json.loads(self.program.hear(self.SECONDS_MAX))
        except BrokenPipeError:
            return self.failed(self.program.ended())
        except Ended as error:
            return self.failed(error)

    def failed(self, why):
        """A program that hangs or crashes is a difference too."""
        self.end()
        return {"difference": f"Coppice: {why}", "trace": []}

    def end(self):
        if self.program is not None:
            self.program.end()
            self.program = None
