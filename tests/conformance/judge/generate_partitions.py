# SPDX-License-Identifier: Apache-2.0
"""Random scenarios of the kind "partitions": a partition supervisor over dynamic supervisors, whose children are servers
and dynamic supervisors. Keys are integers. The client c1 has started the partition supervisor.
"""

from generate_server import REASONS, Servers

STEPS = {"start": 30, "start_nested": 8, "terminate": 8, "count": 8, "children": 5, "partitions": 4, "cast": 14, "call": 8,
         "exit": 14, "stop": 3, "exit_supervisor": 4, "end": 1, "stop_all": 1, "advance": 4}
OF_ALL = ("start", "start_nested", "terminate", "count", "children", "partitions", "stop_all")


def generate(dice):
    return _Partitions(dice).scenario()


class _Partitions(Servers):
    kind = "partitions"
    steps = STEPS
    traps = (True, True, False)
    by = ("c2", "c2", "c3")

    def __init__(self, dice):
        super().__init__(dice)
        self.partitions = dice.randint(1, 4)
        self.supervisors = [f"p{number}" for number in range(self.partitions)]
        self.open = True

    def first_steps(self):
        opened = {"do": "open", "by": "c1", "partitions": self.partitions, "max_restarts_of_all": self.dice.choice((1, 3, 20)),
                  "strategy": self.dice.choice(("one_for_one", "one_for_all", "rest_for_one"))}
        return [opened | self.limits()] + [self.step("start") for _ in range(self.dice.randint(0, 4))]

    def limits(self):
        limits = {"max_restarts": self.dice.choice((0, 1, 2, 5))}
        return limits | ({"max_children": self.dice.choice((0, 1, 2))} if self.flip(0.15) else {})

    def step(self, do):
        if do == "stop_all":
            self.open = False
        # The end of the client that has started the partition supervisor ends all.
        if do == "end" and self.flip(0.3):
            self.open = False
            return {"do": "end", "by": "c1", "reason": self.dice.choice(("normal", "shutdown", "other"))}
        step = super().step("start" if do == "start_nested" else "exit" if do == "exit_supervisor" else do)
        if do == "start_nested":
            for key in ("init", "terminate", "trap_exit"):
                step.pop(key, None)
            self.servers.remove(step["id"])
            self.supervisors.append(step["id"])
            step |= self.limits()
        if do == "exit_supervisor":
            step["to"] = self.dice.choice(self.supervisors[-4:])
        return step

    def fields(self, do):
        if do in ("count", "children"):
            return self.place()
        if do == "terminate":
            return self.place() | {"of": self.dice.choice((self.servers + self.supervisors)[-6:])}
        if do == "stop_all":
            return {"reason": self.dice.choice(("normal", "shutdown", "other"))}
        if do == "partitions":
            return {}
        if do == "exit":
            return {"to": self.target(), "reason": self.dice.choice(REASONS)}
        if do == "start":
            return self.start()
        return super().fields(do)

    def place(self):
        if self.flip(0.3):
            return {"under": self.dice.choice(self.supervisors[-4:])}
        return {"key": self.dice.randint(-5, 9)}

    def target(self):
        return self.dice.choice(self.servers[-4:] or ["s999"])

    def start(self):
        ident = f"s{self.number}"
        self.servers.append(ident)
        step = {"id": ident, "trap_exit": self.flip(), "init": self.init(),
                "restart": self.dice.choice(("permanent", "permanent", "transient", "temporary"))} | self.place()
        self.finish_start(step)
        return step

    def maybe_sleep(self, script, chance=0.15):
        """Callbacks that sleep belong to other kinds."""

    def options(self, depth=0):
        return {}
