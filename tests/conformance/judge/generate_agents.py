# SPDX-License-Identifier: Apache-2.0
"""Random scenarios of the kind "agents": functions add a number to the state, or fail.

A suspended agent lets calls run into their time-outs, and runs the functions later.
"""

from generate_server import CALL_TIMEOUTS, Servers

STEPS = {"start": 8, "get": 18, "update": 18, "get_and_update": 16, "cast": 14, "suspend": 6, "resume": 8, "stop": 5,
         "exit": 5, "end": 2, "advance": 14}


def generate(dice):
    return _Agents(dice).scenario()


class _Agents(Servers):
    kind = "agents"
    steps = STEPS

    def fields(self, do):
        if do in ("start", "stop", "exit", "end"):
            return super().fields(do)
        fields = {"to": self.target()}
        if do in ("suspend", "resume"):
            return fields
        fields["script"] = self.number_or(15)
        if do != "cast" and self.flip(0.7):
            fields["timeout"] = self.dice.choice(CALL_TIMEOUTS)
        return fields

    def number_or(self, failures):
        then = self.pick({"value": 100 - failures, "crash": failures / 2, "exit": failures / 2})
        if then == "value":
            return {"then": then, "value": self.dice.randint(1, 100)}
        return self.failing(then)

    def start(self):
        ident = f"s{self.number}"
        self.servers.append(ident)
        step = {"id": ident, "how": self.dice.choice(("link", "link", "alone")), "script": self.number_or(15)}
        self.give_name(step)
        return self.safe_start(step, step["script"]["then"] != "value")
