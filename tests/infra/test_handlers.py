"""The start of every handler: payloads in, answers out, errors under their names and without anybody's data."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from enishi.clock import from_text
from enishi.errors import RunError
from enishi.local.services import local_services
from enishi.ports import Blobs, Services
from enishi.settings import Settings
from functions import start
from functions.telling import UnexpectedError

RUN = {
    "id": "R1",
    "scenario": "points_expiry",
    "version": "v1",
    "slot_at": "2026-11-21T01:00:00Z",
    "from": "2026-11-20T01:00:00Z",
}
CUTS = {"run": RUN, "step": "month", "lane": "all", "cuts": [{"part": 0, "chunks": 2}]}
NAME = "山田花子"


@dataclass(frozen=True)
class Context:
    """What a handler uses of Lambda's context."""

    aws_request_id: str = "request-1"
    function_name: str = "enishi-test"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:ap-northeast-1:123456789012:function:enishi-test"


class Broken:
    """A store that fails and quotes a person while it does."""

    def __getattr__(self, _name: str) -> Any:
        raise ValueError(f"cannot store {NAME}")


@pytest.fixture
def services(tmp_path: Path) -> Services:
    return local_services(Settings(home=tmp_path, work_bucket="work"))


def broken(services: Services) -> Services:
    store: Blobs = Broken()
    return replace(services, work=store)


def test_a_task_answers_what_its_flow_answers(services: Services) -> None:
    handler = start.task("manifest", lambda: services)
    assert handler(CUTS, Context()) == {"bucket": "work", "key": "manifests/R1/month/all.jsonl", "chunks": 2}


def test_an_error_of_enishi_leaves_under_its_own_name(services: Services) -> None:
    handler = start.task("manifest", lambda: services)
    with pytest.raises(RunError, match="cuts"):
        handler({**CUTS, "cuts": "none"}, Context())


def test_another_error_leaves_without_its_words(services: Services, caplog: pytest.LogCaptureFixture) -> None:
    handler = start.task("manifest", lambda: broken(services))
    with pytest.raises(UnexpectedError) as raised:
        handler(CUTS, Context())
    assert "ValueError" in str(raised.value)
    assert raised.value.__cause__ is None
    assert NAME not in f"{raised.value}{caplog.text}"


def test_what_goes_wrong_is_logged_with_its_request(services: Services, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(UnexpectedError):
        start.task("manifest", lambda: broken(services))(CUTS, Context())
    told = next(record for record in caplog.records if record.name == "manifest")
    assert (told.levelname, told.getMessage()) == ("ERROR", "ValueError")
    assert told.__dict__["request"] == "request-1"


def test_counts_become_metrics(services: Services, capsys: pytest.CaptureFixture[str]) -> None:
    start.task("manifest", lambda: services)(CUTS, Context())
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (told,) = [line for line in lines if "_aws" in line]
    assert (told["service"], told["chunks"]) == ("manifest", [2.0])


@pytest.mark.parametrize(
    ("event", "present"),
    [
        ({"at": "2026-12-14T01:00:00Z"}, "2026-12-14T01:00:00Z"),
        ({"slot_at": "2026-11-21T01:00:00Z"}, "2026-11-21T01:00:00Z"),
    ],
)
def test_with_a_planned_clock_the_payload_says_the_present(tmp_path: Path, event: dict[str, str], present: str) -> None:
    planned = local_services(Settings(home=tmp_path, clock="planned"))
    assert start._at(planned, event).clock.now() == from_text(present)


def test_with_the_systems_clock_the_payload_does_not(services: Services) -> None:
    now: datetime = start._at(services, {"at": "2020-01-01T00:00:00Z"}).clock.now()
    assert now.year > 2020


def test_only_the_files_that_failed_come_again(services: Services, caplog: pytest.LogCaptureFixture) -> None:
    good, bad = "events/ses/one", "events/ses/two"
    services.raw.put(good, b"")
    handler = start.dropped_files("land", lambda: services)
    answer = handler({"Records": list(records(good, bad))}, Context())
    assert answer == {"batchItemFailures": [{"itemIdentifier": bad}]}
    assert bad in {record.__dict__.get("key") for record in caplog.records}


def records(*keys: str) -> Iterator[dict[str, Any]]:
    """A queue's batch of "Object Created" events; a message's id is its key."""
    for key in keys:
        body = {"detail": {"object": {"key": key}}}
        yield {"messageId": key, "body": json.dumps(body), "eventSource": "aws:sqs"}
