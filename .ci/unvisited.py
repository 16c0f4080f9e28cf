#!/usr/bin/env python3
"""Lists each public function of the libraries that no test visited, and fails if there is one. Reads a report of `cargo llvm-cov --json`.

    .ci/unvisited.py COVERAGE.json LIBRARY...

A function is identified by its first line. A function that is not in the report was not compiled for a test: it is generic or
inlined, and no test called it.
"""

import json
import re
import sys
from pathlib import Path

PUBLIC = re.compile(r"^\s*pub (?:const |async )*fn (\w+)")
# Compiled only on Windows, and only for fuzz targets.
ELSEWHERE = ("windows_store", "fuzzing")


def main(report: str, libraries: list[str]) -> int:
    visits = visits_by_line(json.loads(Path(report).read_text()))
    functions = unvisited = 0
    for path in sorted(path for library in libraries for path in Path(library, "src").rglob("*.rs")):
        if any(name in path.stem for name in ELSEWHERE):
            continue
        counts = visits.get(str(path.resolve()), {})
        for number, name in public_functions(path):
            functions += 1
            # The record begins at `fn`, which formatting keeps on this line.
            if not counts.get(number):
                unvisited += 1
                print(f"{path}:{number}: no test visits {name}")
    print(f"{functions} public functions, {unvisited} unvisited")
    return 1 if unvisited else 0


def visits_by_line(report: dict) -> dict[str, dict[int, int]]:
    visits: dict[str, dict[int, int]] = {}
    for function in (function for data in report["data"] for function in data["functions"]):
        counts, line = visits.setdefault(function["filenames"][0], {}), function["regions"][0][0]
        counts[line] = max(counts.get(line, 0), function["count"])
    return visits


def public_functions(path: Path) -> list[tuple[int, str]]:
    lines = enumerate(path.read_text().splitlines(), start=1)
    return [(number, match[1]) for number, line in lines if (match := PUBLIC.match(line))]


sys.exit(main(sys.argv[1], sys.argv[2:]))
