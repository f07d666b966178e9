# SPDX-License-Identifier: Apache-2.0
"""Random scenarios of the kind "statem": gen_statems whose events say what their callback does in each state.

Times are as in generate_server.py. No callback sleeps, and timeouts take different times.
"""

from generate_server import Servers

STATES = ("a", "b", "c")
TIMERS = ("state", "event", "tick", "tock")
STEPS = {"start": 6, "call": 34, "cast": 24, "info": 10, "reply": 8, "stop": 4, "exit": 5, "end": 1, "advance": 24}


def generate(dice):
    return _Machines(dice).scenario()


class _Machines(Servers):
    kind = "statem"
    steps = STEPS

    def __init__(self, dice):
        super().__init__(dice)
        # Parts of 100 ms that no other timeout of the scenario has. A timeout may start at the end of another, so the
        # sums of two of these numbers differ too, from each other and from the numbers.
        self.moments = [31, 37, 42, 52, 60, 74]
        dice.shuffle(self.moments)

    def init(self):
        script = self.failing(self.pick({"ok": 88, "ignore": 3, "stop": 4, "crash": 3, "exit": 2}))
        if script["then"] == "ok":
            script["actions"] = self.actions("init", 1)
        return script

    def finish_start(self, step):
        if self.flip(0.5):
            step["enter"] = {state: {"then": "keep", "actions": self.actions("enter", 1)}
                             for state in self.dice.sample(STATES, self.dice.randint(1, 3))}

    def script(self, do, depth=0):
        tag = f"t{self.number}.{depth}" if depth else f"t{self.number}"
        script = {"tag": tag, "in": {state: self.decision(do, state, depth) for state in STATES if self.flip(0.8)}}
        if do == "call":
            self.keys.append(tag)
        return script

    def decision(self, do, state, depth):
        decision = self.failing(self.pick({"keep": 42, "next": 40, "repeat": 6, "stop": 3, "stop_reply": 3, "crash": 3,
                                           "exit": 3}))
        if decision["then"] == "next":
            decision["state"] = self.dice.choice(STATES)
        if decision["then"] in ("keep", "next", "repeat", "stop_reply"):
            decision["actions"] = self.actions(do, depth)
        # An event that is postponed does nothing else, and is postponed together with a change of the state only in the
        # state a: so each change of the state uses up an event, and the machine comes to rest.
        if decision["then"] in ("keep", "next") and decision.get("state") != "a" and (
                state == "a" or decision["then"] == "keep") and self.flip(0.25):
            decision["actions"] = [{"act": "postpone"}]
        return decision

    def actions(self, do, depth):
        out = []
        if do == "call" and self.flip(0.6):
            out.append({"act": "reply", "value": f"v{self.number}"})
        while self.flip(0.35 if depth < 2 else 0.1):
            out.append(self.action(do, depth))
        return out

    def action(self, do, depth):
        choice = self.pick({"timeout": 60, "cancel": 10, "update": 8, "next_event": 22})
        timer = self.dice.choice(TIMERS)
        if choice == "cancel":
            return {"act": "cancel", "timer": timer}
        if choice == "next_event" and do not in ("enter",) and depth < 2:
            sort = self.dice.choice(("internal", "internal", "cast", "info", "timeout"))
            return {"act": "next_event", "sort": sort, "script": self.script("internal", depth + 1)}
        if choice == "update" and do != "enter":
            return {"act": "update", "timer": timer, "script": self.script("timeout", depth + 1)}
        if do == "enter":
            # A machine comes to rest although each entry of the state starts the timeout again.
            return {"act": "timeout", "timer": timer, "ms": self.moment(), "script": {"tag": f"e{self.number}", "in": {}}}
        return {"act": "timeout", "timer": timer, "ms": self.moment(), "script": self.script("timeout", depth + 1)}

    def moment(self):
        return self.dice.choice((0, 100, 200)) + self.moments.pop() if self.moments and self.flip(0.85) else 0
