"""A small world in which one send step can be killed anywhere: real ledger, real flow, recording providers."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, cast

import pyarrow.parquet as pq

from enishi.clock import ManualClock
from enishi.decide.recipient import Recipient
from enishi.errors import LakeError
from enishi.flow import bundles, send
from enishi.flow.manifest import Chunk
from enishi.flow.payload import Run
from enishi.local.blobs import FolderBlobs
from enishi.local.ledger import SqliteLedger
from enishi.local.notices import LocalNotices
from enishi.local.permissions import SqlitePermissions
from enishi.ports import Blobs, Channel, ChannelProvider, Ledger, Message, Services, Warehouse, providers
from enishi.scenario.library import RESOLVED, Bundle
from enishi.settings import Settings

NOON = datetime(2026, 11, 21, 3, tzinfo=UTC)
CHANNELS = (Channel.MAIL, Channel.LINE, Channel.PUSH)

_BRAND = """
name: えにし電器
sender: 株式会社えにし電器
postal_address: 東京都新宿区西新宿一丁目
contact: 03-0000-0101
urls: {home: "https://shop.example.jp/"}
colours: {main: "#123456"}
words: {}
"""
_MAIL = """<html><head><title>{{ name }}さま、お知らせです</title></head><body><!--content-->
<p>{{ name }}さま、こんにちは。</p><!--/content-->
<p>{{ brand.sender }} {{ brand.postal_address }} {{ brand.contact }}
<a href="{{ unsubscribe_url }}">{{ unsubscribe_url }}</a></p>
</body></html>"""
_LINE = '[{"type": "text", "text": "{{ name }}さま、こんにちは。" }]'
_PUSH = '{"title": "お知らせ", "body": "こんにちは", "url": "https://shop.example.jp/"}'


class Memory:
    """`enishi.ports.Blobs` in a dict."""

    def __init__(self) -> None:
        self.items: dict[str, bytes] = {}

    def put(self, key: str, data: bytes) -> None:
        self.items[key] = data

    def put_if_absent(self, key: str, data: bytes) -> bool:
        return self.items.setdefault(key, data) is data

    def get(self, key: str) -> bytes:
        if key not in self.items:
            raise LakeError("there is no such key", where=key)
        return self.items[key]

    def open(self, key: str) -> BinaryIO:
        return BytesIO(self.get(key))

    def list(self, prefix: str) -> list[str]:
        return sorted(key for key in self.items if key.startswith(prefix))

    def delete(self, prefix: str) -> int:
        gone = self.list(prefix)
        for key in gone:
            del self.items[key]
        return len(gone)


def bundle(channels: Sequence[Channel], **step: Any) -> Bundle:
    """A scenario of one send step, `s1`, in one template for every channel."""
    scenario = {
        "id": "hello",
        "stage": "research",
        "title": "あいさつ",
        "trigger": {"manual": True},
        "target": {"everyone": True},
        "reentry": "always",
        "steps": [{"id": "s1", "send": {"template": "hello", "prefer": list(channels), **step}}],
    }
    files = {
        RESOLVED: json.dumps(scenario),
        "_shared/brand.yaml": _BRAND,
        "hello/mail.html.j2": _MAIL,
        "hello/line.json.j2": _LINE,
        "hello/push.json.j2": _PUSH,
    }
    return Bundle("hello", files)


def address(channel: Channel, number: int) -> str:
    return {
        Channel.MAIL: f"customer{number}@example.jp",
        Channel.LINE: f"U{number:032x}",
        Channel.PUSH: f"gcm:token{number:08d}",
    }[channel]


def people(count: int, channels: Iterable[Channel] = CHANNELS, first: int = 0) -> list[Recipient]:
    """`count` customers who can be reached on all of `channels`."""
    found = list(channels)
    return [
        Recipient(
            customer_id=f"C{number:04d}",
            display_name=f"客{number}",
            contacts={channel: address(channel, number) for channel in found},
            consents=dict.fromkeys(found, True),
        )
        for number in range(first, first + count)
    ]


@dataclass
class World:
    """The services of one home, the step's bundle, and its run."""

    services: Services
    clock: ManualClock
    work: Blobs
    run: Run
    ledger: SqliteLedger
    permissions: SqlitePermissions
    chunks: list[Chunk] = field(default_factory=list)

    def add_chunk(self, recipients: Sequence[Recipient]) -> Chunk:
        chunk = Chunk(number=len(self.chunks), key=f"chunks/{self.run.id}/s1/all/{len(self.chunks):08d}.jsonl")
        self.work.put(chunk.key, "".join(f"{recipient.to_json_line()}\n" for recipient in recipients).encode())
        self.chunks.append(chunk)
        return chunk

    def payload(self, chunk: Chunk) -> send.Payload:
        return send.Payload(run=self.run, step="s1", lane="all", at=NOON, chunk=chunk)

    def send(self, chunk: Chunk, services: Services | None = None) -> dict[str, Any]:
        return send.run(services or self.services, self.payload(chunk))

    def rows(self) -> list[dict[str, Any]]:
        """Every result row that was written."""
        found = [pq.read_table(BytesIO(self.work.get(key))).to_pylist() for key in self.work.list("results/")]
        return [row for rows in found for row in rows]

    def outcomes(self) -> dict[str, str]:
        """customer → outcome; fails on a customer with two rows."""
        rows = self.rows()
        assert max(Counter(row["customer_id"] for row in rows).values(), default=0) <= 1
        return {row["customer_id"]: row["outcome"] for row in rows}

    def later(self, **ago: int) -> None:
        self.clock.move_to(self.clock.now() + timedelta(**ago))

    def close(self) -> None:
        self.ledger.close()
        self.permissions.close()


def make_world(
    home: Path,
    channels: Sequence[ChannelProvider],
    *,
    settings: Settings | None = None,
    wrap: Any = None,
    prefer: Sequence[Channel] | None = None,
    warehouse: Warehouse | None = None,
    **step: Any,
) -> World:
    """A world whose step prefers the channels in the order of their providers.

    With a `warehouse` over `home` the work store is its folder, so that it can read the result files.
    """
    clock, work = ManualClock(NOON), FolderBlobs(home / "work") if warehouse else Memory()
    ledger, permissions = SqliteLedger(home / "ledger.db", durable=False), SqlitePermissions(home / "permissions.db")
    services = Services(
        settings=settings or Settings(cap_per_day=100, cap_per_week=100),
        clock=clock,
        warehouse=cast(Warehouse, warehouse),
        raw=Memory(),
        work=work,
        ledger=cast(Ledger, wrap(ledger) if wrap else ledger),
        permissions=permissions,
        notices=LocalNotices(),
        channels=providers(channels),
    )
    frozen = bundle(prefer or [provider.channel for provider in channels], **step)
    work.put(bundles.key(frozen.id, frozen.version), frozen.to_json().encode())
    run = Run.model_validate(
        {"id": "R1", "scenario": "hello", "version": frozen.version, "slot_at": NOON, "from": NOON}
    )
    return World(services, clock, work, run, ledger, permissions)


@dataclass
class Phone:
    """What a customer's devices received: the truth that no program may make up."""

    received: Counter[tuple[Channel, str]] = field(default_factory=Counter)
    keys: set[str] = field(default_factory=set)

    def deliver(self, message: Message) -> None:
        """LINE executes a retry key once; mail and push deliver whatever comes."""
        if message.channel is Channel.LINE and message.send_id in self.keys:
            return
        self.keys.add(message.send_id)
        self.received[message.channel, message.address] += 1
