#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""bench/page.py FILE... writes the figures of script/bench --json into docs/performance.md.

A file of a comparison replaces the tables of the comparison, a file of --growth the tables of
growth, and a file of --instructions the table of instructions.
"""

import json
import re
import sys
from pathlib import Path

sys.dont_write_bytecode = True

from harness import growth, instructions, machine, plan, show, tables  # noqa: E402

PAGE = plan.ROOT / "docs/performance.md"


def origin(data):
    return " ".join(f"{line}." for line in machine.lines(data))


def origin_of_rounds(data):
    return f"{origin(data)} Rounds: {data['rounds']}{', quick' if data['quick'] else ''}."


def comparison(data):
    notes = [line for line in show.notes(data) if line]
    return {
        "measured": [origin_of_rounds(data), tables.markdown(show.measured(data)),
                     "\n".join(notes)],
        "judged": [tables.markdown(show.judged(data))],
    }


def curves(data):
    parts = [part for section in growth.sections(data, tables.markdown) for part in section]
    return {"growth": [origin_of_rounds(data), *filter(None, parts)]}


def counts(data):
    table = tables.markdown(instructions.table(data))
    return {"instructions": [origin(data), table, *instructions.failures(data)]}


def blocks_of(data):
    if "instructions" in data:
        return counts(data)
    return comparison(data) if "figures" in data else curves(data)


def replace(page, name, paragraphs):
    begin, end = f"<!-- {name}: written by bench/page.py -->", f"<!-- end of {name} -->"
    block = "\n\n".join([begin, *paragraphs, end])
    written, times = re.subn(f"{re.escape(begin)}.*?{re.escape(end)}", lambda _: block, page,
                             flags=re.DOTALL)
    if times != 1:
        sys.exit(f"bench/page.py: {PAGE} has no place for {name}")
    return written


def main():
    if len(sys.argv) == 1:
        sys.exit("usage: bench/page.py FILE...")
    page = PAGE.read_text()
    for path in sys.argv[1:]:
        for name, paragraphs in blocks_of(json.loads(Path(path).read_text())).items():
            page = replace(page, name, paragraphs)
    PAGE.write_text(page)


if __name__ == "__main__":
    main()
