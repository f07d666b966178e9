# SPDX-License-Identifier: Apache-2.0
"""Random scenarios of the kind "processes"."""

REASONS = ("normal", "shutdown", "other", "kill", "killed", "noproc", "shutdown:done")
NAMES = ("alpha", "beta", "undefined")
# What a step does, with weights.
STEPS = {"spawn": 20, "exit_signal": 13, "trap_exit": 9, "link": 10, "monitor": 8, "send": 6, "unlink": 6, "exit": 4,
         "demonitor": 6, "whereis": 4, "monitor_name": 5, "register": 7, "raise": 2, "send_name": 4, "return": 2,
         "unregister": 3}


def generate(dice):
    return _Processes(dice).scenario()


class _Processes:
    def __init__(self, dice):
        self.dice = dice
        self.ids = ["p0"]
        self.refs = []
        self.number = 0

    def scenario(self):
        steps = [{"do": "trap_exit", "by": "p0", "flag": True}] if self.dice.random() < 0.8 else []
        for _ in range(self.dice.randint(8, 40)):
            self.number += 1
            do = self.dice.choices(list(STEPS), list(STEPS.values()))[0]
            steps.append({"do": do, "by": self.somebody()} | getattr(self, do)())
        return {"version": 1, "kind": "processes", "steps": steps}

    def somebody(self):
        # The newest are more likely to be alive; p0 often is.
        pool = self.ids[-4:] + ["p0", "p0"] if self.dice.random() < 0.7 else self.ids
        return self.dice.choice(pool)

    def other(self):
        return self.somebody() if self.dice.random() < 0.98 else "p999"

    def flip(self, chance=0.5):
        return self.dice.random() < chance

    def spawn(self):
        new = f"p{self.number}"
        self.ids.append(new)
        step = {"id": new, "link": self.flip(), "monitor": self.flip(), "trap_exit": self.flip()}
        if step["monitor"]:
            self.refs.append(new)
        return step

    def trap_exit(self):
        return {"flag": self.flip()}

    def link(self):
        return {"to": self.other()}

    def unlink(self):
        return {"to": self.other()}

    def monitor(self):
        return {"to": self.other(), "ref": self.new_ref()}

    def monitor_name(self):
        return {"name": self.dice.choice(NAMES), "ref": self.new_ref()}

    def new_ref(self):
        self.refs.append(f"m{self.number}")
        return self.refs[-1]

    def demonitor(self):
        known = self.refs and self.flip(0.9)
        return {"ref": self.dice.choice(self.refs) if known else "m999", "flush": self.flip()}

    def exit_signal(self):
        return {"to": self.other(), "reason": self.dice.choice(REASONS)}

    def exit(self):
        return {"reason": self.dice.choice(REASONS)}

    def send(self):
        return {"to": self.other(), "message": f"hello{self.number}"}

    def send_name(self):
        return {"name": self.dice.choice(NAMES), "message": f"hello{self.number}"}

    def register(self):
        return {"name": self.dice.choice(NAMES), "to": self.other()}

    def unregister(self):
        return {"name": self.dice.choice(NAMES)}

    def whereis(self):
        return {"name": self.dice.choice(NAMES)}

    def __getattr__(self, do):
        return {"raise": lambda: {"message": f"boom{self.number}"}, "return": dict}[do]
