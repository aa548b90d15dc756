"""Amazon Redshift by its Data API: statements without a connection, rows unloaded by the cluster itself.

Implements `enishi.ports.Database`. UNLOAD writes its manifest after its last file, which is what makes a fetch whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from sqlglot import exp

from enishi.aws.redshift_failures import answered, failed, refused
from enishi.errors import ConnectorError
from enishi.ingest.connectors import drops, statements
from enishi.ports import Blobs, Extracted, Question

if TYPE_CHECKING:
    from mypy_boto3_redshift_data import RedshiftDataAPIServiceClient as Client
    from mypy_boto3_redshift_data.type_defs import DescribeStatementResponseTypeDef as Description

DIALECT = "redshift"
MANIFEST = "manifest"
_FIRST_WAIT, _LONGEST_WAIT = 0.2, 5.0
_UNDER_WAY = ("SUBMITTED", "PICKED", "STARTED")
_BUSY = ("ActiveStatementsExceededException", "ThrottlingException", "ActiveSessionsExceededException")
_TRIES = 8


class RedshiftDatabase:
    """Tables of clusters and workgroups of this account. `bucket` is the raw store as the cluster reaches it."""

    def __init__(self, client: Client, raw: Blobs, bucket: str, *, sleep: Callable[[float], None]) -> None:
        self._client = client
        self._raw = raw
        self._bucket = bucket
        self._sleep = sleep

    def check(self, question: Question) -> list[str]:
        answer = self._answer(question, statements.shape(question, DIALECT))
        return [str(column.get("name", "")) for column in answer.get("ColumnMetadata", [])]

    def newest(self, question: Question, column: str) -> str | None:
        [[value]] = self._answer(question, statements.newest(question, column, DIALECT))["Records"]
        return None if value.get("isNull") else str(value["stringValue"])

    def extract(self, question: Question, folder: str, mark: str) -> Extracted:
        query = statements.rows(question, DIALECT).sql(dialect=DIALECT)
        text = unload(query, f"s3://{self._bucket}/{folder}/", question.place["role"])
        running = self._running(question, mark)
        done = self._wait(question, running) if running else self._run(question, text, mark)
        listed = drops.listed(self._raw.get(f"{folder}/{MANIFEST}"), f"{folder}/{MANIFEST}", self._bucket)
        return Extracted(tuple(entry.key for entry in listed), _count(done))

    def _answer(self, question: Question, query: exp.Expr) -> Mapping[str, Any]:
        done = self._run(question, query.sql(dialect=DIALECT), "")
        with_answer: Mapping[str, Any] = self._call(question, self._client.get_statement_result, Id=done["Id"])
        return with_answer

    def _run(self, question: Question, text: str, mark: str) -> Description:
        named = {"StatementName": mark} if mark else {}
        place = {word: question.place[key] for key, word in _WORDS.items() if key in question.place}
        started = self._call(question, self._client.execute_statement, Sql=text, **place, **named)
        return self._wait(question, started["Id"])

    def _wait(self, question: Question, statement: str) -> Description:
        for wait in _waits():
            described: Description = self._call(question, self._client.describe_statement, Id=statement)
            if described["Status"] == "FINISHED":
                return described
            if described["Status"] not in _UNDER_WAY:
                raise failed(question.source, described)
            self._sleep(wait)
        raise AssertionError("unreachable")

    def _running(self, question: Question, mark: str) -> str:
        """The statement that an earlier, broken fetch of the same window left running; "" when there is none."""
        found = self._call(question, self._client.list_statements, StatementName=mark, MaxResults=10)
        alive = [one["Id"] for one in found["Statements"] if one.get("Status") in _UNDER_WAY]
        return alive[0] if alive else ""

    def _call(self, question: Question, call: Callable[..., Any], **given: Any) -> Any:
        """One request; a database that is busy is asked again, later and later."""
        for attempt in range(1, _TRIES + 1):
            try:
                return call(**given)
            except ClientError as error:
                if answered(error) not in _BUSY or attempt == _TRIES:
                    raise refused(question, error) from None
                self._sleep(min(2.0**attempt, 60.0))
            except BotoCoreError as error:
                raise ConnectorError(
                    f"Redshift cannot be reached ({type(error).__name__})",
                    where=f"source {question.source}",
                    remedy="Check region, credentials and network, then fetch again.",
                ) from None
        raise AssertionError("unreachable")


_WORDS = {
    "workgroup": "WorkgroupName",
    "cluster": "ClusterIdentifier",
    "database": "Database",
    "user": "DbUser",
    "secret": "SecretArn",
}


def unload(query: str, target: str, role: str) -> str:
    """The parser knows no UNLOAD: its frame is text, every value in it is rendered from a tree.

    `ENCRYPTED AUTO` takes the bucket's own key; without it Redshift would write under a key of S3.
    """
    who = "default" if role == "default" else _quoted(role)
    options = "FORMAT AS PARQUET ENCRYPTED AUTO ALLOWOVERWRITE MANIFEST"
    return f"UNLOAD ({_quoted(query)}) TO {_quoted(target)} IAM_ROLE {who} {options}"


def _quoted(value: str) -> str:
    return exp.Literal.string(value).sql(dialect=DIALECT)


def _count(done: Description) -> int | None:
    rows = int(done.get("ResultRows", -1))
    return rows if rows >= 0 else None


def _waits() -> Iterator[float]:
    wait = _FIRST_WAIT
    while True:
        yield wait
        wait = min(wait * 1.5, _LONGEST_WAIT)
