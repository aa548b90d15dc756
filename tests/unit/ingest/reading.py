"""Files and mappings of the cases, and a way to read a file without a lake."""

from __future__ import annotations

import gzip
import io
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from enishi.identity.normalise import NORMALISERS
from enishi.ingest import commit
from enishi.ingest.mapping import Mapping, parse
from enishi.ingest.stage import Staged, content_hash, stage

CASES = Path(__file__).parents[2] / "cases" / "ingest"


def cases(name: str) -> list[Any]:
    """The cases of a file, each a pytest parameter under its own name."""
    return [pytest.param(case, id=case["name"]) for case in yaml.safe_load((CASES / name).read_text("utf-8"))]


def case_mapping(case: dict[str, Any]) -> Mapping:
    """The mapping that a case starts from, with its own format and zone."""
    base = dict(yaml.safe_load((CASES / "bases.yaml").read_text("utf-8"))[case["base"]])
    base["format"] = {**base.get("format", {}), **case.get("format", {})}
    base["zone"] = case.get("zone", base["zone"])
    return parse(yaml.safe_dump(base, allow_unicode=True, sort_keys=False), f"{case['base']}.yaml")


def case_bytes(case: dict[str, Any]) -> bytes:
    """The file of a case: text, encoded, packed, and then damaged as it asks."""
    data = case["text"].replace("<MILLION>", "あ" * 1_000_000).encode(case.get("encode", "utf-8"))
    data = gzip.compress(data, mtime=0) if case.get("gzip") else data
    data = data[: len(data) - case.get("cut", 0)]
    if "flip" in case:
        place = case["flip"]
        data = data[:place] + bytes([data[place] ^ 0xFF]) + data[place + 1 :]
    return data + bytes.fromhex(case.get("append_hex", ""))


class Reading:
    """Stages bytes by a mapping and shows the rows that would be loaded."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def stage(self, mapping: Mapping, data: bytes, file: str = "file.csv") -> Staged:
        return stage(
            mapping,
            io.BytesIO(data),
            file,
            content_hash(io.BytesIO(data)),
            normalisers=NORMALISERS,
            zone=ZoneInfo("Asia/Tokyo"),
            folder=self._folder,
        )

    def rows(self, mapping: Mapping, data: bytes) -> dict[str, list[dict[str, Any]]]:
        """Table → its rows."""
        staged = self.stage(mapping, data)
        return {
            table: [row for batch in commit.staged_rows(piles) for row in batch.to_pylist()]
            for table, piles in commit.by_table(staged)
        }

    def rejects(self, staged: Staged) -> list[dict[str, Any]]:
        return [row for batch in staged.rejects.batches() for row in batch.to_pylist()]


def source(tables: str, head: str = "") -> Mapping:
    """A mapping of one test: its targets as YAML, under a fixed head."""
    lines = ["id: test", 'files: "*"', "system: test", head, "tables:", tables]
    return parse("\n".join(line for line in lines if line), "test.yaml")
