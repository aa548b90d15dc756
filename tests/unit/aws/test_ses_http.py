"""SES's client over real HTTP: what is asked, how often, and what each failure proves."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from botocore.config import Config

from enishi.aws.failures import SENDER_CONFIG
from enishi.aws.ses import SesMail
from enishi.ports import Accepted, Receipt, Refused, Unknown
from tests.unit.aws.http_service import Answer, Request, Service, serving
from tests.unit.channels.messages import MAIL, numbered


class Ses:
    """Answers every entry with success unless `given` says otherwise."""

    def __init__(self) -> None:
        self.given: Answer | None = None
        self.statuses: dict[int, str] = {}

    def __call__(self, request: Request) -> Answer:
        if self.given is not None:
            return self.given
        entries = request.body["BulkEmailEntries"]
        results = [self._result(index) for index in range(len(entries))]
        return Answer(body={"BulkEmailEntryResults": results})

    def _result(self, index: int) -> dict[str, str]:
        status = self.statuses.get(index, "SUCCESS")
        return {"Status": status, **({"MessageId": f"ses-{index}"} if status == "SUCCESS" else {"Error": "no"})}


@pytest.fixture
def ses() -> Ses:
    return Ses()


@pytest.fixture
def service(ses: Ses) -> Iterator[Service]:
    with serving(ses) as running:
        yield running


def mailer(url: str) -> SesMail:
    config = SENDER_CONFIG.merge(Config(read_timeout=0.5, connect_timeout=0.5))
    client = boto3.client(
        "sesv2",
        region_name="ap-northeast-1",
        endpoint_url=url,
        aws_access_key_id="x",
        aws_secret_access_key="y",
        config=config,
    )
    return SesMail(client, sender="shop@mail.example.jp", configuration_set="enishi")


def error(code: str, status: int = 400) -> Answer:
    return Answer(status, {"message": "no"}, {"x-amzn-ErrorType": code})


def test_fifty_go_in_one_call_and_every_status_is_read(ses: Ses, service: Service) -> None:
    ses.statuses = {1: "MESSAGE_REJECTED", 2: "ACCOUNT_THROTTLED", 3: "FAILED"}
    receipts = mailer(service.url).send(numbered(MAIL, 50))
    assert len(service.requests) == 1
    assert receipts[:5] == [
        Accepted("ses-0"),
        Refused("rejected"),
        Refused("throttled", retryable=True),
        Unknown("no_answer"),
        Accepted("ses-4"),
    ]
    assert service.requests[0].path == "/v2/email/outbound-bulk-emails"


def test_what_we_rendered_arrives_untouched(service: Service) -> None:
    mailer(service.url).send([MAIL])
    [entry] = service.requests[0].body["BulkEmailEntries"]
    data = json.loads(entry["ReplacementEmailContent"]["ReplacementTemplate"]["ReplacementTemplateData"])
    assert data == {"subject": MAIL.subject, "text": MAIL.text, "html": MAIL.html}
    template: dict[str, Any] = service.requests[0].body["DefaultContent"]["Template"]
    assert template["TemplateContent"] == {"Subject": "{{subject}}", "Text": "{{text}}", "Html": "{{html}}"}


def test_an_unfit_message_stays_and_the_others_go(service: Service) -> None:
    good, other = numbered(MAIL, 2)
    evil = replace(MAIL, headers={"X-Note": "a\r\nBcc: b@example.com"})
    assert mailer(service.url).send([good, evil, other]) == [Accepted("ses-0"), Refused("header"), Accepted("ses-1")]
    assert len(service.requests[0].body["BulkEmailEntries"]) == 2


@pytest.mark.parametrize(
    ("answer", "receipt"),
    [
        (error("TooManyRequestsException", 429), Refused("throttled", retryable=True)),
        (error("LimitExceededException"), Refused("quota")),
        (error("AccountSuspendedException"), Refused("suspended")),
        (error("MailFromDomainNotVerifiedException"), Refused("not_configured")),
        (error("BadRequestException"), Refused("rejected")),
        (error("InternalFailure", 500), Unknown("no_answer")),
        (error("ServiceUnavailable", 503), Unknown("no_answer")),
        (Answer(drop=True), Unknown("no_answer")),
        (Answer(delay=1.0), Unknown("timeout")),
    ],
    ids=["throttled", "quota", "suspended", "domain", "bad", "fault", "unavailable", "dropped", "timeout"],
)
def test_a_failed_call_is_made_once_and_judged_by_what_it_proves(
    ses: Ses, service: Service, answer: Answer, receipt: Receipt
) -> None:
    ses.given = answer
    assert mailer(service.url).send(numbered(MAIL, 2)) == [receipt, receipt]
    assert len(service.requests) == 1


def test_a_refused_connection_proves_that_nothing_went_out() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    [receipt] = mailer(f"http://127.0.0.1:{port}").send([MAIL])
    assert receipt == Refused("connection", retryable=True)


def test_a_short_answer_leaves_the_rest_unknown(ses: Ses, service: Service) -> None:
    ses.given = Answer(body={"BulkEmailEntryResults": [{"Status": "SUCCESS", "MessageId": "p"}]})
    assert mailer(service.url).send(numbered(MAIL, 2)) == [Accepted("p"), Unknown("no_answer")]
