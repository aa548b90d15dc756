"""A process that is really killed in the middle of sending, and one that goes on after it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.faults import mailer

PATIENCE = 60.0


def start(home: Path, hours: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.faults.mailer", str(home), str(hours)]
    return subprocess.Popen(command, cwd=Path(__file__).parents[2])


def outbox(home: Path) -> list[Path]:
    return [path for path in (home / "outbox").rglob("*") if path.suffix in {".eml", ".json"} and path.name[0] != "."]


def listed(index: Path) -> int:
    return index.read_bytes().count(b"\n") if index.exists() else 0


def kill_after(process: subprocess.Popen[bytes], home: Path, messages: int) -> int:
    """Kill as soon as the outbox lists `messages`; returns the exit status."""
    index, deadline = home / "outbox" / "index.jsonl", time.monotonic() + PATIENCE
    while process.poll() is None and listed(index) < messages and time.monotonic() < deadline:
        time.sleep(0.002)
    if process.poll() is None:
        os.kill(process.pid, signal.SIGKILL)
    return process.wait(PATIENCE)


def outcomes(home: Path) -> dict[str, str]:
    files = sorted((home / "work" / "results").rglob("*.parquet"))
    rows = [row for path in files for row in pq.ParquetFile(path).read().to_pylist()]
    assert len({row["customer_id"] for row in rows}) == len(rows)
    return {row["message_id"]: row["outcome"] for row in rows}


@pytest.mark.parametrize("deaths", [(40,), (1, 150)])
def test_no_message_twice_and_none_lost(tmp_path: Path, deaths: Sequence[int]) -> None:
    mailer.prepare(tmp_path)
    killed = [kill_after(start(tmp_path, hour), tmp_path, count) for hour, count in enumerate(deaths)]
    assert killed[0] == -signal.SIGKILL
    before = len(outbox(tmp_path))
    counts = mailer.work(tmp_path, hours=len(deaths))
    found = outcomes(tmp_path)
    sent = Counter(path.stem.split("-")[0] for path in outbox(tmp_path))
    assert before < mailer.PEOPLE
    assert max(sent.values()) == 1
    assert len(found) == counts["customers"] == mailer.PEOPLE
    assert counts["accepted"] + counts["unknown"] == mailer.PEOPLE, Counter(found.values())
    assert {send_id for send_id, outcome in found.items() if outcome == "accepted"} <= set(sent)
    assert set(sent) <= set(found)
    assert counts["unknown"] <= 100 * len(deaths)
    assert mailer.work(tmp_path, hours=len(deaths) + 1) == counts
    assert len(outbox(tmp_path)) == sum(sent.values())


def test_the_index_has_a_line_a_message(tmp_path: Path) -> None:
    mailer.prepare(tmp_path)
    mailer.work(tmp_path, hours=0)
    lines = (tmp_path / "outbox" / "index.jsonl").read_text(encoding="utf-8").splitlines()
    entries = [json.loads(line) for line in lines]
    assert len({entry["send_id"] for entry in entries}) == len(entries) == mailer.PEOPLE
    assert all((tmp_path / "outbox" / entry["path"]).is_file() for entry in entries)
    assert "@" not in "".join(lines)
