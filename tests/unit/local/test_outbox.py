from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from enishi.clock import ManualClock
from enishi.local.outbox import Outbox
from enishi.ports import Accepted, Channel, Message, Refused
from tests.unit.channels.messages import LINE, MAIL, PUSH

LATE = datetime(2026, 11, 21, 15, tzinfo=UTC)  # midnight of the 22nd in Tokyo


def outbox(folder: Path, channel: Channel) -> Outbox:
    return Outbox(
        folder, channel, ManualClock(LATE), sender="えにし電器 <shop@mail.example.jp>", zone=ZoneInfo("Asia/Tokyo")
    )


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_mail_is_a_file_that_a_person_can_open(tmp_path: Path) -> None:
    assert outbox(tmp_path, Channel.MAIL).send([MAIL]) == [Accepted(f"{MAIL.send_id}@mail.example.jp")]
    place = f"2026-11-22/cart_abandonment/s2.otherwise.1/{MAIL.send_id}.eml"
    assert files(tmp_path) == [place, "index.jsonl"]
    mail = message_from_bytes((tmp_path / place).read_bytes(), policy=default)
    assert mail["Subject"] == MAIL.subject
    assert mail["To"] == MAIL.address
    assert mail["Message-ID"] == f"<{MAIL.send_id}@mail.example.jp>"
    assert mail["Date"].datetime == LATE
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@pytest.mark.parametrize(
    ("sender", "shown"),
    [
        ("no-reply@mail.example.jp", '"えにし, 電器" <no-reply@mail.example.jp>'),
        ("店 <shop@mail.example.jp>", "店 <shop@mail.example.jp>"),
    ],
)
def test_an_address_alone_takes_the_name_of_the_mails_brand(tmp_path: Path, sender: str, shown: str) -> None:
    box = Outbox(tmp_path, Channel.MAIL, ManualClock(LATE), sender=sender, zone=ZoneInfo("Asia/Tokyo"))
    box.send([replace(MAIL, sender="えにし, 電器")])
    [path] = tmp_path.rglob("*.eml")
    assert str(message_from_bytes(path.read_bytes(), policy=default)["From"]) == shown


def test_the_index_has_labels_and_no_address(tmp_path: Path) -> None:
    outbox(tmp_path, Channel.MAIL).send([MAIL])
    [line] = (tmp_path / "index.jsonl").read_text(encoding="utf-8").splitlines()
    entry = json.loads(line)
    assert (entry["channel"], entry["scenario"], entry["at"]) == ("mail", "cart_abandonment", "2026-11-21T15:00:00Z")
    assert "hanako" not in line


def test_line_and_push_are_readable_json(tmp_path: Path) -> None:
    outbox(tmp_path, Channel.LINE).send([LINE])
    outbox(tmp_path, Channel.PUSH).send([replace(PUSH, send_id="aa" * 16)])
    [pushed, lined] = [
        json.loads((tmp_path / name).read_text(encoding="utf-8"))
        for name in sorted(files(tmp_path), reverse=True)
        if not name.startswith("index")
    ]
    if lined["channel"] != "line":
        pushed, lined = lined, pushed
    assert lined["messages"] == json.loads(LINE.payload)
    assert lined["retry_key"]
    assert (pushed["title"], pushed["url"]) == ("カート", "https://shop.example.jp/c/t")


@pytest.mark.parametrize(("message", "copies"), [(MAIL, 2), (PUSH, 2), (LINE, 1)], ids=["mail", "push", "line"])
def test_a_duplicate_cannot_hide_and_line_knows_its_key(tmp_path: Path, message: Message, copies: int) -> None:
    provider = outbox(tmp_path, message.channel)
    assert provider.send([message]) == provider.send([message])
    assert len([name for name in files(tmp_path) if name != "index.jsonl"]) == copies


def test_what_must_not_go_out_leaves_no_file(tmp_path: Path) -> None:
    evil = replace(MAIL, subject="hello\r\nBcc: everybody@example.com")
    assert outbox(tmp_path, Channel.MAIL).send([evil]) == [Refused("header")]
    assert files(tmp_path) == []


def test_labels_cannot_leave_the_folder(tmp_path: Path) -> None:
    outbox(tmp_path / "outbox", Channel.MAIL).send([replace(MAIL, tags={"scenario": "../../x", "step": "a/b"})])
    assert all(name.startswith("outbox/") for name in files(tmp_path))
