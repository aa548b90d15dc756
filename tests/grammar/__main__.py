"""`make grammar`: Trino's own grammar over every statement that the product packages or writes.

Ends with 0 when the grammar accepts all of them, 1 when it refuses one.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from sqlglot import exp

from enishi.lake.sql import to_athena
from tests.grammar.statements import statements

LONGEST = 262_144
"""Bytes that Athena takes as one statement."""
GATE = Path(__file__).parent / "node_modules" / ".gate" / "gate.cjs"


def main() -> int:
    asked = [{"where": where, "sql": to_athena(_open(tree))} for where, tree in statements()]
    done = subprocess.run(
        ["node", "--max-old-space-size=2048", str(GATE)],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=True,
    )
    refused = [*json.loads(done.stdout), *(_too_long(one) for one in asked if len(one["sql"].encode()) > LONGEST)]
    for one in refused:
        print(f"{one['where']}: {one['says']}")
    print(f"the longest statement has {max(len(one['sql'].encode()) for one in asked):,} bytes")
    print(f"{len(asked) - len(refused)} passed, {len(refused)} failed")
    return 1 if refused else 0


def _too_long(one: Mapping[str, str]) -> Mapping[str, str]:
    return {**one, "says": f"{len(one['sql'].encode()):,} bytes, Athena takes {LONGEST:,}"}


def _open(tree: exp.Query) -> exp.Query:
    """A copy in which every `:name` that is still to be filled is a parameter in Trino's words."""
    copied = tree.copy()
    for hole in list(copied.find_all(exp.Placeholder)):
        hole.replace(exp.Placeholder())
    return copied


if __name__ == "__main__":
    sys.exit(main())
