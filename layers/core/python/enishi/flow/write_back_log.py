"""The log of write-backs: which runs there were, where the next one begins, what the core system has."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
from sqlglot import exp

from enishi.ids import stable_id
from enishi.lake import schema, sql
from enishi.ports import Services
from enishi.results.writeback.declaration import WriteBack
from enishi.results.writeback.file import Written

_TABLE = "writeback_log"
_INSTANTS = ("since_at", "until_at", "opened_at", "written_at", "acknowledged_at")


@dataclass(frozen=True)
class Run:
    """One row of the log; instants are aware UTC."""

    run_id: str
    writeback_id: str
    version: str
    sequence: int
    since_at: datetime | None
    until_at: datetime
    opened_at: datetime
    state: str
    again: bool = False
    """Begun with an explicit start: rows that went out before go out once more."""
    file: str | None = None
    row_count: int | None = None
    without_number: int | None = None
    replaced: int | None = None
    bytes: int | None = None
    sha256: str | None = None
    md5: str | None = None
    written_at: datetime | None = None
    acknowledged_at: datetime | None = None

    @property
    def excludes(self) -> bool:
        """Whether rows that the core system has are left out."""
        return not self.again and self.since_at is not None


class Log:
    """The runs of one write-back."""

    def __init__(self, services: Services, declared: WriteBack) -> None:
        self._services = services
        self._declared = declared

    def runs(self) -> list[Run]:
        """Every run, in order."""
        names = schema.table(_TABLE).names
        mine = exp.EQ(this=sql.column("", "writeback_id"), expression=sql.literal(self._declared.id))
        query = exp.select(*(sql.column("", name) for name in names)).from_(sql.table_ref(_TABLE)).where(mine)
        found = [_run(row) for row in self._services.warehouse.query(query).to_pylist()]
        return sorted(found, key=lambda run: run.sequence)

    def run(self, run_id: str) -> Run | None:
        return next((run for run in self.runs() if run.run_id == run_id), None)

    def open_run(self) -> Run | None:
        """The run that began and was not finished."""
        return next((run for run in self.runs() if run.state == "open"), None)

    def acknowledged(self) -> list[str]:
        """The runs whose rows the core system has."""
        return [run.run_id for run in self.runs() if run.state == "acknowledged"]

    def begin(self, since: datetime | None) -> Run:
        """Open the next run: from the end of the last acknowledged one, or from `since`, up to now."""
        runs, now = self.runs(), self._services.clock.now().astimezone(UTC)
        done = [run.until_at for run in runs if run.state == "acknowledged"]
        start = since if since is not None else max(done, default=None)
        sequence = max((run.sequence for run in runs), default=0) + 1
        run = Run(
            run_id=stable_id("W", self._declared.id, str(sequence)),
            writeback_id=self._declared.id,
            version=self._declared.version,
            sequence=sequence,
            since_at=start if self._declared.incremental else None,
            until_at=now,
            opened_at=now,
            state="open",
            again=since is not None,
        )
        self._keep(run)
        return run

    def close(self, run: Run, done: Written, file: str, without_number: int) -> None:
        """The file is there; the core system has it at once where the declaration says so."""
        now = self._services.clock.now().astimezone(UTC)
        at_once = self._declared.acknowledge == "written" or not file
        self._keep(
            replace(
                run,
                state="acknowledged" if at_once else "written",
                file=file,
                row_count=done.rows,
                without_number=without_number,
                replaced=done.replaced,
                bytes=done.bytes,
                sha256=done.sha256,
                md5=done.md5,
                written_at=now,
                acknowledged_at=now if at_once else None,
            )
        )

    def acknowledge(self, run: Run) -> None:
        """The core system has the file."""
        self._keep(replace(run, state="acknowledged", acknowledged_at=self._services.clock.now().astimezone(UTC)))

    def _keep(self, run: Run) -> None:
        row = {name: _naive(value) for name, value in asdict(run).items()}
        form = schema.table(_TABLE).arrow
        self._services.warehouse.upsert(_TABLE, pa.Table.from_pylist([row], schema=form))


def _run(row: dict[str, Any]) -> Run:
    aware = {name: row[name].replace(tzinfo=UTC) if row[name] else None for name in _INSTANTS}
    return Run(**{**row, **aware, "again": bool(row["again"])})


def _naive(value: Any) -> Any:
    return value.astimezone(UTC).replace(tzinfo=None) if isinstance(value, datetime) else value
