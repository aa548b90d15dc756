"""Finding and erasing a person in a workspace folder: SQLite files, the outbox, and a search of everything on disk."""

from __future__ import annotations

import email
import email.policy
import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from enishi.local.ledger import SqliteLedger
from enishi.local.outbox import INDEX
from enishi.local.permissions import SqlitePermissions
from enishi.local.signing import WorkspaceSigner
from enishi.local.sqlite import SqliteFile
from enishi.local.warehouse_history import LocalPast
from enishi.ports import Services
from enishi.privacy.person import Person
from enishi.privacy.ports import Records, Tools
from enishi.privacy.rewrite import without_lines
from enishi.privacy.scan import Needles

KEY = Path("keys") / "erasure.pem"
ELSEWHERE = ("lake", "raw", "work", "keys")
"""Folders of a workspace that have an eraser of their own."""
LEFT_ALONE = ("workspace.yaml",)
LINES = frozenset({".jsonl", ".csv", ".tsv", ".txt", ".log", ".gz"})
LIMITS = (
    "Freed disk blocks are left to the file system; snapshots and backups of the disk itself are outside this report.",
    "Messages that went out stand in the mailboxes and phones that received them.",
)


class SqliteRecords:
    """`enishi.privacy.ports.Records` over one table of a SQLite file; what goes is overwritten and vacuumed."""

    def __init__(self, name: str, ja: str, file: SqliteFile, select: str, delete: Sequence[str]) -> None:
        self.name = name
        self.ja = ja
        self._file = file
        self._select = select
        self._delete = delete

    def held(self, person: Person) -> list[dict[str, Any]]:
        with self._file.read() as db:
            found = [_rows(db, self._select, customer) for customer in sorted(person.of("customer"))]
        return [row for rows in found for row in rows]

    def erase(self, person: Person) -> int:
        with self._file.read() as db:
            db.execute("PRAGMA secure_delete = ON")
        with self._file.write() as db:
            gone = sum(
                db.execute(statement, (customer,)).rowcount
                for customer in sorted(person.of("customer"))
                for statement in self._delete
            )
        with self._file.read() as db:
            db.execute("VACUUM")
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return gone


def _rows(db: sqlite3.Connection, statement: str, customer: str) -> list[dict[str, Any]]:
    cursor = db.execute(statement, (customer,))
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def ledger_records(ledger: SqliteLedger) -> SqliteRecords:
    """Claims of the person, and their frequency counters, whose keys name them."""
    return SqliteRecords(
        "ledger",
        "送信の台帳",
        ledger.file,
        "SELECT send_id, run_id, step_id, channel, state, claimed_at, reason FROM sends WHERE customer_id = ?",
        (
            "DELETE FROM sends WHERE customer_id = ?",
            "DELETE FROM caps WHERE instr(cap_key || '#', '#' || ? || '#') > 0",
        ),
    )


def permission_records(permissions: SqlitePermissions) -> SqliteRecords:
    """Refusals and permissions of the person."""
    return SqliteRecords(
        "permissions",
        "配信停止の記録",
        permissions.file,
        "SELECT channel, final_reason, final_at, refused_reason, refused_at, allowed_at"
        " FROM permissions WHERE customer_id = ?",
        ("DELETE FROM permissions WHERE customer_id = ?",),
    )


class HomeFiles:
    """`enishi.privacy.ports.Files` of a workspace folder."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def hits(self, needles: frozenset[str]) -> Mapping[str, int]:
        looked, found = Needles(needles), Counter[str]()
        for path in _files(self._home):
            place = _place(path.relative_to(self._home))
            found[place] += bool(needles) and looked.inside(path.read_bytes())
        return dict(sorted(found.items()))

    def sweep(self, person: Person) -> int:
        looked, changed = Needles(person.needles), 0
        sent = person.of("message")
        for path in _files(self._home):
            inner = path.relative_to(self._home)
            if inner.parts[0] in ELSEWHERE or inner.as_posix() in LEFT_ALONE or ".sqlite" in path.name:
                continue
            changed += _swept(path, looked, sent)
        return changed

    def messages(self, send_ids: Sequence[str]) -> list[dict[str, Any]]:
        wanted = frozenset(send_ids)
        paths = (path for path in _files(self._home / "outbox") if _send_id(path) in wanted)
        return [_READERS.get(path.suffix, _as_text)(path) for path in sorted(paths)]


def _files(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from (path for path in sorted(folder.rglob("*")) if path.is_file())


def _place(inner: Path) -> str:
    """Where a file counts: a table of the lake, a folder of a store, or the file itself."""
    depth = 3 if inner.parts[0] == "lake" else 2
    return "/".join(inner.parts[: min(depth, max(len(inner.parts) - 1, 1))])


def _send_id(path: Path) -> str:
    return path.stem.partition("-")[0]


def _swept(path: Path, looked: Needles, sent: frozenset[str]) -> bool:
    """Take the person out of one file; whether it changed or went."""
    data = path.read_bytes()
    if path.name == INDEX:
        return _rewritten(path, data, lambda line: not _of_sent(line, sent))
    if _send_id(path) not in sent and not looked.inside(data):
        return False
    if path.suffix in LINES and _send_id(path) not in sent:
        kept = without_lines(data, looked)
        if not looked.inside(kept):
            _replace(path, kept)
            return True
    path.unlink()
    return True


def _of_sent(line: bytes, sent: frozenset[str]) -> bool:
    return json.loads(line).get("send_id") in sent


def _rewritten(path: Path, data: bytes, keep: Callable[[bytes], bool]) -> bool:
    kept = b"".join(line for line in data.splitlines(keepends=True) if keep(line))
    if kept != data:
        _replace(path, kept)
    return kept != data


def _replace(path: Path, data: bytes) -> None:
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(data)
    part.replace(path)


def _mail(path: Path) -> dict[str, Any]:
    message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    body = {part.get_content_type(): part.get_content() for part in message.walk() if not part.is_multipart()}
    return {"send_id": _send_id(path), "channel": "mail", "headers": dict(message.items()), "body": body}


def _document(path: Path) -> dict[str, Any]:
    return {"send_id": _send_id(path), **json.loads(path.read_text(encoding="utf-8"))}


def _as_text(path: Path) -> dict[str, Any]:
    return {"send_id": _send_id(path), "text": path.read_text(encoding="utf-8", errors="replace")}


_READERS: Mapping[str, Callable[[Path], dict[str, Any]]] = {".eml": _mail, ".json": _document}


def local_tools(services: Services) -> Tools:
    """Everything that erasure and access need in the workspace of `services`."""
    home = services.settings.home
    return Tools(
        services=services,
        past=LocalPast(home),
        records=tuple(_records(services)),
        files=HomeFiles(home),
        signer=WorkspaceSigner(home / KEY),
        limits=LIMITS,
    )


def _records(services: Services) -> Iterator[Records]:
    if isinstance(services.ledger, SqliteLedger):
        yield ledger_records(services.ledger)
    if isinstance(services.permissions, SqlitePermissions):
        yield permission_records(services.permissions)
