# SPDX-License-Identifier: Apache-2.0
"""The comparison as text for people, made from the data of --json alone."""

from harness import plan
from harness.tables import number, ratio

NOTES = """\
Medians of the rounds, with the minimum and the maximum. A ratio above 1: Coppice is faster.
BEAM and CAF: the better of the default and of one thread (+S 1:1); * marks one thread.
MiB: the peak memory of the whole program, with the runtime and the data of the workload."""


def spread(cell):
    return f"{number(cell['min'])} .. {number(cell['max'])}"


def count_of(ours, theirs):
    """The number of operations, if the peer ran fewer operations than Coppice."""
    return f" of {theirs['ops']:,}" if ours.get("ops", theirs["ops"]) != theirs["ops"] else ""


def program_cells(figure, key, mark=""):
    cell = figure["programs"][key]
    trouble = cell.get("trouble", "")
    if "median" not in cell:
        return [trouble or "-", "", ""]
    ours = figure["programs"][plan.COPPICE.key]
    said = number(cell["median"]) + mark + count_of(ours, cell) + (f" ({trouble})" * bool(trouble))
    return [said, spread(cell), number(cell["peak_mib"])]


def peer_cells(figure, peer):
    default = plan.programs_of(peer)[0].key
    key = figure["peers"][peer]["better"] or default
    return program_cells(figure, key, "" if key == default else "*")


def operations(figure):
    counts = [cell["ops"] for cell in figure["programs"].values() if "ops" in cell]
    return f"{max(counts):,}" if counts else "-"


def measured(data):
    head = ["figure", "ops", "unit"]
    for title in (plan.COPPICE.title, *plan.PEERS.values()):
        head += [title, "min .. max", "MiB"]
    head += [f"{title}/{plan.COPPICE.title}" for title in plan.PEERS.values()]
    table = [head]
    for figure in data["figures"]:
        line = [figure["name"], operations(figure), figure["unit"]]
        line += program_cells(figure, plan.COPPICE.key)
        for peer in plan.PEERS:
            line += peer_cells(figure, peer)
        line += [ratio(figure["peers"][peer]["ratio"]) for peer in plan.PEERS]
        table.append(line)
    return table


def verdict_cells(judged_ones, figure, peer):
    for each in judged_ones:
        if each["figure"] == figure and each["peer"] == peer:
            return [ratio(each["ratio"]), f"{each['must']:g}", f"{each['aim']:g}", each["verdict"]]
    return ["", "", "", ""]


def judged(data):
    """A line for each figure that has a target."""
    head = ["figure"]
    for title in plan.PEERS.values():
        head += [f"{title}/{plan.COPPICE.title}", "must", "aim", f"against {title}"]
    table = [head]
    with_target = {each["figure"] for each in data["targets"]}
    for name in (figure["name"] for figure in data["figures"] if figure["name"] in with_target):
        line = [name]
        for peer in plan.PEERS:
            line += verdict_cells(data["targets"], name, peer)
        table.append(line)
    return table


def bounds(data):
    """The reasons why a peer ran fewer operations than Coppice."""
    shown = {figure["workload"] for figure in data["figures"]}
    for workload in plan.WORKLOADS:
        for peer, bound in workload.bounds.items():
            if workload.name in shown:
                yield (f"{workload.name} on {plan.PEERS[peer]} runs at most {bound.count:,}: "
                       f"{bound.why}.")


def failure(each):
    how_often = f" ({each['times']} times)" if each["times"] > 1 else ""
    said = f": {each['detail']}" if each["detail"] else ""
    return f"  {each['program']}, {each['workload']}: {each['what']}{how_often}{said}"


def notes(data):
    yield NOTES
    yield from bounds(data)
    yield from data["absent"].values()
    if data["no_time_for"]:
        yield f"There was no time for: {' '.join(data['no_time_for'])}"
    if data["failures"]:
        yield ""
        yield "Failures:"
        yield from (failure(each) for each in data["failures"])
