"""Bring what is new in a retailer's database: a window of rows → files in the raw store → the ordinary ingest.

The watermark is what `connector_fetches` says of fetches whose every file is loaded, so it never runs ahead of the
lake. A fetch that broke anywhere is done again with the same window and changes nothing that is there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa
from pydantic import BaseModel, ConfigDict
from sqlglot import exp

from enishi.clock import business_day
from enishi.errors import NotSupportedError
from enishi.flow.ingest import catalogue, ingest
from enishi.flow.pick_up import pick_up
from enishi.ingest.connectors import window
from enishi.ingest.connectors.window import Fetch
from enishi.ingest.log import past_of
from enishi.ingest.mapping import Mapping
from enishi.ingest.stage import content_hash, load_id
from enishi.lake import schema, sql
from enishi.ports import Database, Extracted, Services

Progress = Callable[[str, int, int], None]
"""What is being done, how many files are done, of how many."""


@dataclass(frozen=True)
class FetchReport:
    """What one fetch did. `watermark` is where the next one goes on; None before the first is loaded."""

    source: str
    fetch: str
    since: str | None
    until: str | None
    files: int
    rows: int | None
    loaded: int
    watermark: str | None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def fetch(
    services: Services,
    source: Mapping,
    *,
    since: str | None = None,
    load: bool = True,
    progress: Progress = lambda _what, _done, _of: None,
) -> FetchReport:
    """Fetch what is new; `since` takes the place of the watermark (look-back still applies).

    With `load` the files are loaded here; without it the raw store's inbox does so, and the next call takes note.

    Raises:
        ConnectorError: the database cannot be read; nothing of this fetch counts.
        MappingError: the source asks no database, or a query that is none.
    """
    database = _database(services, source)
    settle(services, source)
    known = watermark(services, source)
    progress("newest", 0, 0)
    planned = _planned(services, source, database, since if since is not None else known)
    if planned is None:
        return FetchReport(source.id, "", None, None, 0, 0, 0, known)
    progress("extract", 0, 0)
    question = window.question(source, window.span(source, planned))
    extracted = database.extract(question, planned.folder, planned.id)
    _record(services, planned, extracted)
    loaded = _loaded(services, source, extracted, progress) if load else 0
    if load:
        settle(services, source)
    return FetchReport(
        source.id,
        planned.id,
        planned.since,
        planned.until,
        len(extracted.files),
        extracted.rows,
        loaded,
        watermark(services, source),
    )


def watermark(services: Services, source: Mapping) -> str | None:
    """The newest value of the incremental column up to which everything is loaded."""
    incremental = window.asked_of(source).incremental
    if incremental is None:
        return None
    newest: str | None = None
    for row in _fetches(services, source, loaded=True):
        if row["until_value"] is not None and window.later(newest, row["until_value"], incremental):
            newest = row["until_value"]
    return newest


def settle(services: Services, source: Mapping) -> int:
    """Take note of fetches whose every file is loaded by now; how many were found."""
    tables = {target.table for target in source.tables}
    done = [
        row
        for row in _fetches(services, source, loaded=False)
        if all(_is_loaded(services, source, key, tables) for key in row["files"] or [])
    ]
    if done:
        at = services.clock.now().replace(tzinfo=None)
        rows = [{"fetch_id": row["fetch_id"], "loaded_at": at} for row in done]
        kinds = pa.schema([schema.table("connector_fetches").arrow.field(name) for name in ("fetch_id", "loaded_at")])
        services.warehouse.upsert("connector_fetches", pa.Table.from_pylist(rows, schema=kinds))
    return len(done)


def check(services: Services, source: Mapping) -> list[str]:
    """Try what a fetch needs, without taking a row; the columns that the database would bring.

    Raises:
        ConnectorError: what is missing, and who has to grant it.
        MappingError: a column that the mapping needs is not among them.
    """
    return _database(services, source).check(window.question(source))


def _database(services: Services, source: Mapping) -> Database:
    window.asked_of(source)
    kind = source.origin.kind if source.origin else ""
    if kind in services.databases:
        return services.databases[kind]
    raise NotSupportedError(
        f"{kind} is not read from here: it writes into the raw bucket of an environment",
        where=f"source {source.id}",
        remedy="Run the same with --env NAME, or load exported files by `enishi ingest`.",
    )


def _planned(services: Services, source: Mapping, database: Database, known: str | None) -> Fetch | None:
    incremental = window.asked_of(source).incremental
    newest = database.newest(window.question(source), incremental.column) if incremental else None
    return window.plan(source, known, newest, services.clock.now())


def _loaded(services: Services, source: Mapping, extracted: Extracted, progress: Progress) -> int:
    for done, key in enumerate(extracted.files):
        progress("load", done, len(extracted.files))
        ingest(services, source, key)
    progress("load", len(extracted.files), len(extracted.files))
    return len(extracted.files)


def _is_loaded(services: Services, source: Mapping, key: str, tables: set[str]) -> bool:
    """By content, as the load log knows it: the same rows under another name are loaded, too."""
    with services.raw.open(key) as stream:
        load = load_id(source, content_hash(stream))
    today = business_day(services.clock.now(), services.settings.tz)
    return past_of(services.warehouse, source.id, load, today).has(load, tables)


def _record(services: Services, planned: Fetch, extracted: Extracted) -> None:
    """From here on the fetch is known; it counts when its files are loaded."""
    row = {
        "fetch_id": planned.id,
        "source_id": planned.source,
        "since_value": planned.since,
        "until_value": planned.until,
        "files": list(extracted.files),
        "row_count": extracted.rows,
        "fetched_at": services.clock.now().replace(tzinfo=None),
        "loaded_at": None,
    }
    declared = schema.table("connector_fetches")
    services.warehouse.upsert("connector_fetches", pa.Table.from_pylist([row], schema=declared.arrow))


def _fetches(services: Services, source: Mapping, *, loaded: bool) -> list[dict[str, Any]]:
    names = ("fetch_id", "until_value", "files")
    mine = exp.EQ(this=sql.column("", "source_id"), expression=sql.literal(source.id))
    state: exp.Expr = exp.Is(this=sql.column("", "loaded_at"), expression=exp.null())
    query = exp.select(*(sql.column("", name) for name in names)).from_(sql.table_ref("connector_fetches"))
    rows = services.warehouse.query(query.where(mine, exp.not_(state) if loaded else state))
    found: list[dict[str, Any]] = rows.to_pylist()
    return found


class Payload(BaseModel):
    """What the task takes: a source with a connector; files are left to the inbox."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    since: str | None = None


def run(services: Services, payload: Payload) -> dict[str, Any]:
    """The task: fetch; what arrives in the raw store loads by itself."""
    source = catalogue(services)[payload.source]
    if source.origin and source.origin.s3:
        return pick_up(services, source, source.origin.s3, load=False)
    return fetch(services, source, since=payload.since, load=False).as_dict()
