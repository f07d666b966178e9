# SPDX-License-Identifier: Apache-2.0
"""Random scenarios of the kind "tasks": tasks of clients, a task supervisor, and streams of tasks.

Steps come at multiples of 100 ms. Tasks that sleep, time-outs and shutdown limits take different times. A limit may start
at the end of a sleep, so no sum of two of these is the time of a step. The client c1 has started the supervisor.
"""

from generate_server import REASONS, Servers

STEPS = {"async": 34, "await": 12, "yield": 14, "shutdown": 10, "ignore": 5, "await_many": 5, "yield_many": 6,
         "start_child": 8, "children": 5, "terminate_child": 4, "exit": 9, "end": 2, "stream": 16, "advance": 16}
# Parts of 100 ms. No sum of two is near a multiple of 100, and few are equal.
LONG = 5000
MOMENTS = (7, 18, 27, 33, 41, 46, 63, 78, 86)


def generate(dice):
    return _Tasks(dice).scenario()


class _Tasks(Servers):
    kind = "tasks"
    steps = STEPS
    traps = (True, True, False, False)
    by = ("c1", "c2", "c2", "c3", "c3", "c4")

    def __init__(self, dice):
        super().__init__(dice)
        self.moments = list(MOMENTS)
        dice.shuffle(self.moments)
        self.owned = {}  # client: its tasks
        # The end of the supervisor while a stream starts tasks has several outcomes. So has a stream that reaches
        # max_children, as tasks end meanwhile.
        self.streams = self.flip(0.4)
        self.limited = not self.streams and self.flip(0.4)
        if self.streams:
            self.by = ("c2", "c2", "c3", "c3", "c4")

    def first_steps(self):
        step = {"do": "open", "by": "c1", "max_restarts": self.dice.choice((0, 1, 3))}
        if self.limited:
            step["max_children"] = self.dice.choice((0, 1, 2, 3))
        return [step]

    def step(self, do):
        # Without a time of its own a wait could end in this step or in the next.
        if do in ("await_many", "yield_many", "stream") and not self.moments or do == "stream" and not self.streams:
            do = "children"
        step = super().step(do)
        by = step.get("by")
        if by == "c1" and step.get("how") == "link":
            # The end of c1 ends the supervisor too, and such a task would get two signals in any order.
            step["how"] = "plain"
        # A stream of Elixir without links may leave tasks behind if its consumer ends; c2 traps exits, and does not end.
        if do == "stream" and step["how"] == "nolink":
            step |= {"by": "c2", "kills": True}
        elif do == "stream" and by in ("c3", "c4"):
            self.keep_one_failure(step["items"])
        if do == "async":
            self.owned.setdefault(by, []).append(step["id"])
        elif do in ("await", "yield", "shutdown", "ignore"):
            step["id"] = self.dice.choice(self.owned.get(by, ["none"])[-3:])
        elif do in ("await_many", "yield_many"):
            ids = self.owned.get(by, [])[-4:]
            step["ids"] = self.dice.sample(ids, self.dice.randint(0, len(ids)))
        return step

    @staticmethod
    def keep_one_failure(items):
        """A consumer that does not trap exits dies with the reason of the first task that fails."""
        for script in [each for each in items if each["then"] != "value"][1:]:
            script |= {"then": "value", "value": "kept"}

    def fields(self, do):
        if do in ("async", "start_child"):
            return self.begun(do)
        if do in ("await", "yield", "await_many", "yield_many"):
            return {"timeout": self.moment()} if self.flip(0.8) or do == "yield_many" else {}
        if do == "shutdown":
            return self.limit("timeout", 0.6)
        if do in ("ignore", "children"):
            return {}
        if do == "terminate_child":
            return {"to": self.dice.choice(self.servers[-3:] or ["t999"])}
        if do == "exit":
            return {"to": self.dice.choice(self.servers[-4:] or ["t999"]), "reason": self.dice.choice(REASONS)}
        if do == "stream":
            return self.stream()
        return super().fields(do)

    def begun(self, do):
        ident = f"t{self.number}"
        self.servers.append(ident)
        step = {"id": ident}
        if do == "start_child":
            restarts = ("temporary",) if self.streams else ("temporary", "temporary", "transient", "permanent")
            step["restart"] = self.dice.choice(restarts)
            step["script"] = self.task(may_sleep=step["restart"] == "temporary")
            # The restarts of a task that ends at once end the supervisor.
            if step["restart"] == "permanent" and self.flip(0.8):
                step["script"]["hangs"] = True
        else:
            step["how"] = self.dice.choice(("plain", "plain", "link", "nolink"))
            step["script"] = self.task()
        step |= self.limit("shutdown", 0.7)
        # The end of the supervisor stops tasks in any order, and the owner dies with the reason of the first.
        if step.get("how") == "link" and not self.streams:
            step["shutdown"] = LONG
        # While a supervisor waits for a task, requests queue up, and are then served all at once.
        if step.get("how") != "plain" and "shutdown" in step:
            step["script"].pop("trap_exit", None)
        return step

    def task(self, may_sleep=True):
        script = self.failing(self.pick({"value": 70, "crash": 15, "exit": 15}))
        if script["then"] == "value":
            script["value"] = f"v{self.number}"
        if self.flip(0.25):
            script["hangs"] = True
        elif may_sleep and self.flip(0.6) and self.moments:
            script["sleep"] = self.moment()
        if self.flip(0.2):
            script["trap_exit"] = True
        return script

    def stream(self):
        timeout = self.moment()
        items = [self.task() for _ in range(self.dice.randint(0, 4))]
        how = self.dice.choice(("plain", "link", "nolink"))
        # The end of the client may come before the start of a task, which would then live on.
        for script in items:
            if how != "nolink":
                script.pop("trap_exit", None)
        # Times add up if tasks follow each other.
        for script in [each for each in items if "sleep" in each or "hangs" in each][2:]:
            script.pop("sleep", None)
            script.pop("hangs", None)
        # Without an order, the items come in the order of the ends, and no two tasks may end at once.
        apart = all("sleep" in script or "hangs" in script for script in items)
        return {"id": f"t{self.number}", "how": how, "items": items,
                "max_concurrency": self.dice.choice((1, 2, 8)), "ordered": not apart or self.flip(), "timeout": timeout,
                "kills": self.flip(0.7)} | self.limit("shutdown", 0.5)

    def limit(self, key, chance):
        """A limit on a stop, or none: without a time of its own the stop could end in this step or in the next."""
        return {key: self.moment()} if self.moments and self.flip(chance) else {}

    def moment(self):
        return self.dice.choice((0, 100, 200)) + self.moments.pop() if self.moments else 0
