# SPDX-License-Identifier: Apache-2.0
"""The targets of the ratios, and the targets that are met."""

import tomllib

from harness import plan

EVERY = "every_figure"
MET, AIM_MET, NOT_MET, NOT_MEASURED = "met", "aim met", "not met", "not measured"


def read():
    return tomllib.loads((plan.ROOT / "bench/targets.toml").read_text())


def verdict(ratio, must, aim):
    if ratio is None:
        return NOT_MEASURED
    if ratio >= aim:
        return AIM_MET
    return MET if ratio >= must else NOT_MET


def judge(figures):
    """For each figure with a target against a peer: the target, and whether the target is met."""
    judged = []
    for peer, wanted in read().items():
        for figure in figures:
            ratio = figure["peers"][peer]["ratio"]
            target = wanted.get(figure["name"])
            if target is None and ratio is not None:
                target = wanted.get(EVERY)
            if target:
                judged.append({"figure": figure["name"], "peer": peer, "ratio": ratio, **target,
                               "verdict": verdict(ratio, target["must"], target["aim"])})
    return judged
