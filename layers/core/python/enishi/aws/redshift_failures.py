"""What a failed call or statement of Redshift means, and what to do about it.

Redshift's own words may quote a value of a row, so only what they are about leaves this place, with the statement's id.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from enishi.errors import ConnectorError
from enishi.ports import Question

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

_ACTION = re.compile(r"not authorized to perform: ([\w-]+:\w+)")
_RELATION = re.compile(r"(?:relation|table|schema|database) \"?([\w.$]+)\"?")

_STATEMENTS: tuple[tuple[str, str, str], ...] = (
    (
        r"permission denied",
        "the database user may not read {relation}",
        "Run in the database: GRANT USAGE ON SCHEMA … and GRANT SELECT ON {relation} to the user of this source.",
    ),
    (
        r"not authorized to assume|not authorized to get credentials|assumeRole",
        "the cluster may not take the role of from.redshift.role",
        "Attach the role to the cluster or namespace, and let redshift.amazonaws.com take it (sts:AssumeRole).",
    ),
    (
        r"S3ServiceException|Access ?Denied|403",
        "the cluster's role may not write to the raw bucket",
        "Give the role s3:PutObject, s3:GetObject, s3:ListBucket, s3:GetBucketLocation, "
        "s3:GetEncryptionConfiguration on the raw bucket, and kms:GenerateDataKey and kms:Decrypt on its key.",
    ),
    (
        r"relation .* does not exist|schema .* does not exist|table .* not found",
        "there is no {relation} in the database",
        "Correct from.redshift.table or the query.",
    ),
    (
        r"column .* does not exist",
        "a column of the source does not exist in the database",
        "Compare from.redshift with the table: columns, query, incremental.column.",
    ),
    (
        r"syntax error",
        "Redshift does not take the query",
        "Run from.redshift.query in the query editor and correct it.",
    ),
    (
        r"canceled|cancelled|query_execution_time|timeout",
        "the statement was stopped",
        "Look at the workload rules of the database, or fetch a shorter range (--since), and fetch again.",
    ),
)
_CODES: Mapping[str, tuple[str, str]] = {
    "AccessDeniedException": (
        "Redshift's Data API refuses the caller",
        "Allow {action} to the role that fetches; it is deployed with the source (docs/connectors.md).",
    ),
    "ValidationException": (
        "Redshift's Data API does not know the workgroup, the cluster or the database",
        "Correct workgroup, cluster, database, user or secret under from.redshift.",
    ),
    "ResourceNotFoundException": (
        "the statement is no longer known (Redshift keeps them for 24 hours)",
        "Fetch again: it starts anew.",
    ),
    "ActiveStatementsExceededException": ("Redshift runs too many statements", "Fetch again later."),
    "ThrottlingException": ("Redshift's Data API is asked too often", "Fetch again later."),
    "DatabaseConnectionException": (
        "Redshift could not connect to its database",
        "See that the workgroup or cluster runs and is not paused, and fetch again.",
    ),
    "ExecuteStatementException": ("Redshift could not start the statement", "Fetch again."),
    "InternalServerException": ("Redshift's Data API failed", "Fetch again."),
}


def answered(error: ClientError) -> str:
    """AWS's code of an error."""
    return str(error.response.get("Error", {}).get("Code", ""))


def refused(question: Question, error: ClientError) -> ConnectorError:
    """A call that the Data API refused."""
    code = answered(error)
    what, remedy = _CODES.get(code, (f"Redshift's Data API refused the call ({code})", "Fetch again."))
    action = _ACTION.search(str(error))
    return ConnectorError(
        what,
        where=_where(question.source, question.place),
        remedy=remedy.format(action=action[1] if action else "redshift-data:ExecuteStatement"),
    )


def failed(source: str, described: Mapping[str, Any]) -> ConnectorError:
    """A statement that ended FAILED or ABORTED."""
    where = f"source {source}, statement {described['Id']}"
    if described["Status"] == "ABORTED":
        return ConnectorError("the statement was stopped by somebody", where=where, remedy="Fetch again.")
    words = str(described.get("Error", ""))
    relation = _RELATION.search(words)
    for pattern, what, remedy in _STATEMENTS:
        if re.search(pattern, words, re.IGNORECASE):
            named = relation[1] if relation else "the table"
            return ConnectorError(what.format(relation=named), where=where, remedy=remedy.format(relation=named))
    remedy = "Redshift's query editor shows why, under the statement's id; the words may quote a row."
    return ConnectorError("the statement failed", where=where, remedy=remedy)


def _where(source: str, place: Mapping[str, str]) -> str:
    named = place.get("workgroup") or place.get("cluster", "")
    return f"source {source}, {named}/{place.get('database', '')}"
