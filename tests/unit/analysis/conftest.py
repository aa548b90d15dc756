"""Shops for the tests of analyses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.unit.analysis.small_shop import Shop, open_shop, tables_of


@pytest.fixture(scope="session")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Mapping[str, Any]], Shop]:
    """One shop a world, or a case file with rows of its own, filled once."""
    made: dict[str, Shop] = {}

    def of(name: str, file: Mapping[str, Any]) -> Shop:
        shared, tables = tables_of(file)
        key = shared or name
        if key not in made:
            made[key] = open_shop(tmp_path_factory.mktemp(key.replace("/", "-")), tables)
        return made[key]

    return of
