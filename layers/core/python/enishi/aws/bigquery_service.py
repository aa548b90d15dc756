"""Requests to BigQuery: with a token, again where that is safe, and with what to do when it refuses."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import httpx

from enishi.errors import ConnectorError
from enishi.ports import Question

_TIMEOUT = httpx.Timeout(60.0, connect=10.0)
_TRIES = 6
_UNAUTHORISED, _CONFLICT = 401, 409
_AGAIN = ("rateLimitExceeded", "backendError", "internalError", "jobRateLimitExceeded", "jobBackendError")
_FAULTS = range(500, 600)
_PERMISSION = re.compile(r"(bigquery\.[\w.]+)")


class Tokens(Protocol):
    """Access tokens of one identity."""

    def token(self, *, fresh: bool = False) -> str:
        """A token that holds for some minutes; `fresh` when the last one was refused.

        Raises:
            ConnectorError: Google gives none.
        """
        ...


class BigQueryService:
    """One question's requests. Reading is repeated freely; a job has its own id, so starting it twice is once."""

    def __init__(self, url: str, tokens: Tokens, sleep: Callable[[float], None], question: Question) -> None:
        self._url = url
        self._tokens = tokens
        self._sleep = sleep
        self._question = question

    def get(self, path: str, query: Mapping[str, str]) -> Mapping[str, Any]:
        return self._asked("GET", path, params=dict(query))

    def post(self, path: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """An answer; {} when what is to be made is there already."""
        return self._asked("POST", path, json=dict(body))

    def _asked(self, method: str, path: str, **given: Any) -> Mapping[str, Any]:
        fresh = False
        for attempt in range(1, _TRIES + 1):
            answer = self._sent(method, path, fresh, **given)
            if answer is not None and answer.is_success:
                found: Mapping[str, Any] = answer.json()
                return found
            if answer is not None and answer.status_code == _CONFLICT and method == "POST":
                return {}
            reason = _reason(answer)
            refused_token = answer is not None and answer.status_code == _UNAUTHORISED and not fresh
            if attempt == _TRIES or not (refused_token or _passes(answer, reason)):
                raise self._refusal(answer, reason)
            fresh = fresh or refused_token
            self._sleep(0.0 if refused_token else min(2.0**attempt, 32.0))
        raise AssertionError("unreachable")

    def _sent(self, method: str, path: str, fresh: bool, **given: Any) -> httpx.Response | None:
        """The answer; None when there was none."""
        headers = {"Authorization": f"Bearer {self._tokens.token(fresh=fresh)}", "Accept-Encoding": "gzip"}
        try:
            return httpx.request(method, f"{self._url}{path}", headers=headers, timeout=_TIMEOUT, **given)
        except httpx.TransportError:
            return None

    def _refusal(self, answer: httpx.Response | None, reason: str) -> ConnectorError:
        """BigQuery's words may quote a row: what leaves is its reason and the right that it names."""
        where = f"source {self._question.source}, project {self._question.place['project']}"
        if answer is None:
            return ConnectorError("BigQuery gives no answer", where=where, remedy="Check the network, fetch again.")
        what, remedy = _REASONS.get(reason, (f"BigQuery refused the request ({reason})", "Look at the job's history."))
        named = _PERMISSION.search(_error(answer).get("message", ""))
        return ConnectorError(
            what, where=where, remedy=remedy.format(permission=named[1] if named else "bigquery.jobs.create")
        )


_REASONS: Mapping[str, tuple[str, str]] = {
    "accessDenied": (
        "BigQuery refuses the identity of this source",
        "Grant it {permission}: roles/bigquery.jobUser on the project, roles/bigquery.dataViewer on the data set.",
    ),
    "authError": (
        "BigQuery does not take the token",
        "Check the secret of from.bigquery.credentials and the pool's provider (docs/connectors.md).",
    ),
    "required": ("BigQuery does not take the token", "Check the secret of from.bigquery.credentials."),
    "notFound": (
        "there is no such table, data set or job",
        "Correct table, query or location under from.bigquery.",
    ),
    "invalidQuery": ("BigQuery does not take the query", "Run from.bigquery.query in its console and correct it."),
    "invalid": ("BigQuery does not take the request", "Check from.bigquery: project, table, query."),
    "bytesBilledLimitExceeded": (
        "the query would read more than max_gigabytes",
        "Ask fewer columns or a partitioned table, or raise from.bigquery.max_gigabytes.",
    ),
    "quotaExceeded": ("a quota of the project is used up", "Wait, or raise the quota in the Google Cloud console."),
    "rateLimitExceeded": ("BigQuery is asked too often", "Fetch again later."),
    "backendError": ("BigQuery failed", "Fetch again later."),
    "responseTooLarge": ("the answer is too large", "Fetch a shorter range, or ask fewer columns."),
    "stopped": ("the job was stopped by somebody", "Fetch again."),
}


def _passes(answer: httpx.Response | None, reason: str) -> bool:
    return answer is None or answer.status_code in _FAULTS or reason in _AGAIN


def _reason(answer: httpx.Response | None) -> str:
    if answer is None:
        return ""
    errors = _error(answer).get("errors") or [{}]
    default = "authError" if answer.status_code == _UNAUTHORISED else f"status {answer.status_code}"
    return str(errors[0].get("reason", default))


def _error(answer: httpx.Response) -> Mapping[str, Any]:
    try:
        said = answer.json()
    except ValueError:
        return {}
    found = said.get("error", {}) if isinstance(said, dict) else {}
    return found if isinstance(found, dict) else {}
