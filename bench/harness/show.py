# SPDX-License-Identifier: Apache-2.0
"""The results for people, and as data."""

from harness import plan

HEAD = ("figure", "ops", "unit", "Coppice", "min .. max", "BEAM", "min .. max", "CAF", "min .. max",
        "BEAM/Coppice", "CAF/Coppice")


def number(value):
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def ratio(value):
    return "-" if value is None else f"{value:.2f}"


def spread(cell):
    return f"{number(min(cell.values))} .. {number(max(cell.values))}" if cell else ""


def program_cells(results, row, program, mark=""):
    """Its median, with a mark when it failed in other rounds, and its spread."""
    cell = row.cell(program)
    nothing = results.why_nothing(program, row.workload)
    if cell is None:
        return [nothing, ""]
    failed_too = f" ({nothing})" if nothing not in ("-", "missing") else ""
    return [number(cell.median) + mark + failed_too, spread(cell)]


def table_line(results, row):
    best = row.best_beam()
    beam = best[0] if best else plan.BEAMS[0]
    mark = "*" if beam is not plan.BEAMS[0] else ""
    return [
        row.name,
        f"{row.ops:,}",
        row.unit,
        *program_cells(results, row, plan.COPPICE),
        *program_cells(results, row, beam, mark),
        *program_cells(results, row, plan.CAF),
        ratio(row.beam_ratio()),
        ratio(row.caf_ratio()),
    ]


def aligned(lines):
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    text_columns = (0, 2)
    for line in lines:
        cells = [word.ljust(width) if column in text_columns else word.rjust(width)
                 for column, (word, width) in enumerate(zip(line, widths))]
        yield "  ".join(cells).rstrip()


def table(results):
    lines = [HEAD, *(table_line(results, row) for row in results.rows_in_order())]
    return "\n".join(aligned([list(line) for line in lines]))


def notes(results):
    yield "Medians of the rounds. A ratio above 1: Coppice is ahead. BEAM is the better of its default"
    yield "and +S 1:1; * marks the latter. A peak has the memory of the runtime and its program in it."
    for why in results.absent.values():
        yield why
    if results.failures:
        yield ""
        yield "What failed:"
        yield from (f"  {failure}" for failure in results.failures.values())


def row_data(results, row):
    programs = {}
    for program in plan.PROGRAMS:
        cell = row.cell(program)
        programs[program.key] = (
            cell.as_data() if cell else {"none": results.why_nothing(program, row.workload)})
    best = row.best_beam()
    return {
        "workload": row.workload,
        "name": row.name,
        "unit": row.unit,
        "ops": row.ops,
        "programs": programs,
        "better_beam": best[0].key if best else None,
        "beam_to_coppice": row.beam_ratio(),
        "caf_to_coppice": row.caf_ratio(),
    }


def data(results, machine, versions, rounds):
    return {
        "machine": machine,
        "versions": versions,
        "rounds": rounds,
        "figures": [row_data(results, row) for row in results.rows_in_order()],
        "absent": results.absent,
        "failures": [vars(failure) for failure in results.failures.values()],
    }
