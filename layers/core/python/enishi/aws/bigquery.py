"""BigQuery by its REST interface: a query job, its answer page by page, written as Parquet in constant memory.

Implements `enishi.ports.Database`. The answer ends with a manifest of UNLOAD's form, written last.
"""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from sqlglot import exp

from enishi.aws.bigquery_rows import schema_of, table_of
from enishi.aws.bigquery_service import BigQueryService, Tokens
from enishi.errors import ConnectorError
from enishi.ingest.connectors import statements
from enishi.ports import Blobs, Extracted, Question

DIALECT = "bigquery"
MANIFEST = "manifest"
PAGE = 50_000
"""Rows that a page may hold; BigQuery ends it earlier at some 10 MB."""
FILE = 64 * 1024 * 1024
"""Arrow bytes that are gathered before a file is written."""
_GIGABYTE = 10**9
_FOREVER = 10_000


class BigQueryDatabase:
    """Tables and queries that a project may read. `tokens` makes the access tokens of a named secret."""

    def __init__(
        self,
        raw: Blobs,
        tokens: Callable[[str], Tokens],
        *,
        sleep: Callable[[float], None],
        url: str = "https://bigquery.googleapis.com",
    ) -> None:
        self._raw = raw
        self._tokens = tokens
        self._sleep = sleep
        self._url = url

    def check(self, question: Question) -> list[str]:
        first = next(self._pages(question, statements.shape(question, DIALECT)))
        return [str(field["name"]) for field in first["schema"].get("fields", [])]

    def newest(self, question: Question, column: str) -> str | None:
        first = next(self._pages(question, statements.newest(question, column, DIALECT)))
        value = first["rows"][0]["f"][0]["v"]
        return None if value is None else str(value)

    def extract(self, question: Question, folder: str, mark: str) -> Extracted:
        """`mark` is not needed: a query that an earlier fetch left running costs nothing more and is not waited for."""
        del mark
        self._raw.delete(f"{folder}/{MANIFEST}")
        files = list(self._written(self._pages(question, statements.rows(question, DIALECT)), folder))
        entries = [{"url": key.rpartition("/")[2], "meta": {"record_count": rows}} for key, rows in files]
        self._raw.put(f"{folder}/{MANIFEST}", json.dumps({"entries": entries}).encode())
        return Extracted(tuple(key for key, _ in files), sum(rows for _, rows in files))

    def _written(self, pages: Iterator[Mapping[str, Any]], folder: str) -> Iterator[tuple[str, int]]:
        """Files of whole pages, each closed at about FILE bytes: key and rows."""
        waiting: list[pa.Table] = []
        number = 0
        for page in pages:
            waiting.append(table_of(page.get("rows", []), schema_of(page["schema"])))
            if sum(table.nbytes for table in waiting) >= FILE:
                yield self._put(waiting, f"{folder}/part-{number:05}.parquet")
                waiting, number = [], number + 1
        if any(table.num_rows for table in waiting):
            yield self._put(waiting, f"{folder}/part-{number:05}.parquet")

    def _put(self, tables: list[pa.Table], key: str) -> tuple[str, int]:
        whole, made = pa.concat_tables(tables), io.BytesIO()
        pq.write_table(whole, made, compression="zstd")
        self._raw.put(key, made.getvalue())
        return key, whole.num_rows

    def _pages(self, question: Question, query: exp.Expr) -> Iterator[Mapping[str, Any]]:
        """The answer's pages, at least one; each knows the schema."""
        service = BigQueryService(self._url, self._tokens(question.place.get("credentials", "")), self._sleep, question)
        job = self._started(service, question, query.sql(dialect=DIALECT))
        first = self._finished(service, job, question)
        yield first
        token, schema = first.get("pageToken"), first["schema"]
        while token:
            page = service.get(self._results(job), {**_asked(job), "pageToken": token})
            yield {**page, "schema": schema}
            token = page.get("pageToken")

    def _started(self, service: BigQueryService, question: Question, text: str) -> Mapping[str, str]:
        """A job of an id of our own: a request that is repeated after a broken answer finds it there."""
        project, location = question.place["project"], question.place.get("location", "")
        reference = {"projectId": project, "jobId": f"enishi_{uuid.uuid4().hex}"}
        reference |= {"location": location} if location else {}
        most = int(question.place.get("max_gigabytes", "100")) * _GIGABYTE
        query = {"query": text, "useLegacySql": False, "maximumBytesBilled": str(most)}
        body = {"jobReference": reference, "configuration": {"query": query, "labels": {"app": "enishi"}}}
        answer = service.post(f"/bigquery/v2/projects/{project}/jobs", body)
        known: Mapping[str, str] = answer.get("jobReference", reference)
        return known

    def _finished(self, service: BigQueryService, job: Mapping[str, str], question: Question) -> Mapping[str, Any]:
        """The first page, once the job is done; each request waits up to ten seconds at BigQuery."""
        for _ in range(_FOREVER):
            page = service.get(self._results(job), {**_asked(job), "timeoutMs": "10000"})
            if page.get("jobComplete"):
                return page
        raise ConnectorError("the query does not end", where=f"source {question.source}", remedy="Look at the job.")

    @staticmethod
    def _results(job: Mapping[str, str]) -> str:
        return f"/bigquery/v2/projects/{job['projectId']}/queries/{job['jobId']}"


def _asked(job: Mapping[str, str]) -> dict[str, str]:
    given = {"maxResults": str(PAGE), "formatOptions.useInt64Timestamp": "true"}
    return {**given, "location": job["location"]} if job.get("location") else given
