"""`make grammar`: Trino's own grammar over every statement that the product packages or writes.

Ends with 0 when the grammar accepts all of them, 1 when it refuses one.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from sqlglot import exp

from enishi.lake.sql import to_athena
from tests.grammar.statements import statements

LONGEST = 262_144
"""Bytes that Athena takes as one statement."""
GATE = Path(__file__).parent / "node_modules" / ".gate" / "gate.cjs"


def main() -> int:
    asked = [(where, _open(tree)) for where, tree in statements()]
    lengths = {where: len(to_athena(tree).encode()) for where, tree in asked}
    pieces: dict[str, str] = {}
    for where, tree in asked:
        for piece in _pieces(tree):
            pieces.setdefault(to_athena(piece), where)
    refused = [f"{one['where']}: {one['says']}" for one in _refused(pieces)]
    refused += [
        f"{where}: {size:,} bytes, Athena takes {LONGEST:,}" for where, size in lengths.items() if size > LONGEST
    ]
    print("\n".join(refused), end="\n" if refused else "")
    print(f"{len(asked)} statements in {len(pieces)} different parts; the longest has {max(lengths.values()):,} bytes")
    print(f"{len(pieces) - len(refused)} passed, {len(refused)} failed")
    return 1 if refused else 0


def _pieces(tree: exp.Query) -> Iterator[exp.Query]:
    """The body of each relation of WITH, and the rest: what views and macros give to many statements is read once."""
    rest = tree.copy()
    for cte in rest.ctes:
        yield from _pieces(cte.this)
        cte.set("this", exp.select("1"))
    yield rest


def _refused(pieces: Mapping[str, str]) -> list[dict[str, str]]:
    """What the grammar does not accept: `where` and `says`."""
    done = subprocess.run(
        ["node", str(GATE)],
        input=json.dumps([{"where": where, "sql": text} for text, where in pieces.items()]),
        capture_output=True,
        text=True,
        check=True,
    )
    refused: list[dict[str, str]] = json.loads(done.stdout)
    return refused


def _too_long(where: str, size: int) -> str:
    return f"{where}: {size:,} bytes, Athena takes {LONGEST:,}"


def _open(tree: exp.Query) -> exp.Query:
    """A copy in which every `:name` that is still to be filled is a parameter in Trino's words."""
    copied = tree.copy()
    for hole in list(copied.find_all(exp.Placeholder)):
        hole.replace(exp.Placeholder())
    return copied


if __name__ == "__main__":
    sys.exit(main())
