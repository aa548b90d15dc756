"""What became of the cases, kept while a run goes on: one that was broken off can go on where it was."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TextIO

from tests.trino.compare import Difference

FILE = Path("build/trino.jsonl")


@dataclass(frozen=True)
class Outcome:
    """A case: its questions, how many of them were run (the others were only checked), and what differed."""

    label: str
    questions: int
    run: int
    seconds: float
    differs: tuple[Difference, ...]


@dataclass(frozen=True)
class Record:
    """One line a case. Several threads may add to it."""

    passed: frozenset[str]
    """The labels of cases that passed before this run."""
    _file: TextIO
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    @contextmanager
    def open(cls, *, go_on: bool) -> Iterator[Record]:
        """The record of this run; of the one before, too, where it goes on."""
        FILE.parent.mkdir(exist_ok=True)
        before = [json.loads(line) for line in FILE.read_text().splitlines()] if go_on and FILE.exists() else []
        with FILE.open("a" if go_on else "w", encoding="utf-8") as file:
            yield cls(_passed(before), file)

    def add(self, outcome: Outcome) -> None:
        with self._lock:
            self._file.write(json.dumps(asdict(outcome), ensure_ascii=False) + "\n")
            self._file.flush()


def _passed(lines: list[dict[str, Any]]) -> frozenset[str]:
    """Cases of which the last line says that nothing differed."""
    last = {line["label"]: line for line in lines}
    return frozenset(label for label, line in last.items() if not line["differs"])
