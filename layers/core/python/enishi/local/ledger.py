"""The send ledger on SQLite: one file, several processes, the semantics of `aws.dynamo_ledger`."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
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
_FIND = f"SELECT {_COLUMNS} FROM sends WHERE send_id IN (SELECT value FROM json_each(?))"  # noqa: S608 - constant text
_CHUNK = f"SELECT {_COLUMNS} FROM sends WHERE run_id = ? AND step_id = ? AND chunk = ?"  # noqa: S608 - constant text
_INSERT = f"INSERT INTO sends ({_COLUMNS}, caps) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '', '', ?)"  # noqa: S608 - constant text
_SETTLE = "UPDATE sends SET state = ?, provider_id = ?, reason = ? WHERE send_id = ?"
_USED = "SELECT cap_key, used FROM caps WHERE cap_key IN (SELECT value FROM json_each(?))"
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
            counters = [key for claim in claims for cap in claim.caps for key in (cap.key, *cap.counted)]
            turn = _Turn(now, _found(db, [claim.send_id for claim in claims]), _used(db, counters))
            outcomes = [turn.claim(claim) for claim in claims]
            turn.write(db)
        return outcomes

    def settle(self, send_id: str, receipt: Receipt, now: datetime) -> LedgerState:
        return self.settle_all({send_id: receipt}, now)[send_id]

    def settle_all(self, receipts: Mapping[str, Receipt], now: datetime) -> dict[str, LedgerState]:  # noqa: ARG002
        with self._file.write() as db:
            before = _found(db, list(receipts))
            after = {send_id: _settled(before, send_id, receipt) for send_id, receipt in receipts.items()}
            for send_id, entry in after.items():
                if frees_caps(before[send_id], entry):
                    _free(db, send_id)
            _write(db, after.values())
        return {send_id: entry.state for send_id, entry in after.items()}

    def release(self, send_id: str) -> None:
        with self._file.write() as db:
            entry = _found(db, [send_id]).get(send_id)
            if entry is not None and entry.state is LedgerState.CLAIMED:
                _free(db, send_id)
                db.execute("DELETE FROM sends WHERE send_id = ?", (send_id,))

    def entries(self, run_id: str, step_id: str, chunk: int) -> list[Entry]:
        with self._file.read() as db:
            return [_entry(row) for row in db.execute(_CHUNK, (run_id, step_id, chunk)).fetchall()]

    def find(self, send_ids: Sequence[str]) -> dict[str, Entry]:
        with self._file.read() as db:
            return _found(db, send_ids)


class _Turn:
    """Claims of one transaction, each decided after those before it; written together."""

    def __init__(self, now: datetime, held: dict[str, Entry], used: Counter[str]) -> None:
        self._now = now
        self._held = held
        self._used = used
        self._won: list[Claim] = []
        self._overtaken: list[Entry] = []

    def claim(self, claim: Claim) -> ClaimOutcome:
        entry = self._held.get(claim.send_id)
        if entry is not None:
            return Held(self._now_of(entry))
        reached = next((cap for cap in claim.caps if self._places(cap) >= cap.limit), None)
        if reached is not None:
            return CapReached(reached)
        self._held[claim.send_id] = _claimed(claim, self._now)
        self._used.update(cap.key for cap in claim.caps)
        self._won.append(claim)
        return Won()

    def _now_of(self, entry: Entry) -> Entry:
        if entry.state is LedgerState.CLAIMED and entry.expires_at <= self._now:
            entry = self._held[entry.send_id] = expired(entry)
            self._overtaken.append(entry)
        return entry

    def _places(self, cap: Cap) -> int:
        return sum(self._used[key] for key in (cap.key, *cap.counted))

    def write(self, db: sqlite3.Connection) -> None:
        _write(db, self._overtaken)
        db.executemany(_TAKE, [(cap.key,) for claim in self._won for cap in claim.caps])
        db.executemany(_INSERT, [_row(claim, self._now) for claim in self._won])


def _claimed(claim: Claim, now: datetime) -> Entry:
    return Entry(*_facts(claim), LedgerState.CLAIMED, now, claim.expires_at)


def _row(claim: Claim, now: datetime) -> tuple[str | int, ...]:
    keys = json.dumps([cap.key for cap in claim.caps])
    return (*_facts(claim), LedgerState.CLAIMED, stored(now), stored(claim.expires_at), keys)


def _facts(claim: Claim) -> tuple[str, str, str, int, str, Channel]:
    return claim.send_id, claim.run_id, claim.step_id, claim.chunk, claim.customer_id, claim.channel


def _settled(before: Mapping[str, Entry], send_id: str, receipt: Receipt) -> Entry:
    if send_id not in before:
        raise DeliveryError(
            "an outcome has no claim in the ledger", where=send_id, remedy="Claim before the provider is called."
        )
    return settled(before[send_id], receipt)


def _free(db: sqlite3.Connection, send_id: str) -> None:
    row = db.execute("SELECT caps FROM sends WHERE send_id = ?", (send_id,)).fetchone()
    keys: Iterable[str] = json.loads(row[0])
    db.executemany(_FREE, [(key,) for key in keys])


def _write(db: sqlite3.Connection, entries: Iterable[Entry]) -> None:
    db.executemany(_SETTLE, [(entry.state, entry.provider_id, entry.reason, entry.send_id) for entry in entries])


def _used(db: sqlite3.Connection, counters: Sequence[str]) -> Counter[str]:
    return Counter({key: int(used) for key, used in db.execute(_USED, (json.dumps(counters),))})


def _found(db: sqlite3.Connection, send_ids: Sequence[str]) -> dict[str, Entry]:
    entries = (_entry(row) for row in db.execute(_FIND, (json.dumps(list(send_ids)),)))
    return {entry.send_id: entry for entry in entries}


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
