from __future__ import annotations

import json
from dataclasses import replace
from uuid import UUID

import pytest

from enishi.channels import line, mail, push
from enishi.channels.guard import violation
from enishi.channels.registry import spec, specs
from enishi.errors import NotSupportedError
from enishi.ports import Accepted, Channel, Message, Refused, Unknown
from tests.unit.channels.messages import LINE, MAIL, PUSH, SOUND, numbered

BREAKS = ["\r\n", "\n", "\r", "\x00", "\x0b", "\x0c", "\x1b", "\x85", "\u2028", "\u2029", "\x7f"]


@pytest.mark.parametrize("message", SOUND, ids=lambda message: str(message.channel))
def test_sound_messages_pass(message: Message) -> None:
    assert violation(message) is None


@pytest.mark.parametrize("message", SOUND, ids=lambda message: str(message.channel))
@pytest.mark.parametrize("cut", BREAKS, ids=ascii)
def test_header_injection_is_refused_on_every_channel(message: Message, cut: str) -> None:
    evil = f"hello{cut}Bcc: everybody@example.com"
    attacks = [
        replace(message, subject=evil),
        replace(message, address=f"{message.address}{cut}x"),
        replace(message, send_id=evil),
        replace(message, headers={"X-Note": evil}),
        replace(message, headers={evil: "x"}),
        replace(message, tags={"scenario": evil}),
        replace(message, tags={evil: "x"}),
    ]
    unfit = {Channel.MAIL: mail.unfit, Channel.LINE: line.unfit, Channel.PUSH: push.unfit}[message.channel]
    for attack in attacks:
        assert violation(attack) is not None
        assert isinstance(unfit(attack), Refused)


def test_a_header_name_is_a_token() -> None:
    for name in ("", "X Note", "X:Note", "Ｘ"):
        assert violation(replace(MAIL, headers={name: "x"})) is not None


def test_a_bulk_request_carries_each_message_whole() -> None:
    request = mail.bulk_request(numbered(MAIL, 2), "shop@example.jp", "enishi")
    entries = request["BulkEmailEntries"]
    data = json.loads(entries[1]["ReplacementEmailContent"]["ReplacementTemplate"]["ReplacementTemplateData"])
    assert data == {"subject": MAIL.subject, "text": MAIL.text, "html": MAIL.html}
    assert entries[1]["Destination"] == {"ToAddresses": ["customer1@example.jp"]}
    assert {"Name": "send_id", "Value": f"{1:032x}"} in entries[1]["ReplacementTags"]
    assert {"Name": "step", "Value": "s2-otherwise-1"} in entries[1]["ReplacementTags"]
    assert {header["Name"] for header in entries[1]["ReplacementHeaders"]} == set(MAIL.headers)
    assert request["ConfigurationSetName"] == "enishi"


def test_every_entrys_status_is_read() -> None:
    statuses = ["SUCCESS", "MESSAGE_REJECTED", "ACCOUNT_THROTTLED", "TRANSIENT_FAILURE", "FAILED", "NEW_STATUS"]
    answer = {"BulkEmailEntryResults": [{"Status": status, "MessageId": "p"} for status in statuses]}
    assert mail.receipts(answer, 7) == [
        Accepted("p"),
        Refused("rejected"),
        Refused("throttled", retryable=True),
        Unknown("no_answer"),
        Unknown("no_answer"),
        Unknown("no_answer"),
        Unknown("no_answer"),
    ]


def test_a_line_message_always_has_the_same_retry_key() -> None:
    first, again, other = line.push_request(LINE), line.push_request(LINE), line.push_request(numbered(LINE, 1)[0])
    assert first == again
    assert isinstance(first.retry_key, UUID)
    assert first.retry_key != other.retry_key
    assert json.loads(first.body) == {"to": LINE.address, "messages": json.loads(LINE.payload)}


@pytest.mark.parametrize(
    ("status", "body", "receipt"),
    [
        (200, b"{}", Accepted("new")),
        (409, b"{}", Accepted("before")),
        (429, b'{"message":"The API rate limit has been exceeded."}', Refused("throttled", retryable=True)),
        (429, b'{"message":"You have reached your monthly limit."}', Refused("quota")),
        (400, b"{}", Refused("rejected")),
        (401, b"{}", Refused("not_configured")),
        (500, b"", Unknown("no_answer")),
        (503, b"", Unknown("no_answer")),
    ],
)
def test_what_lines_answers_prove(status: int, body: bytes, receipt: object) -> None:
    headers = {"x-line-request-id": "new", "x-line-accepted-request-id": "before"}
    assert line.receipt(status, headers, body) == receipt


def test_a_push_call_carries_a_different_message_a_token() -> None:
    first, second = PUSH, numbered(PUSH, 1)[0]
    request = push.send_request([first, second], "app")["MessageRequest"]
    apple, google = request["Addresses"]["1f" * 32], request["Addresses"]["token00000000"]
    assert (apple["ChannelType"], google["ChannelType"]) == ("APNS", "GCM")
    assert (apple["TitleOverride"], apple["BodyOverride"]) == ("カート", "残っています")
    assert apple["Context"] == {"screen": "cart", "url": "https://shop.example.jp/c/t", "send_id": first.send_id}


def test_what_the_push_service_proves() -> None:
    statuses = ["SUCCESSFUL", "THROTTLED", "PERMANENT_FAILURE", "TEMPORARY_FAILURE"]
    messages = numbered(PUSH, 5)
    result = {
        f"token{number:08d}": {"DeliveryStatus": status, "MessageId": "p"} for number, status in enumerate(statuses)
    }
    assert push.receipts({"MessageResponse": {"Result": result}}, messages) == [
        Accepted("p"),
        Refused("throttled", retryable=True),
        Refused("invalid"),
        Unknown("no_answer"),
        Unknown("no_answer"),
    ]


def test_channels_are_data_and_the_rest_is_said_to_be_missing() -> None:
    assert set(specs()) == {Channel.MAIL, Channel.LINE, Channel.PUSH}
    assert spec(Channel.LINE).replay.total_seconds() == 24 * 3600
    assert spec(Channel.MAIL).unit_cost("XAU") is None
    for channel in (Channel.SMS, Channel.ONSITE, Channel.CATALOG):
        with pytest.raises(NotSupportedError, match=channel.value):
            spec(channel)


def test_a_payload_that_is_no_message_is_refused_before_the_call() -> None:
    assert line.unfit(replace(LINE, payload="{not json")) == Refused("rejected")
    assert line.unfit(replace(LINE, payload="[]")) == Refused("rejected")
    assert push.unfit(replace(PUSH, payload="[1]")) == Refused("rejected")
    assert mail.unfit(replace(MAIL, html="x" * 300_000)) == Refused("rejected")
