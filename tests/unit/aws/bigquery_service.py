"""A BigQuery that speaks its REST interface over HTTP, on DuckDB: slow jobs, pages, tokens that expire."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler
from json import dumps, loads
from typing import Any
from urllib.parse import parse_qs, urlsplit

import duckdb
import pyarrow as pa
import sqlglot

from tests.unit.aws.http_service import listening

Reply = tuple[int, dict[str, Any]]


@dataclass
class FakeBigQuery:
    """`database` holds the tables; `refusals` are (status, reason) used up one a request; `valid` is the token."""

    database: duckdb.DuckDBPyConnection
    page: int = 2
    waits: int = 1
    valid: str = "token-1"
    refusals: list[tuple[int, str] | None] = field(default_factory=list)
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    url: str = ""

    def answer(self, method: str, target: str, headers: Any, body: dict[str, Any]) -> Reply:
        self.asked.append(f"{method} {urlsplit(target).path}")
        if headers.get("Authorization") != f"Bearer {self.valid}":
            return _refusal(401, "authError")
        if self.refusals and (refused := self.refusals.pop(0)):
            return _refusal(*refused)
        return self._insert(body) if method == "POST" else self._results(target)

    def _insert(self, body: dict[str, Any]) -> Reply:
        reference, query = body["jobReference"], body["configuration"]["query"]
        assert query["useLegacySql"] is False
        assert int(query["maximumBytesBilled"]) > 0
        if reference["jobId"] in self.jobs:
            return _refusal(409, "duplicate")
        text = sqlglot.transpile(query["query"], read="bigquery", write="duckdb")[0]
        try:
            table = self.database.sql(text).to_arrow_table()
        except duckdb.CatalogException:
            return _refusal(404, "notFound")
        self.jobs[reference["jobId"]] = {"table": table, "waits": self.waits}
        return 200, {"jobReference": reference}

    def _results(self, target: str) -> Reply:
        job = self.jobs[urlsplit(target).path.rpartition("/")[2]]
        query = {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}
        assert query["formatOptions.useInt64Timestamp"] == "true"
        if job["waits"]:
            job["waits"] -= 1
            return 200, {"jobComplete": False}
        start, table = int(query.get("pageToken", "0")), job["table"]
        shown = table.slice(start, self.page)
        page: dict[str, Any] = {"jobComplete": True, "schema": {"fields": [_field(one) for one in table.schema]}}
        page["rows"] = [{"f": [{"v": _value(value)} for value in row.values()]} for row in shown.to_pylist()]
        page["totalRows"] = str(table.num_rows)
        if start + self.page < table.num_rows:
            page["pageToken"] = str(start + self.page)
        return 200, page


def _refusal(status: int, reason: str) -> Reply:
    message = "Access Denied: User does not have bigquery.tables.getData permission; near '山田花子'"
    return status, {"error": {"code": status, "message": message, "errors": [{"reason": reason}]}}


def _field(field: pa.Field) -> dict[str, Any]:
    kind = field.type
    if pa.types.is_list(kind):
        return {**_field(pa.field(field.name, kind.value_type)), "mode": "REPEATED"}
    if pa.types.is_struct(kind):
        inner = [_field(kind.field(place)) for place in range(kind.num_fields)]
        return {"name": field.name, "type": "RECORD", "fields": inner}
    return {"name": field.name, "type": next(word for test, word in _TYPES if test(kind))}


_TYPES = (
    (pa.types.is_boolean, "BOOLEAN"),
    (pa.types.is_integer, "INTEGER"),
    (pa.types.is_decimal, "NUMERIC"),
    (pa.types.is_floating, "FLOAT"),
    (lambda kind: pa.types.is_timestamp(kind) and kind.tz is not None, "TIMESTAMP"),
    (pa.types.is_timestamp, "DATETIME"),
    (pa.types.is_date, "DATE"),
    (lambda _: True, "STRING"),
)


def _value(value: Any) -> Any:
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case list():
            return [{"v": _value(item)} for item in value]
        case dict():
            return {"f": [{"v": _value(item)} for item in value.values()]}
        case datetime() if value.tzinfo:
            return str(int((value - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 10**6))
        case datetime() | date():
            return value.isoformat()
        case Decimal():
            return f"{value.normalize():f}"
        case _:
            return str(value)


@contextmanager
def serving(service: FakeBigQuery) -> Iterator[FakeBigQuery]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self._reply("POST", loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def do_GET(self) -> None:
            self._reply("GET", {})

        def _reply(self, method: str, body: dict[str, Any]) -> None:
            status, said = service.answer(method, self.path, self.headers, body)
            data = dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None: ...

    with listening(Handler) as service.url:
        yield service
