# SPDX-License-Identifier: Apache-2.0
"""Random scenarios of the kind "server": gen_servers whose callbacks do what the messages say.

Steps come at multiples of 100 ms. Timeouts of calls are at 50 after a step, sleeps in callbacks take 20 more than a
multiple of 100, and at most three of a scenario sleep; timeouts of servers take 25 more, and limits of a start 60 more.
So no two moments are equal.
"""

REASONS = ("normal", "shutdown", "shutdown:done", "other", "kill", "killed")
CALL_TIMEOUTS = (50, 150, 250)
SLEEPS_MAX = 3
STEPS = {"start": 12, "call": 32, "cast": 12, "info": 8, "reply": 10, "stop": 6, "exit": 8, "end": 2, "advance": 20}


def clients(traps):
    """c1, c2, …"""
    return [{"id": f"c{number}", "trap_exit": each} for number, each in enumerate(traps, 1)]


def generate(dice):
    return Servers(dice).scenario()


class Servers:
    """Also the base for other kinds."""

    kind = "server"
    steps = STEPS
    names = ("alpha", "beta")
    traps = (True, True, False)  # of the clients
    by = ("c1", "c1", "c1", "c2", "c2", "c3")

    def __init__(self, dice):
        self.dice = dice
        self.number = 0
        self.sleeps = 0
        self.servers = []
        self.keys = []

    def flip(self, chance=0.5):
        return self.dice.random() < chance

    def pick(self, weights):
        return self.dice.choices(list(weights), list(weights.values()))[0]

    def scenario(self):
        steps = self.first_steps()
        steps += [self.step(self.pick(self.steps)) for _ in range(self.dice.randint(4, 20))]
        # What is still due happens.
        steps += [{"do": "advance", "ms": 400}]
        return {"version": 1, "kind": self.kind, "clients": clients(self.traps), "steps": steps}

    def first_steps(self):
        return [self.step("start"), self.step("start")]

    def step(self, do):
        self.number += 1
        if do == "advance":
            return {"do": do, "ms": self.dice.choice((100, 200))}
        return {"do": do, "by": self.dice.choice(self.by)} | self.fields(do)

    def fields(self, do):
        if do == "start":
            return self.start()
        if do == "end":
            return {"reason": self.dice.choice(REASONS)}
        if do == "reply":
            return {"key": self.dice.choice(self.keys[-4:] or ["none"]), "value": f"late{self.number}"}
        step = {"to": self.target()}
        if do == "exit":
            return step | {"reason": self.dice.choice(REASONS)}
        if do == "stop":
            step["reason"] = self.dice.choice(REASONS)
            if self.flip(0.3):
                step["timeout"] = self.dice.choice(CALL_TIMEOUTS)
            return step
        step["script"] = self.script(do)
        if do == "call" and self.flip(0.7):
            step["timeout"] = self.dice.choice(CALL_TIMEOUTS)
        return step

    def target(self):
        if self.flip(0.2):
            return "name:" + self.dice.choice(self.names)
        return self.dice.choice(self.servers[-3:]) if self.servers and self.flip(0.97) else "s999"

    def start(self):
        ident = f"s{self.number}"
        self.servers.append(ident)
        init = self.init()
        step = {"id": ident, "how": self.dice.choice(("link", "link", "alone", "monitor")), "trap_exit": self.flip(),
                "init": init}
        self.give_name(step)
        if self.flip(0.2):
            step["within"] = self.dice.choice((60, 160))
        self.finish_start(step)
        return self.safe_start(step, init.get("then", "ok") != "ok" or "sleep" in init)

    def give_name(self, step):
        if self.flip(0.3):
            step["name"] = self.dice.choice(self.names)

    def safe_start(self, step, fails):
        """The end of a client that does not trap exits may come before or after the result of a failed start."""
        if (fails or "name" in step or "via" in step) and step["how"] == "link":
            step["how"] = "alone"
            if self.flip(0.7):
                step |= {"how": "link", "by": self.dice.choice([f"c{i}" for i, each in enumerate(self.traps, 1) if each])}
        return step

    def finish_start(self, step):
        if self.flip(0.3):
            step["terminate"] = self.failing(self.dice.choice(("ok", "crash", "exit")))
            self.maybe_sleep(step["terminate"])

    def init(self):
        script = self.failing(self.pick({"ok": 84, "ignore": 4, "stop": 6, "crash": 3, "exit": 3}))
        self.maybe_sleep(script, 0.1)
        return script | (self.options() if script["then"] == "ok" else {})

    def failing(self, then):
        script = {"then": then}
        if then == "crash":
            script["message"] = f"boom{self.number}"
        elif then in ("stop", "stop_reply", "exit"):
            script["reason"] = self.dice.choice(REASONS[:4])
        return script

    def maybe_sleep(self, script, chance=0.15):
        if self.sleeps < SLEEPS_MAX and self.flip(chance):
            self.sleeps += 1
            script["sleep"] = self.dice.choice((20, 120))

    def script(self, do, depth=0):
        tag = f"t{self.number}.{depth}" if depth else f"t{self.number}"
        if do == "call":
            then = self.pick({"reply": 50, "noreply": 28, "stop": 5, "stop_reply": 7, "crash": 5, "exit": 5})
            if then == "noreply":
                self.keys.append(tag)
        else:
            then = self.pick({"noreply": 75, "stop": 10, "crash": 8, "exit": 7})
        script = {"tag": tag} | self.failing(then)
        if then in ("reply", "stop_reply"):
            script["value"] = f"v{self.number}"
        self.maybe_sleep(script)
        if then in ("reply", "noreply"):
            script |= self.options(depth)
        return script

    def options(self, depth=0):
        chance = self.dice.random()
        if chance < 0.2:
            return {"timeout": self.dice.choice((0, 25, 125, 225))}
        if chance < 0.35 and depth < 2:
            return {"continue": self.script("continue", depth + 1)}
        return {}
