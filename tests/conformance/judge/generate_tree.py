# SPDX-License-Identifier: Apache-2.0
"""Random scenarios of the kind "supervision"."""

LONG = 3600  # a restart window that no scenario leaves
REASONS = ("normal", "shutdown", "shutdown:done", "other", "kill", "killed")
STEPS = {"crash": 30, "stop": 13, "exit": 13, "start_child": 18, "terminate_child": 7, "restart_child": 7,
         "delete_child": 6, "which_children": 4, "count_children": 4}


def generate(dice):
    flavour = dice.random()
    if flavour < 0.02:
        return _Tree(dice, windows=True).scenario()
    return _Tree(dice, timers=flavour < 0.12).scenario()


class _Tree:
    """`windows`: restarts are counted in windows of seconds, and time passes. `timers`: workers end by themselves.

    Steps come at multiples of 100 ms. The times of timers are such that no two timers, and no timer and a step, come at
    the same moment, also after restarts."""

    def __init__(self, dice, windows=False, timers=False):
        self.dice = dice
        self.windows = windows
        self.timers = timers
        self.delays = [230, 310] if timers else [430, 730] if windows else []
        self.left = dice.randint(2, 12)  # nodes that may still be made
        self.number = 0
        self.places = []  # paths of supervisors and workers, for targets
        self.modes = {}  # path of a supervisor: its auto_shutdown
        self.static = {}  # path of a static supervisor: ids of its children

    def flip(self, chance=0.5):
        return self.dice.random() < chance

    def scenario(self):
        root = self.supervisor("root", "root", 0)
        steps = [self.step(i) for i in range(self.dice.randint(3, 18))]
        if self.timers or self.windows:
            count, each = (5, 100) if self.timers else (self.dice.randint(2, 4), 600)
            steps = [step for pair in zip(steps, [{"do": "advance", "ms": each}] * count) for step in pair]
        return {"version": 1, "kind": "supervision", "root": root, "steps": steps}

    def supervisor(self, ident, path, depth):
        node = {"id": ident, "kind": "supervisor",
                "strategy": self.dice.choice(("one_for_one", "one_for_all", "rest_for_one")),
                "max_restarts": self.dice.choice((0, 1, 2, 3, 5, 20)), "max_seconds": self.seconds()}
        if self.flip(0.3):
            node["auto_shutdown"] = self.dice.choice(("any_significant", "all_significant"))
        self.places.append((path, "supervisor"))
        self.modes[path] = node.get("auto_shutdown", "never")
        self.static[path] = []
        node["children"] = self.children(path, depth)
        return node

    def seconds(self):
        return self.dice.choice((1, 2)) if self.windows else LONG

    def children(self, path, depth):
        out = []
        for _ in range(self.dice.randint(1 if depth == 0 else 0, 4)):
            if self.left <= 0:
                break
            self.left -= 1
            self.number += 1
            ident = self.dice.choice("abc") + str(self.number)
            self.static[path].append(ident)
            out.append(self.child(ident, path, depth))
        return out

    def child(self, ident, above, depth):
        path = f"{above}/{ident}"
        kind = self.dice.choices(("worker", "supervisor", "dynamic_supervisor"), (70, 18 if depth < 2 else 0, 12))[0]
        if kind == "supervisor":
            node = self.supervisor(ident, path, depth + 1)
        elif kind == "dynamic_supervisor":
            node = self.dynamic(ident, path)
        else:
            node = self.worker(ident)
            self.places.append((path, "worker"))
        return self.as_child(node, self.modes.get(above, "never"))

    def dynamic(self, ident, path):
        self.places.append((path, "dynamic"))
        node = {"id": ident, "kind": "dynamic_supervisor", "max_restarts": self.dice.choice((0, 1, 3, 5)),
                "max_seconds": self.seconds()}
        if self.flip():
            node["max_children"] = self.dice.choice((0, 1, 2, 100))
        return node

    def as_child(self, node, mode):
        node["restart"] = self.dice.choice(("permanent", "permanent", "transient", "temporary"))
        if mode != "never" and node["restart"] != "permanent" and self.flip(0.6):
            node["significant"] = True
        if self.flip(0.6):
            # A supervisor that is killed while a child hangs would leave an orphan that never ends.
            limits = (60, 5000, "brutal_kill", "infinity") if node["kind"] == "worker" else (5000, "brutal_kill", "infinity")
            node["shutdown"] = self.dice.choice(limits)
        if node.get("on_shutdown") == "hang":
            node["shutdown"] = self.dice.choice((60, "brutal_kill"))
        return node

    def worker(self, ident):
        node = {"id": ident, "kind": "worker", "trap_exit": self.flip(0.4),
                "init": self.dice.choices((["ok"], ["ok", "error:later", "ok"], ["ok", "crash:later", "ok"],
                                           ["ok", "ignore", "ok"], ["ok", "error:always"], ["ignore", "ok"],
                                           ["error:first", "ok"], ["crash:first", "ok"]),
                                          (60, 10, 6, 8, 6, 4, 3, 2))[0]}
        if self.flip(0.35):
            node["on_shutdown"] = self.dice.choice(("exit", "hang", "linger:20", "linger:130", "crash:late",
                                                    "stop:other", "stop:normal", "stop:shutdown"))
            if (self.timers or self.windows) and node["on_shutdown"] in ("hang", "linger:20", "linger:130"):
                node["on_shutdown"] = "exit"
        if self.delays and self.flip(0.7):
            node[self.dice.choice(("crash_after_ms", "stop_after_ms"))] = self.delays.pop()
        return node

    def step(self, number):
        do = self.dice.choices(list(STEPS), list(STEPS.values()))[0]
        path, kind = self.dice.choice(self.places)
        if do not in ("crash", "stop", "exit") and self.flip(0.95):
            path, kind = self.dice.choice([place for place in self.places if place[1] != "worker"])
        step = {"do": do, "target": path}
        if do == "crash":
            step["message"] = "boom"
        elif do in ("stop", "exit"):
            step["reason"] = self.dice.choice(REASONS)
        elif do == "start_child":
            step["child"] = self.started(path, kind, number)
        elif do in ("terminate_child", "restart_child", "delete_child"):
            step["id"] = self.child_of(path)
        return step

    def started(self, path, kind, number):
        ids = self.static.get(path, [])
        again = kind == "supervisor" and ids and self.flip(0.4)
        ident = self.dice.choice(ids) if again else f"d{number}"
        self.left = 2
        if again:
            return self.as_child(self.worker(ident), "never")
        child = self.child(ident, path, 1)
        if kind == "supervisor":
            ids.append(ident)
        return child

    def child_of(self, path):
        ids = [place.rsplit("/", 1)[1] for place, _ in self.places if place.startswith(path + "/")]
        return self.dice.choice(ids) if ids and self.flip(0.9) else "nope"
