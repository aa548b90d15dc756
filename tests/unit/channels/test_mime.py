from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP, default

import pytest

from enishi.channels.mime import mail_bytes
from enishi.ports import Message
from tests.unit.channels.messages import MAIL

AT = datetime(2026, 11, 21, 1, tzinfo=UTC)
SENDER = "えにし電器 オンラインストア <shop@example.jp>"


def by_hand(message: Message) -> EmailMessage:
    parsed = message_from_bytes(mail_bytes(message, SENDER, AT, "id@example.jp"), policy=default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def by_the_library(message: Message) -> EmailMessage:
    mail = EmailMessage(policy=SMTP)
    mail["From"] = SENDER
    mail["To"] = message.address
    mail["Subject"] = message.subject
    mail["Date"] = AT
    mail["Message-ID"] = "<id@example.jp>"
    for name, value in message.headers.items():
        mail[name] = value
    mail.set_content(message.text, cte="base64")
    mail.add_alternative(message.html, subtype="html", cte="base64")
    parsed = message_from_bytes(mail.as_bytes(), policy=default)
    assert isinstance(parsed, EmailMessage)
    return parsed


SUBJECTS = ["plain", "日本語の件名", "𠮷野家と😀の件名" * 6, "mixed ASCII と 漢字 " * 5, "a" * 200, "=?utf-8?q?x?="]


@pytest.mark.parametrize("subject", SUBJECTS)
def test_the_parsed_mail_equals_the_librarys(subject: str) -> None:
    message = Message(**{**vars(MAIL), "subject": subject.strip()})
    ours, theirs = by_hand(message), by_the_library(message)
    for name in ("From", "To", "Date", "Message-ID", "List-Unsubscribe", "List-Unsubscribe-Post"):
        assert ours[name] == theirs[name]
    assert ours.get_content_type() == theirs.get_content_type() == "multipart/alternative"
    for kind in ("plain", "html"):
        mine, other = ours.get_body((kind,)), theirs.get_body((kind,))
        assert mine is not None
        assert other is not None
        assert mine.get_content().rstrip("\r\n") == other.get_content().rstrip("\r\n")
        assert mine.get_content_charset() == "utf-8"
    assert not ours.defects
    assert ours["Subject"] == subject.strip()


def test_words_and_lines_keep_their_limits_and_end_with_crlf() -> None:
    raw = mail_bytes(MAIL, SENDER, AT, "id@example.jp")
    assert all(len(word) <= 75 for word in raw.split() if word.startswith(b"=?"))
    assert all(len(line) <= 76 for line in raw.partition(b"\r\n\r\n")[2].split(b"\r\n"))
    assert b"\n" not in raw.replace(b"\r\n", b"")
    raw.decode("ascii")


def test_labels_travel_as_headers() -> None:
    mail = by_hand(MAIL)
    assert mail["X-Enishi-Scenario"] == "cart_abandonment"
    assert mail["X-Enishi-Step"] == "s2.otherwise.1"
