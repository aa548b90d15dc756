"""The send ledger on SQLite: one file, several processes, the semantics of `aws.dynamo_ledger`."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from enishi.channels.settlement import expired, frees_caps, settled
from enishi.errors import DeliveryError
from enishi.local.sqlite import SqliteFile, instant, stored
from enishi.ports import (
    Cap,
    CapReached,
    Channel,
    Claim,
    ClaimOutcome,
    Entry,
    Held,
    LedgerState,
    Receipt,
    RunState,
    Won,
)

_COLUMNS = "send_id, run_id, step_id, chunk, customer_id, channel, state, claimed_at, expires_at, provider_id, reason"
_FIND = f"SELECT {_COLUMNS} FROM sends WHERE send_id = ?"  # noqa: S608 - constant text
_CHUNK = f"SELECT {_COLUMNS} FROM sends WHERE run_id = ? AND step_id = ? AND chunk = ?"  # noqa: S608 - constant text
_INSERT = f"INSERT INTO sends ({_COLUMNS}, caps) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '', '', ?)"  # noqa: S608 - constant text
_SETTLE = "UPDATE sends SET state = ?, provider_id = ?, reason = ? WHERE send_id = ?"
_TAKE = "INSERT INTO caps (cap_key, used) VALUES (?, 1) ON CONFLICT (cap_key) DO UPDATE SET used = used + 1"
_FREE = "UPDATE caps SET used = used - 1 WHERE cap_key = ? AND used > 0"


class SqliteLedger:
    """`enishi.ports.Ledger` in the file `path`. Without `durable`, the last claims may be lost in a power cut."""

    def __init__(self, path: Path, *, durable: bool = True) -> None:
        self._file = SqliteFile(path, "ledger.sql", durable=durable)

    @property
    def file(self) -> SqliteFile:
        """The file itself, for what is asked of a whole store (erasure)."""
        return self._file

    def close(self) -> None:
        self._file.close()

    def open_run(self, run_id: str, execution: str, now: datetime) -> RunState:
        with self._file.write() as db:
            row = db.execute("SELECT execution, finished_at FROM runs WHERE run_id = ?", (run_id,)).fetchone()
            if row is None:
                db.execute("INSERT INTO runs VALUES (?, ?, ?, NULL)", (run_id, execution, stored(now)))
                return RunState.OPENED
        if row[1] is not None:
            return RunState.FINISHED
        return RunState.RESUMED if row[0] == execution else RunState.OTHER

    def finish_run(self, run_id: str, now: datetime) -> None:
        with self._file.write() as db:
            db.execute(
                "UPDATE runs SET finished_at = ? WHERE run_id = ? AND finished_at IS NULL", (stored(now), run_id)
            )

    def claim(self, claims: Sequence[Claim], now: datetime) -> list[ClaimOutcome]:
        with self._file.write() as db:
            return [_claim(db, claim, now) for claim in claims]

    def settle(self, send_id: str, receipt: Receipt, now: datetime) -> LedgerState:
        return self.settle_all({send_id: receipt}, now)[send_id]

    def settle_all(self, receipts: Mapping[str, Receipt], now: datetime) -> dict[str, LedgerState]:  # noqa: ARG002
        with self._file.write() as db:
            return {send_id: _settle(db, send_id, receipt) for send_id, receipt in receipts.items()}

    def release(self, send_id: str) -> None:
        with self._file.write() as db:
            entry = _find(db, send_id)
            if entry is not None and entry.state is LedgerState.CLAIMED:
                _free(db, send_id)
                db.execute("DELETE FROM sends WHERE send_id = ?", (send_id,))

    def entries(self, run_id: str, step_id: str, chunk: int) -> list[Entry]:
        with self._file.read() as db:
            return [_entry(row) for row in db.execute(_CHUNK, (run_id, step_id, chunk)).fetchall()]

    def find(self, send_ids: Sequence[str]) -> dict[str, Entry]:
        with self._file.read() as db:
            found = (_find(db, send_id) for send_id in send_ids)
            return {entry.send_id: entry for entry in found if entry is not None}


def _claim(db: sqlite3.Connection, claim: Claim, now: datetime) -> ClaimOutcome:
    entry = _find(db, claim.send_id)
    if entry is not None:
        return Held(_overtaken(db, entry, now))
    reached = next((cap for cap in claim.caps if _used(db, cap) >= cap.limit), None)
    if reached is not None:
        return CapReached(reached)
    _insert(db, claim, now)
    return Won()


def _overtaken(db: sqlite3.Connection, entry: Entry, now: datetime) -> Entry:
    if entry.state is LedgerState.CLAIMED and entry.expires_at <= now:
        entry = expired(entry)
        _write(db, entry)
    return entry


def _insert(db: sqlite3.Connection, claim: Claim, now: datetime) -> None:
    keys = [cap.key for cap in claim.caps]
    db.executemany(_TAKE, [(key,) for key in keys])
    db.execute(
        _INSERT,
        (
            claim.send_id,
            claim.run_id,
            claim.step_id,
            claim.chunk,
            claim.customer_id,
            claim.channel,
            LedgerState.CLAIMED,
            stored(now),
            stored(claim.expires_at),
            json.dumps(keys),
        ),
    )


def _settle(db: sqlite3.Connection, send_id: str, receipt: Receipt) -> LedgerState:
    entry = _find(db, send_id)
    if entry is None:
        raise DeliveryError(
            "an outcome has no claim in the ledger", where=send_id, remedy="Claim before the provider is called."
        )
    after = settled(entry, receipt)
    if frees_caps(entry, after):
        _free(db, send_id)
    _write(db, after)
    return after.state


def _free(db: sqlite3.Connection, send_id: str) -> None:
    row = db.execute("SELECT caps FROM sends WHERE send_id = ?", (send_id,)).fetchone()
    keys: Iterable[str] = json.loads(row[0])
    db.executemany(_FREE, [(key,) for key in keys])


def _write(db: sqlite3.Connection, entry: Entry) -> None:
    db.execute(_SETTLE, (entry.state, entry.provider_id, entry.reason, entry.send_id))


def _used(db: sqlite3.Connection, cap: Cap) -> int:
    rows = (db.execute("SELECT used FROM caps WHERE cap_key = ?", (key,)).fetchone() for key in (cap.key, *cap.counted))
    return sum(int(row[0]) for row in rows if row is not None)


def _find(db: sqlite3.Connection, send_id: str) -> Entry | None:
    row = db.execute(_FIND, (send_id,)).fetchone()
    return None if row is None else _entry(row)


def _entry(row: tuple[str, str, str, int, str, str, str, str, str, str, str]) -> Entry:
    return Entry(
        send_id=row[0],
        run_id=row[1],
        step_id=row[2],
        chunk=row[3],
        customer_id=row[4],
        channel=Channel(row[5]),
        state=LedgerState(row[6]),
        claimed_at=instant(row[7]),
        expires_at=instant(row[8]),
        provider_id=row[9],
        reason=row[10],
    )
