"""Who said no, on SQLite: the semantics of `aws.dynamo_permissions`."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from enishi.consent.record import PermissionRecord
from enishi.local.sqlite import SqliteFile, instant, stored
from enishi.ports import Channel, PermissionChange

_FIND = (
    "SELECT customer_id, final_reason, final_at, refused_reason, refused_at, allowed_at FROM permissions"
    " WHERE channel = ? AND customer_id IN (SELECT value FROM json_each(?))"
)
_WRITE = (
    "INSERT OR REPLACE INTO permissions"
    " (customer_id, channel, final_reason, final_at, refused_reason, refused_at, allowed_at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
)
Records = dict[str, PermissionRecord]
"""By customer, of one channel."""


class SqlitePermissions:
    """`enishi.ports.Permissions` in the file `path`."""

    def __init__(self, path: Path) -> None:
        self._file = SqliteFile(path, "permissions.sql", durable=False)

    @property
    def file(self) -> SqliteFile:
        """The file itself, for what is asked of a whole store (erasure)."""
        return self._file

    def close(self) -> None:
        self._file.close()

    def refusals(self, customer_ids: Sequence[str], channel: Channel) -> dict[str, str]:
        with self._file.read() as db:
            known = _find(db, channel, customer_ids)
        return {customer: record.refusal for customer, record in known.items() if record.refusal is not None}

    def refuse(self, customer_id: str, channel: Channel, reason: str, at: datetime) -> None:
        self.record([PermissionChange(customer_id, channel, reason, at)])

    def allow(self, customer_id: str, channel: Channel, at: datetime) -> None:
        self.record([PermissionChange(customer_id, channel, None, at)])

    def record(self, changes: Sequence[PermissionChange]) -> None:
        by_channel: dict[Channel, list[PermissionChange]] = defaultdict(list)
        for change in changes:
            by_channel[change.channel].append(change)
        with self._file.write() as db:
            for channel, news in by_channel.items():
                before = _find(db, channel, [change.customer_id for change in news])
                after = _after(before, news)
                changed = (customer for customer, record in after.items() if record != before.get(customer))
                db.executemany(_WRITE, (_row(customer, channel, after[customer]) for customer in changed))


def _find(db: sqlite3.Connection, channel: Channel, customers: Iterable[str]) -> Records:
    return {row[0]: _record(*row[1:]) for row in db.execute(_FIND, (channel, json.dumps(list(customers))))}


def _after(before: Records, news: Iterable[PermissionChange]) -> Records:
    after = dict(before)
    for change in news:
        after[change.customer_id] = after.get(change.customer_id, PermissionRecord()).changed(change)
    return after


def _record(final: str | None, final_at: str | None, refused: str | None, *times: str | None) -> PermissionRecord:
    return PermissionRecord(final, _instant(final_at), refused, *map(_instant, times))


def _row(customer: str, channel: Channel, record: PermissionRecord) -> tuple[str | None, ...]:
    final = record.final_reason, _text(record.final_at)
    return (customer, channel, *final, record.refused_reason, _text(record.refused_at), _text(record.allowed_at))


def _instant(text: str | None) -> datetime | None:
    return None if text is None else instant(text)


def _text(value: datetime | None) -> str | None:
    return None if value is None else stored(value)
