"""tests/cases/prune: what nobody reads is left out of CTEs, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from enishi.lake.sql import parse
from enishi.lake.sql.prune import pruned

FILES = sorted((Path(__file__).parents[2] / "cases" / "prune").glob("*.yaml"))
CASES = [case for path in FILES for case in yaml.safe_load(path.read_text(encoding="utf-8"))["cases"]]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_pruned(case: Mapping[str, str]) -> None:
    left = pruned(parse(case["given"], "test"))
    assert left.sql(dialect="athena") == parse(case["left"], "test").sql(dialect="athena")
