"""Results and segments as files for the core system: one snapshot of rows, one file, one control file, one log row.

The order makes it safe: the run is opened in the log, its rows are frozen, the file appears whole, the control file
after it, then the rows are noted and the log is closed. A run that broke is finished with the same rows before another
one opens; its file has the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict
from sqlglot import exp

from enishi.clock import from_text
from enishi.errors import RunError, SettingsError
from enishi.flow.write_back_log import Log, Run
from enishi.ingest.cells import pc
from enishi.lake import schema, sql
from enishi.lake.sql.build import Value
from enishi.ports import Blobs, Services
from enishi.results.writeback import file as writeback_file
from enishi.results.writeback import library, rows
from enishi.results.writeback.declaration import WriteBack
from enishi.results.writeback.file import Written
from enishi.results.writeback.rows import ROW_KEY, Span
from enishi.results.writeback.sorting import in_order
from enishi.results.writeback.templates import fill
from enishi.segment import store
from enishi.segment.compile import members
from enishi.segment.moment import Moment

_BATCH = 65_536
_NUMBER = "member_number"


@dataclass(frozen=True)
class WriteBackReport:
    """What one run wrote. `file` is "" when there was nothing to write and the declaration skips empty files."""

    writeback: str
    run: str
    file: str
    since: datetime | None
    until: datetime
    rows: int
    without_number: int
    replaced: int
    bytes: int
    sha256: str
    same: bool | None = None
    """Of a file that is written again: whether it has the bytes of the first time."""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def catalogue(services: Services) -> dict[str, WriteBack]:
    """The write-backs in force: the sample retailer's, and over them those under `writebacks/` of the raw store.

    Raises:
        MappingError: one that is wrong; file and key are named.
    """
    packaged = library.from_folder(files("enishi.sample") / "writebacks")
    return packaged | library.from_store(services.raw)


def write_back(services: Services, declared: WriteBack, *, since: datetime | None = None) -> WriteBackReport:
    """Write the next file; with `since` all rows after it, also those that went out before.

    Raises:
        LakeError: a value that the layout cannot hold; no file was written, and the run stays open.
        MappingError, QueryError, SegmentError: the rows cannot be asked.
    """
    log = Log(services, declared)
    acknowledge(services, declared)
    run = log.open_run() or log.begin(since)
    return _finish(services, declared, log, run)


def write_again(services: Services, declared: WriteBack, run_id: str) -> WriteBackReport:
    """Write the file of an earlier run once more, from its frozen rows; says whether the bytes are the same.

    Raises:
        RunError: there is no such run, or it was never finished.
    """
    log = Log(services, declared)
    run = log.run(run_id)
    if run is None or run.state == "open":
        remedy = f"`enishi writeback log {declared.id}` shows the runs."
        raise RunError(f"there is no finished run {run_id}", where=declared.id, remedy=remedy)
    frozen = _frozen(services, declared, log, run)
    done = _written(services, declared, run, frozen)
    return _report(run, done, frozen, same=done.sha256 == run.sha256)


def acknowledge(services: Services, declared: WriteBack, run_id: str = "") -> list[str]:
    """Take note of what the core system has: the named run, or every run whose receipt `<file>.ok` lies there.

    Returns the runs that are acknowledged by this call.
    """
    log, exports = Log(services, declared), _exports(services)
    waiting = [run for run in log.runs() if run.state == "written"]
    known = [run for run in waiting if run.run_id == run_id or (not run_id and _has_receipt(exports, run))]
    for run in known:
        log.acknowledge(run)
    return [run.run_id for run in known]


def _has_receipt(exports: Blobs, run: Run) -> bool:
    return bool(run.file) and f"{run.file}.ok" in exports.list(f"{run.file}.ok")


def _finish(services: Services, declared: WriteBack, log: Log, run: Run) -> WriteBackReport:
    frozen = _frozen(services, declared, log, run)
    if declared.empty == "skip" and frozen.rows == 0:
        log.close(run, Written(), "", frozen.without_number)
        return _report(run, Written(), frozen, file="")
    done = _written(services, declared, run, frozen)
    _note(services, declared, run, frozen)
    log.close(run, done, _name(declared, run, services), frozen.without_number)
    return _report(run, done, frozen, file=_name(declared, run, services))


@dataclass(frozen=True)
class Frozen:
    """The rows of a run as they were when it began: Parquet files of the work store."""

    files: tuple[str, ...]
    rows: int
    without_number: int


def _frozen(services: Services, declared: WriteBack, log: Log, run: Run) -> Frozen:
    """The run's rows: unloaded once, then always the same."""
    marker = f"writeback/{declared.id}/{run.run_id}.json"
    if not services.work.list(marker):
        prefix = f"writeback/{declared.id}/{run.run_id}"
        unloaded = services.warehouse.unload(_query(services, declared, log, run), prefix)
        missing = sum(_column(services, key, _NUMBER).null_count for key in unloaded.files)
        kept = Frozen(unloaded.files, unloaded.total - missing, missing)
        services.work.put_if_absent(marker, json.dumps(asdict(kept)).encode())
    said = json.loads(services.work.get(marker))
    return Frozen(tuple(said["files"]), said["rows"], said["without_number"])


