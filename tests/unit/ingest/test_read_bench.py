"""The bench of loading runs, and both sides read every line."""

from __future__ import annotations

from tests.bench import ingest


def test_both_sides_read_every_line() -> None:
    ours, theirs = ingest.bench(20_000)
    assert ours.rows == theirs.rows == 20_000
    assert ingest.figures([ours, theirs])["ingest_cpu_ratio"] == ours.cpu_s / theirs.cpu_s
