"""docs/bad-files.md out of the cases."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from tests.unit.ingest.bad_files.cases import Case

PAGE = Path(__file__).parents[4] / "docs" / "bad-files.md"
_AIDES = ("cases", "page", "__main__", "__init__")


def groups() -> dict[str, list[Case]]:
    """The cases of every module of this folder, under the first sentence of its docstring."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("*.py") if path.stem not in _AIDES)
    modules = [import_module(f"tests.unit.ingest.bad_files.{name}") for name in names]
    return {(module.__doc__ or "").strip(): module.CASES for module in modules}


def text() -> str:
    """The page."""
    found = groups()
    count = sum(len(cases) for cases in found.values())
    parts = [_HEAD.format(count=count)]
    for title, cases in found.items():
        rows = "\n".join(f"| {case.name} | {_end(case)} |" for case in cases)
        parts.append(f"## {title.removesuffix('.')}\n\n| file | what becomes of it |\n| --- | --- |\n{rows}\n")
    return "\n".join(parts)


def _end(case: Case) -> str:
    if case.refused or case.stopped:
        words = " … ".join(word.replace("|", "\\|") for word in case.refused or case.stopped)
        return f"{'refused' if case.refused else 'stopped'}: {words}"
    bad = ", ".join(f"row {row}{f' `{column}`' if column else ''} {reason}" for row, column, reason in case.bad)
    loaded = f"{case.good} row{'s' * (case.good != 1)} loaded"
    return f"{loaded}; quarantined: {bad}" if bad else loaded


_HEAD = """# Files that are not as declared

{count} kinds of bad files and what becomes of each. The tests build every one of them, load it and compare; this page
is made from the same cases (`python -m tests.unit.ingest.bad_files`), and a test keeps it equal.

* **refused**: one error with file, place (line, member of a zip) and what to do; nothing of the file is loaded. The
  words are the error's own.
* **stopped**: the file was read, and a check of the whole file speaks against it; nothing is loaded, and `--accept`
  with a reason overrides.
* **quarantined**: the row stands in `quarantine` with file, row, source column, reason and its bytes; the good rows
  are loaded. Rows count from 1 at the top of the file, header included.
"""
