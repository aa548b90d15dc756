"""`make grammar`: Trino's own grammar over every statement that the product packages or writes.

Views, query files, analyses with their macros and cells, and what the segment cases compile to. Ends with 0 when the
grammar accepts all of them, 1 when it refuses one.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from sqlglot import exp

from enishi import wiring
from enishi.analysis import library, runner
from enishi.lake.sql import parse, to_athena
from enishi.segment import compile as segments
from enishi.segment.model import condition
from enishi.settings import Settings
from tests.unit.analysis import test_golden as golden
from tests.unit.segment import test_segment_cases as segment_cases

GATE = Path(__file__).parent / "node_modules" / ".gate" / "gate.cjs"
LOCAL = ("analysis", "local", "lake/sql/duckdb_macros.sql")
"""Analyses are read with their macros below; the rest of these is for the engines of a laptop."""
PRESENT = datetime(2026, 11, 22, 3, tzinfo=UTC)
Statement = tuple[str, exp.Query]


def main() -> int:
    asked = [{"where": where, "sql": to_athena(_open(tree))} for where, tree in _statements()]
    done = subprocess.run(
        ["node", "--max-old-space-size=2048", str(GATE)],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=True,
    )
    refused = json.loads(done.stdout)
    for one in refused:
        print(f"{one['where']}: {one['says']}")
    print(f"{len(asked) - len(refused)} passed, {len(refused)} failed")
    return 1 if refused else 0


def _open(tree: exp.Query) -> exp.Query:
    """A copy in which every `:name` that is still to be filled is a parameter in Trino's words."""
    copied = tree.copy()
    for hole in list(copied.find_all(exp.Placeholder)):
        hole.replace(exp.Placeholder())
    return copied


def _statements() -> Iterator[Statement]:
    yield from _query_files()
    yield from _analyses()
    yield from _segments()


def _query_files() -> Iterator[Statement]:
    root = files("enishi")
    for name, file in _below(root, ""):
        if name.endswith(".sql") and not name.startswith(LOCAL):
            yield name, parse(file.read_text("utf-8"), name)


def _below(folder: Traversable, prefix: str) -> Iterator[tuple[str, Traversable]]:
    for entry in sorted(folder.iterdir(), key=lambda one: one.name):
        name = f"{prefix}{entry.name}"
        if entry.is_dir():
            yield from _below(entry, f"{name}/")
        else:
            yield name, entry


def _analyses() -> Iterator[Statement]:
    """Each as its first case asks it, and the cells that the case opens."""
    with tempfile.TemporaryDirectory(prefix="enishi-grammar-") as home:
        services = wiring.services(Settings(home=Path(home), present=PRESENT))
        for name, file in golden.FILES.items():
            case = file["cases"][0]
            question = runner.ask(services, library.get(name), case.get("given", {}))
            yield f"analysis {name}", runner.statement(services, question)
            for entity in ("customer", "product"):
                for cell in case.get("cells" if entity == "customer" else "products", {}):
                    yield f"analysis {name}, cell {cell}", runner.members(services, question, cell, entity)


def _segments() -> Iterator[Statement]:
    for name, file in segment_cases.FILES.items():
        for case in file["cases"]:
            yield f"segment {name}: {case['name']}", _members(name, case)


def _members(file: str, case: Mapping[str, Any]) -> exp.Query:
    return segments.members(condition(case["condition"]), segment_cases.moment(file, case))


if __name__ == "__main__":
    sys.exit(main())
