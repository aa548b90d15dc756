"""A DuckDB that knows the macros, for cases that need no tables."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from enishi.lake.sql import duckdb as dialect


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect(":memory:")
    connection.execute(dialect.SETTINGS)
    connection.execute(dialect.macros())
    yield connection
    connection.close()
