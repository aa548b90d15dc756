"""A Redshift that speaks the Data API over HTTP, on DuckDB: statements take time, may fail, are throttled, expire.

UNLOAD writes Parquet parts and, last, a manifest into a store, as the cluster does into a bucket.
"""

from __future__ import annotations

import io
import json
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import duckdb
import pyarrow.parquet as pq
import sqlglot

from enishi.ports import Blobs
from tests.unit.aws.http_service import Answer, Request

_UNLOAD = re.compile(r"^UNLOAD \('((?:[^'\\]|''|\\.)*)'\) TO '([^']*)' IAM_ROLE (\S+|'[^']*') (.*)$", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)")


@dataclass
class Statement:
    id: str
    name: str
    text: str
    states: deque[str]
    error: str = ""
    answer: list[list[dict[str, Any]]] = field(default_factory=list)
    columns: list[dict[str, Any]] = field(default_factory=list)
    rows: int = -1


@dataclass
class FakeRedshift:
    """`database` holds the tables; `refusals` and `errors` are used up one a call or statement."""

    database: duckdb.DuckDBPyConnection
    store: Blobs
    bucket: str
    polls: tuple[str, ...] = ("SUBMITTED", "STARTED")
    part: int = 2
    refusals: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    statements: dict[str, Statement] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def __call__(self, request: Request) -> Answer:
        action = request.headers["X-Amz-Target"].rpartition(".")[2]
        self.calls.append(action)
        if self.refusals and (code := self.refusals.pop(0)):
            message = "User: arn:aws:sts::1:role is not authorized to perform: redshift-data:ExecuteStatement"
            return Answer(400, {"__type": code, "message": message})
        return Answer(200, _ACTIONS[action](self, request.body))

    @property
    def unloads(self) -> list[Statement]:
        return [one for one in self.statements.values() if one.text.startswith("UNLOAD")]

    def forget(self) -> None:
        """A day passes: statements are no longer known."""
        self.statements.clear()

    def _execute_statement(self, body: dict[str, Any]) -> dict[str, Any]:
        number = f"statement-{len(self.calls)}"
        made = Statement(number, body.get("StatementName", ""), body["Sql"], deque(self.polls))
        self.statements[number] = made
        if self.errors:
            made.error = self.errors.pop(0)
        else:
            self._run(made)
        return {"Id": number}

    def _describe_statement(self, body: dict[str, Any]) -> dict[str, Any]:
        found = self.statements[body["Id"]]
        if found.states:
            return {"Id": found.id, "Status": found.states.popleft()}
        if found.error:
            return {"Id": found.id, "Status": "ABORTED" if found.error == "ABORTED" else "FAILED", "Error": found.error}
        return {"Id": found.id, "Status": "FINISHED", "ResultRows": found.rows}

    def _get_statement_result(self, body: dict[str, Any]) -> dict[str, Any]:
        found = self.statements[body["Id"]]
        return {"Records": found.answer, "ColumnMetadata": found.columns, "TotalNumRows": len(found.answer)}

    def _list_statements(self, body: dict[str, Any]) -> dict[str, Any]:
        named = [one for one in self.statements.values() if one.name == body["StatementName"]]
        listed = [{"Id": one.id, "Status": one.states[0] if one.states else "FINISHED"} for one in named]
        return {"Statements": listed}

    def _run(self, made: Statement) -> None:
        found = _UNLOAD.match(made.text)
        if found:
            assert "MANIFEST" in found[4]
            assert "ENCRYPTED AUTO" in found[4]
            made.rows = self._unload(_ESCAPED.sub(r"\1", found[1].replace("''", "'")), found[2])
            return
        answer = self._asked(made.text)
        made.columns = [{"name": name} for name in answer.column_names]
        made.answer = [[_cell(value) for value in row.values()] for row in answer.to_pylist()]

    def _unload(self, query: str, target: str) -> int:
        answer = self._asked(query)
        prefix = target.removeprefix(f"s3://{self.bucket}/")
        entries = []
        for number, start in enumerate(range(0, answer.num_rows, self.part)):
            made = io.BytesIO()
            pq.write_table(answer.slice(start, self.part), made)
            key = f"{prefix}{number:04}_part_00.parquet"
            self.store.put(key, made.getvalue())
            meta = {"content_length": len(made.getvalue())}
            entries.append({"url": f"s3://{self.bucket}/{key}", "meta": meta})
        self.store.put(f"{prefix}manifest", json.dumps({"entries": entries}).encode())
        return answer.num_rows

    def _asked(self, text: str) -> Any:
        return self.database.sql(sqlglot.transpile(text, read="redshift", write="duckdb")[0]).to_arrow_table()


def _cell(value: Any) -> dict[str, Any]:
    return {"isNull": True} if value is None else {"stringValue": str(value)}


_ACTIONS: dict[str, Callable[[FakeRedshift, dict[str, Any]], dict[str, Any]]] = {
    "ExecuteStatement": FakeRedshift._execute_statement,
    "DescribeStatement": FakeRedshift._describe_statement,
    "GetStatementResult": FakeRedshift._get_statement_result,
    "ListStatements": FakeRedshift._list_statements,
}
