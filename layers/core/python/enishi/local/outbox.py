"""The laptop's providers: every message becomes a file that a person can open.

`<outbox>/<day>/<scenario>/<step>/<send_id>.eml` for mail, `.json` for LINE and push, and one line a message in
`index.jsonl`. A file is never overwritten: a second mail of the same id would stand beside the first as `-2`, so that
a duplicate cannot hide. LINE recognises a repeat by its key, and so does this LINE.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import quote
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from enishi.channels import line, mail, push
from enishi.channels.mime import mail_bytes
from enishi.channels.registry import spec
from enishi.clock import Clock, business_day, to_text
from enishi.ports import Accepted, Channel, Message, Receipt, Refused

INDEX = "index.jsonl"
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9._-]")


@dataclass(frozen=True)
class Stamp:
    """What a provider adds to a message."""

    sender: str
    at: datetime
    provider_id: str


class Outbox:
    """`enishi.ports.ChannelProvider` of one channel, writing under `folder`.

    `sender` is the From of mails, `Name <address>`, or an address alone, before which each mail's own sender stands;
    `zone` cuts the days of the folders.
    """

    def __init__(self, folder: Path, channel: Channel, clock: Clock, *, sender: str, zone: ZoneInfo) -> None:
        self.channel = channel
        self.batch_size = spec(channel).batch_size
        self._kind = _KINDS[channel]
        self._folder = folder
        self._clock = clock
        self._sender = sender
        self._zone = zone

    def send(self, messages: Sequence[Message]) -> list[Receipt]:
        now = self._clock.now()
        return [self._one(message, now) for message in messages]

    def _one(self, message: Message, now: datetime) -> Receipt:
        refusal = self._kind.unfit(message)
        if refusal is not None:
            return refusal
        stamp = Stamp(self._from(message), now, f"{message.send_id}@{self._sender.rpartition('@')[2].rstrip('>')}")
        if not (self._kind.once and self._was_accepted(message)):
            self._write(message, stamp)
        return Accepted(stamp.provider_id)

    def _from(self, message: Message) -> str:
        named = not message.sender or "<" in self._sender
        return self._sender if named else f'"{quote(message.sender)}" <{self._sender}>'

    def _was_accepted(self, message: Message) -> bool:
        inner = self._inner(message)
        days = self._folder.iterdir() if self._folder.is_dir() else iter(())
        return any((day / inner).exists() for day in days if day.is_dir())

    def _write(self, message: Message, stamp: Stamp) -> None:
        path = self._folder / business_day(stamp.at, self._zone).isoformat() / self._inner(message)
        written = _write_new(path, self._kind.content(message, stamp))
        note = {
            "send_id": message.send_id,
            "channel": message.channel,
            "at": to_text(stamp.at),
            **message.tags,
            "path": written.relative_to(self._folder).as_posix(),
        }
        _append_line(self._folder / INDEX, json.dumps(note, ensure_ascii=False))

    def _inner(self, message: Message) -> Path:
        labels = (message.tags.get("scenario", "other"), message.tags.get("step", "other"), message.send_id)
        scenario, step, name = (_NOT_IN_A_NAME.sub("-", label) for label in labels)
        return Path(scenario) / step / f"{name}{self._kind.suffix}"


@dataclass(frozen=True)
class _Kind:
    """How one channel's messages look as files."""

    suffix: str
    unfit: Callable[[Message], Refused | None]
    content: Callable[[Message, Stamp], bytes]
    once: bool
    """The provider executes a repeat of the same message once."""


def _mail(message: Message, stamp: Stamp) -> bytes:
    return mail_bytes(message, stamp.sender, stamp.at, stamp.provider_id)


def _line(message: Message, stamp: Stamp) -> bytes:
    request = line.push_request(message)
    return _pretty({**_labels(message, stamp), "retry_key": str(request.retry_key), **line.push_body(message)})


def _push(message: Message, stamp: Stamp) -> bytes:
    return _pretty({**_labels(message, stamp), "token": message.address, **push.notification(message)})


_KINDS: Mapping[Channel, _Kind] = {
    Channel.MAIL: _Kind(".eml", mail.unfit, _mail, once=False),
    Channel.LINE: _Kind(".json", line.unfit, _line, once=True),
    Channel.PUSH: _Kind(".json", push.unfit, _push, once=False),
}


def _labels(message: Message, stamp: Stamp) -> dict[str, Any]:
    return {"channel": message.channel, "send_id": message.send_id, "at": to_text(stamp.at), **message.tags}


def _pretty(document: Mapping[str, Any]) -> bytes:
    return (json.dumps(document, ensure_ascii=False, indent=2) + "\n").encode()


def _write_new(path: Path, data: bytes) -> Path:
    """Write under `path`, or beside it as `-2`, `-3` … when it exists; whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.write_bytes(data)
    try:
        for copy in count(1):
            target = path if copy == 1 else path.with_name(f"{path.stem}-{copy}{path.suffix}")
            try:
                target.hardlink_to(part)
            except FileExistsError:
                continue
            return target
    finally:
        part.unlink()
    raise AssertionError("count() never ends")


def _append_line(path: Path, line_text: str) -> None:
    """One write in append mode: lines of several processes do not mix."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(descriptor, f"{line_text}\n".encode())
    finally:
        os.close(descriptor)
