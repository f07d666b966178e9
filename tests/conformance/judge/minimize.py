# SPDX-License-Identifier: Apache-2.0
"""Shrinks a scenario that differs: leaves out entries of lists and optional keys, as long as a difference remains."""

import copy

TRIES_MAX = 400
# Keys whose absence changes the meaning of a step rather than making the step smaller.
KEPT_KEYS = {"version", "kind", "root", "steps", "id", "do", "by", "to", "target", "ref", "name", "message", "reason",
             "child", "ms", "flag", "link", "monitor", "clients", "how", "init", "tag", "value", "key", "script", "act",
             "sort", "timer", "state", "continue", "keys", "partitions", "listens", "names_partition", "of", "restart",
             "max_restarts", "max_restarts_of_all", "strategy", "ids", "items", "max_concurrency", "ordered", "kills"}
KEPT_LISTS = {"clients"}
KEPT_STEPS = {"open", "listen"}  # All other steps need the process that these steps start.


def minimize(confirm, differs, scenario, confirmed):
    """`differs(confirm(scenario))` tells whether there is a difference. Returns a scenario and the result of `confirm`."""
    tries = 0
    best = scenario, confirmed
    shrunk = True
    while shrunk and tries < TRIES_MAX:
        shrunk = False
        for candidate in candidates(best[0]):
            tries += 1
            result = confirm(candidate)
            if differs(result):
                best = candidate, result
                shrunk = True
                break
            if tries >= TRIES_MAX:
                break
    return best


def candidates(scenario):
    """Smaller scenarios, the smallest first."""
    lists = sorted(_lists(scenario), key=lambda path: -len(_at(scenario, path)))
    size = max((len(_at(scenario, path)) for path in lists), default=0)
    while size >= 1:
        for path in lists:
            length = len(_at(scenario, path))
            if size < length or (size == length and path[-1] != "steps"):
                for begin in range(length - size, -1, -size):
                    smaller = copy.deepcopy(scenario)
                    del _at(smaller, path)[begin:begin + size]
                    if _kept_steps(smaller) == _kept_steps(scenario):
                        yield smaller
        size //= 2
    for path, key in _optional(scenario):
        smaller = copy.deepcopy(scenario)
        del _at(smaller, path)[key]
        yield smaller


def _kept_steps(scenario):
    return sum(step["do"] in KEPT_STEPS for step in scenario["steps"])


def _at(value, path):
    for key in path:
        value = value[key]
    return value


def _lists(value, path=()):
    for key, each in _entries(value):
        if isinstance(each, list) and each and key not in KEPT_LISTS:
            yield path + (key,)
        yield from _lists(each, path + (key,))


def _optional(value, path=()):
    for key, each in _entries(value):
        if isinstance(value, dict) and key not in KEPT_KEYS:
            yield path, key
        yield from _optional(each, path + (key,))


def _entries(value):
    if isinstance(value, dict):
        return list(value.items())
    return list(enumerate(value)) if isinstance(value, list) else []
