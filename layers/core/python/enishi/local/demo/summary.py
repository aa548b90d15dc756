"""What came out of a demo, counted from the lake and from the outbox."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from enishi.local.machine import Execution, Status
from enishi.local.outbox import INDEX
from enishi.ports import Services
from enishi.results.funnel import Balance, balances
from enishi.results.queries import ask


@dataclass(frozen=True)
class Summary:
    """`sent_now`: sent by this call; `channels`: messages in the outbox; `skipped`: runs that had finished before."""

    home: Path
    sent_now: int
    channels: dict[str, int]
    duplicates: int
    balances: tuple[Balance, ...]
    runs: int
    skipped: int
    failed: tuple[str, ...]

    @property
    def messages(self) -> int:
        return sum(self.channels.values())

    @property
    def balanced(self) -> bool:
        return all(step.not_yet == 0 for step in self.balances)

    def to_json(self) -> dict[str, Any]:
        """For `--format json`."""
        totals = {name: self.total(name) for name in ("arrivals", "accepted", "refused", "suppressed", "unknown")}
        rest = {name: self.total(name) for name in ("holdout", "quarantined")}
        return {
            "messages": self.messages,
            "sent_now": self.sent_now,
            "channels": self.channels,
            "duplicates": self.duplicates,
            "balance": {**totals, **rest, "balanced": self.balanced},
            "runs": self.runs,
            "runs_finished_before": self.skipped,
            "runs_failed": list(self.failed),
            "report": str(self.home / "report.html"),
            "outbox": str(self.home / "outbox"),
        }

    def total(self, name: str) -> int:
        """A column of the balance over all steps."""
        return sum(getattr(step, name) for step in self.balances)


def summarise(services: Services, executions: Sequence[Execution], *, sent_now: int) -> Summary:
    """Count what the lake and the outbox hold."""
    home = services.settings.home
    return Summary(
        home=home,
        sent_now=sent_now,
        channels=dict(sorted(Counter(note["channel"] for note in index(home)).items())),
        duplicates=len(ask(services.warehouse, "duplicates")),
        balances=tuple(balances(services.warehouse)),
        runs=len(executions),
        skipped=sum(_ran_before(execution) for execution in executions),
        failed=tuple(f"{e.name}: {e.error} {e.cause}" for e in executions if e.status is not Status.SUCCEEDED),
    )


def outbox_size(home: Path) -> int:
    """Messages in the outbox."""
    return sum(1 for _ in index(home))


def index(home: Path) -> Iterator[dict[str, Any]]:
    """The outbox's notes, one a message, in the order of sending."""
    path = home / "outbox" / INDEX
    if path.is_file():
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)


def _ran_before(execution: Execution) -> bool:
    output = execution.output
    return isinstance(output, dict) and output.get("go") == "skip" and output.get("note") == "this slot ran before"
