"""A lake of N customers and M order lines, written by DuckDB straight into the layout of the local lake.

`python -m tests.bench.lake --home FOLDER --customers 1200000 --lines 20000000`. Months are written one after the other,
so memory does not grow with the number of lines. Rows follow from their numbers by hashing: the same scale is the same
lake. What questions about purchases and points read is filled; the other columns are null.
"""

from __future__ import annotations

import argparse
import uuid
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import duckdb
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
from pyiceberg.typedef import Record

from enishi.lake.schema import table
from enishi.local import warehouse_files as data
from enishi.local.catalog import LocalCatalog
from enishi.local.warehouse_reads import local_path

MONTHS = 36
FIRST_YEAR, FIRST_MONTH = 2023, 12
AS_OF = date(2026, 11, 30)
LINES_AN_ORDER = 2.45
PRODUCTS = 20_000
SQL = Path(__file__).parent / "sql"


@dataclass(frozen=True)
class Scale:
    customers: int
    lines: int

    @property
    def orders_a_month(self) -> int:
        return round(self.lines / LINES_AN_ORDER / MONTHS)

    def __str__(self) -> str:
        return f"{self.customers:,} customers, {self.lines:,} lines"


USUAL = Scale(1_200_000, 20_000_000)
FULL = Scale(12_000_000, 200_000_000)


@dataclass(frozen=True)
class Writer:
    """A new lake in `home`."""

    home: Path
    scale: Scale

    def run(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        self._engine.execute(text("macros"))
        self._set(customers=self.scale.customers, products=PRODUCTS, orders=self.scale.orders_a_month)
        for name in ("products", "customers"):
            self._commit(name, [self._file(name, text(name))])
        self._commit("point_ledger", [self._file("point_ledger", text("points"), month) for month in self._months()])
        headers, lines = [], []
        for month in self._months():
            self._engine.execute(text("lines"))
            lines.append(self._file("order_lines", "SELECT * EXCLUDE (ordered) FROM lines", month))
            headers.append(self._file("orders", text("orders"), month))
        self._commit("order_lines", lines)
        self._commit("orders", headers)

    @cached_property
    def _engine(self) -> duckdb.DuckDBPyConnection:
        limits = {"threads": "2", "memory_limit": "4GB", "temp_directory": str(self.home / "spill")}
        return duckdb.connect(config=limits)

    @cached_property
    def _catalog(self) -> LocalCatalog:
        return LocalCatalog(self.home)

    def _set(self, **values: int | date) -> None:
        for name, value in values.items():
            self._engine.execute(f"SET VARIABLE {name} = CAST(? AS {_KINDS[type(value)]})", [value])

    def _months(self) -> Iterator[int]:
        """Months since 1970, each with the engine's variables set for it."""
        for number in range(MONTHS):
            month = FIRST_MONTH - 1 + number
            year, month = FIRST_YEAR + month // 12, month % 12 + 1
            first = number * self.scale.orders_a_month
            self._set(month=number, begins=date(year, month, 1), days=monthrange(year, month)[1], first=first)
            yield (year - 1970) * 12 + month - 1

    def _file(self, name: str, query: str, partition: int | None = None) -> DataFile:
        """The query's rows as a data file of the table, columns numbered as Iceberg numbers them."""
        declared = table(name)
        folder = Path(local_path(self._catalog.open(declared).location())) / "data"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{uuid.uuid4()}.parquet"
        shown = self._engine.sql(query).columns
        numbers = ", ".join(f"{column}: {declared.names.index(column) + 1}" for column in shown)
        options = f"FORMAT parquet, COMPRESSION zstd, FIELD_IDS {{{numbers}}}"
        [[count]] = self._engine.execute(f"COPY ({query}) TO '{path}' ({options})").fetchall()
        return DataFile.from_args(
            content=DataFileContent.DATA,
            file_path=f"file://{path}",
            file_format=FileFormat.PARQUET,
            partition=Record() if partition is None else Record(partition),
            record_count=int(count),
            file_size_in_bytes=path.stat().st_size,
        )

    def _commit(self, name: str, files: list[DataFile]) -> None:
        state = data.load(self._catalog.open(table(name)))
        for file in files:
            file.spec_id = state.table.spec().spec_id
        data.commit(state, (), files, self._catalog)


_KINDS = {int: "BIGINT", date: "DATE"}


def text(name: str) -> str:
    """A statement of `sql/`."""
    return (SQL / f"{name}.sql").read_text(encoding="utf-8")


def write(home: Path, scale: Scale) -> None:
    """Fill the empty lake of `home`."""
    Writer(home, scale).run()


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--home", type=Path, required=True)
    options.add_argument("--customers", type=int, default=USUAL.customers)
    options.add_argument("--lines", type=int, default=USUAL.lines)
    given = options.parse_args()
    write(given.home, Scale(given.customers, given.lines))


if __name__ == "__main__":
    main()
