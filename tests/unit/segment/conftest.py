"""Lakes for the segment tests."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from enishi.local.warehouse import LocalWarehouse
from enishi.settings import Settings
from tests.unit.segment.small_lake import Lake


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """An empty lake."""
    return Lake(LocalWarehouse(tmp_path, Settings(home=tmp_path)))


@pytest.fixture(scope="module")
def lakes(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Mapping[str, Any]], Lake]:
    """One lake a case file, filled once."""
    made: dict[str, Lake] = {}

    def of(name: str, tables: Mapping[str, Any]) -> Lake:
        if name not in made:
            home = tmp_path_factory.mktemp(name)
            made[name] = Lake(LocalWarehouse(home, Settings(home=home))).fill(tables)
        return made[name]

    return of
