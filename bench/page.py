#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""bench/page.py FILE... writes into docs/performance.md the figures that script/bench --json wrote.

A file of a comparison replaces the tables of the comparison, one of --growth those of the growth.
"""

import json
import re
import sys
from pathlib import Path

sys.dont_write_bytecode = True

from harness import growth, machine, plan, show, tables  # noqa: E402

PAGE = plan.ROOT / "docs/performance.md"


def origin(data):
    rounds = f"Rounds: {data['rounds']}{', quick' if data['quick'] else ''}."
    return " ".join([*(f"{line}." for line in machine.lines(data)), rounds])


def comparison(data):
    notes = [line for line in show.notes(data) if line]
    return {
        "measured": [origin(data), tables.markdown(show.measured(data)), "\n".join(notes)],
        "judged": [tables.markdown(show.judged(data))],
    }


def curves(data):
    parts = [part for section in growth.sections(data, tables.markdown) for part in section]
    return {"growth": [origin(data), *filter(None, parts)]}


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
        data = json.loads(Path(path).read_text())
        blocks = comparison(data) if "figures" in data else curves(data)
        for name, paragraphs in blocks.items():
            page = replace(page, name, paragraphs)
    PAGE.write_text(page)


if __name__ == "__main__":
    main()
