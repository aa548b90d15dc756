"""`make grammar`: Trino's own grammar over every statement that the product packages or writes.

Ends with 0 when the grammar accepts all of them, 1 when it refuses one.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from sqlglot import exp

from enishi.lake.sql import to_athena
from tests.grammar.statements import statements

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


if __name__ == "__main__":
    sys.exit(main())