def _column(services: Services, key: str, name: str) -> Any:
    with services.work.open(key) as stream:
        return pq.read_table(stream, columns=[name]).column(name)


def _query(services: Services, declared: WriteBack, log: Log, run: Run) -> exp.Query:
    span = Span(run.since_at, run.until_at, services.settings.tz)
    source = _segment(services, declared, span) if declared.rows.segment else rows.asked(declared, span)
    return rows.numbered(declared, source, acknowledged=log.acknowledged() if run.excludes else ())


def _segment(services: Services, declared: WriteBack, span: Span) -> exp.Query:
    """The members of a segment at the run's moment."""
    known, moment = store.load_library(services), Moment.of(span.until, span.zone)
    segment = known.get(declared.rows.segment)
    people = members(segment, moment, known).subquery("s")
    shown: dict[str, Value] = {"segment_id": segment.id, "segment_title": segment.title, "happened_at": span.until}
    constants = [exp.alias_(sql.literal(value), name) for name, value in shown.items()]
    return exp.select(sql.column("s", "customer_id"), *constants).from_(people)


def _written(services: Services, declared: WriteBack, run: Run, frozen: Frozen) -> Written:
    """The data file whole, then the control file."""
    exports, name = _exports(services), _name(declared, run, services)
    names = {**_moment(run, services), "file": name.rpartition("/")[2]}
    with TemporaryDirectory(prefix="enishi-writeback-") as folder, exports.create(name) as stream:
        ordered = in_order(_batches(services, frozen), _order(declared), Path(folder))
        done = writeback_file.write(declared, ordered, stream, names, services.settings.tz)
    if declared.control:
        key = f"{declared.id}/{fill(declared.control.file, names)}"
        exports.put(key, writeback_file.control(declared, done, names))
    return done


def _batches(services: Services, frozen: Frozen) -> Iterator[pa.RecordBatch]:
    """The frozen rows that have a member number, a batch at a time."""
    for key in frozen.files:
        with services.work.open(key) as stream:
            for batch in pq.ParquetFile(stream).iter_batches(batch_size=_BATCH):
                kept = batch.filter(pc.is_valid(batch.column(_NUMBER)))
                if kept.num_rows:
                    yield kept


def _order(declared: WriteBack) -> Sequence[str]:
    """The declared order, then everything else, so that equal files come from equal rows."""
    return list(dict.fromkeys([*declared.order, _NUMBER, "happened_at", *declared.wanted]))


def _note(services: Services, declared: WriteBack, run: Run, frozen: Frozen) -> None:
    """Remember what went out, and forget what is older than the look-back can bring again."""
    if not declared.incremental:
        return
    form = schema.table("writeback_rows").arrow
    for batch in _batches(services, frozen):
        same = {"writeback_id": declared.id, "run_id": run.run_id}
        columns: dict[str, Any] = {name: pa.repeat(pa.scalar(text), batch.num_rows) for name, text in same.items()}
        columns |= {ROW_KEY: batch.column(ROW_KEY), "happened_at": batch.column("happened_at")}
        noted = pa.table({name: columns[name] for name in form.names}).cast(form)
        services.warehouse.upsert("writeback_rows", noted)
    _forget(services, declared, run)


def _forget(services: Services, declared: WriteBack, run: Run) -> None:
    if run.since_at is None:
        return
    mine = exp.EQ(this=sql.column("", "writeback_id"), expression=sql.literal(declared.id))
    old = exp.LT(this=sql.column("", "happened_at"), expression=sql.literal(run.since_at - 2 * declared.lookback))
    services.warehouse.delete("writeback_rows", exp.and_(mine, old))


def _moment(run: Run, services: Services) -> Mapping[str, object]:
    """The fields of names: the present of the run in the retailer's zone, and its number."""
    local = run.until_at.astimezone(services.settings.tz)
    return {"day": local.date(), "at": local, "sequence": run.sequence}


def _name(declared: WriteBack, run: Run, services: Services) -> str:
    return f"{declared.id}/{fill(declared.file, _moment(run, services))}"


def _exports(services: Services) -> Blobs:
    if services.exports is None:
        raise SettingsError(
            "there is no place for files of the core system",
            where="ENISHI_EXPORTS_BUCKET",
            remedy="Deploy the lake stack, which makes the bucket.",
        )
    return services.exports


def _report(
    run: Run, done: Written, frozen: Frozen, *, file: str | None = None, same: bool | None = None
) -> WriteBackReport:
    return WriteBackReport(
        run.writeback_id,
        run.run_id,
        (run.file or "") if file is None else file,
        run.since_at,
        run.until_at,
        done.rows,
        frozen.without_number,
        done.replaced,
        done.bytes,
        done.sha256,
        same,
    )


class Payload(BaseModel):
    """What the task takes: the write-back; `since` (an instant) to write again what went out after it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    writeback: str
    since: str | None = None


def run(services: Services, payload: Payload) -> dict[str, Any]:
    """The task: write one file; the answer is its report with instants as text."""
    declared = library.named(catalogue(services), payload.writeback)
    since = from_text(payload.since) if payload.since else None
    report = write_back(services, declared, since=since).as_dict()
    return {name: _plain(value) for name, value in report.items()}


def _plain(value: Any) -> Any:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
