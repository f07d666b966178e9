# SPDX-License-Identifier: Apache-2.0
"""The plan of measurements: the programs, the workloads, and the number of operations of each."""

from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, eq=False)
class Program:
    """A program that runs workloads: `command WORKLOAD N`, with these environment variables."""

    key: str
    peer: str
    title: str
    path: str
    environment: dict = field(default_factory=dict)

    @property
    def command(self):
        return str(ROOT / self.path)

    @property
    def is_there(self):
        return Path(self.command).is_file()


COPPICE = Program("coppice", "coppice", "Coppice", "build/release/bin/coppice_bench")
PROGRAMS = (
    COPPICE,
    Program("beam", "beam", "BEAM", "bench/peers/beam/run"),
    Program("beam_one", "beam", "BEAM +S 1:1", "bench/peers/beam/run", {"BEAM_FLAGS": "+S 1:1"}),
    Program("caf", "caf", "CAF", "build/release/bin/caf_bench"),
    Program("caf_one", "caf", "CAF, one thread", "build/release/bin/caf_bench",
            {"CAF_THREADS": "1"}),
)
PEERS = {"beam": "BEAM", "caf": "CAF"}  # the first of a peer's programs is its default


def programs_of(peer):
    return [program for program in PROGRAMS if program.peer == peer]


@dataclass(frozen=True)
class Bound:
    """The number of operations that a peer runs in a bearable time."""

    count: int
    why: str


@dataclass(frozen=True)
class Workload:
    """A workload of `count` operations, `quick` with --quick. `bounds` limit peers."""

    name: str
    count: int
    quick: int
    argument: str = ""
    bounds: dict = field(default_factory=dict)

    @property
    def command_name(self):
        return self.argument or self.name

    def count_for(self, program, quickly):
        wanted = self.quick if quickly else self.count
        bound = self.bounds.get(program.peer)
        return min(wanted, bound.count) if bound else wanted


DYNAMIC_STOP = Bound(10_000, "the time in which DynamicSupervisor stops its children grows "
                     "with the square of their number")
CAF_LINKS = Bound(10_000, "CAF walks all links of an actor to add one")

# Each workload takes the slowest peer some seconds at most, and about a fifth with --quick. Where
# the cost of an operation depends on the number, --quick has the same number.
WORKLOADS = (
    Workload("cold_start", 1, 1, argument="nothing"),
    Workload("ping_pong", 1_000_000, 200_000),
    Workload("ping_pong_100", 1_000_000, 200_000),
    Workload("call", 500_000, 100_000),
    Workload("ring_100", 1_000_000, 200_000),
    Workload("ring_503", 1_000_000, 200_000),
    Workload("payload_64", 500_000, 100_000),
    Workload("payload_1k", 500_000, 100_000),
    Workload("payload_64k", 200_000, 40_000),
    Workload("fan_in_1", 2_000_000, 400_000),
    Workload("fan_in_2", 2_000_000, 400_000),
    Workload("fan_in_100", 2_000_000, 400_000),
    Workload("big", 2_400_000, 480_000),
    Workload("fork_join", 600_000, 120_000),
    Workload("chameneos", 200_000, 40_000),
    Workload("mailbox", 10_000_000, 1_000_000),
    Workload("spawn_exit", 200_000, 40_000),
    Workload("spawn_chain", 100_000, 10_000),
    Workload("memory_process", 1_000_000, 200_000),
    Workload("memory_server", 1_000_000, 200_000),
    Workload("kill_restart", 5_000, 2_000),
    Workload("crash_restart", 5_000, 2_000),
    Workload("supervisor", 100_000, 20_000),
    Workload("dynamic", 200_000, 20_000, bounds={"beam": DYNAMIC_STOP}),
    Workload("simple_one_for_one", 200_000, 20_000),
    Workload("one_for_all", 10_000, 10_000),
    Workload("rest_for_one", 10_000, 10_000),
    Workload("which_children", 100_000, 100_000),
    Workload("count_children", 100_000, 100_000),
    Workload("whereis", 2_000_000, 400_000),
    Workload("monitor_demonitor", 1_000_000, 200_000),
    Workload("exit_links", 10_000, 10_000),
    Workload("exit_monitors", 10_000, 10_000),
    Workload("die_together", 1_000_000, 100_000, bounds={"caf": CAF_LINKS}),
    Workload("registry_look_up", 2_000_000, 400_000),
    Workload("registry_register", 200_000, 50_000),
    Workload("registry_dispatch", 1_000_000, 100_000),
    Workload("timer_set", 1_000_000, 200_000),
    Workload("timer_cancel", 1_000_000, 200_000),
    Workload("timer_fire", 1_000_000, 200_000),
    Workload("timer_burst", 1_000_000, 200_000),
    Workload("fairness", 1_000, 300),
)
