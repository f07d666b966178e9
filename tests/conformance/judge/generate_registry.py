# SPDX-License-Identifier: Apache-2.0
"""Random scenarios of the kind "registry": clients and servers under the keys of one registry.

The client c1 has started the registry, and does little else.
"""

from generate_server import Servers

CLIENT_KEYS = ("k1", "k2", "k3")
KEYS = CLIENT_KEYS + ("s1", "s2")  # the last two: of servers only, as a client answers no call
VALUES = ("v1", "v2", "v3", "v4")
QUERIES = {"lookup": 10, "match": 4, "count": 3, "count_match": 3, "select": 4, "count_select": 2, "whereis": 5,
           "dispatch": 6, "keys": 6, "values": 5}
CHANGES = {"register": 34, "unregister": 8, "unregister_match": 5, "update_value": 8}
ENDS = {"exit": 6, "end": 3, "close": 1}
SERVERS = {"start": 9, "call": 7, "cast": 4, "stop": 2, "advance": 2}
KILLS_MAX = 3  # of a partition: the registry ends with the next


def generate(dice):
    return _Registries(dice).scenario()


class _Registries(Servers):
    kind = "registry"
    traps = (True, True, False, True, False)
    by = ("c2", "c2", "c3", "c3", "c4", "c5")

    def __init__(self, dice):
        super().__init__(dice)
        self.unique = self.flip()
        self.partitions = dice.choice((1, 1, 2, 4))
        self.listens = self.flip(0.3)
        self.kills = 0
        self.closed = False
        self.steps = QUERIES | CHANGES | ENDS
        if self.unique:
            self.steps |= SERVERS
        if self.partitions == 1:
            self.steps |= {"kill_partition": 2}

    def first_steps(self):
        listen = [{"do": "listen", "by": "c1"}] if self.listens else []
        return listen + [{"do": "open", "by": "c1", "keys": "unique" if self.unique else "duplicate",
                          "partitions": self.partitions, "listens": self.listens}]

    def step(self, do):
        # With unique keys a process has a link to the partition of its pid in OTP, and to that of each key in Coppice.
        if do == "close" and self.unique and self.partitions > 1:
            do = "lookup"
        if do == "close":
            self.closed = True
            return {"do": "end", "by": "c1", "reason": self.dice.choice(("normal", "shutdown", "other"))}
        if do == "kill_partition":
            self.kills += 1
            if self.kills > KILLS_MAX:
                return self.step("lookup")
            return {"do": "exit", "by": "c1", "to": "partition", "reason": "kill"}
        # A call by way of a registry that has ended fails in another way: see docs/differences.md.
        if self.closed and do in SERVERS:
            return super().step("advance")
        return super().step(do)

    def fields(self, do):
        if do in ("keys", "values"):
            fields = {"of": self.owner()}
            return fields | ({"key": self.key()} if do == "values" else {})
        if do in QUERIES or do in CHANGES:
            keys = CLIENT_KEYS if do == "register" else KEYS
            fields = {} if do == "count" else {"key": self.dice.choice(keys), "value": self.dice.choice(VALUES)}
            if do in ("lookup", "match", "dispatch"):
                fields["ordered"] = self.partitions == 1
            return fields | ({"names_partition": self.partitions == 1} if do == "register" else {})
        if do == "exit":
            return {"to": self.owner(), "reason": self.dice.choice(("shutdown", "other", "kill"))}
        return super().fields(do)

    def init(self):
        """OTP tells listeners of a start that fails: see docs/differences.md."""
        script = super().init()
        while self.listens and script["then"] != "ok":
            script = super().init()
        # In OTP a server gives its name back when init fails, which is another failure if the registry has ended.
        if script["then"] != "ok":
            script.pop("sleep", None)
        return script

    def key(self):
        return self.dice.choice(KEYS)

    def owner(self):
        return self.dice.choice(self.servers[-3:] + list(self.by))

    def target(self):
        if self.unique and not self.closed and self.flip():
            return "via:" + self.dice.choice(KEYS[len(CLIENT_KEYS):])
        return self.dice.choice(self.servers[-3:] or ["s999"])

    def give_name(self, step):
        if self.flip(0.85):
            step |= {"via": self.key(), "value": self.dice.choice(VALUES)}
