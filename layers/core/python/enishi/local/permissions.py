"""Who said no, on SQLite: the semantics of `aws.dynamo_permissions`."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from enishi.consent.record import PermissionRecord
from enishi.local.sqlite import SqliteFile, instant, stored
from enishi.ports import Channel, PermissionChange

_FIND = (
    "SELECT final_reason, final_at, refused_reason, refused_at, allowed_at FROM permissions"
    " WHERE channel = ? AND customer_id = ?"
)


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
            found = ((customer, _find(db, customer, channel).refusal) for customer in customer_ids)
            return {customer: reason for customer, reason in found if reason is not None}

    def refuse(self, customer_id: str, channel: Channel, reason: str, at: datetime) -> None:
        self.record([PermissionChange(customer_id, channel, reason, at)])

    def allow(self, customer_id: str, channel: Channel, at: datetime) -> None:
        self.record([PermissionChange(customer_id, channel, None, at)])

    def record(self, changes: Sequence[PermissionChange]) -> None:
        with self._file.write() as db:
            for change in changes:
                before = _find(db, change.customer_id, change.channel)
                after = before.changed(change)
                if after != before:
                    _write(db, change.customer_id, change.channel, after)


def _find(db: sqlite3.Connection, customer_id: str, channel: Channel) -> PermissionRecord:
    row = db.execute(_FIND, (channel, customer_id)).fetchone()
    if row is None:
        return PermissionRecord()
    return PermissionRecord(row[0], _instant(row[1]), row[2], _instant(row[3]), _instant(row[4]))


def _write(db: sqlite3.Connection, customer_id: str, channel: Channel, record: PermissionRecord) -> None:
    db.execute(
        "INSERT OR REPLACE INTO permissions"
        " (customer_id, channel, final_reason, final_at, refused_reason, refused_at, allowed_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            customer_id,
            channel,
            record.final_reason,
            _text(record.final_at),
            record.refused_reason,
            _text(record.refused_at),
            _text(record.allowed_at),
        ),
    )


def _instant(text: str | None) -> datetime | None:
    return None if text is None else instant(text)


def _text(value: datetime | None) -> str | None:
    return None if value is None else stored(value)
