"""`make grammar`: Trino's own grammar over every statement that the product packages or writes.

Ends with 0 when the grammar accepts all of them, 1 when it refuses one. The grammar reads on while the next statements
are made.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from sqlglot import exp

from enishi.lake.sql import to_athena
from tests.grammar.statements import Statement, statements

LONGEST = 262_144
"""Bytes that Athena takes as one statement."""
GATE = Path(__file__).parent / "node_modules" / ".gate" / "gate.cjs"
_STAND_IN = "SELECT 1"
"""What stands in the place of a relation of WITH that is read by itself."""


@dataclass
class Asked:
    """What was given to the grammar."""

    sizes: list[tuple[int, str]] = field(default_factory=list)
    """Bytes of each statement, and where it stands."""
    pieces: set[str] = field(default_factory=set)
    """Texts of the parts, each once."""


def main() -> int:
    asked = Asked()
    # A file takes the refusals: nobody reads a pipe while the statements are being written.
    said = GATE.with_name("refused.jsonl")
    with said.open("w", encoding="utf-8") as answers, _gate(answers) as gate:
        assert gate.stdin is not None
        for line in _lines(statements(), asked):
            gate.stdin.write(line)
    if gate.returncode:
        print("The grammar stopped before it had read everything.")
        return 1
    refused = [json.loads(line) for line in said.read_text("utf-8").splitlines()]
    return _report(asked, [f"{one['where']}: {one['says']}" for one in refused])


def _gate(answers: IO[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(["node", str(GATE)], stdin=subprocess.PIPE, stdout=answers, text=True, encoding="utf-8")


def _lines(found: Iterable[Statement], asked: Asked) -> Iterator[str]:
    """A line for each part that was not asked before."""
    for where, tree in found:
        texts = [to_athena(piece) for piece in pieces(_open(tree))]
        size = sum(len(text.encode()) for text in texts) - len(_STAND_IN) * (len(texts) - 1)
        asked.sizes.append((size, where))
        for text in texts:
            if text not in asked.pieces:
                asked.pieces.add(text)
                yield json.dumps({"where": where, "sql": text}) + "\n"


def pieces(tree: exp.Query) -> Iterator[exp.Query]:
    """The body of each relation of WITH, and the rest of `tree` itself: what views and macros give to many statements
    is read once."""
    for cte in tree.ctes:
        body = cte.this
        cte.set("this", exp.select("1"))
        yield from pieces(body)
    yield tree


def _open(tree: exp.Query) -> exp.Query:
    """`tree` itself, in which every `:name` that is still to be filled is a parameter in Trino's words."""
    for hole in list(tree.find_all(exp.Placeholder)):
        hole.replace(exp.Placeholder())
    return tree


def _report(asked: Asked, refused: list[str]) -> int:
    long = [f"{where}: {size:,} bytes, Athena takes {LONGEST:,}" for size, where in asked.sizes if size > LONGEST]
    print("\n".join([*refused, *long]), end="\n" if refused or long else "")
    longest, _ = max(asked.sizes)
    print(f"{len(asked.sizes)} statements in {len(asked.pieces)} different parts; the longest has {longest:,} bytes")
    print(f"{len(asked.pieces) - len(refused)} passed, {len(refused) + len(long)} failed")
    return 1 if refused or long else 0


if __name__ == "__main__":
    sys.exit(main())
