# SPDX-License-Identifier: Apache-2.0
"""The machine and the versions of the measured programs."""

import datetime
import os
import platform
import re
import subprocess
from pathlib import Path

from harness import plan


def first_match(path, pattern):
    try:
        found = re.search(pattern, Path(path).read_text(), re.MULTILINE)
    except OSError:
        return "unknown"
    return found.group(1).strip() if found else "unknown"


def describe():
    memory = first_match("/proc/meminfo", r"^MemTotal:\s*(\d+) kB")
    return {
        "processor": first_match("/proc/cpuinfo", r"^model name\s*:\s*(.*)$"),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(int(memory) / 2**20, 1) if memory.isdigit() else memory,
        "system": first_match("/etc/os-release", r'^PRETTY_NAME="?([^"\n]*)'),
        "kernel": platform.release().partition("-")[0],
        "date": datetime.date.today().isoformat(),
        "load": [round(load, 2) for load in os.getloadavg()],
    }


def output_of(*words):
    try:
        done = subprocess.run(words, cwd=plan.ROOT, capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def cached(variable):
    """Of the release build."""
    return first_match(plan.ROOT / "build/release/CMakeCache.txt",
                       rf"^{variable}:[A-Z]*=(.*)$")


def first_line_of(*words):
    return (output_of(*words).splitlines() or ["unknown"])[0]


def compiler():
    return first_line_of(cached("CMAKE_CXX_COMPILER"), "--version")


def flags():
    words = [cached("CMAKE_CXX_FLAGS"), cached("CMAKE_CXX_FLAGS_RELEASE")]
    return " ".join(word for word in words if word)


def package(name):
    return output_of("dpkg-query", "-W", "-f", "${Version}", name) or "not installed"


def beam_flavour():
    """Whether this Erlang has its JIT."""
    return output_of("erl", "-noshell", "-eval",
                     'io:put_chars(atom_to_list(erlang:system_info(emu_flavor))), halt().')


def coppice():
    return output_of("git", "describe", "--always", "--dirty") or "unknown"


def versions():
    return {
        "coppice": coppice(),
        "compiler": compiler(),
        "erlang": f"{package('erlang-base')} {beam_flavour()}".strip(),
        "elixir": package("elixir"),
        "caf": package("libcaf-dev"),
    }


def versions_of_counting():
    return {
        "coppice": coppice(),
        "compiler": compiler(),
        "flags": flags(),
        "tool": first_line_of("valgrind", "--version"),
    }


def lines(data):
    where = data["machine"]
    yield (f"{where['processor']}, {where['cores']} cores, {where['memory_gib']} GiB; "
           f"{where['system']}, Linux {where['kernel']}; "
           f"load {', '.join(str(each) for each in where['load'])}")
    if "date" in where:  # a file of an older version has none
        yield f"Measured on {where['date']}"
    yield "; ".join(f"{name} {version}" for name, version in data["versions"].items())
