"""A stand-in for Athena: its JSON protocol over a `LocalWarehouse`, for the AWS adapter and for emulators.

Statements run to their end inside StartQueryExecution; what Athena would say later is kept in memory.
"""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pyarrow as pa

from enishi.clock import Clock, SystemClock
from enishi.errors import EnishiError, QueryError
from enishi.local.athena_server_results import column_info, row_data
from enishi.local.athena_server_statements import Statements
from enishi.local.athena_server_store import ObjectStore, StoredWork
from enishi.local.warehouse import LocalWarehouse
from enishi.settings import Settings

_PAGE = 1000
_KEPT = 2000
"""Statements that are remembered; Athena keeps them for 45 days."""


@dataclass(frozen=True)
class Execution:
    """One statement and how it ended."""

    query_id: str
    text: str
    workgroup: str
    started: float
    reason: str = ""
    rows: pa.Table | None = None
    written: int = 0

    def described(self) -> dict[str, Any]:
        """As GetQueryExecution says it."""
        status = {
            "State": "FAILED" if self.reason else "SUCCEEDED",
            "SubmissionDateTime": self.started,
            "CompletionDateTime": self.started,
        }
        return {
            "QueryExecutionId": self.query_id,
            "Query": self.text,
            "StatementType": "DML",
            "WorkGroup": self.workgroup,
            "Status": status | ({"StateChangeReason": self.reason} if self.reason else {}),
            "Statistics": {"EngineExecutionTimeInMillis": 0, "DataScannedInBytes": 0},
        }


class AthenaStandIn:
    """The operations, apart from HTTP."""

    def __init__(self, statements: Statements, clock: Clock) -> None:
        self._statements = statements
        self._clock = clock
        self._executions: dict[str, Execution] = {}

    def answer(self, operation: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """What Athena answers to `operation`; KeyError when it is not one of ours."""
        operations: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
            "StartQueryExecution": self._start,
            "GetQueryExecution": self._get,
            "BatchGetQueryExecution": self._batch_get,
            "GetQueryResults": self._results,
            "StopQueryExecution": self._stop,
        }
        return operations[operation](payload)

    def _start(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        query_id = str(uuid.uuid4())
        started = self._clock.now().timestamp()
        execution = Execution(query_id, payload["QueryString"], payload.get("WorkGroup", "primary"), started)
        self._executions[query_id] = self._run(execution)
        while len(self._executions) > _KEPT:
            self._executions.pop(next(iter(self._executions)))
        return {"QueryExecutionId": query_id}

    def _run(self, execution: Execution) -> Execution:
        given = (execution.query_id, execution.text, execution.workgroup, execution.started)
        try:
            rows, written = self._statements.run(execution.text)
        except EnishiError as error:
            kind = "SYNTAX_ERROR" if isinstance(error, QueryError) else "GENERIC_USER_ERROR"
            return Execution(*given, reason=f"{kind}: {error.what}")
        except Exception as error:
            return Execution(*given, reason=f"GENERIC_INTERNAL_ERROR: {type(error).__name__}")
        return Execution(*given, rows=rows, written=written)

    def _get(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        return {"QueryExecution": self._executions[payload["QueryExecutionId"]].described()}

    def _batch_get(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        known = [name for name in payload["QueryExecutionIds"] if name in self._executions]
        return {"QueryExecutions": [self._executions[name].described() for name in known]}

    def _stop(self, _payload: Mapping[str, Any]) -> dict[str, Any]:
        return {}

    def _results(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        execution = self._executions[payload["QueryExecutionId"]]
        rows = execution.rows if execution.rows is not None else pa.table({})
        start, size = int(payload.get("NextToken") or 0), min(int(payload.get("MaxResults") or _PAGE), _PAGE)
        listed = _lines(rows, start, size) if rows.column_names else []
        more = {"NextToken": str(start + size)} if start + size <= rows.num_rows else {}
        metadata = {"ColumnInfo": [column_info(field) for field in rows.schema]}
        return {"UpdateCount": execution.written, "ResultSet": {"Rows": listed, "ResultSetMetadata": metadata}, **more}


def _lines(rows: pa.Table, start: int, size: int) -> list[dict[str, Any]]:
    """Lines `start` to `start + size` of an answer whose line 0 is the header."""
    if start:
        return row_data(rows.slice(start - 1, size))
    return [{"Data": [{"VarCharValue": name} for name in rows.column_names]}, *row_data(rows.slice(0, size - 1))]


def serve(
    warehouse: LocalWarehouse, store: ObjectStore, port: int, settings: Settings, clock: Clock | None = None
) -> ThreadingHTTPServer:
    """A server on 127.0.0.1 in a thread of its own; `shutdown()` ends it.

    Args:
        warehouse: where the tables are; give it `StoredWork(store, …)` as its work files.
        store: the object store that UNLOAD writes to.
        port: 0 takes a free one (`server.server_address[1]`).
        settings: the environment whose databases the statements name.
        clock: tells when a statement was started.
    """
    stand_in = AthenaStandIn(Statements(warehouse, store, settings), clock or SystemClock())
    server = ThreadingHTTPServer(("127.0.0.1", port), _handler(stand_in))
    threading.Thread(target=server.serve_forever, daemon=True, name="athena-stand-in").start()
    return server


def _handler(stand_in: AthenaStandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            operation = self.headers.get("X-Amz-Target", "").removeprefix("AmazonAthena.")
            payload = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
            try:
                status, body = 200, stand_in.answer(operation, payload)
            except KeyError as missing:
                status, body = 400, {"__type": "InvalidRequestException", "message": f"unknown: {missing}"}
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: Any) -> None:
            """Requests are not logged: statements may hold personal data."""

    return Handler


__all__ = ["AthenaStandIn", "ObjectStore", "StoredWork", "serve"]
