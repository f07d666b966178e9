# SPDX-License-Identifier: Apache-2.0
"""One run of a program in an OS process of its own."""

import contextlib
import json
import os
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field

TIME_LIMIT = "time limit"
SETTINGS = ("BEAM_FLAGS", "CAF_THREADS", "COPPICE_WORKERS")


@dataclass
class Run:
    """The figures that the program printed, as dicts, and its peak of memory; or the failure."""

    figures: list = field(default_factory=list)
    failure: str = ""
    detail: str = ""
    wall_ns: int = 0
    peak_bytes: int = 0


def run(program, words, limit_seconds):
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        result, status = run_into(output, errors, program, words, limit_seconds)
        output.seek(0)
        errors.seek(0)
        said = errors.read().decode(errors="replace")
        if result.failure or status != 0:
            result.failure = result.failure or end_in_words(status)
            result.detail = last_line(said)
        else:
            read_figures(result, output.read().decode(errors="replace"))
    return result


def run_into(output, errors, program, words, limit_seconds):
    result = Run()
    began = time.monotonic_ns()
    process = subprocess.Popen(
        [program.command, *words],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=errors,
        env=environment_of(program),
        start_new_session=True,
    )
    try:
        with time_limit(limit_seconds, process, result):
            _, status = os.waitpid(process.pid, 0)
    except KeyboardInterrupt:
        kill_all_of(process)
        raise
    process.returncode = status  # or subprocess would wait for it again
    result.wall_ns = time.monotonic_ns() - began
    return result, status


@contextlib.contextmanager
def time_limit(seconds, process, result):
    def too_late(signal_number, frame):
        result.failure = TIME_LIMIT
        kill_all_of(process)

    before = signal.signal(signal.SIGALRM, too_late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def kill_all_of(process):
    """The process leads its own session, so a kill reaches its children, too."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def environment_of(program):
    """Overrides settings of the caller's environment, which would make two programs equal."""
    inherited = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    return {**inherited, **program.environment}


def end_in_words(status):
    if os.WIFSIGNALED(status):
        return signal.Signals(os.WTERMSIG(status)).name
    return f"exit status {os.WEXITSTATUS(status)}"


def last_line(text):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:200] if lines else ""


def read_figures(result, text):
    for line in text.splitlines():
        if not line.startswith("{"):
            continue
        try:
            figure = json.loads(line)
            figure["value"] = float(figure["value"])
            add_figure(result, {key: figure[key] for key in ("name", "value", "unit", "ops")})
        except (ValueError, KeyError, TypeError):
            result.failure = "not understood"
            result.detail = line[:200]
            return
    if not result.figures:
        result.failure = "no figure"


def add_figure(result, figure):
    """The program reports its own peak: wait4 would count the memory of Python before the exec."""
    if figure["name"] == "peak":
        result.peak_bytes = figure["value"]
    else:
        result.figures.append(figure)


def list_workloads(program):
    """The names of the program's workloads, or a failed run with the reason."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        result, status = run_into(output, errors, program, ["--list"], 120)
        if status != 0:
            errors.seek(0)
            result.failure = result.failure or end_in_words(status)
            result.detail = last_line(errors.read().decode(errors="replace"))
            return None, result
        output.seek(0)
        return set(output.read().decode().split()), result
