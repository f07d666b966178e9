# SPDX-License-Identifier: Apache-2.0
"""Tables for a terminal and for a page: lists of lines of words, the first line is the head."""

LEFT = ("figure", "unit", "what", "workload", "an operation is", "against BEAM", "against CAF")


def number(value):
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def ratio(value):
    return "-" if value is None else f"{value:.2f}"


def is_left(head):
    return head in LEFT


def aligned(table):
    widths = [max(len(line[column]) for line in table) for column in range(len(table[0]))]
    lines = []
    for line in table:
        cells = [word.ljust(width) if is_left(head) else word.rjust(width)
                 for head, word, width in zip(table[0], line, widths)]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def markdown(table):
    rule = ["---" if is_left(head) else "---:" for head in table[0]]
    return "\n".join(f"| {' | '.join(line)} |" for line in [table[0], rule, *table[1:]])
