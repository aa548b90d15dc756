"""Start a statement, wait for it, read its answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pyarrow as pa

from enishi.aws.athena_answers import Unreadable, answer
from enishi.errors import EnishiError, LakeError, QueryError

if TYPE_CHECKING:
    from mypy_boto3_athena import AthenaClient
    from mypy_boto3_athena.type_defs import QueryExecutionTypeDef

_FIRST_WAIT, _LONGEST_WAIT = 0.1, 2.0
_ATTEMPTS = 6
_CONFLICTS = ("ICEBERG_COMMIT_ERROR", "ICEBERG_WRITE_CONFLICT")
_MISTAKES = frozenset({"SYNTAX_ERROR", "COLUMN_NOT_FOUND", "TYPE_MISMATCH", "FUNCTION_NOT_FOUND", "DIVISION_BY_ZERO"})


class AthenaRunner:
    """Statements in a workgroup, which says where results go and what a scan may cost."""

    def __init__(self, client: AthenaClient, *, sleep: Callable[[float], None]) -> None:
        self._client = client
        self._sleep = sleep

    def run(self, text: str, workgroup: str) -> int:
        """Run a statement to its end; a write that lost against another one starts anew. Returns the rows it wrote."""
        for attempt in range(1, _ATTEMPTS + 1):
            done = self._done(text, workgroup)
            state = done["Status"]["State"]
            if state == "SUCCEEDED":
                return self._written(done["QueryExecutionId"])
            reason = done["Status"].get("StateChangeReason", state)
            if attempt == _ATTEMPTS or not any(conflict in reason for conflict in _CONFLICTS):
                raise _failure(reason, done["QueryExecutionId"])
            self._sleep(_LONGEST_WAIT * attempt)
        raise AssertionError("unreachable")

    def rows(self, text: str, workgroup: str) -> pa.Table | None:
        """The answer of a SELECT; None when it holds arrays, maps or rows, whose text cannot be read back."""
        done = self._done(text, workgroup)
        if done["Status"]["State"] != "SUCCEEDED":
            reason = done["Status"].get("StateChangeReason", done["Status"]["State"])
            raise _failure(reason, done["QueryExecutionId"])
        pages = self._client.get_paginator("get_query_results").paginate(QueryExecutionId=done["QueryExecutionId"])
        try:
            return answer(iter(pages))
        except Unreadable:
            return None

    def _done(self, text: str, workgroup: str) -> QueryExecutionTypeDef:
        query_id = self._client.start_query_execution(QueryString=text, WorkGroup=workgroup)["QueryExecutionId"]
        for wait in _waits():
            execution = self._client.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
            if execution["Status"]["State"] not in {"QUEUED", "RUNNING"}:
                return execution
            self._sleep(wait)
        raise AssertionError("unreachable")

    def _written(self, query_id: str) -> int:
        return int(self._client.get_query_results(QueryExecutionId=query_id, MaxResults=1).get("UpdateCount", 0))


def _waits() -> Iterator[float]:
    wait = _FIRST_WAIT
    while True:
        yield wait
        wait = min(wait * 1.5, _LONGEST_WAIT)


def _failure(reason: str, query_id: str) -> EnishiError:
    """Athena's first line; a mistake in the query is the author's, the rest is the lake's."""
    code = reason.split(":", 1)[0].strip()
    first = reason.splitlines()[0][:300]
    if code in _MISTAKES:
        return QueryError(first, where=f"Athena query {query_id}", remedy="Correct the query.")
    return LakeError(first, where=f"Athena query {query_id}", remedy="Look at the query in Athena's history.")
